import { mix } from '../../hash.ts';
import { hasId } from '../../orders/cleaning/lines.ts';
import { customerOf, type Log, orderOf } from '../log/log.ts';

/** Order ids that several customers have. */
export interface SharedOrders {
  /** How many order ids were looked at: all of them, or a sample. */
  looked: number;
  /** How many of these several customers have. */
  shared: number;
  /** Numbers of two customers who have the same one. */
  example?: [number, number];
  isSample: boolean;
}

/** Runs that are looked at. */
const maxLooked = 1 << 16;

/**
 * Looks at order ids by their hashes. Of a large log, at those with certain hashes only.
 *
 * @param isOut by number, 1 for customers who do not count.
 */
export function sharedOrdersOf(log: Log, isOut?: Uint8Array): SharedOrders {
  let bits = 0;
  while (log.runCount >>> bits > maxLooked) bits++;
  const skipped = (1 << bits) - 1;
  // At most a quarter of the slots is used, unless a sample of hashes is larger than it should be.
  const slotMask = (1 << (34 - Math.clz32(Math.min(log.runCount, maxLooked)))) - 1;
  /** The order and one past the customer of each slot. */
  const orders = new Int32Array(slotMask + 1);
  const owners = new Int32Array(slotMask + 1);
  const result: SharedOrders = { looked: 0, shared: 0, isSample: bits > 0 };
  for (let run = 0; run < log.runCount; run++) {
    const order = orderOf(log, run);
    const hash = mix(order);
    if (!hasId(order) || (hash & skipped) !== 0 || isOut?.[customerOf(log, run)]) continue;
    let slot = (hash >>> bits) & slotMask;
    while (owners[slot] !== 0 && orders[slot] !== order) slot = (slot + 1) & slotMask;
    const owner = customerOf(log, run) + 1;
    if (owners[slot] === 0) {
      if (result.looked === slotMask) break;
      result.looked++;
      orders[slot] = order;
      owners[slot] = owner;
    } else if (owners[slot] > 0 && owners[slot] !== owner) {
      result.shared++;
      result.example ??= [owners[slot] - 1, owner - 1];
      owners[slot] = -1;
    }
  }
  // Different ids may have the same hash: too few to speak of, but in a shop of millions of orders.
  const all = result.looked * 2 ** bits;
  if (result.shared <= (4 * result.looked * all) / 2 ** 32 || result.shared < result.looked / 1000) result.shared = 0;
  return result;
}
