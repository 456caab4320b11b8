/** What sold of each product, by the orders of a model. */
import { ordersOf } from '../../../dataset/dataset.ts';
import type { Model } from '../../../model/model.ts';
import { dayMs } from '../../../orders/times/calendar.ts';
import { type Popularity, pairsOfPiece, productsOfPiece, withOrdersOf } from '../../../ranking/popularity.ts';
import { inTurns } from '../../../turns.ts';

/** All arrays are by product row. */
export interface Sold {
  /** Orders that hold the product. */
  readonly orders: Uint32Array;
  /** Customers who bought it. */
  readonly buyers: Uint32Array;
  /** The products by orders, most first; ties go to the one with more buyers. */
  readonly ranking: Uint32Array;
  /** The place of each product in it, from 1. */
  readonly places: Uint32Array;
  /** Absent if the orders don't say what sold lately and what before. */
  readonly lately?: Lately;
}

/** The last days, and those before. */
export interface Lately {
  readonly days: number;
  /** Orders of these days. */
  readonly orders: ArrayLike<number>;
  /** Orders that so many days had before, on average since the product was first sold; NaN if it was not sold before. */
  readonly usual: Float64Array;
}

const soldByModel = new WeakMap<Model, Promise<Sold>>();

/** Counted at the first call for a model, between other requests. */
export function soldOf(model: Model): Promise<Sold> {
  const known = soldByModel.get(model);
  if (known) return known;
  const counted = inTurns(soldIn(model));
  soldByModel.set(model, counted);
  return counted;
}

export function* soldIn(model: Model): Generator<undefined, Sold> {
  const { products, purchases } = model;
  const orders = new Uint32Array(products.length);
  const buyers = new Uint32Array(products.length);
  for (let pair = 0; pair < purchases.products.length; pair++) {
    if (pair % pairsOfPiece === 0) yield;
    const row = purchases.products[pair];
    orders[row] += ordersOf(purchases, pair);
    buyers[row]++;
  }
  const byRow: Pick<Popularity, 'ranking'> = { ranking: Uint32Array.from(products, (_, row) => row) };
  const { ranking } = yield* withOrdersOf(yield* withOrdersOf(byRow, buyers), orders);
  const places = new Uint32Array(products.length);
  for (let place = 0; place < ranking.length; place++) places[ranking[place]] = place + 1;
  yield;
  return { orders, buyers, ranking, places, lately: yield* latelyIn(model) };
}

/** Days of orders before the window without which nothing can be said. */
const minDays = 7;

function* latelyIn({ products, signals, metadata }: Model): Generator<undefined, Lately | undefined> {
  const { ranking, account } = metadata;
  const { firstPurchase, lastPurchase } = account;
  const { popularity, sales, firstSales } = signals ?? {};
  if (!popularity || !sales || !firstSales || !ranking) return undefined;
  if (firstPurchase === undefined || lastPurchase === undefined) return undefined;
  const days = ranking.windowDays;
  const from = lastPurchase - days * dayMs;
  if ((from - firstPurchase) / dayMs < minDays) return undefined;
  const usual = new Float64Array(products.length);
  for (let row = 0; row < products.length; row++) {
    if (row % productsOfPiece === 0) yield;
    const daysBefore = (from - Math.max(firstPurchase, firstSales[row])) / dayMs;
    usual[row] = daysBefore > 0 ? ((sales[row] - popularity[row]) / Math.max(minDays, daysBefore)) * days : Number.NaN;
  }
  return { days, orders: popularity, usual };
}
