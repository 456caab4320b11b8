import { type Dataset, ordersOf, type Purchases } from '../dataset/dataset.ts';

/**
 * How often and how recently each customer bought each of their products: the sum of decay^(orders ago) over the orders
 * that hold it, by pair. A customer's last order is 0 orders ago. Without a history every order counts 1.
 *
 * @param decay weight of an order relative to the one after it; above 0, at most 1.
 */
export function recencyOf({ products, purchases, history }: Dataset, decay: number): Float32Array {
  const recency = new Float32Array(purchases.products.length);
  if (!history) {
    for (let pair = 0; pair < recency.length; pair++) recency[pair] = ordersOf(purchases, pair);
    return recency;
  }
  const { offsets, starts } = history;
  const pairOf = new Uint32Array(products.length);
  for (let c = 0; c + 1 < offsets.length; c++) {
    notePairs(purchases, c, pairOf);
    for (let order = offsets[c + 1] - 1, weight = 1; order >= offsets[c]; order--, weight *= decay)
      for (let line = starts[order]; line < starts[order + 1]; line++)
        recency[pairOf[history.products[line]]] += weight;
  }
  return recency;
}

/** Which of the customer's last eight orders hold the product, by pair: bit k for the order k ago. */
export function lastOrdersOf({ products, purchases, history }: Dataset): Uint8Array {
  const lastOrders = new Uint8Array(purchases.products.length);
  if (!history) return lastOrders;
  const { offsets, starts } = history;
  const pairOf = new Uint32Array(products.length);
  for (let c = 0; c + 1 < offsets.length; c++) {
    notePairs(purchases, c, pairOf);
    const newest = offsets[c + 1] - 1;
    for (let order = newest; order >= offsets[c] && newest - order < 8; order--)
      for (let line = starts[order]; line < starts[order + 1]; line++)
        lastOrders[pairOf[history.products[line]]] |= 1 << (newest - order);
  }
  return lastOrders;
}

/** Sum of decay^k over the given number of orders: the recency of a product that is in all of them. */
export function recencyOfAll(orders: number, decay: number): number {
  return decay === 1 ? orders : (1 - decay ** orders) / (1 - decay);
}

/** Notes the pair of each product that a customer bought, by product row; other rows keep what they have. */
function notePairs({ offsets, products }: Purchases, customer: number, pairOf: Uint32Array): void {
  for (let pair = offsets[customer]; pair < offsets[customer + 1]; pair++) pairOf[products[pair]] = pair;
}
