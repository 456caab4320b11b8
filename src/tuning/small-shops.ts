import type { Dataset } from '../dataset/dataset.ts';
import { type Blend, defaultBlend } from '../ranking/weights.ts';
import { orderIsKnown } from './held-out.ts';

/** With fewer orders, embeddings say nothing that holds for the next order. */
export const minOrders = 200;
/** With fewer orders, options that were picked on held-out ones are worse than the defaults more often than not. */
export const minOrdersToPick = 500;
/** With this many orders, weights have their full size. */
const ordersOfFullWeight = 2000;

/** The number of orders; that of customers if orders cannot be told apart. */
export function ordersIn(dataset: Dataset): number {
  const { customers, history, purchases } = dataset;
  if (history && orderIsKnown(dataset)) return history.starts.length - 1;
  return customers.filter((_, c) => purchases.offsets[c + 1] > purchases.offsets[c]).length;
}

/**
 * The weights to start from in a shop with so many orders. What few orders say about the taste of customers and about how
 * readily each product is bought again is mostly noise; what they say about popularity and habit is not. So the weights of
 * the former grow with the number of orders, and are 0 if it is below `minOrders`.
 */
export function startingBlend(orders: number): Blend {
  const share = orders < minOrders ? 0 : Math.min(1, orders / ordersOfFullWeight);
  // People read the weights.
  const scaled = (weight: number) => Number((weight * share).toPrecision(3));
  return { ...defaultBlend, taste: scaled(defaultBlend.taste), repeat: scaled(defaultBlend.repeat) };
}
