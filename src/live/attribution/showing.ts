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

/** A list that waits. All have the same fields, absent or not: objects of one shape take a third of the time. */
interface Waiting extends Omit<GivenList, 'items'> {
  readonly customer: string | number;
  readonly id: string;
  readonly time: number;
  readonly products: readonly string[];
}

/** How long a list waits for others, so that they are written together. */
const flushMs = 1000;
/** Lists that are written together: a millisecond of the event loop, and one transaction. */
const batchLists = 250;
/** Some 300 bytes each, of lists of ten products. */
const defaultMaxWaiting = 20_000;
/** How long a store that failed is left alone. */
const restMs = 2000;
/** The same list again to the same customer within this time is one. */
const sameMs = 60_000;
/** Customers whose last list is known. */
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
  /** The last list of each customer, as requests say the id. */
  const recent = new Map<string | number, Waiting>();
  let recentSince = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let writing: Promise<void> | undefined;
  let [kept, dropped] = [0, 0];
  let isEnded = false;

  function keep(list: Waiting): void {
    if (waiting.length >= maxWaiting) {
      dropped++;
      return;
    }
    recent.set(list.customer, list);
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
      const lists = batch.flatMap((list) => shownList(list, customerOf(list.customer)) ?? []);
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
      const last = recent.get(customer);
      if (last && last.kind === kind && last.scenario === scenario && last.model === model)
        if (isPartOf(last, experiment) && areSame(last.products, items)) return last.id;
      const products = new Array<string>(Math.min(items.length, maxShownProducts));
      for (let i = 0; i < products.length; i++) products[i] = items[i].product;
      const id = newId(kind, time, code);
      const list: Waiting = { id, customer, time, kind, scenario, source, model, experiment, products };
      keep(list);
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

function isPartOf({ experiment: before }: Waiting, now: GivenList['experiment']): boolean {
  return before?.name === now?.name && before?.arm === now?.arm;
}

function areSame(products: readonly string[], items: GivenList['items']): boolean {
  const shown = Math.min(items.length, maxShownProducts);
  if (products.length !== shown) return false;
  for (let i = 0; i < shown; i++) if (products[i] !== items[i].product) return false;
  return true;
}

/** A list as the store has it; undefined if its customer is nobody. */
function shownList(
  { id, time, kind, scenario, source, model, experiment, products }: Waiting,
  customer: string | undefined,
): ShownList | undefined {
  if (customer === undefined) return undefined;
  return {
    ...{ id, customer, time, kind, model, products },
    ...(scenario !== undefined && { scenario }),
    ...(source !== undefined && { source }),
    ...(experiment !== undefined && { experiment: experiment.name, arm: experiment.arm }),
  };
}
