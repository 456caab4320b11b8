/**
 * How a product is ranked for a customer:
 *
 *   taste * sqrt(max(0, x.y)) + trend * ln(uptake + .001) + neighbours * sqrt(max(0, sum of strengths))
 *
 * and if the customer bought it before:
 *
 *   taste * sqrt(max(0, x.y)) + trend * ln(popularity + .001) + habit * S / (1 + S of all) + bought + repeat * propensity
 *     + neighbours * sqrt(max(0, sum of strengths)),
 *
 * where x.y is the dot product of the factors, S the recency of the pair, S of all the recency of a product that is in all
 * of the customer's orders, propensity the `repeatPropensity` of the product, and uptake and popularity are those of the
 * window, scaled so that the highest is 1. The strengths are those of the product as a neighbour of what the customer bought
 * (`Neighbours`); of the products that the customer did not buy, only the `maxNeighbours` with the largest sums have this
 * part. Kernels compute a score as root * sqrt(max(0, x.y)) + prior + bonus: the root is `taste`, the prior of a product its
 * trend as a new one, and the bonus all that having bought it changes, and the part of the neighbours.
 */
import type { Purchases } from '../dataset/dataset.ts';
import { finish } from '../turns.ts';
import { pairsOfPiece, productsOfPiece } from './popularity.ts';
import { recencyOfAll } from './recency.ts';
import type { Signals } from './signals.ts';
import type { Ranking } from './weights.ts';

/** How many products that a customer did not buy have a part of the neighbours: those with the largest. */
export const maxNeighbours = 256;

/** What trend adds to each product, by product row. */
export interface Trends {
  /** For customers who never bought it: by uptake. */
  readonly fresh: Float32Array;
  /** For customers who did: by popularity. */
  readonly bought: Float32Array;
}

export function trendsOf(orders: Pick<Signals, 'popularity' | 'uptake'>, ranking: Pick<Ranking, 'trend'>): Trends {
  return finish(trendsInPieces(orders, ranking));
}

/** The same a piece at a time, for those who have others waiting. @param into arrays to write to, whatever they hold. */
export function* trendsInPieces(
  { popularity, uptake = popularity }: Pick<Signals, 'popularity' | 'uptake'>,
  { trend }: Pick<Ranking, 'trend'>,
  into: Partial<Trends> = {},
): Generator<undefined, Trends> {
  function* weighted(
    orders: Float32Array,
    trends: Float32Array = new Float32Array(orders.length),
  ): Generator<undefined, Float32Array> {
    const highest = highestOf(orders);
    yield;
    for (let row = 0; row < orders.length; row++) {
      if (row % productsOfPiece === 0) yield;
      trends[row] = trend * Math.fround(logShare(orders[row], highest));
    }
    return trends;
  }
  return { fresh: yield* weighted(uptake, into.fresh), bought: yield* weighted(popularity, into.bought) };
}

/** ln(orders / the highest orders + .001), by product; 0 for all products if nothing was sold. It is made a piece at a time. */
export function* logPopularity(orders: Float32Array): Generator<undefined, Float32Array> {
  const highest = highestOf(orders);
  const logs = new Float32Array(orders.length);
  for (let row = 0; row < orders.length; row++) {
    if (row % productsOfPiece === 0) yield;
    logs[row] = logShare(orders[row], highest);
  }
  return logs;
}

function highestOf(orders: Float32Array): number {
  let highest = 0;
  for (let row = 0; row < orders.length; row++) if (orders[row] > highest) highest = orders[row];
  return highest;
}

const logShare = (orders: number, highest: number) => (highest > 0 ? Math.log(orders / highest + 1e-3) : 0);

/**
 * The bonus of a product that the customer bought before.
 *
 * @param row of the product.
 * @param recency of the pair; see `Signals`.
 * @param orders of the customer.
 */
export type BonusOf = (row: number, recency: number, orders: number) => number;

export function createBonus(
  { repeatPropensity }: Pick<Signals, 'repeatPropensity'>,
  { habit, bought, repeat, decay }: Pick<Ranking, 'habit' | 'bought' | 'repeat' | 'decay'>,
  trends: Trends,
): BonusOf {
  /** For each product when it is asked for, since products are many; rounded as an array of them would be. */
  const again = (row: number) =>
    Math.fround(bought + repeat * repeatPropensity[row] + trends.bought[row] - trends.fresh[row]);
  /** 1 + S of all, by number of orders. */
  const wholes: number[] = [];
  const wholeOf = (orders: number) => {
    wholes[orders] ??= 1 + recencyOfAll(orders, decay);
    return wholes[orders];
  };
  return (row, recency, orders) => (habit * recency) / wholeOf(orders) + again(row);
}

/** The bonus of every pair, a piece at a time, for those who have others waiting. */
export function* bonusesOf(
  { offsets, products }: Purchases,
  { recency, orders }: Pick<Signals, 'recency' | 'orders'>,
  bonusOf: BonusOf,
): Generator<undefined, Float32Array> {
  const bonuses = new Float32Array(recency.length);
  for (let c = 0, done = 0; c + 1 < offsets.length; c++) {
    if (c === 0 || c - done === customersOfPiece || offsets[c] - offsets[done] >= pairsOfPiece) {
      yield;
      done = c;
    }
    for (let pair = offsets[c]; pair < offsets[c + 1]; pair++)
      bonuses[pair] = bonusOf(products[pair], recency[pair], orders[c]);
  }
  return bonuses;
}

/** Customers whose bonuses are made in a piece, unless they have many pairs. */
const customersOfPiece = 2 ** 13;
