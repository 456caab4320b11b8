/** What sold of each product, by the orders of a model. */
import { ordersOf } from '../../../dataset/dataset.ts';
import { type Popularity, pairsOfPiece, withOrdersOf } from '../../../ranking/popularity.ts';
import { oncePerModel } from '../per-model.ts';

/** All arrays are by product row. */
export interface Sold {
  /** Orders that hold the product. */
  readonly orders: Uint32Array;
  /** Customers who bought it. */
  readonly buyers: Uint32Array;
  /** The products by orders, most first; ties go to the one with more buyers. */
  readonly ranking: Uint32Array;
  /** The place of each product in it, from 1. */
  readonly places: Uint32Array;
}

export const soldOf = oncePerModel(function* ({ products, purchases }): Generator<undefined, Sold> {
  const orders = new Uint32Array(products.length);
  const buyers = new Uint32Array(products.length);
  for (let pair = 0; pair < purchases.products.length; pair++) {
    if (pair % pairsOfPiece === 0) yield;
    const row = purchases.products[pair];
    orders[row] += ordersOf(purchases, pair);
    buyers[row]++;
  }
  const byRow: Pick<Popularity, 'ranking'> = { ranking: Uint32Array.from(products, (_, row) => row) };
  const { ranking } = yield* withOrdersOf(yield* withOrdersOf(byRow, buyers), orders);
  const places = new Uint32Array(products.length);
  for (let place = 0; place < ranking.length; place++) places[ranking[place]] = place + 1;
  return { orders, buyers, ranking, places };
});
