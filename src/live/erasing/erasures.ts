import { createPauses } from '../../turns.ts';
import type { ShopStore } from '../store/store.ts';

export interface Erasures {
  /** Bars whoever was erased since the last time, at start or by another server. */
  follow(): Promise<void>;
  /** Bars a customer who was just erased here. */
  add(customer: string): void;
  /** Customers who were erased. */
  count(): number;
}

/** Hashes between two looks at the clock. */
const batch = 200;

/**
 * The store knows erased customers by a hash only. Those of the model's customers are computed if there is an erasure that is
 * not from here, a little at a time.
 *
 * @param bar takes the row of a customer of the model out of lists.
 * @param forget is called after erasures: whoever is in memory may be who was erased.
 */
export function createErasures(
  customers: readonly string[],
  customerRow: (id: string) => number | undefined,
  store: Pick<ShopStore, 'erasuresAfter' | 'hashOf'>,
  bar: (row: number) => void,
  forget: () => void,
): Erasures {
  const erased = new Set<string>();
  let read = 0;
  let following: Promise<void> = Promise.resolve();

  async function barAll(hashes: ReadonlySet<string>): Promise<void> {
    const pause = createPauses();
    for (let row = 0; row < customers.length; row++) {
      if (hashes.has(store.hashOf(customers[row]))) bar(row);
      if (row % batch === 0) await pause();
    }
  }

  async function readOn(): Promise<void> {
    const erasures = await store.erasuresAfter(read);
    // Also of a customer who was erased before: they may have come back, and bought something.
    if (erasures.length > 0) forget();
    const others = new Set(erasures.map(({ hash }) => hash).filter((hash) => !erased.has(hash)));
    if (others.size > 0) await barAll(others);
    for (const hash of others) erased.add(hash);
    read = erasures.at(-1)?.seq ?? read;
  }

  return {
    follow() {
      const next = following.then(readOn);
      following = next.catch(() => {});
      return next;
    },
    add(customer) {
      erased.add(store.hashOf(customer));
      const row = customerRow(customer);
      if (row !== undefined) bar(row);
    },
    count: () => erased.size,
  };
}
