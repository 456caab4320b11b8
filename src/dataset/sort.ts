import type { Purchases, TransposedPurchases } from './dataset.ts';
import type { Numbering } from './numbering.ts';
import type { Totals } from './totals.ts';

export interface SortedPairs {
  customers: string[];
  products: string[];
  purchases: Purchases;
  byProduct: TransposedPurchases;
  /** Row by number, of customers and products that have a pair. */
  customerRows: Uint32Array;
  productRows: Uint32Array;
}

/**
 * Gives ids their rows, sorted by UTF-16 code units, and sorts the pairs by customer and product. A pair with quantity 0
 * does not count.
 */
export function sortPairs(totals: Totals, customerIds: Numbering, productIds: Numbering): SortedPairs {
  const { offsets, products: numbers, quantities } = totals;
  const customerUsed = new Uint8Array(customerIds.size);
  const productUsed = new Uint8Array(productIds.size);
  let count = 0;
  for (let customer = 0; customer < customerIds.size; customer++) {
    for (let pair = offsets[customer]; pair < offsets[customer + 1]; pair++) {
      if (quantities[pair] === 0) continue;
      count++;
      customerUsed[customer] = 1;
      productUsed[numbers[pair]] = 1;
    }
  }
  const customers = finalRows(customerIds, customerUsed);
  const products = finalRows(productIds, productUsed);

  const customerOffsets = sharedRows(customers.ids.length + 1);
  const productOffsets = sharedRows(products.ids.length + 1);
  const rows = sharedRows(count);
  const values = {
    quantities: new Float32Array(count),
    orders: new Uint32Array(count),
    lastPurchase: new Float64Array(count),
  };
  let to = 0;
  /** Product row and place of each pair of a customer, as one number. */
  let keys = new Float64Array(1 << 10);
  for (let row = 0; row < customers.ids.length; row++) {
    const first = offsets[customers.numbers[row]];
    const all = offsets[customers.numbers[row] + 1] - first;
    if (all > keys.length) keys = new Float64Array(all * 2);
    let kept = 0;
    for (let i = 0; i < all; i++) {
      if (quantities[first + i] !== 0) keys[kept++] = products.rows[numbers[first + i]] * all + i;
    }
    sortStart(keys, kept);
    for (let k = 0; k < kept; k++) {
      const product = Math.floor(keys[k] / all);
      const pair = first + keys[k] - product * all;
      rows[to] = product;
      values.quantities[to] = quantities[pair];
      values.orders[to] = totals.orders[pair];
      values.lastPurchase[to++] = totals.last[pair];
      productOffsets[product + 1]++;
    }
    customerOffsets[row + 1] = to;
  }
  for (let i = 1; i < productOffsets.length; i++) productOffsets[i] += productOffsets[i - 1];
  const purchases: Purchases = {
    offsets: customerOffsets,
    products: rows,
    ...(values.quantities.some((quantity) => quantity !== 1) && { quantities: values.quantities }),
    ...(values.orders.some((count) => count !== 1) && { orders: values.orders }),
    ...(!values.lastPurchase.every(Number.isNaN) && { lastPurchase: values.lastPurchase }),
  };
  return {
    customers: customers.ids,
    products: products.ids,
    purchases,
    byProduct: transpose(purchases, productOffsets),
    customerRows: customers.rows,
    productRows: products.rows,
  };
}

/** Sorts the first `count` numbers; most customers have few pairs, for which insertion beats the call of a sort. */
function sortStart(numbers: Float64Array, count: number): void {
  if (count > 40) {
    numbers.subarray(0, count).sort();
    return;
  }
  for (let i = 1; i < count; i++) {
    const number = numbers[i];
    let at = i;
    for (; at > 0 && numbers[at - 1] > number; at--) numbers[at] = numbers[at - 1];
    numbers[at] = number;
  }
}

/** The sorted ids of those in use, the row of each number, and the number of each row. */
function finalRows(all: Numbering, used: Uint8Array): { ids: string[]; rows: Uint32Array; numbers: Uint32Array } {
  const ids: string[] = [];
  for (let number = 0; number < used.length; number++) if (used[number] === 1) ids.push(all.id(number));
  ids.sort();
  const rows = new Uint32Array(all.size);
  const numbers = new Uint32Array(ids.length);
  for (let row = 0; row < ids.length; row++) {
    numbers[row] = all.find(ids[row]);
    rows[numbers[row]] = row;
  }
  return { ids, rows, numbers };
}

/** The same pairs seen from the products, whose pairs begin at `offsets`. */
export function transpose(purchases: Purchases, offsets: Uint32Array): TransposedPurchases {
  const count = purchases.products.length;
  const customers = sharedRows(count);
  const next = offsets.slice();
  for (let customer = 0; customer + 1 < purchases.offsets.length; customer++) {
    for (let pair = purchases.offsets[customer]!; pair < purchases.offsets[customer + 1]!; pair++) {
      customers[next[purchases.products[pair]!]!++] = customer;
    }
  }
  return { offsets, customers };
}

/** Puts a value for each pair, given by customer, into the order by product, whose pairs begin at `offsets`. */
export function transposeValues(
  { products }: Purchases,
  offsets: Uint32Array,
  values: Float32Array,
  out: Float32Array,
): void {
  const next = offsets.slice();
  for (let pair = 0; pair < values.length; pair++) out[next[products[pair]]++] = values[pair];
}

/** Numbers of rows in memory that threads share, where there is such a thing. */
export function sharedRows(length: number): Uint32Array {
  return typeof SharedArrayBuffer === 'undefined'
    ? new Uint32Array(length)
    : new Uint32Array(new SharedArrayBuffer(length * Uint32Array.BYTES_PER_ELEMENT));
}
