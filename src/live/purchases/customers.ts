import type { Model } from '../../model/model.ts';
import { dayMs } from '../../orders/times/calendar.ts';
import type { Served, ServedCustomers } from '../../recommending/serving/served.ts';
import type { Recommender } from '../../recommending/types.ts';
import { maxIdLength, type ShopIds } from '../shop-ids.ts';
import type { ShopStore, StoredPurchase } from '../store/store.ts';
import type { LearnedPurchases } from './learned.ts';

/** The customers of a running shop: as the model has them, and what the store knows of them and of others. */
export interface Customers extends ServedCustomers {
  /** Forgets what was read of a customer, since there is more. */
  changed(customer: string): void;
  /** Forgets what was read of all customers. */
  forgetAll(): void;
  /** Whether the store did not answer lately; lists are then made of what is in memory. */
  isFailing(): boolean;
  /** Customers who are kept in memory. */
  kept(): number;
}

/** Nobody buys more in years; of an account that stands for many customers, the newest count until the next training. */
export const maxPurchasesOfCustomer = 10_000;

/** What is kept in memory may take: some 40,000 customers of one order. */
const defaultMaxBytes = 2 ** 27;
/** What a customer takes with what is computed of them, each order of theirs, and each line of it, as measured. */
const [customerBytes, orderBytes, lineBytes] = [3000, 300, 50];
/** How long a store that failed is left alone, so that lists don't wait for it. */
const restMs = 2000;
/** How long a list waits for the store. It may hang, and the list is made without what was bought since the model then. */
const defaultWaitMs = 3000;

/**
 * What a customer bought is read from the store when they ask, and kept while they and few enough others do.
 *
 * @param learned what the model has of the store.
 */
export function createCustomers(
  model: Model,
  { customerRow, productRow }: Pick<Recommender, 'customerRow' | 'productRow'>,
  ids: Pick<ShopIds, 'customer'>,
  store: Pick<ShopStore, 'purchasesOf'> | undefined,
  learned: Pick<LearnedPurchases, 'has'>,
  { waitMs = defaultWaitMs, maxBytes = defaultMaxBytes }: { waitMs?: number; maxBytes?: number } = {},
): Customers {
  /** By row, whoever bought something at run time. */
  const buying = createBits(model.customers.length);
  /** Least recently asked for first. */
  const kept = new Map<string, { served: Served | undefined; size: number }>();
  const reading = new Map<string, Promise<Served | undefined>>();
  let size = 0;
  let failedAt = Number.NEGATIVE_INFINITY;

  const isFailing = () => performance.now() - failedAt < restMs;

  function forget(customer: string): void {
    size -= kept.get(customer)?.size ?? 0;
    kept.delete(customer);
  }

  function keep(customer: string, served: Served | undefined): void {
    forget(customer);
    const { orders = [], sentBack } = served ?? {};
    const lines = orders.reduce((sum, order) => sum + order.size, sentBack?.size ?? 0);
    const bytes = customerBytes + orderBytes * orders.length + lineBytes * lines;
    kept.set(customer, { served, size: bytes });
    size += bytes;
    for (const oldest of kept.keys()) {
      if (size <= maxBytes) break;
      forget(oldest);
    }
  }

  function read(store: Pick<ShopStore, 'purchasesOf'>, customer: string, row: number | undefined) {
    const isCurrent = () => reading.get(customer) === promise;
    const promise: Promise<Served | undefined> = within(
      waitMs,
      store.purchasesOf(customer, maxPurchasesOfCustomer),
    ).then(
      (purchases) => {
        const served = servedBy(purchases, row);
        // Whoever bought something meanwhile is read again.
        if (isCurrent()) {
          reading.delete(customer);
          keep(customer, served);
        }
        return served;
      },
      () => {
        failedAt = performance.now();
        if (isCurrent()) reading.delete(customer);
        return undefined;
      },
    );
    reading.set(customer, promise);
    return promise;
  }

  /** @param purchases in the order in which they arrived. */
  function servedBy(purchases: readonly StoredPurchase[], row: number | undefined): Served | undefined {
    const orders = new Map<string, { time: number; units: Map<number, number> }>();
    const sentBack = new Map<number, number>();
    for (const purchase of purchases) {
      const { order, product, quantity, time } = purchase;
      const productNumber = productRow(product);
      if (productNumber === undefined || (row !== undefined && learned.has(purchase))) continue;
      if (quantity < 0) {
        sentBack.set(productNumber, (sentBack.get(productNumber) ?? 0) - quantity);
        continue;
      }
      const known = orders.get(order) ?? { time, units: new Map<number, number>() };
      known.time = Math.min(known.time, time);
      known.units.set(productNumber, (known.units.get(productNumber) ?? 0) + quantity);
      orders.set(order, known);
    }
    if (orders.size === 0 && sentBack.size === 0) return undefined;
    const inTurn = [...orders.values()].sort((a, b) => a.time - b.time);
    return { customer: row, orders: inTurn.map(({ units }) => units), sentBack };
  }

  return {
    served(id) {
      const row = customerRow(id);
      if (!store) return undefined;
      if (row !== undefined && !buying.has(row)) return undefined;
      const customer = row === undefined ? storedId(id) : model.customers[row];
      if (customer === undefined) return undefined;
      const found = kept.get(customer);
      if (found) {
        kept.delete(customer);
        kept.set(customer, found);
        return found.served;
      }
      if (isFailing()) return undefined;
      return reading.get(customer) ?? read(store, customer, row);
    },
    isChanged: buying.has,
    changed(customer) {
      forget(customer);
      reading.delete(customer);
      const row = customerRow(customer);
      if (row !== undefined) buying.add(row);
    },
    forgetAll() {
      kept.clear();
      reading.clear();
      size = 0;
    },
    isFailing,
    kept: () => kept.size,
  };

  function storedId(id: string | number): string | undefined {
    return String(id).length > maxIdLength ? undefined : ids.customer(id);
  }
}

/**
 * Until when the model has the purchases of the customers it knows: what the store has of them up to its last order is taken
 * for one of its orders, so that nothing counts twice. Orders with dates but no times of day end with the day; without dates,
 * it is the end of the training.
 */
export function endOf({ metadata: { account, trainedAt } }: Pick<Model, 'metadata'>): number {
  const trained = Date.parse(trainedAt);
  const { lastPurchase = trained } = account;
  const last = lastPurchase % dayMs === 0 ? lastPurchase + dayMs - 1 : lastPurchase;
  // Dates may be wrong, and models from elsewhere say what they like.
  return last > trained ? trained : last;
}

/** What a promise resolves to; rejects if that takes too long. */
function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    // An answer that arrived while the event loop was held is taken before the time is up.
    const timer = setTimeout(() => setImmediate(reject), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** A set of rows below `count`. */
function createBits(count: number): { has(row: number): boolean; add(row: number): void } {
  const bits = new Uint8Array(Math.ceil(count / 8));
  return {
    has: (row) => ((bits[row >> 3] >> (row & 7)) & 1) === 1,
    add: (row) => {
      bits[row >> 3] |= 1 << (row & 7);
    },
  };
}
