import { mix } from '../../hash.ts';
import { firstLine, type Log, orderOf, quantityIn } from './log.ts';

/** Order ids of which so many are counted; of more, those with certain hashes. */
const maxCounted = 2 ** 20;

/** The share of order ids that are of C and digits. */
export interface OrderShare {
  add(order: number, isCancelled: boolean): void;
  share(): number;
}

/** Counts distinct order ids, of many a sample, in bounded memory. */
export function createOrderShare(most = maxCounted): OrderShare {
  /** Whether an order may be cancelled. */
  const orders = new Map<number, boolean>();
  let skipped = 0;
  return {
    add(order, isCancelled) {
      if ((mix(order) & skipped) !== 0) return;
      orders.set(order, isCancelled || orders.get(order) === true);
      while (orders.size > most) {
        skipped = 2 * skipped + 1;
        for (const known of orders.keys()) if ((mix(known) & skipped) !== 0) orders.delete(known);
      }
    },
    share() {
      let cancelled = 0;
      for (const isCancelled of orders.values()) cancelled += Number(isCancelled);
      return cancelled / orders.size;
    },
  };
}

/** Adds the orders of a log. */
export function addOrders(orders: OrderShare, log: Log): void {
  for (let run = 0; run < log.runCount; run++) orders.add(orderOf(log, run), quantityIn(log, firstLine(log, run)) < 0);
}
