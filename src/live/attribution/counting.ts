/** Counts the purchases that lists led to, for metrics. */
import { createPauses } from '../../turns.ts';
import { maxPurchasesOfCustomer } from '../purchases/customers.ts';
import type { ListKind, Purchase, ShopStore } from '../store/store.ts';
import { attributed } from './attributed.ts';
import { type AttributionStore, maxListsOfCustomer } from './outcomes.ts';

/** Products of orders that followed a list, since the start, by its kind. */
export type AttributedCounts = Readonly<Record<ListKind, number>>;

export interface Counting {
  /** To be called with purchases that were added here. */
  add(purchases: readonly Purchase[]): void;
  counts(): AttributedCounts;
  end(): Promise<void>;
}

/** The lists that purchases follow may not be written yet, here or at another server. */
const delayMs = 5000;
/** Customers who wait to be looked at; purchases of further ones are not counted. */
const maxWaiting = 10_000;

/** @param days how long before a purchase a list may have been shown. */
export function createCounting(
  store: Pick<AttributionStore, 'shownTo'> & Pick<ShopStore, 'purchasesOf'>,
  days: number,
): Counting {
  /** What each customer bought that is not counted yet. */
  let waiting = new Map<string, Set<string>>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let counting: Promise<void> | undefined;
  const counts = { recommend: 0, similar: 0, 'bought-together': 0 };
  let isEnded = false;
  const nameOf = ({ order, product }: { order: string; product: string }) => JSON.stringify([order, product]);

  async function count(): Promise<void> {
    const pause = createPauses();
    const customers = waiting;
    waiting = new Map();
    for (const [customer, names] of customers) {
      if (isEnded) return;
      const [lists, purchases] = await Promise.all([
        store.shownTo(customer, maxListsOfCustomer),
        store.purchasesOf(customer, maxPurchasesOfCustomer),
      ]);
      for (const line of attributed(lists.reverse(), purchases, days))
        if (line.list && line.units > 0 && names.has(nameOf(line))) counts[line.list.kind]++;
      await pause();
    }
  }

  function schedule(): void {
    timer = setTimeout(() => {
      timer = undefined;
      counting = count()
        // A store that fails is told of elsewhere; these purchases are not counted.
        .catch(() => {})
        .finally(() => {
          counting = undefined;
          if (waiting.size > 0 && !isEnded) schedule();
        });
    }, delayMs);
    timer.unref?.();
  }

  return {
    add(purchases) {
      for (const purchase of purchases) {
        const { customer, quantity } = purchase;
        const names = waiting.get(customer) ?? new Set();
        if (quantity < 0 || (names.size === 0 && waiting.size >= maxWaiting)) continue;
        waiting.set(customer, names.add(nameOf(purchase)));
      }
      if (waiting.size > 0 && timer === undefined && counting === undefined) schedule();
    },
    counts: () => counts,
    async end() {
      isEnded = true;
      clearTimeout(timer);
      await counting;
    },
  };
}
