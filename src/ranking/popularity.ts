import { sharedRows } from '../dataset/arrays.ts';
import { type Dataset, orderIsKnown, ordersOf, type Purchases } from '../dataset/dataset.ts';
import { sharedBuffer } from '../kernel/memory.ts';
import { dayMs } from '../orders/times/calendar.ts';
import { finish } from '../turns.ts';
import { windowOf } from './window.ts';

/** What any order adds to uptake, relative to the first purchase of a customer who has ordered before. */
const anyOrder = 0.2;

/** Last orders without times that it takes to say what is taken up now: as many as a shop has that is not small. */
const minLastOrders = 2000;

/** Days that a product has been on sale at least, as far as its uptake per day goes; so many are also added to its age. */
const minDays = 2;

/**
 * A product that has just come into the shop is taken up three times as readily by those who do not have it as one that all
 * have seen for long, at the same pace; the days after which a third of that is left.
 */
const noveltyDays = 45;
const novelty = 2;
/** Orders besides the first with which half of its novelty counts. */
const fewOrders = 5;

/** How many orders hold each product within the window, by product row. */
export interface RecentOrders {
  /** All orders. Counts above 2^24 are rounded to 24 significant bits. */
  readonly popularity: Float32Array;
  /**
   * What customers take up: the orders in which a customer who has ordered before buys the product for the first time,
   * plus a fifth of all orders, so that there is something to rank by if such orders are few. An order counts e times
   * less for every half of the window that has passed. Of a product that has not been sold for long it is what there would be at the pace
   * since then, and up to three times as much while it is new. If orders have no times but a known sequence, and there are
   * 2,000 customers, only the last order of each counts. Absent without a history.
   */
  readonly uptake?: Float32Array;
  /** Orders of all times that hold each product; this and the next are absent if orders have no times. */
  readonly sales?: Float32Array;
  /** When each product was first sold, in milliseconds since 1970 UTC; NaN if unknown. */
  readonly firstSales?: Float64Array;
}

/**
 * Popularity and uptake of the last days.
 *
 * @param windowDays length of the window; see `windowOf`. If orders have no times, all of them count.
 */
export function recentOrdersOf(dataset: Dataset, windowDays: number): RecentOrders {
  const { products, purchases, history } = dataset;
  // Counted in f64, since f32 stops counting at 2^24.
  const popularity = new Float64Array(products.length);
  if (!history) {
    purchases.products.forEach((product, pair) => {
      popularity[product] += ordersOf(purchases, pair);
    });
    return { popularity: Float32Array.from(popularity) };
  }
  const { offsets, starts, times } = history;
  const { from, to } = windowOf(times, windowDays);
  const onlyLast = times === undefined && orderIsKnown(dataset) && offsets.length > minLastOrders;
  const uptake = new Float64Array(products.length);
  const lifetime = lifetimeOf(windowDays);
  const sales = salesOf(products.length);
  /** One past the last customer who was seen to buy the product. */
  const buyer = new Uint32Array(products.length);
  for (let c = 0; c + 1 < offsets.length; c++) {
    for (let order = offsets[c]; order < offsets[c + 1]; order++) {
      const time = times === undefined || Number.isNaN(times[order]) ? Number.NEGATIVE_INFINITY : times[order];
      const isRecent = times === undefined || (time >= from && time <= to);
      const isCounted = !onlyLast || order + 1 === offsets[c + 1];
      const weight = times !== undefined ? weightOf(time) : isCounted ? 1 : 0;
      for (let line = starts[order]; line < starts[order + 1]; line++) {
        const product = history.products[line];
        if (isRecent) popularity[product]++;
        uptake[product] += uptakeOf(order > offsets[c] && buyer[product] !== c + 1) * weight;
        sales.orders[product]++;
        if (time < sales.first[product]) sales.first[product] = time;
        buyer[product] = c + 1;
      }
    }
  }
  const newness = newnessOf(sales, to, lifetime);
  return {
    popularity: Float32Array.from(popularity),
    uptake: Float32Array.from(uptake, (orders, p) => orders * newness(p)),
    ...(times && {
      sales: Float32Array.from(sales.orders),
      firstSales: sales.first.map((time) => (Number.isFinite(time) ? time : Number.NaN)),
    }),
  };

  function weightOf(time: number): number {
    // If no order has a time, both are -Infinity.
    if (time >= to) return time === to ? 1 : 0;
    return Math.exp((time - to) / dayMs / lifetime);
  }
}

/** Days after which an order counts e times less: the average age of what counts is that of the window. */
export const lifetimeOf = (windowDays: number) => windowDays / 2;

/** What an order of today adds to the uptake of a product, which its customer takes up or bought before. */
export const uptakeOf = (isTakenUp: boolean) => (isTakenUp ? 1 + anyOrder : anyOrder);

/** Of each product. */
interface Sales {
  readonly orders: Float32Array | Float64Array;
  /** When it was first sold; -Infinity if an order without a time holds it, NaN if that is unknown. */
  readonly first: Float64Array;
}

function salesOf(products: number) {
  return { orders: new Float64Array(products), first: new Float64Array(products).fill(Number.POSITIVE_INFINITY) };
}

/**
 * How many times as much a product counts because it has not been sold for long: what orders would weigh together if it had
 * sold throughout as it has since it was first sold, and what its novelty adds; 1 for products that were there from the
 * beginning. The first order says since when the product is sold, not how often: of n orders, n - 1 count. So a single order
 * of yesterday is no reason to list a product. Of few orders, the first may as well be late by chance: to a product that
 * sells seldom, novelty adds little.
 */
export function newnessOf({ orders, first }: Sales, to: number, lifetime: number): (product: number) => number {
  // Before the first order of all, nothing could be sold.
  let start = to;
  for (let product = 0; product < first.length; product++) if (first[product] < start) start = first[product];
  const weightSince = (time: number) => 1 - Math.exp(-((to - time) / dayMs + minDays) / lifetime);
  const noveltySince = (time: number) => novelty * Math.exp(-(to - time) / dayMs / noveltyDays);
  return (product) => {
    const time = first[product];
    if (!(time > start && time <= to)) return 1;
    const others = orders[product] - 1;
    const pace = Math.max(1, ((others / (others + 1)) * weightSince(start)) / weightSince(time));
    const sure = others / (others + fewOrders);
    return (pace * (1 + sure * noveltySince(time))) / (1 + sure * noveltySince(start));
  };
}

/** How often everybody bought each product, and the products in that order. */
export interface Popularity {
  /** Orders that hold the product, by product row: those of the window if the model knows them, else all. */
  readonly orders: ArrayLike<number>;
  /** Product rows, most bought first; ties by the orders of all time, then the lower row. */
  readonly ranking: Uint32Array;
  /** Whether a product is among the 2 % that most orders hold. */
  readonly isTop: (row: number) => boolean;
}

export function popularityOf(sold: Sold): Popularity {
  return finish(popularityIn(sold));
}

interface Sold {
  purchases: Purchases;
  products: readonly string[];
  signals?: Pick<RecentOrders, 'popularity'>;
}

/** Products between two pieces of work: some milliseconds. */
export const productsOfPiece = 2 ** 15;
/** Pairs between two pieces of work: some tenths of a millisecond. */
export const pairsOfPiece = 2 ** 16;

/** The same a piece at a time, for those who have others waiting. */
export function* popularityIn({ purchases, products, signals }: Sold): Generator<undefined, Popularity> {
  const ever = new Float64Array(sharedBuffer(8 * products.length));
  const pairs = purchases.products.length;
  for (let from = 0; from < pairs; from += pairsOfPiece) {
    yield;
    addOrders(purchases, ever, from, Math.min(from + pairsOfPiece, pairs));
  }
  const byRow = sharedRows(products.length);
  for (let row = 0; row < byRow.length; row++) byRow[row] = row;
  const byEver = yield* ranked(ever, byRow);
  if (!signals) return rankedBy(ever, byEver);
  const { popularity } = signals;
  // Numbers of 0 or more have the order of their bits.
  const bits = new Uint32Array(popularity.buffer, popularity.byteOffset, popularity.length);
  const byLower = yield* sortedBy((row) => bits[row] & 0xffff, byEver);
  return rankedBy(popularity, yield* sortedBy((row) => (bits[row] >>> 16) & 0x7fff, byLower));
}

function addOrders({ products, orders }: Purchases, ever: Float64Array, from: number, to: number): void {
  for (let pair = from; pair < to; pair++) ever[products[pair]] += orders === undefined ? 1 : orders[pair];
}

/**
 * The same with other counts of orders, whole numbers below 2^32. Products tie to the one that was ahead before. It works in
 * pieces: a shop asks for this while it answers.
 *
 * @param into arrays to write rankings to, in turn, whatever they hold.
 */
export function* withOrdersOf(
  { ranking: before }: Pick<Popularity, 'ranking'>,
  orders: ArrayLike<number>,
  into: readonly Uint32Array[] = [],
): Generator<undefined, Popularity> {
  return rankedBy(orders, yield* ranked(orders, before, into));
}

/** Ranks rows by counts, the highest first; what ties stays in order. A sort by the digits of the counts, the last one first. */
function* ranked(
  counts: ArrayLike<number>,
  before: Uint32Array,
  into: readonly Uint32Array[] = [],
): Generator<undefined, Uint32Array> {
  let highest = 0;
  for (let row = 0; row < counts.length; row++) if (counts[row] > highest) highest = counts[row];
  let ranking = before;
  for (let digit = 0; highest >= 2 ** (16 * digit); digit++) {
    const scale = 2 ** (16 * digit);
    ranking = yield* sortedBy((row) => Math.floor(counts[row] / scale) & 0xffff, ranking, into[digit]);
  }
  return ranking;
}

/** Sorts rows by a digit of 16 bits, the highest first; what ties stays in order. */
function* sortedBy(
  digitOf: (row: number) => number,
  rows: Uint32Array,
  sorted: Uint32Array = sharedRows(rows.length),
): Generator<undefined, Uint32Array> {
  const places = new Uint32Array(0x10001);
  for (let row = 0; row < rows.length; row++) {
    if (row % productsOfPiece === 0) yield;
    places[0x10000 - digitOf(row)]++;
  }
  for (let digit = 0; digit < 0x10000; digit++) places[digit + 1] += places[digit];
  for (let place = 0; place < rows.length; place++) {
    if (place % productsOfPiece === 0) yield;
    const row = rows[place];
    sorted[places[0xffff - digitOf(row)]++] = row;
  }
  return sorted;
}

/** @param ranking the product rows by these orders, most bought first. */
export function rankedBy(orders: ArrayLike<number>, ranking: Uint32Array): Popularity {
  const fewestOfTop = orders[ranking[Math.ceil(ranking.length / 50) - 1]];
  return { orders, ranking, isTop: (row) => orders[row] > 0 && orders[row] >= fewestOfTop };
}
