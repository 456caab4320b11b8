import type { HeldOut } from '../dataset/split.ts';
import type { GroupResult } from './results.ts';

/** The lowest number of earlier orders in each group; a group ends where the next one begins. */
const groupStarts = [0, 2, 3, 5, 10, 20];

export const groupCount = groupStarts.length;

/** The group of each customer, by customer row: how many orders they had before the held-out part. */
export function groupCustomers({ train: { customers, history } }: HeldOut): Uint8Array {
  const groupOf = new Uint8Array(customers.length);
  for (let c = 0; c < groupOf.length; c++) {
    // Without a history, everything a customer bought counts as one order.
    const orders = history ? history.offsets[c + 1] - history.offsets[c] : 1;
    groupOf[c] = groupStarts.findLastIndex((start) => orders >= start);
  }
  return groupOf;
}

/** The lowest and highest number of orders in a group. A customer with targets has at least one order. */
export function ordersInGroup(group: number): Pick<GroupResult, 'from' | 'to'> {
  const next: number | undefined = groupStarts[group + 1];
  return { from: Math.max(1, groupStarts[group]), to: next === undefined ? null : next - 1 };
}
