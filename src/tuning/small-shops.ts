import { type Dataset, orderIsKnown, rowsWithPairs } from '../dataset/dataset.ts';
import { type Blend, defaultBlend } from '../ranking/weights.ts';

/** With fewer orders, embeddings say nothing that holds for the next order. */
export const minOrders = 200;
/** With fewer orders, options that were picked on held-out ones are worse than the defaults more often than not. */
export const minOrdersToPick = 500;
/** With this many orders, a shop is not small. */
const ordersOfLarge = 2000;
/** What is bought in a few days of a small shop is chance. */
const windowDays = 60;

/** The number of orders; that of customers if orders cannot be told apart. */
export function ordersIn(dataset: Dataset): number {
  const { history, purchases } = dataset;
  if (history && orderIsKnown(dataset)) return history.starts.length - 1;
  return rowsWithPairs(purchases.offsets);
}

/** What a shop with so many orders ranks by, unless trials or people know better. */
export interface Start {
  readonly blend: Blend;
  /** Absent if the shop is large: the default. */
  readonly windowDays?: number;
}

/**
 * What few orders say about the taste of customers and about how readily each product is bought again is mostly noise; what
 * they say about popularity and habit is not. So the weights of the former grow with the number of orders, and are 0 if it
 * is below `minOrders`. Found on small parts of a gift shop, a grocery, and a shop of baby goods, where the default weights
 * fall behind popularity; `npm run bench:subsamples` shows others.
 *
 * @param large the weights of a large shop of the kind.
 */
export function startFor(orders: number, large: Blend = defaultBlend): Start {
  if (orders >= ordersOfLarge) return { blend: large };
  const share = orders < minOrders ? 0 : orders / ordersOfLarge;
  // People read the weights.
  const scaled = (weight: number) => Number((weight * share).toPrecision(3));
  const { taste, repeat, neighbours } = large;
  const weights = { taste: scaled(taste), repeat: scaled(repeat), neighbours: scaled(neighbours) };
  const trend = orders < minOrdersToPick ? 0.1 : 0.2;
  return { blend: { ...large, ...weights, trend }, windowDays };
}
