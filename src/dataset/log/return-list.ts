import { returnNumbers } from '../../orders/csv/records/block-lines.ts';
import { withRoom } from '../arrays.ts';

/** Returns in the order they were read; an array of JavaScript's would end at some millions of them. */
export interface ReturnList {
  /** A customer, a product, a quantity above zero, order and time as in `OrderLine`, and the line in the source. */
  add(customer: number, product: number, quantity: number, order: number, time: number, line: number): void;
  /** `returnNumbers` for each; valid until the next one. */
  values(): Float64Array;
}

export function createReturnList(): ReturnList {
  let values = new Float64Array(returnNumbers << 4);
  let end = 0;
  return {
    add(customer, product, quantity, order, time, line) {
      values = withRoom(values, end + returnNumbers - 1);
      values[end] = customer;
      values[end + 1] = product;
      values[end + 2] = quantity;
      values[end + 3] = order;
      values[end + 4] = time;
      values[end + 5] = line;
      end += returnNumbers;
    },
    values: () => values.subarray(0, end),
  };
}
