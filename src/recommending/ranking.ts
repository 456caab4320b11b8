import type { Signals } from '../dataset/signals.ts';
import { recencyOfAll } from '../dataset/signals.ts';
import type { Model, Ranking } from '../model/model.ts';

/** What a product gains by trend. */
export function priorsOf({ popularity }: Signals, { trend }: Ranking): Float32Array {
  return logPopularity(popularity).map((log) => trend * log);
}

/** ln(popularity, scaled to at most 1, + .001) by product; 0 where nothing was sold. */
export function logPopularity(popularity: Float32Array): Float32Array {
  let most = 0;
  for (const orders of popularity) most = Math.max(most, orders);
  return popularity.map((orders) => (most > 0 ? Math.log(orders / most + 1e-3) : 0));
}

/**
 * What a product gains by having been bought: habit * S / (1 + S of all) + bought + repeat * propensity.
 * @param recency S, sum of decay^(orders ago) over the orders that hold it.
 * @param orders of the customer.
 * @param propensity of the product to be bought again.
 */
export function bonusOf(
  recency: number,
  orders: number,
  propensity: number,
  { habit, bought, repeat, decay }: Ranking,
): number {
  return (habit * recency) / (1 + recencyOfAll(orders, decay)) + bought + repeat * propensity;
}

/** The bonus of every pair; none where the model does not rank by signals. */
export function bonusesOf({ purchases, signals, metadata: { ranking } }: Model): Float32Array | undefined {
  if (!signals || !ranking) return undefined;
  const { offsets, products } = purchases;
  const { recency, orders, repeatPropensity } = signals;
  const bonuses = new Float32Array(recency.length);
  for (let c = 0; c + 1 < offsets.length; c++)
    for (let pair = offsets[c]; pair < offsets[c + 1]; pair++)
      bonuses[pair] = bonusOf(recency[pair], orders[c], repeatPropensity[products[pair]], ranking);
  return bonuses;
}
