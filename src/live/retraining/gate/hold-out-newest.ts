import type { Dataset } from '../../../dataset/dataset.ts';
import { type HeldOut, holdOutFrom } from '../../../dataset/split.ts';
import { dayMs } from '../../../orders/times/calendar.ts';
import { windowOf } from '../../../ranking/window.ts';
import { finish } from '../../../turns.ts';

/** What there is of orders that the served model has not seen. */
interface NewOrders {
  /** Orders with a later time than the served model's last one. */
  readonly orders: number;
  /** Customers who are among them and ordered before: those who can be measured. */
  readonly customers: number;
}

/** The newest orders, which neither the served model nor a candidate that is trained on the others has seen. */
export interface Newest {
  readonly heldOut: HeldOut;
  /** Time of the first order that is held out, in milliseconds since 1970 UTC. */
  readonly from: number;
  /** Time of the last one, without those whose year is mistyped; see `windowOf`. */
  readonly to: number;
  /** How many orders are held out. */
  readonly orders: number;
  readonly isNew: NewOrders;
  /** How many customers it takes to tell anything. */
  readonly needed: number;
}

/** There are too few new orders to tell anything by. */
export interface TooFew {
  readonly heldOut: undefined;
  readonly isNew: NewOrders;
  readonly needed: number;
}

export interface HoldOutNewestOptions {
  /** More customers are not held out than tell a small difference from noise; 4,000 by default. */
  maxCustomers?: number;
  /** Fewer say nothing; 30 by default. */
  minCustomers?: number;
}

/**
 * Holds out the newest orders, all of them from a time on: as many as it takes to measure `maxCustomers` and a whole day, but
 * at most half of those that are new, so that the candidate learns from the others and can show that it is fresher. If half of
 * them measure fewer than `minCustomers`, as many more as it takes.
 *
 * @param end until when the served model has the orders, in milliseconds since 1970 UTC; see `endOf`.
 */
export function holdOutNewest(
  dataset: Dataset,
  end: number,
  { maxCustomers = 4000, minCustomers = 30 }: HoldOutNewestOptions = {},
): Newest | TooFew {
  const times = dataset.history?.times?.filter((time) => time > end).sort() ?? new Float64Array(0);
  const cuts = cutsOf(times);
  const isNew = { orders: times.length, customers: cuts.length === 0 ? 0 : customersFrom(dataset, times[0]) };
  const { to } = windowOf(times, 1);
  const half = cuts.findLastIndex((cut) => times.length - cut <= times.length / 2);
  const measures = (cut: number, customers: number) => customersFrom(dataset, times[cut]) >= customers;
  const isPlenty = (cut: number) => times[cut] <= to - dayMs && measures(cut, maxCustomers);
  let place = Math.min(half, firstPlace(cuts, isPlenty));
  if (place < 0 || !measures(cuts[place], minCustomers)) place = firstPlace(cuts, (cut) => measures(cut, minCustomers));
  const cut = cuts[place];
  if (cut === undefined) return { heldOut: undefined, isNew, needed: minCustomers };
  const heldOut = finish(holdOutFrom(dataset, times[cut]));
  return { heldOut, from: times[cut], to, orders: times.length - cut, isNew, needed: minCustomers };
}

/** Where the orders can be cut, by index: those of one time stay together. Latest first. @param times ascending. */
function cutsOf(times: Float64Array): number[] {
  const cuts: number[] = [];
  for (let i = times.length - 1; i >= 0; i--) if (i === 0 || times[i - 1] < times[i]) cuts.push(i);
  return cuts;
}

/** The first place from which on all meet a condition; the length if none does. */
function firstPlace(cuts: readonly number[], meets: (cut: number) => boolean): number {
  let [low, high] = [0, cuts.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (meets(cuts[middle])) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** How many customers bought a product that lists may hold from a time on, and anything before. */
function customersFrom({ history, unlisted }: Dataset, from: number): number {
  const { offsets, starts, products, times } = history!;
  const isOut = new Set(unlisted);
  let customers = 0;
  for (let c = 0; c + 1 < offsets.length; c++) {
    let order = offsets[c + 1];
    while (order > offsets[c] && times![order - 1] >= from) order--;
    // Orders without a time come first.
    if (order === offsets[c]) continue;
    for (let line = starts[order]; line < starts[offsets[c + 1]]; line++) {
      if (isOut.has(products[line])) continue;
      customers++;
      break;
    }
  }
  return customers;
}
