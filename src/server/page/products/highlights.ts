/** Which products are worth a look if nobody asks for one: what sells best, what sells more than before, and what is new. */

import { createBest } from '../best.ts';
import { oncePerModel } from '../per-model.ts';
import { comparedPeriods, latelyOf } from './sales.ts';

/** A product row with a number or two about it. */
interface Highlight {
  readonly row: number;
  readonly value: number;
  /** The same of the time before; only of rising products. */
  readonly before?: number;
}

export interface Highlights {
  /** By orders within the model's window, or of all times. */
  readonly bestSelling: readonly Highlight[];
  /** The days of the window; undefined if the orders of all times count. */
  readonly windowDays: number | undefined;
  /** Orders of the last days against those of as many days before; undefined if the model has no sales by period. */
  readonly rising: { readonly days: number; readonly products: readonly Highlight[] } | undefined;
  /** When they were first sold; undefined if orders have no times. */
  readonly newest: readonly Highlight[] | undefined;
}

const listed = 15;
/** Fewer orders say nothing about a trend. */
const minOrders = 5;
const productsOfPiece = 2 ** 13;

export const highlightsOf = oncePerModel(function* (model): Generator<undefined, Highlights> {
  const { products, signals, sales, metadata } = model;
  const bestSelling = createTop();
  const newest = createTop();
  const rising = createTop();
  const periods = sales && metadata.sales;
  const compared = periods && comparedPeriods(periods);
  const { length } = products;
  const ever = new Float64Array(length);
  for (let pair = 0; !signals && pair < model.purchases.products.length; pair++) {
    if (pair % 2 ** 15 === 0) yield;
    ever[model.purchases.products[pair]] += model.purchases.orders?.[pair] ?? 1;
  }
  for (let row = 0; row < length; row++) {
    if (row % productsOfPiece === 0) yield;
    const orders = signals ? signals.popularity[row] : ever[row];
    if (orders > 0) bestSelling.offer({ row, value: orders, score: orders });
    const first = signals?.firstSales?.[row] ?? Number.NaN;
    if (!Number.isNaN(first)) newest.offer({ row, value: first, score: first });
    if (!compared) continue;
    const { value, before } = latelyOf(model, row, compared);
    // How many standard errors lie between the two, if orders come at random.
    if (value >= minOrders && value > before)
      rising.offer({ row, value, before, score: (value - before) / Math.sqrt(value + before) });
  }
  return {
    bestSelling: bestSelling.all(),
    windowDays: signals && model.purchases.lastPurchase && metadata.ranking?.windowDays,
    rising: compared ? { days: compared * periods!.periodDays, products: rising.all() } : undefined,
    newest: signals?.firstSales && newest.all(),
  };
});

type Scored = Highlight & { readonly score: number };

const createTop = () => createBest<Scored>(listed, (one, other) => one.score > other.score);
