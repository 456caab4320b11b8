import { sharedBuffer } from '../../../kernel/memory.ts';
import { recordInts } from '../../../kernel/operations/record-layout.ts';
import type { Drops } from '../../cleaning/account.ts';
import type { DateOrder } from '../../times/times.ts';
import type { Described } from './descriptions.ts';

/**
 * The 32-bit integers of one purchase: customer, product, quantity, order (see `OrderLine`), then two 64-bit floats of two
 * integers each: the time, and the time with day and month swapped. The quantity is below zero if the order id, of C and
 * digits, may say that it is a return.
 */
export const purchaseInts = recordInts.purchase;

/** The clean order lines of a block. Customers and products have the numbers that the cleaner of the block gave them. */
export interface BlockLines {
  /** Bytes of the block that were used, and the lines of text in them. */
  used: number;
  textLines: number;
  /** Records in them, including the dropped ones. */
  records: number;
  /** Ids numbered since the cleaner's last block, in the order of their numbers. */
  customers: string[];
  products: string[];
  purchaseCount: number;
  /** `purchaseInts` for each purchase; the array may be longer. */
  purchases: Int32Array;
  /**
   * First and last time of the purchases with a quantity above zero, with either order of day and month; `first` is above
   * `last` if none has one.
   */
  span: Span;
  otherSpan: Span;
  /** `returnNumbers` for each return; its line counts from 0. */
  returns: ArrayLike<number>;
  described: Described;
  dropped: Drops[];
  /** The line of each purchase with a quantity below zero, counted from 0, and the order id of the first of them. */
  cancelled: number[];
  cancelledId: string;
  /** What the dates up to the end of the block have shown. */
  dateOrder: DateOrder | undefined;
}

/** The numbers of one return: customer, product, quantity above zero, order and time as in `OrderLine`, and line. */
export const returnNumbers = recordInts.return;

export interface Span {
  first: number;
  last: number;
}

export function emptySpan(): Span {
  return { first: Number.POSITIVE_INFINITY, last: Number.NEGATIVE_INFINITY };
}

/** Widens a span so that it reaches from `first` to `last`; NaN changes nothing. */
export function widen(span: Span, first: number, last = first): void {
  span.first = first < span.first ? first : span.first;
  span.last = last > span.last ? last : span.last;
}

/** Memory for purchases, which threads share where there are any. */
export function newPurchases(count = 0): Int32Array {
  return new Int32Array(sharedBuffer(count * purchaseInts * Int32Array.BYTES_PER_ELEMENT));
}
