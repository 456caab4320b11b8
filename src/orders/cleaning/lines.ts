/** A clean order line. The object is reused for the next line. */
export interface OrderLine {
  customer: string;
  product: string;
  /** Whole and above zero, for returns too; 0 for a return that is a purchase whose own record takes off all of it. */
  quantity: number;
  returned: boolean;
  /** The order id if it alone may say that the line is a return, since it is C and digits; else ''. */
  cancelled: string;
  /** `orderNumber` of the order id, or `timeNumber` of the time if there is no order id; `noOrder` if there is neither. */
  order: number;
  /** Milliseconds since 1970 UTC, or NaN. */
  time: number;
  /** The same with day and month swapped; see `TimeParser`. */
  otherTime: number;
  /** NaN if it is unknown. */
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

/** A 32-bit hash of an order id as an even number. */
export function orderNumber(hash: number): number {
  return hash & ~1;
}

/** A 32-bit hash of a time, which stands for an order without an id, as an odd number that is not `noOrder`. */
export function timeNumber(hash: number): number {
  const number = hash | 1;
  return number === noOrder ? -3 : number;
}

/** Whether the number of an order is that of an id. */
export function hasId(order: number): boolean {
  return (order & 1) === 0;
}

/** A line to fill again and again. */
export function emptyLine(): OrderLine {
  return {
    customer: '',
    product: '',
    quantity: 1,
    returned: false,
    cancelled: '',
    order: noOrder,
    time: Number.NaN,
    otherTime: Number.NaN,
    price: Number.NaN,
    name: '',
    category: '',
    line: 0,
  };
}
