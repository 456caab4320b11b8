import type { Purchases, TransposedPurchases } from './dataset.ts';
import type { Numbering } from './numbering.ts';
import type { PairTable } from './pairs.ts';

/** What was summed up for each pair of a table. A pair with quantity 0 does not count. */
export interface PairTotals {
  quantities: Float64Array;
  orders: Uint32Array;
  last: Float64Array;
}

export interface SortedPairs {
  customers: string[];
  products: string[];
  purchases: Purchases;
  byProduct: TransposedPurchases;
  /** Row by number, of customers and products that have a pair. */
  customerRows: Uint32Array;
  productRows: Uint32Array;
}

/** Gives ids their rows, sorted by UTF-16 code units, and sorts the pairs by customer and product, in linear time. */
export function sortPairs(
  pairs: PairTable,
  { quantities, orders, last }: PairTotals,
  customerIds: Numbering,
  productIds: Numbering,
): SortedPairs {
  const { size } = pairs;
  const customerUsed = new Uint8Array(customerIds.size);
  const productUsed = new Uint8Array(productIds.size);
  for (let pair = 0; pair < size; pair++) {
    if (quantities[pair] === 0) continue;
    customerUsed[pairs.customers[pair]!] = 1;
    productUsed[pairs.products[pair]!] = 1;
  }
  const [customers, customerRows] = finalRows(customerIds, customerUsed);
  const [products, productRows] = finalRows(productIds, productUsed);

  const productOffsets = new Uint32Array(products.length + 1);
  const customerOffsets = new Uint32Array(customers.length + 1);
  for (let pair = 0; pair < size; pair++) {
    if (quantities[pair] === 0) continue;
    productOffsets[productRows[pairs.products[pair]!]! + 1]!++;
    customerOffsets[customerRows[pairs.customers[pair]!]! + 1]!++;
  }
  accumulate(productOffsets);
  accumulate(customerOffsets);
  const count = customerOffsets[customers.length]!;

  // By product first, then stably by customer: within a customer the products stay ascending.
  const inProductOrder = new Uint32Array(count);
  const next = productOffsets.slice();
  for (let pair = 0; pair < size; pair++) {
    if (quantities[pair] !== 0) inProductOrder[next[productRows[pairs.products[pair]!]!]!++] = pair;
  }
  const purchases = {
    offsets: customerOffsets,
    products: new Uint32Array(count),
    quantities: new Float32Array(count),
    orders: new Uint32Array(count),
    lastPurchase: new Float64Array(count),
  };
  const nextOfCustomer = customerOffsets.slice();
  for (const pair of inProductOrder) {
    const to = nextOfCustomer[customerRows[pairs.customers[pair]!]!]!++;
    purchases.products[to] = productRows[pairs.products[pair]!]!;
    purchases.quantities[to] = quantities[pair]!;
    purchases.orders[to] = orders[pair]!;
    purchases.lastPurchase[to] = last[pair]!;
  }
  return { customers, products, purchases, byProduct: transpose(purchases, productOffsets), customerRows, productRows };
}

/** The sorted ids of those in use, and the row of each number. */
function finalRows(ids: Numbering, used: Uint8Array): [string[], Uint32Array] {
  const sorted: string[] = [];
  for (let number = 0; number < used.length; number++) if (used[number] === 1) sorted.push(ids.id(number));
  sorted.sort();
  const rows = new Uint32Array(ids.size);
  for (let row = 0; row < sorted.length; row++) rows[ids.find(sorted[row]!)] = row;
  return [sorted, rows];
}

/** The same pairs seen from the products, whose pairs begin at `offsets`. */
export function transpose(purchases: Purchases, offsets: Uint32Array): TransposedPurchases {
  const count = purchases.products.length;
  const customers = new Uint32Array(count);
  const pairs = new Uint32Array(count);
  const next = offsets.slice();
  for (let customer = 0; customer + 1 < purchases.offsets.length; customer++) {
    for (let pair = purchases.offsets[customer]!; pair < purchases.offsets[customer + 1]!; pair++) {
      const to = next[purchases.products[pair]!]!++;
      customers[to] = customer;
      pairs[to] = pair;
    }
  }
  return { offsets, customers, pairs };
}

function accumulate(counts: Uint32Array): void {
  for (let i = 1; i < counts.length; i++) counts[i]! += counts[i - 1]!;
}
