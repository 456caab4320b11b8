import type { Purchases } from '../dataset/dataset.ts';
import { dayMs } from '../orders/times/calendar.ts';
import { finish } from '../turns.ts';
import { lifetimeOf, newnessOf, productsOfPiece, type RecentOrders, uptakeOf } from './popularity.ts';
import { latestLeftOut, windowIn } from './window.ts';

/** What sold since the model, counted as training would count it together with the orders that the model has. */
export interface RecentSales {
  /**
   * Adds a line of an order.
   *
   * @param time in milliseconds since 1970 UTC.
   * @param isTakenUp whether the customer has ordered before, but not this product.
   */
  add(product: number, time: number, isTakenUp: boolean): void;
  /** Popularity, in whole orders, and uptake if the model has it, made a piece at a time. They depend on nothing but what was
   * added, and are those of the model's products until the next call, which writes into the same arrays. */
  recentOrders(): Generator<undefined, Pick<RecentOrders, 'popularity' | 'uptake'>>;
}

/** What a model has of its orders. */
interface Known {
  readonly products: readonly string[];
  readonly purchases: Purchases;
  /** If absent, popularity is that of all orders. */
  readonly signals?: RecentOrders;
}

/** The window moves by this share of itself: of a month, a day. */
const stepsOfWindow = 30;
/** What is older counts for less than 2 % of what it did, and is left out. */
const stepsCounted = 2 * stepsOfWindow;
/** The window may move back a little, so that sales are kept for longer than they count. */
const stepsKept = 3 * stepsOfWindow;
/** Pairs, and products of steps, between two pieces of work: some milliseconds. */
const pairsOfPiece = 2 ** 16;
const salesOfPiece = 2 ** 14;

/** Sums of multiples are exact, so that they do not depend on the sequence in which sales become known. */
const grain = 2 ** -32;

/** What sold within a step of the window. */
interface Step {
  /** Orders that hold each product, by row. */
  readonly orders: Map<number, number>;
  /** What they add to its uptake, as of the beginning of the step; a multiple of `grain`. */
  readonly uptake: Map<number, number>;
  lines: number;
  /** Time of the last one. */
  latest: number;
}

/**
 * The window ends with the newest of all orders, by the rule of `windowOf`: the first orders after a long pause do not move
 * it. As it moves, the model's own orders leave it. Their uptake fades exactly as in training. Of their popularity, the part
 * stays that the pairs of the product have whose last order is still within the window.
 *
 * If the model has no times, nothing ages: what sells is added to what it has.
 */
export function createRecentSales(known: Known, windowDays: number): RecentSales {
  return finish(recentSalesIn(known, windowDays));
}

/** The same, made a piece at a time, for those who have others waiting. */
export function* recentSalesIn(
  { products, purchases, signals }: Known,
  windowDays: number,
): Generator<undefined, RecentSales> {
  const { lastPurchase } = purchases;
  /** When the model's window ends. */
  const end = signals && lastPurchase ? (yield* windowIn(lastPurchase, windowDays)).to : Number.NEGATIVE_INFINITY;
  const hasTimes = Number.isFinite(end);
  const stepMs = (windowDays / stepsOfWindow) * dayMs;
  const lifetime = lifetimeOf(windowDays);
  /** The model's window ends with step 0. */
  const stepOf = (time: number) => (hasTimes ? Math.ceil((time - end) / stepMs) : 0);
  const fadedBy = (from: number, to: number) => (hasTimes ? Math.exp((from - to) / dayMs / lifetime) : 1);
  const beginOf = (step: number) => end + (step - 1) * stepMs;

  const steps = new Map<number, Step>();
  /** Orders of all times. */
  let lines = yield* linesOf(signals?.sales ?? purchases.orders, purchases.products.length);
  /** What the products were sold since `ever` was counted; it is not kept of a model that does not say when they were first sold. */
  const sold = new Map<number, number>();
  /** The step that the window ends with for which `arrays.left` is right. */
  let leftIs: number | undefined;
  /** Orders of all times that hold each product: those of the model, and all. Made when something has been sold. */
  let ofModel: Float32Array | Float64Array | undefined = signals?.sales;
  let ever: Float64Array | undefined;
  /** Kept, since arrays of all products would be garbage that is collected while requests wait. */
  let made: ReturnType<typeof createArrays> | undefined;
  const arraysOfAll = () => {
    made ??= createArrays(products.length);
    return made;
  };

  function* ordersOfModel(): Generator<undefined, Float32Array | Float64Array> {
    ofModel ??= yield* ordersOf(products.length, purchases);
    return ofModel;
  }

  function* ordersEver(): Generator<undefined, Float64Array> {
    ever ??= Float64Array.from(yield* ordersOfModel());
    for (const [product, orders] of sold) ever[product] += orders;
    sold.clear();
    return ever;
  }

  /** The step that the window ends with. */
  function lastStep(): number {
    const latestFirst = [...steps.keys()].sort((a, b) => b - a);
    let leftOut = latestLeftOut(lines);
    const percentile = latestFirst.find((step) => {
      leftOut -= steps.get(step)!.lines;
      return leftOut < 0;
    });
    const furthest = Math.max(0, percentile ?? 0) + stepsOfWindow / 2;
    return Math.max(0, latestFirst.find((step) => step <= furthest) ?? 0);
  }

  function* leftAt(last: number): Generator<undefined, Float32Array> {
    const { inModel, inWindow, left } = arraysOfAll();
    if (leftIs === last) return left;
    leftIs = undefined;
    inModel.fill(0);
    inWindow.fill(0);
    for (let pair = 0; last > 0 && pair < purchases.products.length; pair++) {
      if (pair % pairsOfPiece === 0) yield;
      const step = stepOf(lastPurchase![pair]);
      if (!(step >= -stepsOfWindow && step <= 0)) continue;
      inModel[purchases.products[pair]]++;
      if (step >= last - stepsOfWindow) inWindow[purchases.products[pair]]++;
    }
    const before = signals?.popularity ?? (yield* ordersOfModel());
    for (let row = 0; row < left.length; row++) {
      if (row % productsOfPiece === 0) yield;
      const share = last === 0 ? 1 : inModel[row] === 0 ? 0 : inWindow[row] / inModel[row];
      left[row] = Math.round(before[row] * share);
    }
    leftIs = last;
    return left;
  }

  /** Adds what the steps after `first` up to `last` have of each product. */
  function* addSteps(
    into: Float32Array | Float64Array,
    [first, last]: readonly [number, number],
    of: 'orders' | 'uptake',
    weightOf: (step: number) => number,
  ): Generator<undefined, void> {
    let done = 0;
    for (const [number, step] of [...steps].sort(([a], [b]) => a - b)) {
      if (number <= first || number > last) continue;
      const weight = weightOf(number);
      for (const [row, sales] of step[of]) {
        if (done++ % salesOfPiece === 0) yield;
        into[row] += weight * sales;
      }
    }
  }

  function* uptakeAt(last: number, uptake: Float32Array): Generator<undefined, Float32Array> {
    const to = Math.max(end, steps.get(last)?.latest ?? end);
    const { since, now } = arraysOfAll();
    since.fill(0);
    yield;
    yield* addSteps(since, [last - stepsCounted, last], 'uptake', (step) => fadedBy(beginOf(step), to));
    const first = signals?.firstSales;
    yield;
    const newnessBefore = first && newnessOf({ orders: yield* ordersOfModel(), first }, end, lifetime);
    yield;
    const newness = first && newnessOf({ orders: yield* ordersEver(), first }, to, lifetime);
    yield;
    const faded = fadedBy(end, to);
    for (let row = 0; row < now.length; row++) {
      if (row % productsOfPiece === 0) yield;
      now[row] = ((uptake[row] / (newnessBefore?.(row) ?? 1)) * faded + since[row]) * (newness?.(row) ?? 1);
    }
    return now;
  }

  return {
    add(product, time, isTakenUp) {
      const number = stepOf(time);
      let step = steps.get(number);
      if (!step) {
        step = { orders: new Map(), uptake: new Map(), lines: 0, latest: time };
        steps.set(number, step);
      }
      const { orders, uptake } = step;
      orders.set(product, (orders.get(product) ?? 0) + 1);
      const taken = uptakeOf(isTakenUp) * fadedBy(time, beginOf(number));
      uptake.set(product, (uptake.get(product) ?? 0) + grain * Math.round(taken / grain));
      step.lines++;
      step.latest = Math.max(step.latest, time);
      if (signals?.firstSales) sold.set(product, (sold.get(product) ?? 0) + 1);
      lines++;
    },
    *recentOrders() {
      const last = lastStep();
      for (const step of steps.keys()) if (step <= last - stepsKept) steps.delete(step);
      const left = yield* leftAt(last);
      const { popularity } = arraysOfAll();
      popularity.set(left);
      // One more step than the window has, since the last one is not over.
      yield* addSteps(popularity, [last - stepsOfWindow - 1, last], 'orders', () => 1);
      const uptake = signals?.uptake && (yield* uptakeAt(last, signals.uptake));
      return { popularity, ...(uptake && { uptake }) };
    },
  };
}

function createArrays(products: number) {
  return {
    inModel: new Uint32Array(products),
    inWindow: new Uint32Array(products),
    /** What is left of the model's popularity. */
    left: new Float32Array(products),
    /** Uptake since the model. */
    since: new Float64Array(products),
    now: new Float32Array(products),
    popularity: new Float32Array(products),
  };
}

/** How many orders these are, counted by product or by pair; one for each pair if nobody says. */
function* linesOf(orders: ArrayLike<number> | undefined, pairs: number): Generator<undefined, number> {
  if (!orders) return pairs;
  let lines = 0;
  for (let i = 0; i < orders.length; i++) {
    if (i % pairsOfPiece === 0) yield;
    lines += orders[i];
  }
  return lines;
}

/** Orders of each product of a model that does not say. */
function* ordersOf(products: number, { products: rows, orders }: Purchases): Generator<undefined, Float64Array> {
  const sums = new Float64Array(products);
  for (let pair = 0; pair < rows.length; pair++) {
    if (pair % pairsOfPiece === 0) yield;
    sums[rows[pair]] += orders?.[pair] ?? 1;
  }
  return sums;
}
