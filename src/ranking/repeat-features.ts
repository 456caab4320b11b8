/** What the trees of repeats know about a pair of a customer and a product. */

import { ordersOf, type Purchases } from '../dataset/dataset.ts';
import { dayMs } from '../orders/times/calendar.ts';
import { finish } from '../turns.ts';
import { type BonusOf, logPopularity } from './formula.ts';
import { recencyOfAll } from './recency.ts';
import type { RepeatSignals } from './repeat-signals.ts';
import type { Signals } from './signals.ts';
import type { Ranking } from './weights.ts';

/**
 * The features in the order that files have them in: new ones come last, and none goes. Days are counted to the time that
 * is asked for; -1 if the orders have no times.
 */
export const repeatFeatures = [
  /** The score by the formula, without neighbours. */
  'score',
  'taste',
  'habit',
  'popularity',
  'repeatPropensity',
  /** Since the customer last bought the product; orders ago, at most 8, if orders have no times. */
  'daysSince',
  'productInterval',
  'customerInterval',
  /** Since the customer's last order. */
  'daysSinceOrder',
  /** The same in intervals of the customer. */
  'intervalsSinceOrder',
  /** The last eight orders, the last one as the highest bit. */
  'lastOrders',
  /** That hold the product. */
  'orders',
  'successors',
  'popularity14',
  'popularity30',
  /** Products in an order of the customer: on average, and in the last. */
  'orderSize',
  'lastOrderSize',
  /** The share of the customer's purchases that were not the first of the product. */
  'repeatRate',
  'customerOrders',
  'customerProducts',
] as const;

type Feature = (typeof repeatFeatures)[number];

/** What features are made from: the parts of a model, or of one that is to be. */
export interface RepeatShop {
  readonly purchases: Purchases;
  readonly signals: Signals;
  readonly repeatSignals: RepeatSignals;
  readonly ranking: Ranking;
  /** What trend adds to each new product, by row. */
  readonly fresh: Float32Array;
  readonly bonusOf: BonusOf;
  /** Rows of `stride` numbers. */
  readonly customerFactors: Float32Array;
  readonly productFactors: Float32Array;
  readonly stride: number;
}

/** Features of the pairs of consecutive customers. */
interface RepeatColumns {
  /** One number per pair, by feature; valid until the next call, and possibly longer. */
  readonly columns: readonly Float32Array[];
  /** The number of pairs. */
  readonly rows: number;
}

/**
 * @returns computes the features of the pairs of customers `from .. to` at a time, in milliseconds since 1970 UTC. Purchases
 *   after that time count as just made. The factors of the first of these customers are the row `query`, by default `from`.
 */
export function createRepeatFeatures(shop: RepeatShop): RepeatFeaturesOf {
  return finish(repeatFeaturesIn(shop));
}

type RepeatFeaturesOf = (from: number, to: number, now: number, query?: number) => RepeatColumns;

/** The same, made a piece at a time, for those who have others waiting. */
export function* repeatFeaturesIn(shop: RepeatShop): Generator<undefined, RepeatFeaturesOf> {
  const { purchases, signals, repeatSignals, ranking, fresh, bonusOf } = shop;
  const { customerFactors, productFactors, stride } = shop;
  const { offsets, products, lastPurchase } = purchases;
  const popularity = yield* logPopularity(signals.popularity);
  const popularity14 = yield* logPopularity(repeatSignals.popularity14);
  const popularity30 = yield* logPopularity(repeatSignals.popularity30);
  let columns = {} as Record<Feature, Float32Array>;
  let room = -1;

  return (from, to, now, query = from) => {
    const rows = offsets[to] - offsets[from];
    if (rows > room) {
      room = rows;
      columns = Object.fromEntries(repeatFeatures.map((name) => [name, new Float32Array(room)])) as typeof columns;
    }
    for (let c = from; c < to; c++) fillCustomer(c, offsets[from], now, (query + c - from) * stride);
    return { columns: repeatFeatures.map((name) => columns[name]), rows };
  };

  function fillCustomer(c: number, first: number, now: number, query: number): void {
    const [begin, end] = [offsets[c], offsets[c + 1]];
    const all = signals.orders[c];
    const own = summaryOf(begin, end);
    const daysSince = (time: number) => (Number.isNaN(time) ? -1 : Math.max(0, (now - time) / dayMs));
    const daysSinceOrder = daysSince(own.lastOrder);
    const interval = repeatSignals.customerIntervals[c];
    const whole = 1 + recencyOfAll(all, ranking.decay);
    for (let pair = begin, at = begin - first; pair < end; pair++, at++) {
      const row = products[pair];
      const candidate = row * stride;
      let dot = 0;
      for (let k = 0; k < stride; k++) dot += customerFactors[query + k] * productFactors[candidate + k];
      const taste = Math.sqrt(Math.max(0, dot));
      const recency = signals.recency[pair];
      columns.score[at] = ranking.taste * taste + fresh[row] + bonusOf(row, recency, all);
      columns.taste[at] = taste;
      columns.habit[at] = recency / whole;
      columns.popularity[at] = popularity[row];
      columns.repeatPropensity[at] = signals.repeatPropensity[row];
      columns.daysSince[at] = lastPurchase ? daysSince(lastPurchase[pair]) : ordersAgo(signals.lastOrders[pair]);
      columns.productInterval[at] = repeatSignals.productIntervals[row];
      columns.customerInterval[at] = interval;
      columns.daysSinceOrder[at] = daysSinceOrder;
      columns.intervalsSinceOrder[at] = daysSinceOrder < 0 ? -1 : daysSinceOrder / (interval + 1);
      columns.lastOrders[at] = reversed(signals.lastOrders[pair]);
      columns.orders[at] = ordersOf(purchases, pair);
      columns.successors[at] = repeatSignals.successors[pair];
      columns.popularity14[at] = popularity14[row];
      columns.popularity30[at] = popularity30[row];
      columns.orderSize[at] = own.lines / Math.max(1, all);
      columns.lastOrderSize[at] = own.linesOfLast;
      columns.repeatRate[at] = 1 - (end - begin) / own.lines;
      columns.customerOrders[at] = all;
      columns.customerProducts[at] = end - begin;
    }
  }

  /** What a customer's pairs add up to. */
  function summaryOf(begin: number, end: number) {
    const summary = { lines: 0, linesOfLast: 0, lastOrder: Number.NaN };
    for (let pair = begin; pair < end; pair++) {
      summary.lines += ordersOf(purchases, pair);
      summary.linesOfLast += signals.lastOrders[pair] & 1;
      const time = lastPurchase ? lastPurchase[pair] : Number.NaN;
      if (!(time <= summary.lastOrder)) summary.lastOrder = Number.isNaN(time) ? summary.lastOrder : time;
    }
    return summary;
  }
}

/** How many orders ago the last one was that is among eight; 8 if none is. */
function ordersAgo(lastOrders: number): number {
  return lastOrders === 0 ? 8 : 31 - Math.clz32(lastOrders & -lastOrders);
}

function reversed(byte: number): number {
  let bits = 0;
  for (let k = 0; k < 8; k++) bits |= ((byte >> k) & 1) << (7 - k);
  return bits;
}
