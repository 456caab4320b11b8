import type { Dataset } from '../../../src/dataset/dataset.ts';
import { createRandom, shuffle } from '../../../src/random.ts';
import { type Basket, datasetOfBaskets } from '../../support/baskets.ts';

export const dayMs = 86_400_000;
export const firstDay = Date.UTC(2025, 0, 6);
/** When what goes together changes, in days. */
const driftDay = 70;

interface DriftingShop {
  customers?: number;
  /** Days of orders: each customer orders about once a week. */
  days?: number;
  seed?: number;
  /** Whether, from `driftDay` on, other products go together than before. */
  drifts?: boolean;
  /** Products that sell from `driftDay` on. */
  launches?: number;
  /** The share of lines with a product that the customer has bought before. */
  again?: number;
}

/**
 * The orders of customers of five kinds, each of whom buys among the products of a kind, by customer; a fifth of the lines is
 * anything.
 */
export function driftingBaskets({
  customers = 150,
  days = 112,
  seed = 1,
  drifts = false,
  launches = 0,
  again = 0.2,
}: DriftingShop = {}): Map<string, Basket[]> {
  const random = createRandom(seed);
  const ids = Array.from({ length: 100 }, (_, p) => `p${String(p).padStart(2, '0')}`);
  const shuffled = [...ids];
  shuffle(shuffled, random);
  const baskets = new Map<string, Basket[]>();
  for (let c = 0; c < customers; c++) {
    const orders: Basket[] = [];
    const own: string[] = [];
    const begin = random.below(7);
    for (let day = begin; day < days; day += 4 + random.below(7)) {
      const late = day >= driftDay;
      const products = new Set<string>();
      while (products.size < 3) {
        const kind = random.uniform() < 0.2 ? random.below(5) : c % 5;
        const of = late && drifts ? shuffled : ids;
        const place = Math.floor(20 * random.uniform() ** 2);
        const isNew = late && launches > 0 && random.uniform() < 0.4;
        const bought = own.length > 0 && random.uniform() < again;
        const product = isNew ? `q${kind}${random.below(launches)}` : of[20 * kind + place];
        products.add(bought && !isNew ? own[random.below(own.length)] : product);
      }
      own.push(...products);
      orders.push({ products: [...products], time: firstDay + day * dayMs + random.below(dayMs) });
    }
    baskets.set(`c${String(c).padStart(3, '0')}`, orders);
  }
  return baskets;
}

/** What readers make of these orders up to a day, without what is only bought later. */
export function ordersUntil(baskets: ReadonlyMap<string, readonly Basket[]>, day = Number.POSITIVE_INFINITY): Dataset {
  const end = firstDay + day * dayMs;
  const kept = [...baskets].map(([id, orders]): [string, Basket[]] => [id, orders.filter(({ time }) => time! < end)]);
  const dataset = datasetOfBaskets(new Map(kept), new Map(), { customer: 'customer', order: 'order', time: 'time' });
  const times = dataset.history!.times!;
  return { ...dataset, account: { ...dataset.account, firstPurchase: min(times), lastPurchase: max(times) } };
}

const min = (values: Float64Array) => values.reduce((least, value) => Math.min(least, value));
const max = (values: Float64Array) => values.reduce((most, value) => Math.max(most, value));
