import { createPauses } from '../../turns.ts';
import type { ShopStore } from '../store/store.ts';

/** The customers of one model, who may have been erased. */
interface KnownCustomers {
  /** By row. */
  readonly customers: readonly string[];
  readonly customerRow: (id: string) => number | undefined;
  /** Takes a customer out of lists, by row; may be called again. */
  bar(row: number): void;
  /** Is told of one whom the model does not know. */
  stranger(customer: string): void;
  /** Is called after erasures: whoever is in memory may be who was erased. */
  forget(): void;
}

/** The customers whom a shop has erased, whatever model is served. */
export interface Erasures {
  /** Bars whoever was erased since the last time, at start or by another server. */
  follow(): Promise<void>;
  /** Bars a customer who was just erased here. */
  add(customer: string): void;
  /** Customers who were erased. */
  count(): number;
  /** Bars those of a model's customers who were erased, and from now on who is. */
  attach(known: KnownCustomers): Promise<void>;
  detach(known: KnownCustomers): void;
}

/** Hashes between two looks at the clock. */
const batch = 200;

/**
 * The store knows erased customers by a hash only. Those of a model's customers are computed if there is an erasure that is
 * not from here, a little at a time.
 */
export function createErasures(store: Pick<ShopStore, 'erasuresAfter' | 'hashOf'>): Erasures {
  const erased = new Set<string>();
  const all = new Set<KnownCustomers>();
  let read = 0;
  let following: Promise<void> = Promise.resolve();

  async function barAll({ customers, bar }: KnownCustomers, hashes: ReadonlySet<string>): Promise<void> {
    const pause = createPauses();
    for (let row = 0; row < customers.length; row++) {
      if (hashes.has(store.hashOf(customers[row]))) bar(row);
      if (row % batch === 0) await pause();
    }
  }

  async function readOn(): Promise<void> {
    const erasures = await store.erasuresAfter(read);
    // Also of a customer who was erased before: they may have come back, and bought something.
    if (erasures.length > 0) for (const { forget } of all) forget();
    const others = new Set(erasures.map(({ hash }) => hash).filter((hash) => !erased.has(hash)));
    // Before they are barred, so that a model that is attached meanwhile bars them itself.
    for (const hash of others) erased.add(hash);
    if (others.size > 0) for (const known of all) await barAll(known, others);
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
      for (const { customerRow, bar, stranger } of all) {
        const row = customerRow(customer);
        if (row === undefined) stranger(customer);
        else bar(row);
      }
    },
    count: () => erased.size,
    async attach(known) {
      all.add(known);
      if (erased.size > 0) await barAll(known, erased);
    },
    detach: (known) => void all.delete(known),
  };
}
