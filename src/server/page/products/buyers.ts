/** Who bought a product, as far as the model goes. */
import { ordersOf, quantityOf } from '../../../dataset/dataset.ts';
import { comparerOf } from '../../../dataset/texts/text-order.ts';
import type { Model } from '../../../model/model.ts';
import { createBest } from '../best.ts';

/** A customer who bought the product. */
interface Buyer {
  /** Row in the model. */
  readonly row: number;
  readonly orders: number;
  /** What was returned is taken off. */
  readonly units: number;
  /** Of the last of these orders, in milliseconds since 1970 UTC; NaN if unknown. */
  readonly last: number;
}

export interface Buyers {
  readonly buyers: number;
  /** Those of them who bought it in more than one order. */
  readonly again: number;
  readonly orders: number;
  readonly units: number;
  /** Those who bought it most often: by orders, then units, then the lower row. */
  readonly top: readonly Buyer[];
}

/** Pairs whose products are compared in a piece: some tenths of a millisecond. */
const pairsOfPiece = 2 ** 17;

/**
 * Looks at the products of all pairs, which takes some milliseconds for ten million: less than to count all products at once and
 * keep it, and no memory.
 *
 * @param limit how many of them `top` has.
 */
export function* buyersOf(
  { purchases, customers }: Pick<Model, 'purchases' | 'customers'>,
  product: number,
  limit: number,
): Generator<undefined, Buyers> {
  const { products, offsets, lastPurchase } = purchases;
  const compare = comparerOf(customers, customers);
  const top = createBest(limit, isAhead);
  let [buyers, again, orders, units, row] = [0, 0, 0, 0, 0];
  for (let from = 0; from < products.length; from += pairsOfPiece) {
    yield;
    const to = Math.min(from + pairsOfPiece, products.length);
    for (let pair = from; pair < to; pair++) {
      if (products[pair] !== product) continue;
      while (offsets[row + 1] <= pair) row++;
      // An id that is not their own is all that the memory has of somebody who was erased; see `forgetCustomer`.
      if (row === 0 ? customers[0] === '' : compare(row - 1, row) === 0) continue;
      const one = {
        row,
        orders: ordersOf(purchases, pair),
        units: quantityOf(purchases, pair),
        last: lastPurchase?.[pair] ?? Number.NaN,
      };
      buyers++;
      if (one.orders > 1) again++;
      orders += one.orders;
      units += one.units;
      top.offer(one);
    }
  }
  return { buyers, again, orders, units, top: top.all() };
}

function isAhead(one: Buyer, other: Buyer): boolean {
  return one.orders > other.orders || (one.orders === other.orders && one.units > other.units);
}
