import { ordersOf, type Purchases } from '../dataset/dataset.ts';

/** How often everybody bought each product, and the products in that order. */
export interface Popularity {
  /** Orders that hold the product, by product row. */
  readonly orders: Float64Array;
  /** Product rows, most bought first, ties to the lower row. */
  readonly ranking: Uint32Array;
}

export function popularityOf(purchases: Purchases, products: number): Popularity {
  const orders = new Float64Array(products);
  for (let pair = 0; pair < purchases.products.length; pair++)
    orders[purchases.products[pair]] += ordersOf(purchases, pair);
  const ranking = Uint32Array.from(orders, (_, row) => row).sort((a, b) => orders[b] - orders[a] || a - b);
  return { orders, ranking };
}
