import { type Dataset, type History, orderIsKnown } from '../../dataset/dataset.ts';
import { linesWhere, withHistory } from '../../dataset/pairs.ts';
import { type HeldOut, holdOutFrom, holdOutLast, holdOutNext, holdOutProducts } from '../../dataset/split.ts';
import { dayMs } from '../../orders/times/calendar.ts';
import { createSignals, type SignalSource } from '../../ranking/signals.ts';
import { windowOf } from '../../ranking/window.ts';

/** What options are measured on: orders that were held out of training, and the customers whose orders they are. */
export interface HeldOutSample {
  /** `orders`: whole orders. `products`: a fifth of each customer's products, if the sequence of orders is not known. */
  readonly kind: 'orders' | 'products';
  readonly heldOut: HeldOut;
  /** Which of `heldOut.customers` are measured, as places there; evenly spread. */
  readonly sample: Uint32Array;
  /** `all`: lists of all products. `explore`: lists of products that the customer did not buy before. */
  readonly questions: readonly ('all' | 'explore')[];
  /** Of the training part. */
  readonly signals: SignalSource;
}

/** What options are to be good for. */
export interface Aim {
  /** Lists of all products (`allow`) or of those that the customer did not buy before (`exclude`); both by default. */
  purchased?: 'allow' | 'exclude';
  /** Predict what customers buy in that many days, instead of each one's next order. */
  lastDays?: number;
}

export interface SampleLimits {
  /** Customers that are measured; 5000 by default, and fewer if there are very many products. */
  maxCustomers?: number;
  /** Customer-product pairs that are trained on; 2,000,000 by default. Of a larger shop only every n-th customer is used. */
  maxPairs?: number;
  /** Which fifth of the products, if products are held out; 0 by default. */
  fold?: number;
}

/** Fewer customers than this are too few to compare options by. */
export const minCustomers = 30;
/** Days of the newest weeks. */
export const recentDays = 28;
/** The earliest time of a Date: no order is older. */
const minTime = -8.64e15;
/** Multiplications that it may take to rank all products for the sample. */
const maxWork = 3e10;

/** Holds out what options are measured on; undefined if too few customers bought enough. */
export function* holdOutSample(
  dataset: Dataset,
  factors: number,
  { purchased, lastDays }: Aim = {},
  { maxCustomers = 5000, maxPairs = 2e6, fold = 0 }: SampleLimits = {},
): Generator<undefined, HeldOutSample | undefined> {
  if (!dataset.history) return undefined;
  const shop = yield* thinOut(dataset, dataset.history, maxPairs);
  const max = affordableCustomers(dataset, factors, maxCustomers);
  const sampled = (kind: HeldOutSample['kind'], heldOut: HeldOut) => sampleOf(kind, heldOut, max, purchased);
  if (lastDays !== undefined) {
    const { from } = windowOf(shop.history?.times, lastDays);
    return from >= minTime ? sampled('orders', yield* holdOutFrom(shop, from)) : undefined;
  }
  return (
    (orderIsKnown(shop) ? sampled('orders', yield* holdOutLast(shop)) : undefined) ??
    sampled('products', yield* holdOutProducts(shop, 0.2, fold))
  );
}

/**
 * Holds out the newest weeks, to be predicted from the orders before; undefined if orders have no times or span too few
 * weeks, or too few customers bought in both parts.
 */
export function* holdOutRecent(dataset: Dataset, factors: number): Generator<undefined, HeldOutSample | undefined> {
  return spansWeeks(dataset) ? yield* holdOutSample(dataset, factors, { lastDays: recentDays }) : undefined;
}

/** Whether at least a tenth of the orders with a time is older than three times the newest weeks. */
function spansWeeks({ history }: Dataset): boolean {
  if (!history?.times) return false;
  const { from } = windowOf(history.times, 3 * recentDays);
  const known = history.times.filter((time) => !Number.isNaN(time));
  return 10 * known.filter((time) => time < from).length >= known.length;
}

/**
 * What customers bought next as of several times, a week apart or more, that end with the last order: predictions of the
 * newest weeks from the weeks before. Newest first; none if orders have no times.
 *
 * @param windows how many, of `days` each.
 */
export function* holdOutWindows(
  dataset: Dataset,
  factors: number,
  { windows, days }: { windows: number; days: number },
  { maxCustomers = 5000, maxPairs = 2e6 }: SampleLimits = {},
): Generator<undefined, HeldOutSample[]> {
  if (!dataset.history?.times) return [];
  let shop = yield* thinOut(dataset, dataset.history, maxPairs);
  const max = affordableCustomers(dataset, factors, maxCustomers);
  const { to } = windowOf(shop.history!.times, days);
  const samples: HeldOutSample[] = [];
  for (let window = 1; window <= windows; window++) {
    const from = to - window * days * dayMs;
    if (!(from >= minTime)) break;
    const sample = sampleOf('orders', yield* holdOutNext(shop, from), max);
    if (sample) samples.push(sample);
    shop = sample?.heldOut.train ?? (yield* holdOutFrom(shop, from)).train;
  }
  return samples;
}

/** Customers whose lists of all products can be afforded. */
function affordableCustomers({ products }: Dataset, factors: number, maxCustomers: number): number {
  return Math.max(minCustomers, Math.min(maxCustomers, Math.floor(maxWork / products.length / factors)));
}

/** Up to `max` customers of what is held out, evenly spread; undefined if there are too few. */
function sampleOf(
  kind: HeldOutSample['kind'],
  heldOut: HeldOut,
  max: number,
  purchased?: Aim['purchased'],
): HeldOutSample | undefined {
  const count = heldOut.customers.length;
  if (count < minCustomers) return undefined;
  const size = Math.min(count, max);
  const sample = Uint32Array.from({ length: size }, (_, i) => Math.floor((i * count) / size));
  const all = kind === 'orders' && purchased !== 'exclude';
  const explore = !all || purchased !== 'allow';
  return {
    kind,
    heldOut,
    sample,
    questions: [...(all ? ['all' as const] : []), ...(explore ? ['explore' as const] : [])],
    signals: createSignals(heldOut.train),
  };
}

/** All customers or, of a shop with more pairs than that, every n-th; the others keep their rows but lose their orders. */
function* thinOut(dataset: Dataset, history: History, maxPairs: number): Generator<undefined, Dataset> {
  const step = Math.ceil(dataset.purchases.products.length / maxPairs);
  if (step === 1) return dataset;
  return yield* withHistory(dataset, yield* linesWhere(history, (_line, _order, customer) => customer % step === 0));
}
