import { EndcapError } from '../errors.ts';
import { mix } from '../hash.ts';
import { finiteNumber } from '../options.ts';
import type { Dataset, History, OrderLines } from './dataset.ts';
import { linesWhere, withHistory } from './pairs.ts';

/** A dataset without the orders that are held out, and what was in these. */
export interface HeldOut extends Targets {
  /** The other orders, with the customer and product rows of the whole dataset. */
  readonly train: Dataset;
}

/** Customers that are looked at between two yields. */
const pieceCustomers = 1 << 10;

/** The products to predict for each customer; none that no list holds. */
export interface Targets {
  /** Rows of the customers who have targets, ascending. */
  readonly customers: Uint32Array;
  /** customers + 1: the targets of `customers[i]` are at `offsets[i]` up to `offsets[i + 1]` in `products`; at least one. */
  readonly offsets: Uint32Array;
  /** Product rows, ascending and distinct for each customer. */
  readonly products: Uint32Array;
}

/**
 * Holds out the last order of each customer who has two or more.
 *
 * @throws `invalid_options` if the dataset has no history.
 */
export function* holdOutLast(dataset: Dataset): Generator<undefined, HeldOut> {
  const { offsets } = requireHistory(dataset);
  return yield* holdOutWhere(dataset, (_, order, c) => order === offsets[c + 1] - 1 && offsets[c + 1] - offsets[c] > 1);
}

/**
 * Holds out all orders from a time on; orders without a time stay. A customer without an earlier order has no targets.
 *
 * @param time milliseconds since 1970 UTC.
 * @throws `invalid_options` if the dataset has no history, or the time is not a number.
 */
export function* holdOutFrom(dataset: Dataset, time: number): Generator<undefined, HeldOut> {
  const { times } = requireHistory(dataset);
  finiteNumber('time', time, -8.64e15, 8.64e15);
  return yield* holdOutWhere(dataset, (_, order) => times !== undefined && times[order] >= time);
}

/**
 * Holds out all orders from a time on, of which the first of each customer has the targets: what a customer buys next, as
 * of that time.
 *
 * @param time milliseconds since 1970 UTC.
 * @throws `invalid_options` if the dataset has no history, or the time is not a number.
 */
export function* holdOutNext(dataset: Dataset, time: number): Generator<undefined, HeldOut> {
  const { train, customers } = yield* holdOutFrom(dataset, time);
  const { offsets, starts, products } = requireHistory(dataset);
  const unlisted = new Set(dataset.unlisted);
  const kept = train.history!.offsets;
  const targets = yield* targetsBy(customers, (c) => {
    const next = offsets[c] + kept[c + 1] - kept[c];
    return products.subarray(starts[next], starts[next + 1]).filter((product) => !unlisted.has(product));
  });
  return { train, ...targets };
}

/**
 * Holds out about a share of each customer's products, in whichever orders they are: for a shop whose customers order
 * once, or whose orders have no known sequence. A customer keeps at least one product. The same dataset always gives the
 * same products.
 *
 * @param share from 0 to 1.
 * @param fold which share; no two hold out the same products.
 * @throws `invalid_options` if the dataset has no history, or the share or the fold is out of range.
 */
export function* holdOutProducts(dataset: Dataset, share: number, fold = 0): Generator<undefined, HeldOut> {
  const { offsets, starts, products } = requireHistory(dataset);
  finiteNumber('share', share, 0, 1);
  finiteNumber('fold', fold, 0, share > 0 ? 1 / share - 1 : 0);
  const [from, to] = [fold * share * 2 ** 32, (fold + 1) * share * 2 ** 32];
  const out = new Uint8Array(products.length);
  for (let c = 0; c + 1 < offsets.length; c++) {
    const end = starts[offsets[c + 1]];
    const kept = products[starts[offsets[c]]];
    for (let line = starts[offsets[c]]; line < end; line++) {
      const hash = mix(Math.imul(c, 0x9e3779b1) ^ products[line]);
      out[line] = Number(products[line] !== kept && hash >= from && hash < to);
    }
  }
  return yield* holdOutWhere(dataset, (line) => out[line] === 1);
}

/** @throws `invalid_options` if the dataset has pairs alone. */
export function requireHistory({ history }: Dataset): History {
  if (history) return history;
  throw new EndcapError(
    'invalid_options',
    'the dataset has no history of orders, so none can be held out; read the orders with readOrders, and with their history',
  );
}

function* holdOutWhere(
  dataset: Dataset,
  isTarget: (line: number, order: number, customer: number) => boolean,
): Generator<undefined, HeldOut> {
  const history = requireHistory(dataset);
  const { offsets, starts, products } = history;
  const unlisted = new Set(dataset.unlisted);
  const train = yield* linesWhere(history, (line, order, c) => !isTarget(line, order, c));
  const targets = yield* targetsBy(dataset.customers.keys(), (c) => {
    const own = new Set<number>();
    if (train.offsets[c + 1] === train.offsets[c]) return own;
    for (let order = offsets[c]; order < offsets[c + 1]; order++)
      for (let line = starts[order]; line < starts[order + 1]; line++)
        if (isTarget(line, order, c) && !unlisted.has(products[line])) own.add(products[line]);
    return own;
  });
  return { train: yield* withHistory(dataset, train), ...targets };
}

/**
 * The targets of those customers who have any.
 *
 * @param customers rows, ascending.
 * @param productsOf the distinct product rows of a customer, given also its index in `customers`.
 */
export function* targetsBy(
  customers: Iterable<number>,
  productsOf: (customer: number, index: number) => Iterable<number>,
): Generator<undefined, Targets> {
  let index = 0;
  const measured: number[] = [];
  const offsets = [0];
  const products: number[] = [];
  for (const customer of customers) {
    if (index % pieceCustomers === pieceCustomers - 1) yield;
    for (const product of Uint32Array.from(productsOf(customer, index++)).sort()) products.push(product);
    if (products.length === offsets[offsets.length - 1]) continue;
    measured.push(customer);
    offsets.push(products.length);
  }
  return {
    customers: Uint32Array.from(measured),
    offsets: Uint32Array.from(offsets),
    products: Uint32Array.from(products),
  };
}

/** Every product of every order as a line of its own, for the algorithm that learns from lines. */
export function linesOf({ history }: Pick<Dataset, 'history'>): OrderLines {
  const { offsets, starts, products, quantities } = history!;
  const customers = new Uint32Array(products.length);
  for (let c = 0; c + 1 < offsets.length; c++) customers.fill(c, starts[offsets[c]], starts[offsets[c + 1]]);
  return { customers, products, quantities: quantities ?? new Float32Array(products.length).fill(1) };
}
