import type { Purchases } from '../dataset/dataset.ts';
import type { Signals } from './signals.ts';
import { recencyOfAll } from './signals.ts';
import type { Ranking } from './weights.ts';

/** What each product gains by trend: what people take up, of those that the customer bought before what people buy. */
export interface Trends {
  readonly fresh: Float32Array;
  readonly bought: Float32Array;
}

export function trendsOf({ popularity, uptake = popularity }: Signals, { trend }: Pick<Ranking, 'trend'>): Trends {
  const weighted = (orders: Float32Array) => logPopularity(orders).map((log) => trend * log);
  return { fresh: weighted(uptake), bought: weighted(popularity) };
}

/** ln(popularity, scaled to at most 1, + .001) by product; 0 where nothing was sold. */
export function logPopularity(popularity: Float32Array): Float32Array {
  let most = 0;
  for (const orders of popularity) most = Math.max(most, orders);
  return popularity.map((orders) => (most > 0 ? Math.log(orders / most + 1e-3) : 0));
}

/**
 * What a product gains once it was bought: habit * S / (1 + S of all) + bought + repeat * propensity, and the trend of what
 * people buy instead of that of what they take up.
 * @param row of the product.
 * @param recency S, sum of decay^(orders ago) over the orders that hold it.
 * @param orders of the customer.
 */
export type BonusOf = (row: number, recency: number, orders: number) => number;

export function createBonus({ repeatPropensity }: Signals, ranking: Ranking, { fresh, bought }: Trends): BonusOf {
  const { habit, repeat, decay } = ranking;
  const again = repeatPropensity.map(
    (propensity, row) => ranking.bought + repeat * propensity + bought[row] - fresh[row],
  );
  return (row, recency, orders) => (habit * recency) / (1 + recencyOfAll(orders, decay)) + again[row];
}

/** The bonus of every pair. */
export function bonusesOf(
  { offsets, products }: Purchases,
  { recency, orders }: Signals,
  bonusOf: BonusOf,
): Float32Array {
  const bonuses = new Float32Array(recency.length);
  for (let c = 0; c + 1 < offsets.length; c++)
    for (let pair = offsets[c]; pair < offsets[c + 1]; pair++)
      bonuses[pair] = bonusOf(products[pair], recency[pair], orders[c]);
  return bonuses;
}
