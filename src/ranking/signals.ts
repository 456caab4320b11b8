import { type Dataset, ordersOf } from '../dataset/dataset.ts';

/** What the orders say of a customer and a product beside taste. */
export interface Signals {
  /** Sum of decay^(orders ago) over the customer's orders that hold the product, by pair. The last order is 0 ago. */
  readonly recency: Float32Array;
  /** The same with the decay of taste, which customers' embeddings are made with; absent where that is no other. */
  readonly tasteRecency?: Float32Array;
  /** Which of the customer's last eight orders hold the product, by pair: bit k for the order k ago. */
  readonly lastOrders: Uint8Array;
  /** Orders of each customer. */
  readonly orders: Uint32Array;
  /** Orders that hold the product, in the last days only, by product row. */
  readonly popularity: Float32Array;
  /**
   * Of the same orders those in which customers who had ordered before bought the product for the first time, and a fifth
   * of them all, so that there is something where those are few: what people take up. Absent where no order is known.
   */
  readonly uptake?: Float32Array;
  /**
   * How much more readily than the average product each one is bought again, by product row: ln of (orders that held it
   * again / orders in which that could have been) against the same of all products together, both with the weight of 5
   * average orders added so that a rare product stays near 0.
   */
  readonly repeatPropensity: Float32Array;
}

const day = 86_400_000;
const few = 5;
/** What any order counts for, against a first purchase of a customer who had ordered before. */
const anyOrder = 0.2;

/**
 * @param decay what an order counts for against the one after it; above 0, at most 1.
 * @param windowDays days up to the last order whose sales count for popularity. Where orders have no times, all count.
 */
export function signalsOf(dataset: Dataset, decay: number, windowDays: number): Signals {
  const { customers, products, purchases, history } = dataset;
  const recency = new Float32Array(purchases.products.length);
  const lastOrders = new Uint8Array(recency.length);
  const orders = new Uint32Array(customers.length);
  const popularity = new Float32Array(products.length);
  const uptake = new Float32Array(products.length);
  const repeatPropensity = new Float32Array(products.length);
  if (!history) {
    // Which orders the pairs came from is not known: all of them count alike.
    for (let c = 0; c < customers.length; c++) {
      for (let pair = purchases.offsets[c]; pair < purchases.offsets[c + 1]; pair++) {
        recency[pair] = ordersOf(purchases, pair);
        orders[c] = Math.max(orders[c], recency[pair]);
        popularity[purchases.products[pair]] += recency[pair];
      }
    }
    return { recency, lastOrders, orders, popularity, repeatPropensity };
  }
  const { offsets, starts, times } = history;
  const from = windowStart(times, windowDays);
  const isRecent = (order: number) => times === undefined || times[order] >= from;
  const pairs = new Uint32Array(products.length);
  const firsts = new Uint32Array(recency.length);
  const held = new Float64Array(products.length);
  const chances = new Float64Array(products.length);
  for (let c = 0; c < customers.length; c++) {
    for (let pair = purchases.offsets[c]; pair < purchases.offsets[c + 1]; pair++)
      pairs[purchases.products[pair]] = pair;
    orders[c] = offsets[c + 1] - offsets[c];
    let weight = 1;
    for (let order = offsets[c + 1] - 1; order >= offsets[c]; order--, weight *= decay) {
      const ago = offsets[c + 1] - 1 - order;
      const recent = isRecent(order);
      for (let line = starts[order]; line < starts[order + 1]; line++) {
        const pair = pairs[history.products[line]];
        recency[pair] += weight;
        if (ago < 8) lastOrders[pair] |= 1 << ago;
        if (recent) popularity[history.products[line]]++;
        held[history.products[line]]++;
        firsts[pair] = order;
      }
    }
    for (let pair = purchases.offsets[c]; pair < purchases.offsets[c + 1]; pair++) {
      const product = purchases.products[pair];
      const first = firsts[pair];
      held[product]--;
      chances[product] += offsets[c + 1] - 1 - first;
      if (first > offsets[c] && isRecent(first)) uptake[product]++;
    }
  }
  for (let p = 0; p < products.length; p++) uptake[p] += anyOrder * popularity[p];
  const total = chances.reduce((sum, each) => sum + each, 0);
  const average = held.reduce((sum, each) => sum + each, 0) / total;
  if (average > 0)
    for (let p = 0; p < products.length; p++)
      repeatPropensity[p] = Math.log((held[p] / average + few) / (chances[p] + few));
  return { recency, lastOrders, orders, popularity, uptake, repeatPropensity };
}

/** `Signals.recency` alone. */
export function recencies(dataset: Dataset, decay: number): Float32Array {
  return signalsOf(dataset, decay, 0).recency;
}

/** When the last days before the last order begin; -Infinity where no order has a time. */
export function windowStart(times: Float64Array | undefined, windowDays: number): number {
  let last = -Infinity;
  for (const time of times ?? []) if (time > last) last = time;
  return last - windowDays * day;
}

/** Sum of decay^k over so many orders: the recency of a product that was in all of them. */
export function recencyOfAll(orders: number, decay: number): number {
  return decay === 1 ? orders : (1 - decay ** orders) / (1 - decay);
}
