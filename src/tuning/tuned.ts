import type { Blend, RankingOptions } from '../ranking/weights.ts';
import type { AlsOptions } from '../training/als-options.ts';
import type { Draw } from './draws.ts';
import type { Gain } from './gain.ts';
import type { Aim } from './held-out.ts';

/** What a search for options found, and all it needs to continue: plain data that JSON can hold. */
export interface Tuned {
  /** What `train` takes: `train(dataset, tuned.options)`. */
  readonly options: TunedOptions;
  /**
   * How much higher the sum of recall and NDCG at 10 of the lists aimed at is expected to be than with the defaults, as
   * measured on customers who had no part in finding the options. Absent if `options` are the defaults.
   */
  readonly gain?: Gain;
  /** What `train` would use if it were given the options of `given` and no other. */
  readonly defaults: TunedOptions;
  /** Options that the search had to keep. */
  readonly given: AlsOptions & RankingOptions;
  /** What the options are to be good for; absent in files written by earlier versions. */
  readonly aim?: Aim;
  /** `Dataset.fingerprint` of the orders. */
  readonly fingerprint: string;
  /** The version of Endcap that searched. */
  readonly endcap: string;
  /** Of this search and those that it continues. */
  readonly elapsedMs: number;
  readonly trials: readonly Trial[];
}

export type TunedOptions = AlsOptions & RankingOptions & Draw & { readonly windowDays: number; readonly blend: Blend };

/** `short`: a few epochs. `long`: trained to the end, with its own window and blend, and compared with the defaults. */
export type Rung = 'short' | 'long';

export interface Trial extends Outcome {
  readonly round: number;
  readonly rung: Rung;
  /** Index among the trials of the round on this rung. */
  readonly place: number;
}

/** What a trial found. */
export interface Outcome {
  readonly options: TunedOptions;
  /** Sum of recall and NDCG at 10 of the lists aimed at; 0 if training failed. */
  readonly value: number;
  /** Gain over the defaults; of long trials that did not fail. */
  readonly gain?: Gain;
  /** The same of the customers at even places of the sample, and of those at odd ones. */
  readonly halves?: readonly [Gain, Gain];
}
