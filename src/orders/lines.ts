/** A clean order line. The object is reused for the next line. */
export interface OrderLine {
  customer: string;
  product: string;
  /** Whole and above zero, for returns too. */
  quantity: number;
  returned: boolean;
  /** `orderNumber` of the order id, or of the time if there is no order id; `noOrder` if there is neither. */
  order: number;
  /** Milliseconds since 1970 UTC, or NaN. */
  time: number;
  /** The same with day and month swapped; see `TimeParser`. */
  otherTime: number;
  /** Above zero, or NaN. */
  price: number;
  name: string;
  category: string;
  /** Its line in the source, from 1. */
  line: number;
}

/** The ids of cancelled orders. */
export const cancelledOrder = /^C\d+$/;

/** Stands for an order of its own. */
export const noOrder = -1;

/** A 32-bit hash as a number that is not `noOrder`. */
export function orderNumber(hash: number): number {
  const number = hash | 0;
  return number === noOrder ? -2 : number;
}
