import type { SourceAccount } from '../../orders/cleaning/account.ts';
import { returnNumbers } from '../../orders/csv/records/block-lines.ts';
import { dayMs } from '../../orders/times/calendar.ts';
import type { IdRows } from '../sort.ts';
import { customerOf, dropRun, firstLine, type Log, orderOf, quantityIn, setQuantity, timeOf } from './log.ts';
import { createPairNumbering, type PairNumbering } from './pair-numbering.ts';
import { createReturnList, type ReturnList } from './return-list.ts';
import { spanIn } from './span.ts';

/** Where the orders of a source end in a log, and the purchases of a store begin. */
export interface SourceEnd {
  /** Records, runs, and lines of the source. */
  readonly read: number;
  readonly runs: number;
  readonly lines: number;
  /** How many customers and products the source has numbered. */
  readonly customers: number;
  readonly products: number;
  /** Customer and order number of each of its returns, one after the other. */
  readonly returns: readonly number[];
  /** Customer and order number of records that a filter left out, such as those of cancelled orders. */
  readonly left: PairNumbering;
}

/** What of a store is left once the source was looked through. */
export interface StoredLines {
  /** Purchases and returns of orders that the source has. */
  inOrders: number;
  /** Those that are taken for orders that the source has under other ids. */
  before: number;
  /** Purchases among both, which have lines in the log. */
  lines: number;
  /** Until when the source has what its customers bought, milliseconds since 1970 UTC. */
  end: number;
  /** The other returns. */
  returns: ReturnList;
}

/**
 * Of the orders of a store that might be in a source, the share that must be for their ids to be the same. Two systems that
 * both count from 1 now and then give a customer the same number.
 */
const minShare = 0.01;

/**
 * Drops what a store has of orders that are in the source as well. An order is known by its customer and id. If the ids are
 * not the same, what customers of the source bought up to its last order is taken for its orders. A return is known if the
 * source has one under its id, or has its order, and it is not later than the source. An order that a filter left out of the
 * source, such as a cancelled one, is left out here, with what was returned of it.
 *
 * Memory: 14 to 28 bytes for each order of the store.
 *
 * @param returns of the store, of `returnNumbers` each.
 * @param last time of the source's purchases.
 */
export function dropKnown(log: Log, source: SourceEnd, returns: Float64Array, last: number): StoredLines {
  // Orders with dates but no times of day end with the day.
  const end = last % dayMs === 0 ? last + dayMs - 1 : last;
  const orders = createPairNumbering();
  for (let run = source.runs; run < log.runCount; run++) orders.number(customerOf(log, run), orderOf(log, run) >>> 0);
  for (let i = 0; i < returns.length; i += returnNumbers) orders.number(returns[i], returns[i + 3] >>> 0);
  const isKnown = knownAmong(orders, log, source);
  const areSame = haveSameIds(orders, isKnown, log, source, end);
  const isTaken = (customer: number, time: number) => !areSame && customer < source.customers && time <= end;
  const result: StoredLines = { inOrders: 0, before: 0, lines: 0, end, returns: createReturnList() };
  for (let run = source.runs; run < log.runCount; run++) {
    const customer = customerOf(log, run);
    const known = (isKnown[orders.find(customer, orderOf(log, run) >>> 0)] & (bought | leftOut)) !== 0;
    if (!known && !isTaken(customer, timeOf(log, run, false))) continue;
    const lines = firstLine(log, run + 1) - firstLine(log, run);
    dropRun(log, run);
    result.lines += lines;
    if (known) result.inOrders += lines;
    else result.before += lines;
  }
  for (let i = 0; i < returns.length; i += returnNumbers) {
    const [customer, product, quantity, order, time, line] = returns.subarray(i, i + returnNumbers);
    const known = isKnown[orders.find(customer, order >>> 0)];
    if ((known & (sentBack | leftOut)) !== 0 || ((known & bought) !== 0 && time <= end)) result.inOrders++;
    else if (isTaken(customer, time)) result.before++;
    else result.returns.add(customer, product, quantity, order, time, line);
  }
  return result;
}

/** What a source has of an order. */
const [bought, sentBack, leftOut] = [1, 2, 4];

/** By the number of an order of the store: what the source has of it. */
function knownAmong(orders: PairNumbering, log: Log, source: SourceEnd): Uint8Array {
  const known = new Uint8Array(orders.size);
  /** Most customers of a source have bought nothing from the store. */
  const isBuying = new Uint8Array(source.customers);
  for (let order = 0; order < orders.size; order++)
    if (orders.customers[order] < source.customers) isBuying[orders.customers[order]] = 1;
  for (let run = 0; run < source.runs; run++) {
    const customer = customerOf(log, run);
    if (isBuying[customer] === 0) continue;
    const order = orders.find(customer, orderOf(log, run) >>> 0);
    if (order !== -1) known[order] |= bought;
  }
  for (let i = 0; i < source.returns.length; i += 2) {
    const order = orders.find(source.returns[i], source.returns[i + 1] >>> 0);
    if (order !== -1) known[order] |= sentBack;
  }
  for (let i = 0; i < source.left.size; i++) {
    const order = orders.find(source.left.customers[i], source.left.products[i]);
    if (order !== -1) known[order] |= leftOut;
  }
  return known;
}

/** Whether source and store have the same ids for orders, as far as orders that both may have show it. */
function haveSameIds(orders: PairNumbering, isKnown: Uint8Array, log: Log, source: SourceEnd, end: number): boolean {
  let [found, missing] = [0, 0];
  for (let run = source.runs; run < log.runCount; run++) {
    const customer = customerOf(log, run);
    if ((isKnown[orders.find(customer, orderOf(log, run) >>> 0)] & (bought | leftOut)) !== 0) found++;
    else if (customer < source.customers && timeOf(log, run, false) <= end) missing++;
  }
  return found > 0 && found >= minShare * (found + missing);
}

/** Drops all lines of these customers, by number. Returns how many there were. */
export function dropCustomers(log: Log, isOut: Uint8Array): number {
  let dropped = 0;
  for (let run = 0; run < log.runCount; run++) {
    if (isOut[customerOf(log, run)] === 0) continue;
    const end = firstLine(log, run + 1);
    for (let line = firstLine(log, run); line < end; line++) {
      if (quantityIn(log, line) === 0) continue;
      setQuantity(log, line, 0);
      dropped++;
    }
  }
  return dropped;
}

/**
 * What a source says without the store, once returns are settled.
 *
 * @param inSource by row, 1 for what the source has.
 * @param isSwapped whether day and month are swapped; undefined if its times are none.
 */
export function sourceAccount(
  log: Log,
  { read, runs, lines }: SourceEnd,
  inSource: { readonly customers: Uint8Array; readonly products: Uint8Array },
  isSwapped: boolean | undefined,
): SourceAccount {
  let purchases = 0;
  for (let line = 0; line < lines; line++) if (quantityIn(log, line) !== 0) purchases++;
  const last = isSwapped === undefined ? -Infinity : spanIn(log, isSwapped, runs).last;
  return {
    ...{ read, purchases, customers: sum(inSource.customers), products: sum(inSource.products) },
    ...(last !== -Infinity && { lastPurchase: last }),
  };
}

/** By row, 1 if its number is below `end`. */
export function numbersBelow(end: number, { numbers }: IdRows): Uint8Array {
  return Uint8Array.from(numbers, (number) => +(number < end));
}

export function sum(numbers: Uint8Array = new Uint8Array()): number {
  return numbers.reduce((all, number) => all + number, 0);
}
