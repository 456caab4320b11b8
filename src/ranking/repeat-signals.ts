import type { Dataset, History } from '../dataset/dataset.ts';
import { dayMs } from '../orders/times/calendar.ts';
import { recentOrdersOf } from './popularity.ts';

/** What the trees of repeats read besides the signals that the formula has. */
export interface RepeatSignals {
  /**
   * How often an order with a product of the customer's last order is followed by one with the pair's product, the average
   * over the last order's products: 255 times the root of the share, by pair. 0 for pairs of unknown sequence.
   */
  readonly successors: Uint8Array;
  /** Between purchases of the product by one customer, by product row; drawn to the average if there are few. See `clockOf`. */
  readonly productIntervals: Float32Array;
  /** Between the customer's orders, by customer row; 0 for a single one. */
  readonly customerIntervals: Float32Array;
  /** Orders of the last 14 days that hold the product, by product row; of all times if orders have none. */
  readonly popularity14: Float32Array;
  /** The same of the last 30 days. */
  readonly popularity30: Float32Array;
}

/** Average purchases again that are added to those of each product. */
const smoothing = 5;
/** Orders with more lines say nothing about what follows what, and would take most of the time. */
const maxLines = 400;

/** Pairs and lines that are looked at between two yields. */
const pieceSteps = 1 << 17;

/** Throws nothing; without a history all numbers are 0. */
export function* repeatSignalsOf(dataset: Dataset): Generator<undefined, RepeatSignals> {
  const { customers, products, purchases, history } = dataset;
  if (!history)
    return {
      successors: new Uint8Array(purchases.products.length),
      productIntervals: new Float32Array(products.length),
      customerIntervals: new Float32Array(customers.length),
      popularity14: new Float32Array(products.length),
      popularity30: new Float32Array(products.length),
    };
  const successors = yield* successorsOf(dataset, history);
  const intervals = intervalsOf(history, products.length);
  yield;
  const [popularity14, popularity30] = [14, 30].map((days) => recentOrdersOf(dataset, days).popularity);
  return { successors, ...intervals, popularity14, popularity30 };
}

/** When an order was, in days; in orders of the customer if none has a time. NaN for an order without a time. */
function clockOf({ offsets, times }: History, customer: number, order: number): number {
  return times ? times[order] / dayMs : order - offsets[customer];
}

function intervalsOf(history: History, products: number) {
  const { offsets, starts, products: rows } = history;
  const sums = new Float64Array(products);
  const counts = new Float64Array(products);
  const customerIntervals = new Float32Array(offsets.length - 1);
  /** One past the last customer who was seen to buy the product, and when that was. */
  const buyers = new Uint32Array(products);
  const last = new Float64Array(products);
  for (let c = 0; c + 1 < offsets.length; c++) {
    let first = 0;
    let latest = 0;
    let known = 0;
    for (let order = offsets[c]; order < offsets[c + 1]; order++) {
      const time = clockOf(history, c, order);
      if (Number.isNaN(time)) continue;
      if (known++ === 0) first = time;
      latest = time;
      for (let line = starts[order]; line < starts[order + 1]; line++) {
        const row = rows[line];
        if (buyers[row] === c + 1) {
          sums[row] += time - last[row];
          counts[row]++;
        }
        buyers[row] = c + 1;
        last[row] = time;
      }
    }
    if (known > 1) customerIntervals[c] = (latest - first) / (known - 1);
  }
  const total = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0);
  const average = total(sums) / Math.max(1, total(counts));
  return {
    customerIntervals,
    productIntervals: Float32Array.from(sums, (sum, p) => (sum + smoothing * average) / (counts[p] + smoothing)),
  };
}

function* successorsOf({ products, purchases }: Dataset, history: History): Generator<undefined, Uint8Array> {
  const { offsets, starts, products: rows } = history;
  const customers = offsets.length - 1;
  const shares = new Float64Array(purchases.products.length);
  const customerOf = new Uint32Array(starts.length - 1);
  for (let c = 0; c < customers; c++) customerOf.fill(c, offsets[c], offsets[c + 1]);
  const isLast = (order: number) => order + 1 === offsets[customerOf[order] + 1];
  const lines = (order: number) => starts[order + 1] - starts[order];
  const { orderOffsets, orders } = ordersByProduct(history, products.length);
  const followed = new Uint32Array(products.length);
  let steps = 0;
  for (let product = 0; product < products.length; product++) {
    const [from, to] = [orderOffsets[product], orderOffsets[product + 1]];
    steps += products.length >> 3;
    if (steps > pieceSteps) {
      steps = 0;
      yield;
    }
    followed.fill(0);
    let seen = 0;
    for (let at = from; at < to; at++) {
      const order = orders[at];
      if (isLast(order) || lines(order) > maxLines || lines(order + 1) > maxLines) continue;
      seen++;
      steps += lines(order + 1);
      for (let line = starts[order + 1]; line < starts[order + 2]; line++) followed[rows[line]]++;
    }
    if (seen === 0) continue;
    for (let at = from; at < to; at++) {
      const order = orders[at];
      if (!isLast(order) || lines(order) > maxLines) continue;
      const c = customerOf[order];
      const share = 1 / (seen + smoothing) / lines(order);
      steps += purchases.offsets[c + 1] - purchases.offsets[c];
      for (let pair = purchases.offsets[c]; pair < purchases.offsets[c + 1]; pair++)
        shares[pair] += share * followed[purchases.products[pair]];
    }
  }
  return Uint8Array.from(shares, (share) => Math.round(255 * Math.sqrt(Math.min(1, share))));
}

/** The orders that hold each product: those of product `p` are `orderOffsets[p] .. orderOffsets[p + 1]`. */
function ordersByProduct({ starts, products: rows }: History, products: number) {
  const orderOffsets = new Uint32Array(products + 1);
  for (const row of rows) orderOffsets[row + 1]++;
  for (let p = 0; p < products; p++) orderOffsets[p + 1] += orderOffsets[p];
  const places = orderOffsets.slice();
  const orders = new Uint32Array(rows.length);
  for (let order = 0; order + 1 < starts.length; order++)
    for (let line = starts[order]; line < starts[order + 1]; line++) orders[places[rows[line]]++] = order;
  return { orderOffsets, orders };
}
