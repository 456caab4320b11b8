import { type Dataset, ordersOf } from '../../dataset/dataset.ts';
import type { HeldOut } from '../../dataset/split.ts';
import { popularityOf, recentOrdersOf } from '../../ranking/popularity.ts';
import type { Contestant } from '../contestants.ts';

import { createLister, type WriteList } from './baseline-lists.ts';
import { itemKnn } from './item-knn.ts';

/** The window of recent popularity. */
const windowDays = 60;

/**
 * Simple recommenders that every model has to beat, made from the training part:
 *
 * - `popular`: the products in the most orders; `popular-60d`: in the most orders of the last 60 days.
 * - `p-top`: the products that the customer bought most often. `gp-top`: the same, filled up with popular products
 *   (Li et al. 2023, "A next basket recommendation reality check").
 * - `item-knn`: products bought by the same customers (Deshpande and Karypis 2004).
 *
 * They make lists for customers with targets only.
 *
 * @param heldOut from `holdOut(dataset).heldOut`.
 * @returns the baselines as contestants for `measure`, and notes that say what is left out, in plain sentences. Notes
 * about `item-knn` are added when its first list is made.
 */
export function baselinesOf(heldOut: HeldOut): { baselines: Contestant[]; notes: string[] } {
  const { train } = heldOut;
  const { ranking } = popularityOf(train);
  const notes: string[] = [];
  const baseline = (
    name: string,
    description: string,
    prepare: Parameters<typeof createLister>[1],
    questions?: Contestant['questions'],
  ): Contestant => {
    const lists = createLister(heldOut, prepare);
    return { name, kind: 'baseline', description, ...(questions && { questions }), lists };
  };
  // Of products that the customer has not bought, p-top knows nothing, and gp-top only popularity.
  const aboutOwn = ['all', 'repeat'] as const;
  const baselines = [
    baseline('popular', 'the products in the most orders', () => popularProducts(train, ranking)),
    baseline('popular-60d', `the products in the most orders of the last ${windowDays} days`, () =>
      popularProducts(train, recentRanking(train)),
    ),
    baseline('p-top', "the customer's own most frequent products", () => ownProducts(train), aboutOwn),
    baseline(
      'gp-top',
      "the customer's own most frequent products, then popular ones",
      () => ownProducts(train, ranking),
      aboutOwn,
    ),
    baseline('item-knn', 'products bought by the same customers', (signal) => itemKnn(train, notes, signal)),
  ];
  if (train.history?.times) return { baselines, notes };
  notes.push(`The orders have no times, so popularity over the last ${windowDays} days is not measured.`);
  return { baselines: baselines.filter(({ name }) => name !== 'popular-60d'), notes };
}

/** Product rows by orders in the window, highest first; ties by all orders, then to the lower row. */
function recentRanking(train: Dataset): Uint32Array {
  const { popularity } = recentOrdersOf(train, windowDays);
  const { ranking } = popularityOf(train);
  // The sort is stable.
  return ranking.sort((a, b) => popularity[b] - popularity[a]);
}

function boughtBy({ purchases: { offsets, products } }: Dataset, customer: number): Uint32Array {
  return products.subarray(offsets[customer], offsets[customer + 1]);
}

/** The place of each product in a ranking, by product row. */
function placesOf(ranking: Uint32Array): Uint32Array {
  const places = new Uint32Array(ranking.length);
  for (let i = 0; i < ranking.length; i++) places[ranking[i]] = i;
  return places;
}

/** The ranking, the same for everybody except for the filter. */
function popularProducts(train: Dataset, ranking: Uint32Array): WriteList {
  const places = placesOf(ranking);
  return (customer, purchased, list) => {
    const bought = boughtBy(train, customer);
    if (purchased === 'only') {
      const own = bought.slice().sort((a, b) => places[a] - places[b]);
      list.set(own.subarray(0, list.length));
      return Math.min(own.length, list.length);
    }
    return fillUp(list, 0, ranking, purchased === 'exclude' ? new Set(bought) : new Set());
  };
}

/**
 * The customer's own products by number of orders. With a ranking, ties go to the higher ranked product, and products of
 * the ranking fill up the list. Without one, ties go to the lower row, and the list ends after the own products.
 */
function ownProducts(train: Dataset, ranking?: Uint32Array): WriteList {
  const places = ranking && placesOf(ranking);
  const { purchases } = train;
  const frequency = new Uint32Array(train.products.length);
  return (customer, purchased, list) => {
    const bought = boughtBy(train, customer);
    const first = purchases.offsets[customer];
    for (let i = 0; i < bought.length; i++) frequency[bought[i]] = ordersOf(purchases, first + i);
    const own = bought.slice().sort((a, b) => frequency[b] - frequency[a] || (places ? places[a] - places[b] : a - b));
    const length = purchased === 'exclude' ? 0 : Math.min(own.length, list.length);
    list.set(own.subarray(0, length));
    return ranking && purchased !== 'only' ? fillUp(list, length, ranking, new Set(bought)) : length;
  };
}

/** Appends products of a ranking to the first `length` products of a list; returns the new length. */
function fillUp(list: Uint32Array, length: number, ranking: Uint32Array, except: ReadonlySet<number>): number {
  for (let i = 0; i < ranking.length && length < list.length; i++) {
    if (!except.has(ranking[i])) list[length++] = ranking[i];
  }
  return length;
}
