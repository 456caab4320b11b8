import type { Account } from '../orders/account.ts';

export type { Account, DropReason } from '../orders/account.ts';

/**
 * A shop's cleaned order history: customers and products as dense rows, and for every customer-product pair what was
 * bought. Nothing here changes after it is built. Offsets and rows of the pairs are in shared memory where there is such
 * a thing, so that kernels can use them in place.
 */
export interface Dataset {
  /** Customer ids; the row of a customer is its index here. Distinct and sorted by UTF-16 code units. */
  readonly customers: readonly string[];
  /** Product ids; the row of a product is its index here. Distinct and sorted by UTF-16 code units. */
  readonly products: readonly string[];
  /** What else the orders said of each product, by product row. */
  readonly productInfo: readonly ProductInfo[];
  /** What each customer bought, by customer row. Every pair has a quantity above zero. */
  readonly purchases: Purchases;
  /** The same pairs seen from the products. */
  readonly byProduct: TransposedPurchases;
  /** The orders that the pairs were summed up from; every reader gives them, a dataset made by hand may lack them. */
  readonly history?: History;
  /** Every kept purchase line in the order it was read; only where the reader was asked for them. */
  readonly lines?: OrderLines;
  /** Where every row that was read went. */
  readonly account: Account;
  /** SHA-256 (hex) of the cleaned content: ids, orders, their times, and quantities before and after returns. */
  readonly fingerprint: string;
}

export interface ProductInfo {
  readonly name?: string;
  readonly category?: string;
  /** The last unit price above zero. */
  readonly price?: number;
}

/** Compressed sparse rows: the pairs of customer `c` are `offsets[c] .. offsets[c + 1]`, product rows ascending. */
export interface Purchases {
  /** customers + 1 */
  readonly offsets: Uint32Array;
  /** Product row of each pair. */
  readonly products: Uint32Array;
  /** Total quantity of each pair, returns taken off; above zero. Absent where every pair has 1; see `quantityOf`. */
  readonly quantities?: Float32Array;
  /**
   * In how many orders the customer bought the product; at least 1. Without order ids each time of purchase is an
   * order, without times each row. Absent where every pair has 1; see `ordersOf`.
   */
  readonly orders?: Uint32Array;
  /** Time of the last order, milliseconds since 1970 UTC; NaN where a pair's orders have no time, absent where none has. */
  readonly lastPurchase?: Float64Array;
}

export function quantityOf({ quantities }: Purchases, pair: number): number {
  return quantities === undefined ? 1 : quantities[pair];
}

export function ordersOf({ orders }: Purchases, pair: number): number {
  return orders === undefined ? 1 : orders[pair];
}

/** How many rows of a sparse matrix have a pair, by its offsets. */
export function rowsWithPairs(offsets: Uint32Array): number {
  let rows = 0;
  for (let row = 1; row < offsets.length; row++) if (offsets[row] > offsets[row - 1]) rows++;
  return rows;
}

/** The pairs of product `p` are `offsets[p] .. offsets[p + 1]`, customer rows ascending. */
export interface TransposedPurchases {
  /** products + 1 */
  readonly offsets: Uint32Array;
  /** Customer row of each pair. */
  readonly customers: Uint32Array;
}

/** Every order of every customer: those of customer `c` are `offsets[c] .. offsets[c + 1]`, oldest first. */
export interface History {
  /** customers + 1 */
  readonly offsets: Uint32Array;
  /** orders + 1: order `o` holds the products `starts[o] .. starts[o + 1]`, at least one. */
  readonly starts: Uint32Array;
  /** Product rows, ascending and distinct within an order. */
  readonly products: Uint32Array;
  /** Whole and above zero, by place in `products`; absent where all are 1. Returns are not taken off. */
  readonly quantities?: Float32Array;
  /**
   * By order, milliseconds since 1970 UTC, the latest of its rows; NaN where it has no time, absent where none has.
   * Orders of the same time, and those without one, which come first, stand in the order they were read.
   */
  readonly times?: Float64Array;
}

/** Order lines as rows: line `i` is `customers[i]`, `products[i]`, `quantities[i]`. */
export interface OrderLines {
  readonly customers: Uint32Array;
  readonly products: Uint32Array;
  /** Whole and above zero. */
  readonly quantities: Float32Array;
}
