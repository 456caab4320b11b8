import { mix } from '../hash.ts';
import { noOrder } from '../orders/lines.ts';
import { cut } from './arrays.ts';
import type { History } from './dataset.ts';
import { type ByCustomer, firstLine, type Log, orderOf, productOf, quantityIn, timeOf } from './log.ts';
import { type IdRows, sortRange } from './sort.ts';

/**
 * The orders of a log. Runs of the same customer and order are one order, whose time is the latest of theirs; quantities
 * of the same product are added up within it. An order whose lines are all dropped is left out.
 *
 * @param lineCount the lines that are not dropped.
 * @param swapped whether day and month are swapped.
 */
export function historyOf(
  log: Log,
  runs: ByCustomer,
  customers: IdRows,
  products: IdRows,
  lineCount: number,
  swapped: boolean,
): History {
  const ordersOf = createGrouping(log, runs, swapped);
  const offsets = new Uint32Array(customers.ids.length + 1);
  const starts = new Uint32Array(log.runCount + 1);
  const times = log.times.some((block) => block !== undefined) ? new Float64Array(log.runCount) : undefined;
  const bought = new Uint32Array(lineCount);
  const quantities = new Float32Array(lineCount);
  /** The quantities of the current order by product row; 0 for products that are not in it. */
  const sums = new Float64Array(products.ids.length);
  let order = 0;
  let to = 0;
  for (let row = 0; row < customers.ids.length; row++) {
    const orders = ordersOf(customers.numbers[row]);
    for (let i = 0; i < orders.count; i++) {
      const from = to;
      const own = orders.byTime[i];
      for (let place = orders.firstRun[own]; place !== noRun; place = orders.nextRun[place]) {
        const run = runs.items[orders.start + place];
        const end = firstLine(log, run + 1);
        for (let line = firstLine(log, run); line < end; line++) {
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
      if (times !== undefined) times[order] = orders.time[own] === -Infinity ? Number.NaN : orders.time[own];
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

/** The orders of one customer, numbered in the order they were read. The arrays are reused for the next customer. */
interface CustomerOrders {
  count: number;
  /** The orders, oldest first; those without a time come first. */
  readonly byTime: Uint32Array;
  /** The latest time of each order, -Infinity if it has none. */
  readonly time: Float64Array;
  /** Where the customer's runs start in `ByCustomer.items`; a run's place is counted from there. */
  start: number;
  /** The place of the first run of each order. */
  readonly firstRun: Uint32Array;
  /** By place: the place of the next run of the same order, or `noRun`. */
  readonly nextRun: Uint32Array;
}

/** Stands for the end of an order's runs. */
const noRun = 0xffffffff;

/** Groups the runs of a customer, by number, into orders; includes orders whose lines are all dropped. */
function createGrouping(
  log: Log,
  { offsets, items }: ByCustomer,
  swapped: boolean,
): (customer: number) => CustomerOrders {
  let maxRuns = 1;
  for (let c = 0; c + 1 < offsets.length; c++) maxRuns = Math.max(maxRuns, offsets[c + 1] - offsets[c]);
  const byTime = new Uint32Array(maxRuns);
  const time = new Float64Array(maxRuns);
  const firstRun = new Uint32Array(maxRuns);
  const lastRun = new Uint32Array(maxRuns);
  const nextRun = new Uint32Array(maxRuns);
  const orders: CustomerOrders = { count: 0, byTime, time, start: 0, firstRun, nextRun };
  /** A hash table of orders plus one; 0 is free. */
  const slots = new Uint32Array(1 << (33 - Math.clz32(maxRuns)));

  function sortByTime(count: number): void {
    for (let i = 1; i < count; i++) {
      if (time[i] >= time[i - 1]) continue;
      byTime.subarray(0, count).sort((a, b) => (time[a] === time[b] ? a - b : time[a] - time[b]));
      return;
    }
  }

  return (customer) => {
    const start = offsets[customer];
    const runCount = offsets[customer + 1] - start;
    const mask = runCount === 1 ? 0 : (1 << (33 - Math.clz32(runCount))) - 1;
    slots.fill(0, 0, mask + 1);
    let count = 0;
    for (let place = 0; place < runCount; place++) {
      const run = items[start + place];
      const key = orderOf(log, run);
      let slot = mix(key) & mask;
      for (; key !== noOrder && slots[slot] !== 0; slot = (slot + 1) & mask) {
        if (orderOf(log, items[start + firstRun[slots[slot] - 1]]) === key) break;
      }
      nextRun[place] = noRun;
      const runTime = timeOf(log, run, swapped);
      if (key === noOrder || slots[slot] === 0) {
        if (key !== noOrder) slots[slot] = count + 1;
        firstRun[count] = lastRun[count] = place;
        time[count] = Number.isNaN(runTime) ? -Infinity : runTime;
        byTime[count] = count++;
        continue;
      }
      const order = slots[slot] - 1;
      nextRun[lastRun[order]] = lastRun[order] = place;
      if (runTime > time[order]) time[order] = runTime;
    }
    sortByTime(count);
    orders.count = count;
    orders.start = start;
    return orders;
  };
}
