import type { Drops } from '../account.ts';
import type { DateOrder } from '../times.ts';
import type { Described } from './descriptions.ts';

/** Order ids of cancelled orders. */
export const CANCELLATION = /^C\d+$/;

/**
 * A purchase as 32-bit integers: customer, product, quantity, order (see `orderNumber`), and two for each of two 64-bit
 * floats, the time and the time with day and month the other way round.
 */
export const recordInts = 8;
/** Stands for an order of its own. */
export const noOrder = -1;

/** A 32-bit hash as a number that is not `noOrder`. */
export function orderNumber(hash: number): number {
  const number = hash | 0;
  return number === noOrder ? -2 : number;
}

export interface Span {
  first: number;
  last: number;
}

export function emptySpan(): Span {
  return { first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };
}

/** Makes a span reach from `first` to `last`; NaN does not count. */
export function widen(span: Span, first: number, last = first): void {
  if (first < span.first) span.first = first;
  if (last > span.last) span.last = last;
}

/** The clean order lines of a block. Customers and products have the numbers that the block's reader gave them. */
export interface LineBlock {
  /** Bytes of the block that were used up, and the lines in them. */
  used: number;
  lines: number;
  /** Rows in them, dropped ones included. */
  rows: number;
  /** Ids that got their numbers since the reader's last block, in the order of the numbers. */
  customers: string[];
  products: string[];
  purchases: number;
  /** The purchases; see `recordInts`. May be longer. */
  records: Int32Array;
  /** First and last of their times, read either way; first above last where there is none. */
  span: Span;
  otherSpan: Span;
  /** Whether the two times of any purchase differ. */
  ambiguous: boolean;
  /** Customer, product, quantity and line of each return; lines count from 0. */
  returns: number[];
  described: Described;
  dropped: Drops[];
  /** Returns of a quantity above zero. */
  cancellations: number;
  dateOrder: DateOrder | undefined;
}
