import type { Guard } from '../../model/model.ts';
import type { Blend, RankingOptions } from '../../ranking/weights.ts';
import type { AlsOptions } from '../../training/als-options.ts';
import type { Gain } from '../judging/accuracy.ts';
import type { Aim } from '../judging/held-out.ts';
import type { Draw } from './draws.ts';

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

export type TunedOptions = AlsOptions &
  RankingOptions &
  Draw & {
    readonly windowDays: number;
    readonly blend: Blend;
    /** Those that acted when the blend was found; absent if none did. */
    readonly guards?: readonly Guard[];
  };

/**
 * `short`: a few epochs more than the defaults had. `long`: trained to the end, with its own window and blend, and compared
 * with the defaults.
 */
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
  /** Gain over the defaults; of long trials that did not fail. With trees for products bought before if both keep them. */
  readonly gain?: Gain;
  /** The same of either half of the customers; absent if the trial ended early because it was losing. */
  readonly halves?: readonly [Gain, Gain];
  /** What it finds less of than the defaults do, by more than a standard error; such a trial is no answer. */
  readonly worse?: readonly Lists[];
}

/** Lists of all products, of new ones, or of either in the newest weeks. */
export type Lists = 'all' | 'explore' | 'newest';

/** The trials of the highest value, best first; ties in the given order. */
export function bestTrials<T extends Outcome>(trials: readonly T[], count: number): T[] {
  return [...trials].sort((a, b) => b.value - a.value).slice(0, count);
}

/**
 * The trial whose gain less one standard error is highest, of those that are worse in nothing; undefined if none is above 0.
 * A small gain that is certain comes before a larger one that is hardly more than noise.
 *
 * @param half of the customers whose gain counts: 0 for those at even places, 1 for those at odd ones; all if left out.
 */
export function surestTrial(trials: readonly Trial[], half?: 0 | 1): Trial | undefined {
  let [surest, highest]: [Trial | undefined, number] = [undefined, 0];
  for (const trial of trials) {
    if (trial.worse) continue;
    const gain = half === undefined ? trial.gain : trial.halves?.[half];
    const lowerBound = gain ? gain.mean - gain.error : 0;
    if (lowerBound > highest) [surest, highest] = [trial, lowerBound];
  }
  return surest;
}

/**
 * The options of the surest trial, or the defaults. The best of many trials is partly luck. So what either half of the
 * customers would pick is measured on the other half, and must be better than the defaults by more than a standard error.
 */
export function answerOf(trials: readonly Trial[], defaults: TunedOptions): Pick<Tuned, 'options' | 'gain'> {
  const nothing = { mean: 0, error: 0 };
  const even = surestTrial(trials, 0)?.halves?.[1] ?? nothing;
  const odd = surestTrial(trials, 1)?.halves?.[0] ?? nothing;
  const gain = { mean: (even.mean + odd.mean) / 2, error: Math.hypot(even.error, odd.error) / 2 };
  const surest = surestTrial(trials);
  return surest && gain.mean > gain.error ? { options: surest.options, gain } : { options: defaults };
}
