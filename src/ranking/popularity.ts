import { ordersOf, type Purchases } from '../dataset/dataset.ts';
import type { Signals } from './signals.ts';

/** How often everybody bought each product, and the products in that order. */
export interface Popularity {
  /** Orders that hold the product, those of the last days where the model has them, by product row. */
  readonly orders: ArrayLike<number>;
  /** Product rows, most bought first, ties by all orders there are, then to the lower row. */
  readonly ranking: Uint32Array;
  /** Whether a product is among the 2 % that most orders hold. */
  readonly isTop: (row: number) => boolean;
}

export function popularityOf({
  purchases,
  products,
  signals,
}: {
  purchases: Purchases;
  products: readonly string[];
  signals?: Signals;
}): Popularity {
  const ever = new Float64Array(products.length);
  for (let pair = 0; pair < purchases.products.length; pair++)
    ever[purchases.products[pair]] += ordersOf(purchases, pair);
  const orders = signals?.popularity ?? ever;
  const ranking = Uint32Array.from(ever, (_, row) => row);
  ranking.sort((a, b) => orders[b] - orders[a] || ever[b] - ever[a] || a - b);
  const least = orders[ranking[Math.ceil(products.length / 50) - 1]];
  return { orders, ranking, isTop: (row) => orders[row] > 0 && orders[row] >= least };
}
