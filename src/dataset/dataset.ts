import type { Account } from '../orders/cleaning/account.ts';
import type { Role } from '../orders/columns/roles.ts';
import type { ColumnChoice, Decision, Note } from '../orders/look.ts';

export type { Account } from '../orders/cleaning/account.ts';

/**
 * A shop's cleaned orders: customers and products as dense rows, and what each customer bought of each product. Immutable.
 * The offsets and rows of the pairs are in shared memory if the platform has it, so that kernels can use them in place.
 */
export interface Dataset {
  /** Customer ids; a customer's row is its index here. Distinct and sorted by UTF-16 code units. */
  readonly customers: readonly string[];
  /** Product ids; a product's row is its index here. Distinct and sorted by UTF-16 code units. */
  readonly products: readonly string[];
  /** What else the orders say about each product, by product row. */
  readonly productInfo: readonly ProductInfo[];
  /** What each customer bought: the pairs grouped by customer. */
  readonly purchases: Purchases;
  /** The same pairs grouped by product. */
  readonly byProduct: TransposedPurchases;
  /** The orders that the pairs add up; absent if only pairs are known, as of `readOrders` with `history: false`, and of `readPairs`. */
  readonly history?: History;
  /** Rows of products that no list holds, ascending: postage, discounts, and what `productsOut` names; absent if none. */
  readonly unlisted?: Uint32Array;
  /** Products that customers bought and returned in full; absent if there are none. */
  readonly returned?: Returned;
  /** Every kept purchase in the order it was read; present if read with `lines: true`. */
  readonly lines?: OrderLines;
  /** What happened to every record. */
  readonly account: Account;
  /** The rules by which ids were cleaned; absent if a dataset was made by hand, whose ids are as they are. */
  readonly idCleaning?: number;
  /** Names of the files that were read, without their folders; absent if the orders came otherwise. */
  readonly files?: readonly string[];
  /** The column of each role, and why it was chosen; likewise only of datasets that were read. */
  readonly columns?: Readonly<Partial<Record<Role, ColumnChoice>>>;
  /** The columns that have no role. */
  readonly unusedColumns?: readonly string[];
  /** How what the source leaves open was decided, by name. */
  readonly decisions?: Readonly<Record<string, Decision>>;
  /** What the reader of a summary should know. */
  readonly notes?: readonly Note[];
  /**
   * The number of orders that hold a kept purchase: what a customer bought under one id, which `history` has as several
   * orders if the times are far apart, or at one time.
   */
  readonly orders?: number;
  /** The sum of the kept purchases' quantities, before returns are subtracted. */
  readonly units?: number;
  /** SHA-256 (hex) of the cleaned content: ids, orders, their times, and quantities before and after returns. */
  readonly fingerprint: string;
}

/** What orders or a catalogue say about a product besides its id. */
export interface ProductInfo {
  /** The last name in the orders. */
  readonly name?: string;
  /** The last category in the orders. */
  readonly category?: string;
  /** The last unit price above zero. */
  readonly price?: number;
}

/**
 * The pairs of a customer and a product, as compressed sparse rows: those of customer row `c` have the indices
 * `offsets[c]` up to, but excluding, `offsets[c + 1]`, with ascending product rows.
 */
export interface Purchases {
  /** customers + 1 values, from 0 to the number of pairs. */
  readonly offsets: Uint32Array;
  /** Product row of each pair. */
  readonly products: Uint32Array;
  /** Total units of each pair, minus returns; above zero. Absent if every pair has 1. */
  readonly quantities?: Float32Array;
  /**
   * The number of orders in which the customer bought the product; at least 1. Without order ids, each time of purchase
   * is an order; without times, each line. Absent if every pair has 1.
   */
  readonly orders?: Uint32Array;
  /** Time of the last of these orders, milliseconds since 1970 UTC; NaN if they have none. Absent if no pair has one. */
  readonly lastPurchase?: Float64Array;
}

/**
 * Products that each customer bought and returned in full, which are not among the purchases, as compressed sparse rows:
 * those of customer row `c` have the indices `offsets[c]` up to, but excluding, `offsets[c + 1]`, with ascending rows.
 */
export interface Returned {
  /** customers + 1 values, from 0 to the number of pairs. */
  readonly offsets: Uint32Array;
  /** Product row of each pair. */
  readonly products: Uint32Array;
}

/** The units of a pair. */
export function quantityOf({ quantities }: Purchases, pair: number): number {
  return quantities === undefined ? 1 : quantities[pair];
}

/** The number of orders of a pair. */
export function ordersOf({ orders }: Purchases, pair: number): number {
  return orders === undefined ? 1 : orders[pair];
}

/** The number of rows of a sparse matrix that have at least one pair, by its offsets. */
export function rowsWithPairs(offsets: Uint32Array): number {
  let rows = 0;
  for (let row = 1; row < offsets.length; row++) if (offsets[row] > offsets[row - 1]) rows++;
  return rows;
}

/**
 * The pairs of a customer and a product grouped by product: those of product row `p` have the indices `offsets[p]` up to,
 * but excluding, `offsets[p + 1]`, with ascending customer rows.
 */
export interface TransposedPurchases {
  /** products + 1 values, from 0 to the number of pairs. */
  readonly offsets: Uint32Array;
  /** Customer row of each pair. */
  readonly customers: Uint32Array;
}

/**
 * Every order of every customer, oldest first: those of customer row `c` have the indices `offsets[c]` up to, but
 * excluding, `offsets[c + 1]`.
 */
export interface History {
  /** customers + 1 values, from 0 to the number of orders. */
  readonly offsets: Uint32Array;
  /** orders + 1 values: the lines of order `o` have the indices `starts[o]` up to `starts[o + 1]`; at least one. */
  readonly starts: Uint32Array;
  /** Product row of each line, ascending and distinct within an order. */
  readonly products: Uint32Array;
  /** Units of each line, whole and above zero; returns are not subtracted. Absent if all are 1. */
  readonly quantities?: Float32Array;
  /**
   * The latest time in each order, milliseconds since 1970 UTC; NaN if it has none. Absent if no order has one. Orders
   * without a time come first; they, and orders of the same time, are in the order they were read.
   */
  readonly times?: Float64Array;
}

/** Order lines as columns: line `i` is `customers[i]`, `products[i]`, `quantities[i]`. */
export interface OrderLines {
  /** Customer rows. */
  readonly customers: Uint32Array;
  /** Product rows. */
  readonly products: Uint32Array;
  /** Units, whole and above zero. */
  readonly quantities: Float32Array;
}

/** Whether the sequence of a customer's orders is known: by time, or because orders with an id follow one another. */
export function orderIsKnown({ history, account }: Pick<Dataset, 'history' | 'account'>): boolean {
  return history?.times !== undefined || account.columns.order !== undefined;
}
