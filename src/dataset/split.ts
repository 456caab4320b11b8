import { EndcapError } from '../errors.ts';
import { mix } from '../orders/hash.ts';
import type { Dataset, History } from './dataset.ts';
import { linesWhere, withHistory } from './pairs.ts';

/** A dataset without some of its last orders, and what was in these. */
export interface HeldOut extends Targets {
  /** With the customer and product rows of the whole dataset. */
  readonly train: Dataset;
}

/** What is to be predicted of each customer. */
export interface Targets {
  /** Rows of the customers that have targets, ascending. */
  readonly customers: Uint32Array;
  /** Targets of the customer at `i` are `products[offsets[i]] .. products[offsets[i + 1]]`; at least one. */
  readonly offsets: Uint32Array;
  /** Product rows, ascending and distinct for each customer. */
  readonly products: Uint32Array;
}

/**
 * Holds out the last order of each customer who has two or more: the question is what a customer buys next. Throws
 * `invalid_options` where the dataset has no history.
 */
export function holdOutLast(dataset: Dataset): HeldOut {
  const { offsets } = historyOf(dataset);
  return holdOut(dataset, (_, order, c) => order === offsets[c + 1] - 1 && offsets[c + 1] - offsets[c] > 1);
}

/**
 * Holds out all orders from a time on (milliseconds since 1970 UTC); orders without a time stay. A customer who has
 * ordered nothing before has no targets. Throws `invalid_options` where the dataset has no history.
 */
export function holdOutFrom(dataset: Dataset, time: number): HeldOut {
  const { times } = historyOf(dataset);
  return holdOut(dataset, (_, order) => times !== undefined && times[order] >= time);
}

/**
 * Holds out about a share of each customer's products, wherever they stand in the orders: for a shop whose customers come
 * once, or whose orders nobody knows the order of. A customer keeps at least one product. The same dataset gives the
 * same products. Throws `invalid_options` where the dataset has no history.
 */
export function holdOutProducts(dataset: Dataset, share: number): HeldOut {
  const { offsets, starts, products } = historyOf(dataset);
  const out = new Uint8Array(products.length);
  for (let c = 0; c + 1 < offsets.length; c++) {
    const end = starts[offsets[c + 1]];
    const kept = products[starts[offsets[c]]];
    for (let line = starts[offsets[c]]; line < end; line++) {
      const isOut = products[line] !== kept && mix(Math.imul(c, 0x9e3779b1) ^ products[line]) < share * 2 ** 32;
      out[line] = Number(isOut);
    }
  }
  return holdOut(dataset, (line) => out[line] === 1);
}

function historyOf({ history }: Dataset): History {
  if (history) return history;
  throw new EndcapError(
    'invalid_options',
    'this dataset has no history of orders, so none can be held out; read it with readOrders',
  );
}

function holdOut(dataset: Dataset, isTarget: (line: number, order: number, customer: number) => boolean): HeldOut {
  const history = historyOf(dataset);
  const { offsets, starts, products } = history;
  const train = linesWhere(history, (line, order, c) => !isTarget(line, order, c));
  const targets = targetsBy(dataset.customers.keys(), (c) => {
    const own = new Set<number>();
    if (train.offsets[c + 1] === train.offsets[c]) return own;
    for (let order = offsets[c]; order < offsets[c + 1]; order++)
      for (let line = starts[order]; line < starts[order + 1]; line++)
        if (isTarget(line, order, c)) own.add(products[line]);
    return own;
  });
  return { train: withHistory(dataset, train), ...targets };
}

/** The targets of those of these customers, ascending, who have any; `productsOf` tells distinct rows of one, by place too. */
export function targetsBy(
  customers: Iterable<number>,
  productsOf: (customer: number, place: number) => Iterable<number>,
): Targets {
  let place = 0;
  const measured: number[] = [];
  const offsets = [0];
  const products: number[] = [];
  for (const customer of customers) {
    for (const product of Uint32Array.from(productsOf(customer, place++)).sort()) products.push(product);
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
