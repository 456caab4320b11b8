/** The orders of a shop that serves: those of its source, and what its store has of purchases since. */
import { stat } from 'node:fs/promises';
import type { Built, StoredLine } from '../../../dataset/build.ts';
import { readOrdersWith } from '../../../dataset/read.ts';
import { invalidOption } from '../../../options.ts';
import { databaseKind } from '../../../orders/databases/address.ts';
import type { OrderSource, ReadOptions } from '../../../orders/options.ts';
import { inputsOf } from '../../../orders/sources/inputs.ts';
import { sourcePaths } from '../../../orders/sources/read.ts';
import { storeName } from '../../purchases/learned.ts';
import type { ShopStore } from '../../store/store.ts';

/** What reading takes of a store. */
export type PurchaseStore = Pick<ShopStore, 'purchasesAfter' | 'erasuresAfter' | 'hashOf' | 'lastSeq'>;

/** What was read, and from where. `inSource` is absent if there is no store. */
export interface ShopOrders extends Built {
  /** For `ModelMetadata.learned`: the store, and the place up to which its purchases were read; absent without a store. */
  readonly learned?: { readonly store: string; readonly seq: number };
  /** The place of the last purchase that was read; 0 if there is none. */
  readonly lastPurchase: number;
}

/** Purchases that are read at a time: some milliseconds of the store's work, for which other requests wait. */
const pageSize = 1000;

/**
 * Reads the orders of a source together with the purchases of a store, up to a place in it, and without the customers whom
 * the store has erased, whoever has them.
 *
 * An order that both have, by its customer and id, counts once, as the source has it. If the source has other ids for orders
 * (fewer than one in a hundred of the orders that both should have is found), what its customers bought up to its last order
 * is taken for its orders; the dataset has a note then. Purchases of customers whom the source does not have, and later ones,
 * always count. What a filter leaves out of the source, such as cancelled orders, is left out of the store by its id. The end of a source without times is when its newest file was written. Negative quantities are returns, as
 * in orders. Names, categories, and prices are those of the source.
 *
 * `dataset.account` counts both, `account.source` what the source has alone. Memory: 8 bytes for each purchase, and 40 to 60
 * for each order, besides what `readOrders` takes; purchases are read a thousand at a time.
 *
 * @param upTo the place of the last purchase that counts; that of the newest entry by default, 0 for none.
 * @throws as `readOrders`; `store_failed` if the store cannot be read.
 * @example
 * const { dataset, learned } = await readOrdersAndPurchases('orders.csv', {}, store);
 * const model = await train(dataset);
 */
export async function readOrdersAndPurchases(
  source: OrderSource,
  reading: ReadOptions = {},
  store?: PurchaseStore,
  upTo?: number,
): Promise<ShopOrders> {
  if (!store) return { ...(await readOrdersWith(source, reading)), lastPurchase: 0 };
  const seq = upTo ?? (await store.lastSeq());
  let lastPurchase = 0;
  async function* pages(store: PurchaseStore): AsyncGenerator<readonly StoredLine[]> {
    while (lastPurchase < seq) {
      const page = await store.purchasesAfter(lastPurchase, pageSize);
      const counted = page.filter((purchase) => purchase.seq <= seq);
      lastPurchase = counted.at(-1)?.seq ?? lastPurchase;
      if (counted.length > 0) yield counted;
      if (counted.length < pageSize) break;
    }
  }
  const built = await readOrdersWith(source, reading, {
    ...(seq > 0 && { pages: pages(store) }),
    findOut: () => erasedIn(store),
    sourceEnd: await endOf(source),
  });
  return { ...built, learned: { store: storeName(store), seq }, lastPurchase };
}

/** Whether a customer was erased; undefined if nobody was. The store knows them by their hashes only. */
async function erasedIn(
  store: Pick<PurchaseStore, 'erasuresAfter' | 'hashOf'>,
): Promise<((customer: string) => boolean) | undefined> {
  const hashes = new Set((await store.erasuresAfter(0)).map(({ hash }) => hash));
  return hashes.size === 0 ? undefined : (customer) => hashes.has(store.hashOf(customer));
}

/** When a source was written: no order in it is later. Now, if it is not of files alone. */
async function endOf(source: OrderSource): Promise<number> {
  const now = Date.now();
  const paths = sourcePaths(source);
  if (paths === undefined || paths.some(databaseKind)) return now;
  const files = await inputsOf(paths);
  if (files.some(({ kind }) => kind !== 'file')) return now;
  const written = await Promise.all(files.map(async ({ path }) => (await stat(path)).mtimeMs));
  return Math.min(now, Math.max(...written));
}

/**
 * Refuses a source that cannot be read again, for runs that repeat.
 *
 * @throws `invalid_options` for standard input, pipes, and iterables; `orders_unreadable` if a file is missing.
 */
export async function refuseUnrepeatable(source: OrderSource): Promise<void> {
  const expected = 'files, folders, patterns, addresses, or databases, which each run reads again';
  const paths = sourcePaths(source);
  if (paths === undefined) throw invalidOption('orders', source, expected);
  for (const { path, kind } of await inputsOf(paths.filter((path) => databaseKind(path) === undefined)))
    if (kind !== 'file' && kind !== 'http') throw invalidOption('orders', path, expected);
}
