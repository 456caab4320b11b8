import { type Dataset, ordersOf } from '../dataset/dataset.ts';
import type { HeldOut } from '../dataset/split.ts';
import { throwIfAborted } from '../errors.ts';
import type { Contestant, Lister } from '../measuring/contestants.ts';
import { popularityOf } from '../ranking/popularity.ts';
import { signalsOf } from '../ranking/signals.ts';
import { noRow, type PurchasedFilter } from '../recommending/types.ts';
import { neighborLists } from './item-knn.ts';

/** Writes the list of a customer, at most as long as `list`, and returns its length. */
export type MakeList = (customer: number, purchased: PurchasedFilter, list: Uint32Array) => number;

type Make = (signal: AbortSignal | undefined) => MakeList | Promise<MakeList>;

const windowDays = 60;

/**
 * What every model has to beat, made from the training part: popularity of all time and of the last 60 days, P-Top,
 * GP-Top (Li et al. 2023, "A next basket recommendation reality check") and item-kNN (Deshpande and Karypis 2004). They
 * make lists for customers with targets only; to others they give empty ones.
 */
export function baselinesOf(heldOut: HeldOut): { baselines: Contestant[]; notes: string[] } {
  const { train } = heldOut;
  const { ranking } = popularityOf(train);
  const baseline = (name: string, description: string, make: Make): Contestant => {
    return { name, kind: 'baseline', description, lists: listerOf(heldOut, make) };
  };
  const notes: string[] = [];
  const baselines = [baseline('popular', 'what is in most orders', () => popularLists(train, ranking))];
  if (train.history?.times) {
    const description = `what is in most orders of the last ${windowDays} days`;
    baselines.push(baseline('popular-60d', description, () => popularLists(train, recentRanking(train))));
  } else {
    notes.push(`The orders have no times, so popularity of the last ${windowDays} days is left out.`);
  }
  baselines.push(
    // They have nothing to say of products that the customer has not bought, or only what popularity says.
    {
      ...baseline('p-top', "the customer's own most frequent products", () => ownLists(train)),
      questions: ['all', 'repeat'],
    },
    {
      ...baseline('gp-top', 'own most frequent products, then popular ones', () => ownLists(train, ranking)),
      questions: ['all', 'repeat'],
    },
    baseline('item-knn', 'products bought by the same customers', (signal) => neighborLists(train, notes, signal)),
  );
  return { baselines, notes };
}

function listerOf({ customers: measured }: HeldOut, make: Make): Lister {
  let made: Promise<MakeList> | undefined;
  return {
    async *recommendBlocks({ n, purchased, from, to, signal }) {
      made ??= Promise.resolve(make(signal));
      const makeList = await made;
      let at = measured.findIndex((c) => c >= from);
      if (at < 0) at = measured.length;
      for (let first = from; first < to; first += 512) {
        const customers = Math.min(512, to - first);
        const rows = new Uint32Array(customers * n).fill(noRow);
        for (; at < measured.length && measured[at] < first + customers; at++) {
          const place = (measured[at] - first) * n;
          const length = makeList(measured[at], purchased, rows.subarray(place, place + n));
          rows.fill(noRow, place + length, place + n);
        }
        // Lets signals and timers in.
        await new Promise((resolve) => setTimeout(resolve, 0));
        throwIfAborted(signal);
        yield { firstCustomer: first, customers, n, rows };
      }
    },
  };
}

/** Product rows by orders in the last days, most first; those of equal number by orders of all time, then by row. */
function recentRanking(train: Dataset): Uint32Array {
  const { popularity } = signalsOf(train, 1, windowDays);
  const { ranking } = popularityOf(train);
  return ranking.sort((a, b) => popularity[b] - popularity[a]);
}

function boughtBy({ purchases: { offsets, products } }: Dataset, customer: number): Uint32Array {
  return products.subarray(offsets[customer], offsets[customer + 1]);
}

function placesOf(ranking: Uint32Array): Uint32Array {
  const places = new Uint32Array(ranking.length);
  for (let i = 0; i < ranking.length; i++) places[ranking[i]] = i;
  return places;
}

/** Everybody's list; the customer only says which products are left out. */
function popularLists(train: Dataset, ranking: Uint32Array): MakeList {
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
 * What the customer bought, by number of orders. With a ranking ties go to the higher ranked product, and the list is
 * filled up with the ranking's products; without, ties go to the lower row and the list ends there.
 */
function ownLists(train: Dataset, ranking?: Uint32Array): MakeList {
  const places = ranking && placesOf(ranking);
  const { purchases } = train;
  const frequency = new Uint32Array(train.products.length);
  return (customer, purchased, list) => {
    const bought = boughtBy(train, customer);
    const first = purchases.offsets[customer];
    for (let i = 0; i < bought.length; i++) frequency[bought[i]] = ordersOf(purchases, first + i);
    // Rows are ascending, and the sort is stable.
    const own = bought.slice().sort((a, b) => frequency[b] - frequency[a] || (places ? places[a] - places[b] : a - b));
    const length = purchased === 'exclude' ? 0 : Math.min(own.length, list.length);
    list.set(own.subarray(0, length));
    return ranking && purchased !== 'only' ? fillUp(list, length, ranking, new Set(bought)) : length;
  };
}

function fillUp(list: Uint32Array, length: number, ranking: Uint32Array, except: ReadonlySet<number>): number {
  for (let i = 0; i < ranking.length && length < list.length; i++) {
    if (!except.has(ranking[i])) list[length++] = ranking[i];
  }
  return length;
}
