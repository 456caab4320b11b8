/** From pairs in any order to those by customer and by product. */
import { sharedRows } from '../../dataset/arrays.ts';
import type { Purchases, Returned, TransposedPurchases } from '../../dataset/dataset.ts';
import type { Numbering } from '../../dataset/numbering.ts';
import { type IdRows, rowsOf, transpose } from '../../dataset/sort.ts';
import { dropColumn, type LogColumn, type PairLog, valueIn } from './log.ts';

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
 * left out. Each column of the result takes the place of one of the log, which must not be used afterwards.
 *
 * @param onDouble called for a pair that is there twice, with the numbers of its customer and its product; throws.
 */
export function* sortPairs(
  log: PairLog,
  customers: Numbering,
  products: Numbering,
  onDouble: (customer: number, product: number) => never,
): Generator<undefined, SortedPairs> {
  const used = yield* usedIn(log, customers.size, products.size);
  const rows = { customers: rowsOf(customers, used.customers), products: rowsOf(products, used.products) };
  yield;
  const { productOffsets, ...sorted } = yield* columnsOf(log, rows, used, onDouble);
  yield;
  return { ...rows, ...sorted, byProduct: transpose(sorted.purchases, productOffsets) };
}

/** By number, 1 for those who have a pair that was not returned in full. */
function* usedIn(log: PairLog, customers: number, products: number) {
  const used = { customers: new Uint8Array(customers), products: new Uint8Array(products) };
  for (let pair = 0; pair < log.count; pair++) {
    if (pair % pieceLength === 0) yield;
    if (valueIn(log, 'quantities', pair) === 0) continue;
    used.customers[valueIn(log, 'customers', pair)] = 1;
    used.products[valueIn(log, 'products', pair)] = 1;
  }
  return used;
}

/** The pairs by customer, those that were returned in full, and where the pairs of each product are to begin. */
function* columnsOf(
  log: PairLog,
  { customers, products }: { customers: IdRows; products: IdRows },
  used: { customers: Uint8Array; products: Uint8Array },
  onDouble: (customer: number, product: number) => never,
) {
  const { ends, pairs } = yield* pairsByCustomer(log, customers, used.customers);
  dropColumn(log, 'customers');
  const rows = customers.ids.length;
  const offsets = sharedRows(rows + 1);
  const returnedOffsets = new Uint32Array(rows + 1);
  const returned: number[] = [];
  const productOffsets = sharedRows(products.ids.length + 1);
  const holding = new Uint32Array(products.ids.length);
  /** How many pairs are kept so far: they move to the beginning. */
  let kept = 0;
  let pieceEnd = pieceLength;
  for (let row = 0, from = 0; row < rows; from = ends[row++]) {
    const own = pairs.subarray(from, ends[row]);
    sortByProduct(log, own, products.rows);
    let before = -1;
    for (let i = 0; i < own.length; i++) {
      const pair = own[i];
      const product = valueIn(log, 'products', pair);
      if (product === before) onDouble(customers.numbers[row], product);
      before = product;
      const productRow = products.rows[product];
      if (valueIn(log, 'quantities', pair) > 0) {
        productOffsets[productRow + 1]++;
        holding[productRow] += log.has.orders ? valueIn(log, 'orders', pair) : 1;
        pairs[kept++] = pair;
      } else if (used.products[product] === 1) returned.push(productRow);
    }
    offsets[row + 1] = kept;
    returnedOffsets[row + 1] = returned.length;
    if (ends[row] < pieceEnd) continue;
    pieceEnd = ends[row] + pieceLength;
    yield;
  }
  for (let row = 0; row < products.ids.length; row++) productOffsets[row + 1] += productOffsets[row];

  /** Moves a column of the log. */
  function* move<T extends Uint32Array | Float32Array | Float64Array>(column: LogColumn, into: T) {
    for (let i = 0; i < kept; i++) {
      if (i % pieceLength === 0) yield;
      into[i] = valueIn(log, column, pairs[i]);
    }
    dropColumn(log, column);
    return into;
  }

  const bought = yield* move('products', sharedRows(kept));
  for (let i = 0; i < kept; i++) bought[i] = products.rows[bought[i]];
  yield;
  const quantities = yield* move('quantities', new Float32Array(kept));
  const orders = log.has.orders ? yield* move('orders', new Uint32Array(kept)) : undefined;
  const times = log.has.times ? yield* move('times', new Float64Array(kept)) : undefined;
  const purchases: Purchases = {
    offsets,
    products: bought,
    ...(quantities.some((quantity) => quantity !== 1) && { quantities }),
    ...(orders?.some((number) => number !== 1) && { orders }),
    ...(times && !times.every(Number.isNaN) && { lastPurchase: times }),
  };
  return {
    purchases,
    ...(returned.length > 0 && { returned: { offsets: returnedOffsets, products: Uint32Array.from(returned) } }),
    holding,
    productOffsets,
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
    const customer = valueIn(log, 'customers', pair);
    if (used[customer] === 1) ends[rows[customer] + 1]++;
  }
  for (let row = 0; row < ids.length; row++) ends[row + 1] += ends[row];
  const pairs = new Uint32Array(ends[ids.length]);
  for (let pair = 0; pair < log.count; pair++) {
    if (pair % pieceLength === 0) yield;
    const customer = valueIn(log, 'customers', pair);
    if (used[customer] === 1) pairs[ends[rows[customer]]++] = pair;
  }
  return { ends: ends.subarray(0, ids.length), pairs };
}

/** Sorts pairs by the rows of their products, and those of no row, which were returned in full, by their numbers. */
function sortByProduct(log: PairLog, own: Uint32Array, rows: Uint32Array): void {
  const productOf = (pair: number) => valueIn(log, 'products', pair);
  if (own.length > 40) {
    own.sort((a, b) => rows[productOf(a)] - rows[productOf(b)] || productOf(a) - productOf(b));
    return;
  }
  for (let i = 1; i < own.length; i++) {
    const pair = own[i];
    const product = productOf(pair);
    let at = i;
    for (; at > 0; at--) {
      const before = productOf(own[at - 1]);
      if (rows[before] < rows[product] || (rows[before] === rows[product] && before <= product)) break;
      own[at] = own[at - 1];
    }
    own[at] = pair;
  }
}
