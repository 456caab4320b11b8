/** How evenly an amount, such as places in lists, is spread over products. */
import { productsOfPiece } from '../../../ranking/popularity.ts';

export interface Concentration {
  readonly total: number;
  /**
   * The Lorenz curve from the largest amount on: the share of the total that the first hundredth of the products has, the first
   * two hundredths, and so on, after a 0; 101 values. All are 0 if there is nothing.
   */
  readonly shares: Float64Array;
  /** 0 if all products have the same, towards 1 if a few have all; NaN if there is nothing. */
  readonly gini: number;
}

/** In how many parts the products are cut. */
const parts = 100;

/**
 * @param amounts by product row, at least 0.
 * @param ranking product rows, the largest amount first.
 * @param counts whether a product counts at all.
 */
export function* concentrationIn(
  amounts: ArrayLike<number>,
  ranking: Uint32Array,
  counts: (row: number) => boolean,
): Generator<undefined, Concentration> {
  const own = new Float64Array(ranking.length);
  let products = 0;
  let total = 0;
  for (let place = 0; place < ranking.length; place++) {
    if (place % productsOfPiece === 0) yield;
    const row = ranking[place];
    if (!counts(row)) continue;
    own[products++] = amounts[row];
    total += amounts[row];
  }
  const shares = new Float64Array(parts + 1);
  if (total === 0) return { total, shares, gini: Number.NaN };
  let before = 0;
  let weighted = 0;
  let part = 1;
  for (let place = 0; place < products; place++) {
    if (place % productsOfPiece === 0) yield;
    // A part that ends within a product has so much of it.
    for (; part <= parts && (part * products) / parts <= place + 1; part++)
      shares[part] = (before + ((part * products) / parts - place) * own[place]) / total;
    before += own[place];
    // The product with the largest amount is the last one of those in ascending order.
    weighted += (products - place) * own[place];
  }
  return { total, shares, gini: (2 * weighted) / (products * total) - (products + 1) / products };
}
