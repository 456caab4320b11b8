import type { Dataset } from '../dataset/dataset.ts';
import { type Blend, defaultBlend } from '../ranking/weights.ts';
import { orderIsKnown } from './held-out.ts';

/** With fewer orders, embeddings say nothing that holds for the next order. */
export const minOrders = 200;
/** With fewer orders, options that were picked on held-out ones are worse than the defaults more often than not. */
export const minOrdersToPick = 500;
/** With this many orders, taste has its full weight. */
const ordersOfFullTaste = 2000;

/** The number of orders; that of customers if orders cannot be told apart. */
export function ordersIn(dataset: Dataset): number {
  const { customers, history, purchases } = dataset;
  if (history && orderIsKnown(dataset)) return history.starts.length - 1;
  return customers.filter((_, c) => purchases.offsets[c + 1] > purchases.offsets[c]).length;
}

/**
 * The weights to start from in a shop with so many orders. Embeddings of few orders are mostly noise, which popularity is
 * not: taste has no weight below `minOrders`, and its full weight only with ten times as many.
 */
export function startingBlend(orders: number): Blend {
  if (orders < minOrders) return { ...defaultBlend, taste: 0 };
  return { ...defaultBlend, taste: defaultBlend.taste * Math.min(1, orders / ordersOfFullTaste) };
}
