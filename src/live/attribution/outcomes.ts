/** What was shown to each customer, and what they bought. */
import { throwIfAborted } from '../../errors.ts';
import { createPauses } from '../../turns.ts';
import { maxPurchasesOfCustomer } from '../purchases/customers.ts';
import type { ShopStore, ShownList, ShownPlace, StoredPurchase } from '../store/store.ts';
import { attributed, type BoughtLine } from './attributed.ts';

/** What the store needs for attribution. */
export type AttributionStore = Required<Pick<ShopStore, 'recordShown' | 'shownTo' | 'shownAfter' | 'purchasesOfAll'>>;

/** A customer to whom lists were shown. */
export interface Outcome {
  readonly customer: string;
  /** Ascending by time, each once. Of a customer with more than `maxListsOfCustomer`, the newest. */
  readonly lists: readonly ShownList[];
  /** What they bought, ascending by time, with the list that each product followed. */
  readonly lines: readonly BoughtLine[];
  /** The same as the store has it, ascending by place. Of more than `maxPurchasesOfCustomer`, the newest. */
  readonly purchases: readonly StoredPurchase[];
}

/** Nobody looks at more lists in a month; programs that ask in a customer's name do. */
export const maxListsOfCustomer = 1000;
/** Lists that are read at a time: a few milliseconds of the store's time. */
const pageSize = 500;
/** Customers whose purchases are read at a time: each may have very many. */
const customersAtATime = 20;

/** Whether a store keeps lists; a store of somebody's own may not. */
export function keepsLists(store: ShopStore | undefined): store is ShopStore & AttributionStore {
  const methods = [store?.recordShown, store?.shownTo, store?.shownAfter, store?.purchasesOfAll];
  return methods.every((method) => typeof method === 'function');
}

/**
 * All customers to whom lists were shown, as far as these are kept, one after the other. It reads a page at a time and lets
 * others have their turn, so that memory and the event loop do not feel how many there are.
 *
 * @param days how long before a purchase a list may have been shown.
 *
 * @example
 * for await (const { lists, lines } of outcomesOf(store, 30))
 *   for (const { arm } of lists) ...
 */
export async function* outcomesOf(
  store: Pick<AttributionStore, 'shownAfter' | 'purchasesOfAll'>,
  days: number,
  signal?: AbortSignal,
): AsyncGenerator<Outcome> {
  const pause = createPauses();
  let place: ShownPlace | undefined;
  let open: { customer: string; lists: ShownList[] } | undefined;
  for (;;) {
    throwIfAborted(signal);
    const page = await store.shownAfter(place, pageSize);
    const whole: { customer: string; lists: ShownList[] }[] = [];
    for (const list of page) {
      if (open?.customer !== list.customer) {
        if (open) whole.push(open);
        open = { customer: list.customer, lists: [] };
      }
      if (open.lists.at(-1)?.id === list.id) continue;
      open.lists.push(list);
      if (open.lists.length >= 2 * maxListsOfCustomer) open.lists.splice(0, maxListsOfCustomer);
    }
    place = page.at(-1);
    const isEnd = page.length < pageSize;
    if (isEnd && open) whole.push(open);
    for (let from = 0; from < whole.length; from += customersAtATime) {
      const some = whole.slice(from, from + customersAtATime);
      const purchases = new Map<string, StoredPurchase[]>(some.map(({ customer }) => [customer, []]));
      for (const purchase of await store.purchasesOfAll([...purchases.keys()], maxPurchasesOfCustomer))
        purchases.get(purchase.customer)!.push(purchase);
      for (const { customer, lists } of some) {
        throwIfAborted(signal);
        const newest = lists.slice(-maxListsOfCustomer);
        const bought = purchases.get(customer)!;
        yield { customer, lists: newest, lines: attributed(newest, bought, days), purchases: bought };
        await pause();
      }
    }
    if (isEnd) return;
  }
}
