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
   * How much higher the sum of recall and NDCG at 10 of the lists aimed at is than with the defaults, as measured on orders
   * that had no part in finding the options. Absent if `options` are the defaults.
   */
  readonly gain?: Gain;
  /** Why `options` are the defaults; absent if they are not. */
  readonly unchanged?: Unchanged;
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
 * Why the defaults are kept. `nothing_better`: no trial was better than they are by more than the noise. `not_confirmed`:
 * what was is not on the orders that confirm. `out_of_time`: there was no time left to confirm any.
 */
export type Unchanged = 'nothing_better' | 'not_confirmed' | 'out_of_time';

/**
 * `short`: a few epochs more than the defaults had. `long`: trained to the end, with its own window and blend, and compared
 * with the defaults. `confirm`: the options that a long trial of the same place ended with, compared with the defaults on
 * orders that had no part in choosing them.
 */
export type Rung = 'short' | 'long' | 'confirm';

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
  /**
   * Gain over the defaults; of long trials and confirmations that did not fail. With trees for products bought before if they
   * are kept.
   */
  readonly gain?: Gain;
  /** What the gain must exceed to confirm the options; of confirmations. */
  readonly least?: number;
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
 * The long trial whose gain less one standard error is highest, of those that are worse in nothing and were not refused;
 * undefined if none is above 0. A small gain that is certain comes before a larger one that is hardly more than noise.
 */
export function surestTrial(trials: readonly Trial[]): Trial | undefined {
  const confirmations = confirmationsOf(trials);
  let [surest, highest]: [Trial | undefined, number] = [undefined, 0];
  for (const trial of trials) {
    if (trial.rung !== 'long' || !trial.gain || trial.worse) continue;
    const confirmation = confirmations.get(placeOf(trial));
    if (confirmation && !confirms(confirmation)) continue;
    const lowerBound = trial.gain.mean - trial.gain.error;
    if (lowerBound > highest) [surest, highest] = [trial, lowerBound];
  }
  return surest;
}

/**
 * The surest trial that has yet to be confirmed, as of the last of some trials; undefined if it was, or if there is none.
 */
export function toConfirm(trials: readonly Trial[]): Trial | undefined {
  const surest = surestTrial(trials);
  return surest && !confirmationsOf(trials).has(placeOf(surest)) ? surest : undefined;
}

/**
 * The options of the surest trial that was confirmed, or the defaults: the best of many trials is partly luck, and partly good
 * at nothing but the orders that chose it.
 */
export function answerOf(
  trials: readonly Trial[],
  defaults: TunedOptions,
): Pick<Tuned, 'options' | 'gain' | 'unchanged'> {
  const confirmations = confirmationsOf(trials);
  const surest = surestTrial(trials.filter((trial) => confirmations.has(placeOf(trial))));
  if (surest) return { options: surest.options, gain: confirmations.get(placeOf(surest))!.gain };
  if (confirmations.size > 0) return { options: defaults, unchanged: 'not_confirmed' };
  return { options: defaults, unchanged: toConfirm(trials) ? 'out_of_time' : 'nothing_better' };
}

/** By the places of the long trials that they are of. */
function confirmationsOf(trials: readonly Trial[]): Map<string, Trial> {
  return new Map(trials.filter(({ rung }) => rung === 'confirm').map((trial) => [placeOf(trial), trial]));
}

const placeOf = ({ round, place }: Trial) => `${round} ${place}`;

function confirms({ gain, least = 0, worse }: Trial): boolean {
  return gain !== undefined && gain.mean > least && !worse;
}
