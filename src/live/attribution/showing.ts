/** Lists that a shop gives out: their ids, and the way into the store, on which no answer waits. */
import type { Source } from '../../recommending/types.ts';
import { maxIdLength } from '../shop-ids.ts';
import { type ListKind, maxShownProducts, type ShopStore, type ShownList } from '../store/store.ts';
import type { ShopList } from '../types.ts';
import { armCode, createIds } from './ids.ts';

/** A list that is given out now. */
export interface GivenList {
  kind: ListKind;
  /** To whom, as the request said it; undefined if nobody knows. */
  customer: string | number | undefined;
  items: readonly { readonly product: string }[];
  source?: Source;
  scenario?: string;
  experiment?: ShopList['experiment'];
  /** The version of the model. */
  model: string;
}

export interface Showing {
  /** The id of a list. The list is kept if the shop keeps lists, knows to whom it is shown, and there is room. */
  give(list: GivenList): string;
  status(): ShowingStatus;
  /** Writes what waits, as far as the store takes it. */
  end(): Promise<void>;
}

export interface ShowingStatus {
  /** How many days lists are kept; 0 if they are not. */
  days: number;
  /** Lists that wait to be written, and those that were, since the start. */
  waiting: number;
  kept: number;
  /** Lists that were not kept, since too many waited. */
  dropped: number;
  /** Why lists are not kept, or what went wrong the last time; absent if nothing did. */
  problem?: string;
}

type Waiting = Omit<ShownList, 'customer'> & { readonly customer: string | number };

/** How long a list waits for others, so that they are written together. */
const flushMs = 1000;
/** Lists that are written together: a millisecond of the event loop, and one transaction. */
const batchLists = 250;
/** Some 300 bytes each, of lists of ten products. */
const defaultMaxWaiting = 20_000;
/** How long a store that failed is left alone. */
const restMs = 2000;
/** The same list to the same customer within this time is one. */
const sameMs = 60_000;
/** Customers and kinds whose last list is known. */
const maxRecent = 10_000;

/**
 * @param store where lists are kept; without one, they only have ids.
 * @param days how long lists are kept, for the status.
 * @param customerOf a customer as the store has them; undefined if it is no id.
 * @param problem why there is no store.
 */
export function createShowing(
  store: Required<Pick<ShopStore, 'recordShown'>> | undefined,
  days: number,
  customerOf: (id: string | number) => string | undefined,
  problem?: string,
  maxWaiting = defaultMaxWaiting,
): Showing {
  const newId = createIds();
  let waiting: Waiting[] = [];
  /** The last list by customer, kind, and scenario. */
  const recent = new Map<string, Waiting>();
  let recentSince = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let writing: Promise<void> | undefined;
  let [kept, dropped] = [0, 0];
  let isEnded = false;

  function keep(key: string, list: Waiting): void {
    if (waiting.length >= maxWaiting) {
      dropped++;
      return;
    }
    recent.set(key, list);
    waiting.push(list);
    if (timer === undefined && writing === undefined) schedule(flushMs);
  }

  function schedule(ms: number): void {
    timer = setTimeout(() => {
      timer = undefined;
      writing = write().finally(() => {
        writing = undefined;
        if (waiting.length > 0 && !isEnded) schedule(problem === undefined ? flushMs : restMs);
      });
    }, ms);
    timer.unref?.();
  }

  /** Writes all that waits. It stays if that fails. */
  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, batchLists);
      const lists = batch.flatMap(({ customer, ...list }) => {
        const known = customerOf(customer);
        return known === undefined ? [] : { ...list, customer: known };
      });
      try {
        await store!.recordShown(lists);
        problem = undefined;
      } catch (error) {
        problem = (error as Error).message;
        return;
      }
      kept += lists.length;
      waiting = waiting.slice(batch.length);
    }
  }

  return {
    give({ kind, customer, items, source, scenario, experiment, model }) {
      const time = Date.now();
      const code = experiment && armCode(experiment.name, experiment.arm);
      if (store === undefined || customer === undefined || items.length === 0 || String(customer).length > maxIdLength)
        return newId(kind, time, code);
      if (time - recentSince >= sameMs || recent.size >= maxRecent || time < recentSince) {
        recent.clear();
        recentSince = time;
      }
      const key = `${customer} ${kind} ${scenario}`;
      const last = recent.get(key);
      if (last && last.model === model && isPartOf(last, experiment) && areSame(last.products, items)) return last.id;
      const products: string[] = [];
      for (let i = 0; i < items.length && i < maxShownProducts; i++) products.push(items[i].product);
      const list: Waiting = {
        ...{ id: newId(kind, time, code), customer, time, kind, model, products },
        ...(source !== undefined && { source }),
        ...(scenario !== undefined && { scenario }),
        ...(experiment !== undefined && { experiment: experiment.name, arm: experiment.arm }),
      };
      keep(key, list);
      return list.id;
    },
    status: () => ({ days, waiting: waiting.length, kept, dropped, ...(problem !== undefined && { problem }) }),
    async end() {
      isEnded = true;
      clearTimeout(timer);
      await writing;
      if (store) await write();
    },
  };
}

function isPartOf({ experiment, arm }: Waiting, now: GivenList['experiment']): boolean {
  return experiment === now?.name && arm === now?.arm;
}

function areSame(products: readonly string[], items: GivenList['items']): boolean {
  const shown = Math.min(items.length, maxShownProducts);
  if (products.length !== shown) return false;
  for (let i = 0; i < shown; i++) if (products[i] !== items[i].product) return false;
  return true;
}
