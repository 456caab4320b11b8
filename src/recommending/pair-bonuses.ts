import type { Model } from '../model/model.ts';
import { dayMs } from '../orders/times/calendar.ts';
import { correctionsOf } from '../ranking/corrections.ts';
import { type BonusOf, bonusesOf, type Trends } from '../ranking/formula.ts';
import { repeatFeaturesIn } from '../ranking/repeat-features.ts';
import { inTurns } from '../turns.ts';

/** What the score of each pair gains because the customer bought the product before. */
export interface PairBonuses {
  /** Of all pairs; another array after a refresh. Do not change it. */
  current(): Float32Array;
  /**
   * Replaces them by those of a time, a little at a time, so that requests are answered in between. Does nothing if the model
   * has no trees, or its orders no times.
   */
  refresh(now: number): Promise<void>;
  /** Replaces them by those of another thread. */
  put(bonuses: Float32Array): void;
}

/** How far past the model's last order bonuses are aged: trees have seen little more. */
const maxDays = 30;
/** Pairs of a piece of work that trees look at: a millisecond or two. */
const pairsOfPiece = 2000;

/**
 * The formula's bonuses, to which a model with trees adds the sum of the trees, as of the last order. They are made a piece at
 * a time.
 *
 * @param customerFactors rows of `stride` numbers, as are `productFactors`.
 * @param made those that another thread has made, which also refreshes them.
 */
export function* createPairBonuses(
  { purchases, signals, repeatTrees, metadata: { ranking, repeatTrees: tried } }: Model,
  bonusOf: BonusOf,
  { fresh }: Trends,
  { customerFactors, productFactors, stride }: FactorRows,
  made?: Float32Array,
): Generator<undefined, PairBonuses> {
  const { offsets } = purchases;
  const asOf = tried?.asOf ?? Number.NaN;
  const customers = offsets.length - 1;
  const formula = made ?? (yield* bonusesOf(purchases, signals!, bonusOf));
  let current = formula;
  const replaceable = {
    current: () => current,
    put(bonuses: Float32Array) {
      current = bonuses;
    },
  };
  if (!repeatTrees || made) return { ...replaceable, refresh: async () => {} };
  const features = yield* repeatFeaturesIn({
    purchases,
    signals: signals!,
    repeatSignals: repeatTrees,
    ranking: ranking!,
    fresh,
    bonusOf,
    customerFactors,
    productFactors,
    stride,
  });

  /** Fills in the bonuses of customers from `from` on, up to the returned one. */
  function fill(into: Float32Array, from: number, now: number): number {
    let to = from + 1;
    while (to < customers && offsets[to + 1] - offsets[from] <= pairsOfPiece) to++;
    const { columns, rows } = features(from, to, now);
    const corrections = correctionsOf(repeatTrees!, columns, rows);
    const first = offsets[from];
    for (let i = 0; i < rows; i++) into[first + i] = formula[first + i] + corrections[i];
    return to;
  }

  function* filled(now: number): Generator<undefined, Float32Array> {
    const bonuses = new Float32Array(formula.length);
    for (let from = 0; from < customers; ) {
      yield;
      from = fill(bonuses, from, now);
    }
    return bonuses;
  }

  current = yield* filled(asOf);
  let running = Promise.resolve();

  async function replace(now: number): Promise<void> {
    current = await inTurns(filled(now));
  }

  return {
    ...replaceable,
    async refresh(now) {
      if (Number.isNaN(asOf)) return;
      running = running.then(() => replace(Math.min(Math.max(now, asOf), asOf + maxDays * dayMs)));
      await running;
    },
  };
}

interface FactorRows {
  readonly customerFactors: Float32Array;
  readonly productFactors: Float32Array;
  readonly stride: number;
}
