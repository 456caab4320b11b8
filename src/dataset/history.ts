import { mix } from '../hash.ts';
import { hasId, noOrder } from '../orders/cleaning/lines.ts';
import { dayMs } from '../orders/times/calendar.ts';
import { cut } from './arrays.ts';
import type { History } from './dataset.ts';
import type { RowRuns } from './log/by-row.ts';
import { sortRange } from './sort.ts';

/** Lines of one order may be this far apart in time. */
const maxGap = 7 * dayMs;

/** Lines between two yields. */
const pieceLines = 1 << 14;

/** What the orders of a log have shown on the way. */
export interface OrderFacts {
  /** Lines with the product and quantity of the line before of that product in the same order. */
  repeated: number;
  /** Orders that have the customer and id of another one, far apart in time. */
  apart: number;
  /** All quantities together. */
  units: number;
  /** How many orders hold each product, by product row. */
  holding: Uint32Array;
  /** By product row, 1 if no order holds more than one unit. */
  single: Uint8Array;
}

/**
 * The orders of runs. Runs of the same customer and order id are one order if there is no gap of more than 7 days between
 * their times: numbers may begin again, and two stores may have the same. Its time is the latest of theirs; quantities of
 * the same product are added up within it. Runs without a time belong to the latest order of that id. An order without
 * lines is left out.
 *
 * @param runs which must not be used afterwards: the history takes their place in memory, order by order.
 * @param productCount rows of products.
 */
export function* historyOf(
  runs: RowRuns,
  productCount: number,
): Generator<undefined, { history: History; facts: OrderFacts }> {
  const holding = new Uint32Array(productCount);
  const single = new Uint8Array(productCount).fill(1);
  const facts: OrderFacts = { repeated: 0, apart: 0, units: 0, holding, single };
  const ordersOf = createGrouping(runs, facts);
  const customers = runs.offsets.length - 1;
  const lineCount = runs.products.length;
  const offsets = new Uint32Array(customers + 1);
  // An order is written where runs of the same or an earlier customer were.
  const { starts, times, products: bought } = runs;
  const quantities = new Float32Array(runs.quantities.buffer, runs.quantities.byteOffset, lineCount);
  const own = createCopies(runs);
  /** The quantities of the current order by product row; 0 for products that are not in it. */
  const sums = new Float64Array(productCount);
  /** The quantity of the last line, by product row. */
  const last = new Int32Array(productCount);
  let order = 0;
  let to = 0;
  let units = 0;
  let pieceEnd = pieceLines;
  for (let row = 0; row < customers; row++) {
    const orders = ordersOf(row);
    own.take(row);
    for (let i = 0; i < orders.count; i++) {
      const from = to;
      const number = orders.byTime[i];
      for (let place = orders.firstRun[number]; place !== noRun; place = orders.nextRun[place]) {
        const end = own.starts[place + 1];
        for (let line = own.starts[place]; line < end; line++) {
          const product = own.products[line];
          const quantity = own.quantities[line];
          if (sums[product] === 0) bought[to++] = product;
          else if (last[product] === quantity) facts.repeated++;
          last[product] = quantity;
          sums[product] += quantity;
        }
      }
      if (to === from) continue;
      sortRange(bought, from, to);
      for (let line = from; line < to; line++) {
        const product = bought[line];
        quantities[line] = sums[product];
        units += sums[product];
        holding[product]++;
        if (sums[product] > 1) single[product] = 0;
        sums[product] = 0;
      }
      if (times !== undefined) times[order] = orders.time[number] === -Infinity ? Number.NaN : orders.time[number];
      starts[++order] = to;
    }
    offsets[row + 1] = order;
    if (to < pieceEnd) continue;
    pieceEnd = to + pieceLines;
    yield;
  }
  const history = {
    offsets,
    starts: cut(starts, order + 1),
    products: cut(bought, to),
    ...(quantities.some((quantity, i) => i < to && quantity !== 1) && { quantities: cut(quantities, to) }),
    ...(times?.some((time, i) => i < order && !Number.isNaN(time)) && { times: cut(times, order) }),
  };
  facts.units = units;
  return { history, facts };
}

/** Copies of the runs of one customer at a time: where their lines start, counted from the first one, and these lines. */
function createCopies({ offsets, starts, products, quantities }: RowRuns) {
  let [mostRuns, mostLines] = [0, 0];
  for (let row = 0; row + 1 < offsets.length; row++) {
    mostRuns = Math.max(mostRuns, offsets[row + 1] - offsets[row]);
    mostLines = Math.max(mostLines, starts[offsets[row + 1]] - starts[offsets[row]]);
  }
  const own = {
    starts: new Uint32Array(mostRuns + 1),
    products: new Uint32Array(mostLines),
    quantities: new Int32Array(mostLines),
  };
  /** Where the lines of the next customer start, even if that was written over. */
  let next = 0;
  return {
    ...own,
    take(row: number): void {
      const first = next;
      const runs = offsets[row + 1] - offsets[row];
      for (let place = 1; place <= runs; place++) own.starts[place] = starts[offsets[row] + place] - first;
      const lines = own.starts[runs];
      for (let line = 0; line < lines; line++) {
        own.products[line] = products[first + line];
        own.quantities[line] = quantities[first + line];
      }
      next = first + lines;
    },
  };
}

/** The orders of one customer, numbered in the order they were read. The arrays are reused for the next customer. */
interface CustomerOrders {
  count: number;
  /** The orders, oldest first; those without a time come first. */
  readonly byTime: Uint32Array;
  /** The latest time of each order, -Infinity if it has none. */
  readonly time: Float64Array;
  /** The customer's first run; a run's place is counted from there. */
  start: number;
  /** The place of the first run of each order. */
  readonly firstRun: Uint32Array;
  /** By place: the place of the next run of the same order, or `noRun`. */
  readonly nextRun: Uint32Array;
}

/** Stands for the end of an order's runs. */
const noRun = 0xffffffff;

/** Groups the runs of a customer, by row, into orders; includes orders without lines. */
function createGrouping(
  { offsets, orders: orderOf, times }: RowRuns,
  facts: OrderFacts,
): (customer: number) => CustomerOrders {
  const timeOf = (run: number) => (times === undefined ? Number.NaN : times[run]);
  let maxRuns = 1;
  for (let c = 0; c + 1 < offsets.length; c++) maxRuns = Math.max(maxRuns, offsets[c + 1] - offsets[c]);
  const byTime = new Uint32Array(maxRuns);
  const time = new Float64Array(maxRuns);
  /** The earliest time of each order, Infinity if it has none. */
  const earliest = new Float64Array(maxRuns);
  const firstRun = new Uint32Array(maxRuns);
  const lastRun = new Uint32Array(maxRuns);
  const nextRun = new Uint32Array(maxRuns);
  const orders: CustomerOrders = { count: 0, byTime, time, start: 0, firstRun, nextRun };
  /** A hash table of orders plus one; 0 is free. */
  const slots = new Uint32Array(1 << (33 - Math.clz32(maxRuns)));

  function sortByTime(count: number): void {
    for (let i = 1; i < count; i++) {
      if (time[i] >= time[i - 1]) continue;
      byTime.subarray(0, count).sort((a, b) => (time[a] === time[b] ? firstRun[a] - firstRun[b] : time[a] - time[b]));
      return;
    }
  }

  /** Makes the runs of an order into several where they are far apart; returns the number of orders, the new ones last. */
  function split(order: number, count: number): number {
    const places: number[] = [];
    for (let place = firstRun[order]; place !== noRun; place = nextRun[place]) places.push(place);
    const timeAt = (place: number) => timeOf(orders.start + place);
    const sorted = places
      .filter((place) => !Number.isNaN(timeAt(place)))
      .sort((a, b) => timeAt(b) - timeAt(a) || a - b);
    // The latest order keeps its number, and the runs without a time.
    let own = places.filter((place) => Number.isNaN(timeAt(place)));
    let to = order;
    for (const [i, place] of sorted.entries()) {
      if (i > 0 && timeAt(sorted[i - 1]) - timeAt(place) > maxGap) {
        link(to, own);
        facts.apart++;
        own = [];
        to = count;
        byTime[count] = count++;
      }
      own.push(place);
    }
    link(to, own);
    return count;
  }

  /** Makes these places the runs of an order. */
  function link(order: number, places: number[]): void {
    places.sort((a, b) => a - b);
    time[order] = -Infinity;
    for (const [i, place] of places.entries()) {
      nextRun[place] = places[i + 1] ?? noRun;
      const runTime = timeOf(orders.start + place);
      if (runTime > time[order]) time[order] = runTime;
    }
    firstRun[order] = places[0];
  }

  return (customer) => {
    const start = offsets[customer];
    const runCount = offsets[customer + 1] - start;
    orders.start = start;
    const mask = runCount === 1 ? 0 : (1 << (33 - Math.clz32(runCount))) - 1;
    slots.fill(0, 0, mask + 1);
    let count = 0;
    for (let place = 0; place < runCount; place++) {
      const key = orderOf[start + place];
      let slot = mix(key) & mask;
      for (; key !== noOrder && slots[slot] !== 0; slot = (slot + 1) & mask) {
        if (orderOf[start + firstRun[slots[slot] - 1]] === key) break;
      }
      nextRun[place] = noRun;
      const runTime = timeOf(start + place);
      if (key === noOrder || slots[slot] === 0) {
        if (key !== noOrder) slots[slot] = count + 1;
        firstRun[count] = lastRun[count] = place;
        time[count] = Number.isNaN(runTime) ? -Infinity : runTime;
        earliest[count] = Number.isNaN(runTime) ? Infinity : runTime;
        byTime[count] = count++;
        continue;
      }
      const order = slots[slot] - 1;
      nextRun[lastRun[order]] = lastRun[order] = place;
      if (runTime > time[order]) time[order] = runTime;
      if (runTime < earliest[order]) earliest[order] = runTime;
    }
    for (let order = 0, all = count; order < all; order++)
      if (time[order] - earliest[order] > maxGap && hasId(orderOf[start + firstRun[order]]))
        count = split(order, count);
    sortByTime(count);
    orders.count = count;
    return orders;
  };
}
