/** Customers to begin with, when nobody knows an id: the busiest, the latest, and some like most others. */
import type { Model } from '../../../model/model.ts';
import { createBest } from '../best.ts';
import { oncePerModel } from '../per-model.ts';

/** Rows of customers. Some may have been erased since. */
export interface Notable {
  /** Of the most orders, or products if the model does not know orders; most first. */
  readonly busiest: readonly number[];
  /** Who bought last; empty without times. */
  readonly latest: readonly number[];
  /** Spread over all who have as many orders as the customer in the middle. */
  readonly typical: readonly number[];
  /** How many that is. */
  readonly middle: number;
}

/** So that some are left where others were erased. */
const kept = 16;
/** Customers and pairs of a piece of work: some tenths of a millisecond. */
const pairsOfPiece = 2 ** 16;
/** Customers with more orders count as having so many, to find the middle. */
const mostCounted = 10_000;

export const notableCustomers = oncePerModel(notableIn);

function* notableIn(model: Model): Generator<undefined, Notable> {
  const { customers, purchases, signals } = model;
  const { offsets, lastPurchase } = purchases;
  const [busiest, latest] = [createTop(), createTop()];
  const counts = new Uint32Array(mostCounted + 1);
  const ordersAt = (row: number) => signals?.orders[row] ?? offsets[row + 1] - offsets[row];
  let [done, buyers] = [0, 0];
  const { length } = customers;
  for (let row = 0; row < length; row++) {
    done += 1 + offsets[row + 1] - offsets[row];
    if (done > pairsOfPiece) {
      done = 0;
      yield;
    }
    const orders = ordersAt(row);
    if (orders === 0) continue;
    buyers++;
    counts[Math.min(orders, mostCounted)]++;
    busiest.offer({ row, value: orders });
    let last = Number.NaN;
    for (let pair = offsets[row]; lastPurchase && pair < offsets[row + 1]; pair++)
      if (!(lastPurchase[pair] <= last)) last = lastPurchase[pair];
    if (!Number.isNaN(last)) latest.offer({ row, value: last });
  }
  let middle = 0;
  for (let below = 0; middle < mostCounted && 2 * below < buyers; ) below += counts[++middle];
  const typical = new Set<number>();
  for (let i = 0; i < kept; i++) {
    yield;
    const from = Math.floor((i * length) / kept);
    const to = Math.min(length, from + pairsOfPiece);
    for (let row = from; row < to; row++) {
      if (Math.min(ordersAt(row), mostCounted) !== middle || typical.has(row)) continue;
      typical.add(row);
      break;
    }
  }
  return { busiest: rowsOf(busiest.all()), latest: rowsOf(latest.all()), typical: [...typical], middle };
}

interface Valued {
  readonly row: number;
  readonly value: number;
}

const createTop = () => createBest<Valued>(kept, (one, other) => one.value > other.value);
const rowsOf = (top: readonly Valued[]) => top.map(({ row }) => row);
