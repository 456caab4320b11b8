/** From pairs in any order to those by customer and by product. */
import { sharedRows } from '../../dataset/arrays.ts';
import type { Purchases, Returned, TransposedPurchases } from '../../dataset/dataset.ts';
import type { Numbering } from '../../dataset/numbering.ts';
import { type IdRows, rowsOf, transpose } from '../../dataset/sort.ts';
import { customerOf, ordersIn, type PairLog, productOf, quantityIn, timeIn } from './log.ts';

/** Pairs between two yields: some milliseconds. */
const pieceLength = 1 << 16;

export interface SortedPairs {
  readonly customers: IdRows;
  readonly products: IdRows;
  readonly purchases: Purchases;
  readonly byProduct: TransposedPurchases;
  readonly returned?: Returned;
  /** How many orders hold each product, by row. */
  readonly holding: Uint32Array;
}

/**
 * Sorts pairs by customer, then by product. Customers and products that have nothing but pairs that were returned in full are
 * left out.
 *
 * @param onDouble called for a pair that is there twice, with the numbers of its customer and its product; throws.
 */
export function* sortPairs(
  log: PairLog,
  customers: Numbering,
  products: Numbering,
  onDouble: (customer: number, product: number) => never,
): Generator<undefined, SortedPairs> {
  const usedCustomers = new Uint8Array(customers.size);
  const usedProducts = new Uint8Array(products.size);
  for (let pair = 0; pair < log.count; pair++) {
    if (pair % pieceLength === 0) yield;
    if (quantityIn(log, pair) === 0) continue;
    usedCustomers[customerOf(log, pair)] = 1;
    usedProducts[productOf(log, pair)] = 1;
  }
  const { has } = log;
  const [byCustomer, byProduct] = [rowsOf(customers, usedCustomers), rowsOf(products, usedProducts)];
  yield;

  const { ends, pairs } = yield* pairsByCustomer(log, byCustomer, usedCustomers);
  const rows = byCustomer.ids.length;
  const offsets = sharedRows(rows + 1);
  const returnedOffsets = new Uint32Array(rows + 1);
  const productOffsets = sharedRows(byProduct.ids.length + 1);
  let pieceEnd = pieceLength;
  for (let row = 0, from = 0; row < rows; from = ends[row++]) {
    const own = pairs.subarray(from, ends[row]);
    sortByProduct(log, own, byProduct.rows);
    offsets[row + 1] = offsets[row];
    returnedOffsets[row + 1] = returnedOffsets[row];
    for (let i = 0; i < own.length; i++) {
      const product = productOf(log, own[i]);
      if (i > 0 && productOf(log, own[i - 1]) === product) onDouble(customerOf(log, own[i]), product);
      if (quantityIn(log, own[i]) > 0) {
        offsets[row + 1]++;
        productOffsets[byProduct.rows[product] + 1]++;
      } else if (usedProducts[product] === 1) returnedOffsets[row + 1]++;
    }
    if (ends[row] < pieceEnd) continue;
    pieceEnd = ends[row] + pieceLength;
    yield;
  }
  for (let row = 0; row < byProduct.ids.length; row++) productOffsets[row + 1] += productOffsets[row];

  const count = offsets[rows];
  const bought = sharedRows(count);
  const quantities = new Float32Array(count);
  const orders = has.orders ? new Uint32Array(count) : undefined;
  const times = has.times ? new Float64Array(count) : undefined;
  const returned = new Uint32Array(returnedOffsets[rows]);
  const holding = new Uint32Array(byProduct.ids.length);
  let [to, returnedTo] = [0, 0];
  for (let i = 0; i < pairs.length; i++) {
    if (i % pieceLength === 0) yield;
    const pair = pairs[i];
    const product = productOf(log, pair);
    const row = byProduct.rows[product];
    if (quantityIn(log, pair) === 0) {
      if (usedProducts[product] === 1) returned[returnedTo++] = row;
      continue;
    }
    bought[to] = row;
    quantities[to] = quantityIn(log, pair);
    if (orders) orders[to] = ordersIn(log, pair);
    if (times) times[to] = timeIn(log, pair);
    holding[row] += ordersIn(log, pair);
    to++;
  }
  const purchases: Purchases = {
    offsets,
    products: bought,
    ...(quantities.some((quantity) => quantity !== 1) && { quantities }),
    ...(orders?.some((number) => number !== 1) && { orders }),
    ...(times && !times.every(Number.isNaN) && { lastPurchase: times }),
  };
  yield;
  return {
    customers: byCustomer,
    products: byProduct,
    purchases,
    byProduct: transpose(purchases, productOffsets),
    ...(returned.length > 0 && { returned: { offsets: returnedOffsets, products: returned } }),
    holding,
  };
}

/** The pairs of each customer row one after the other, and where those of each row end. */
function* pairsByCustomer(
  log: PairLog,
  { ids, rows }: IdRows,
  used: Uint8Array,
): Generator<undefined, { ends: Uint32Array; pairs: Uint32Array }> {
  const ends = new Uint32Array(ids.length + 1);
  for (let pair = 0; pair < log.count; pair++) {
    if (pair % pieceLength === 0) yield;
    const customer = customerOf(log, pair);
    if (used[customer] === 1) ends[rows[customer] + 1]++;
  }
  for (let row = 0; row < ids.length; row++) ends[row + 1] += ends[row];
  const pairs = new Uint32Array(ends[ids.length]);
  for (let pair = 0; pair < log.count; pair++) {
    if (pair % pieceLength === 0) yield;
    const customer = customerOf(log, pair);
    if (used[customer] === 1) pairs[ends[rows[customer]]++] = pair;
  }
  return { ends: ends.subarray(0, ids.length), pairs };
}

/** Sorts pairs by the rows of their products; those of no row, which were returned in full, are at any place. */
function sortByProduct(log: PairLog, own: Uint32Array, rows: Uint32Array): void {
  const rank = (pair: number) => rows[productOf(log, pair)];
  if (own.length > 40) {
    own.sort((a, b) => rank(a) - rank(b) || productOf(log, a) - productOf(log, b));
    return;
  }
  for (let i = 1; i < own.length; i++) {
    const pair = own[i];
    const product = productOf(log, pair);
    let at = i;
    for (; at > 0; at--) {
      const before = productOf(log, own[at - 1]);
      if (rows[before] < rows[product] || (rows[before] === rows[product] && before <= product)) break;
      own[at] = own[at - 1];
    }
    own[at] = pair;
  }
}
