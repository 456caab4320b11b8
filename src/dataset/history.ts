import { noOrder } from '../orders/csv/lines.ts';
import { mix } from '../orders/hash.ts';
import type { History } from './dataset.ts';
import { type ByCustomer, firstRow, type Log, orderOf, productOf, quantityIn, timeOf } from './log.ts';
import { type IdRows, sortRange } from './sort.ts';

/**
 * The orders of a log. Runs of the same customer and order are one order, whose time is the latest of theirs; rows of a
 * product are added up within it. An order of which no row counts is none.
 *
 * @param rows how many rows of the log count.
 * @param other whether day and month are the other way round.
 */
export function historyOf(
  log: Log,
  runs: ByCustomer,
  customers: IdRows,
  products: IdRows,
  rows: number,
  other: boolean,
): History {
  const orders = createOrders(log, runs, other);
  const offsets = new Uint32Array(customers.ids.length + 1);
  const starts = new Uint32Array(log.runs + 1);
  const times = log.times.some((block) => block !== undefined) ? new Float64Array(log.runs) : undefined;
  const bought = new Uint32Array(rows);
  const quantities = new Float32Array(rows);
  /** Of the order at hand, by product row; 0 for what is not in it. */
  const sums = new Float64Array(products.ids.length);
  let order = 0;
  let to = 0;
  for (let row = 0; row < customers.ids.length; row++) {
    const count = orders.find(customers.numbers[row]);
    for (let i = 0; i < count; i++) {
      const from = to;
      for (let at = orders.firstRun(i); at !== -1; at = orders.nextRun(at)) {
        const run = runs.items[at];
        const end = firstRow(log, run + 1);
        for (let line = firstRow(log, run); line < end; line++) {
          const quantity = quantityIn(log, line);
          if (quantity === 0) continue;
          const product = products.rows[productOf(log, line)];
          if (sums[product] === 0) bought[to++] = product;
          sums[product] += quantity;
        }
      }
      if (to === from) continue;
      sortRange(bought, from, to);
      for (let line = from; line < to; line++) {
        quantities[line] = sums[bought[line]];
        sums[bought[line]] = 0;
      }
      if (times !== undefined) times[order] = orders.time(i);
      starts[++order] = to;
    }
    offsets[row + 1] = order;
  }
  return {
    offsets,
    starts: cut(starts, order + 1),
    products: cut(bought, to),
    ...(quantities.some((quantity, i) => i < to && quantity !== 1) && { quantities: cut(quantities, to) }),
    ...(times?.some((time, i) => i < order && !Number.isNaN(time)) && { times: cut(times, order) }),
  };
}

/** The first `length` values; a copy where they hold more memory than they need by an eighth. */
function cut<T extends Uint32Array | Float32Array | Float64Array>(array: T, length: number): T {
  return (length < array.length * 0.875 ? array.slice(0, length) : array.subarray(0, length)) as T;
}

/** Finds the orders of a customer among the runs. */
function createOrders(log: Log, { offsets, items }: ByCustomer, other: boolean) {
  let most = 1;
  for (let c = 0; c + 1 < offsets.length; c++) most = Math.max(most, offsets[c + 1] - offsets[c]);
  /** By order, in the order they were read: its first and last run, and the latest time, -Infinity for none. */
  const firsts = new Uint32Array(most);
  const lasts = new Uint32Array(most);
  const times = new Float64Array(most);
  const sequence = new Uint32Array(most);
  /** By place of a run among those of the customer: the place of the next run of its order, or 0. */
  const next = new Uint32Array(most);
  /** A hash table of orders, plus one; 0 is free. */
  const slots = new Uint32Array(1 << (33 - Math.clz32(most)));
  let base = 0;

  function sortByTime(count: number): void {
    for (let i = 1; i < count; i++) {
      if (times[i] >= times[i - 1]) continue;
      sequence.subarray(0, count).sort((a, b) => (times[a] === times[b] ? a - b : times[a] - times[b]));
      return;
    }
  }

  return {
    /**
     * How many orders the customer has, also such of which no row counts; what is asked afterwards is about these,
     * oldest first.
     */
    find(customer: number): number {
      base = offsets[customer];
      const all = offsets[customer + 1] - base;
      const mask = all === 1 ? 0 : (1 << (33 - Math.clz32(all))) - 1;
      slots.fill(0, 0, mask + 1);
      let count = 0;
      for (let place = 0; place < all; place++) {
        const run = items[base + place];
        const key = orderOf(log, run);
        let slot = mix(key) & mask;
        for (; key !== noOrder && slots[slot] !== 0; slot = (slot + 1) & mask) {
          if (orderOf(log, items[base + firsts[slots[slot] - 1]]) === key) break;
        }
        next[place] = 0;
        const time = timeOf(log, run, other);
        if (key === noOrder || slots[slot] === 0) {
          if (key !== noOrder) slots[slot] = count + 1;
          firsts[count] = lasts[count] = place;
          times[count] = Number.isNaN(time) ? -Infinity : time;
          sequence[count] = count++;
          continue;
        }
        const order = slots[slot] - 1;
        next[lasts[order]] = lasts[order] = place;
        if (time > times[order]) times[order] = time;
      }
      sortByTime(count);
      return count;
    },
    time: (i: number) => (times[sequence[i]] === -Infinity ? Number.NaN : times[sequence[i]]),
    /** The place among the runs of the first run of an order. */
    firstRun: (i: number) => base + firsts[sequence[i]],
    /** The place of the next run of the same order, or -1. */
    nextRun: (at: number) => (next[at - base] === 0 ? -1 : base + next[at - base]),
  };
}
