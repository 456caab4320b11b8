import { withRoom } from '../dataset/arrays.ts';
import type { Dataset } from '../dataset/dataset.ts';
import type { Neighbours } from '../model/model.ts';
import { createSlices } from './slices.ts';
import { createStrongest } from './strongest.ts';

/** Neighbours of each product: lists of 200 are no better, those of 50 are worse. */
const defaultOthers = 100;
/** Additions that it may take: less than half a minute. */
const maxWork = 5e8;

/**
 * What customers of each product also buy: the strongest entries of each row of
 *
 *   P = D_i^-1/2 R' D_u^-1 R D_i^-1/2,
 *
 * where R is 1 for the pairs of a customer and a product, D_u the number of products of each customer, and D_i the number
 * of customers of each product: a random walk from a product to one of its customers and on to one of their products
 * (Cooper, Lee, Radzik, Siantos 2014, "Random walks in recommender systems: exact computation and simulations"), with the
 * popularity of both ends discounted alike, which is the linear filter of Shen et al. (2021, "How powerful is graph
 * convolution for recommendation?"). Ties go to the lower row. A product is no neighbour of itself, and those that no list
 * holds neither are nor have neighbours.
 *
 * P never exists as a whole. The work is the sum of the squared numbers of products of the customers; if that exceeds
 * 5e8, the customers with the most products are left out, who say the least about each pair of them.
 *
 * Where the catalogue is small and dense, `easeNeighboursOf` may be better.
 *
 * @param maxOthers neighbours of each product, at most; 100 by default.
 * @throws `aborted`.
 */
export async function neighboursOf(
  { products, purchases, byProduct, unlisted }: Pick<Dataset, 'products' | 'purchases' | 'byProduct' | 'unlisted'>,
  { maxOthers = defaultOthers, signal }: { maxOthers?: number; signal?: AbortSignal } = {},
): Promise<Neighbours> {
  const count = products.length;
  const pause = createSlices(signal);
  const shares = sharesOf(purchases.offsets);
  const scales = scalesOf(byProduct.offsets, unlisted);
  const strongest = createStrongest(maxOthers);
  /** Of the current product: the sum of its customers' shares, by product, and the products that have one. */
  const sums = new Float64Array(count);
  const met = new Uint32Array(count);
  const walks = new Float64Array(count);
  const offsets = new Uint32Array(count + 1);
  let rows = new Uint32Array(16 * count);
  let strengths = new Float32Array(16 * count);
  let found = 0;
  for (let product = 0; product < count; product++) {
    await pause();
    let others = 0;
    for (let at = byProduct.offsets[product]; at < byProduct.offsets[product + 1]; at++) {
      const customer = byProduct.customers[at];
      const share = shares[customer];
      if (share === 0) continue;
      for (let pair = purchases.offsets[customer]; pair < purchases.offsets[customer + 1]; pair++) {
        const other = purchases.products[pair];
        if (sums[other] === 0) met[others++] = other;
        sums[other] += share;
      }
    }
    for (let i = 0; i < others; i++) {
      const other = met[i];
      walks[i] = other === product ? 0 : sums[other] * scales[other] * scales[product];
    }
    const kept = strongest(met, walks, others);
    rows = withRoom(rows, found + kept.length);
    strengths = withRoom(strengths, found + kept.length);
    for (const other of kept) {
      rows[found] = other;
      strengths[found++] = sums[other] * scales[other] * scales[product];
    }
    for (let i = 0; i < others; i++) sums[met[i]] = 0;
    offsets[product + 1] = found;
  }
  return { offsets, products: rows.slice(0, found), strengths: strengths.slice(0, found) };
}

/** 1 / D_u by customer; 0 for those who are left out. */
export function sharesOf(offsets: Uint32Array): Float64Array {
  const sizes = Uint32Array.from({ length: offsets.length - 1 }, (_, c) => offsets[c + 1] - offsets[c]);
  const ascending = sizes.slice().sort();
  let most = Number.POSITIVE_INFINITY;
  for (let i = 0, work = 0; i < ascending.length; i++) {
    work += ascending[i] ** 2;
    if (work <= maxWork) continue;
    most = ascending[i] - 1;
    break;
  }
  return Float64Array.from(sizes, (size) => (size > 0 && size <= most ? 1 / size : 0));
}

/** D_i^-1/2 by product; 0 for those without customers and those that no list holds. */
function scalesOf(offsets: Uint32Array, unlisted: Uint32Array = new Uint32Array()): Float64Array {
  const scales = new Float64Array(offsets.length - 1);
  for (let p = 0; p < scales.length; p++) {
    const customers = offsets[p + 1] - offsets[p];
    if (customers > 0) scales[p] = 1 / Math.sqrt(customers);
  }
  for (const row of unlisted) scales[row] = 0;
  return scales;
}
