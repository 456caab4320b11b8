import { invalidOption, onlyKnown, optionalFunctions } from '../options.ts';
import { attributionDaysOf, checkAttributionDays } from './attribution/attribution.ts';
import { checkKeepDays } from './retention.ts';
import type { ShopStore } from './store/store.ts';
import type { Shop, ShopOptions } from './types.ts';

/**
 * Opens a shop over a model and its store. Resolves once all that the store has counts in lists. Close it when it is no
 * longer needed.
 *
 * @throws what `createRecommender` throws; `invalid_options`; `store_unreadable` if the store cannot be opened;
 * `catalogue_unreadable`, or `catalogue_lost`, as `Shop.reload` does.
 *
 * @example
 * const shop = await createShop({ model: 'model.safetensors', store: 'shop.db' });
 * await shop.putProducts([{ product: 'A1', available: false }]);
 * await shop.recordPurchases([{ customer: 'somebody new', order: 'w1', product: 'B2', quantity: 1 }]);
 * const { source } = await shop.recommend('somebody new'); // 'personal'
 */
export async function createShop(options: ShopOptions): Promise<Shop> {
  onlyKnown(options, [
    ...['model', 'store', 'keepDays', 'attributionDays', 'catalogue', 'acceptLoss', 'scenarios'],
    ...['onModel', 'retrain', 'backend', 'isa', 'threads'],
  ]);
  const { model, store: given, keepDays, attributionDays, catalogue, acceptLoss, scenarios, ...rest } = options;
  const { onModel, retrain, ...kernel } = rest;
  if (catalogue !== undefined && (typeof catalogue !== 'string' || catalogue === '' || catalogue === '-'))
    throw invalidOption('catalogue', catalogue, 'the path of a file, which is read again on request');
  checkKeepDays(keepDays);
  checkAttributionDays(attributionDays, given !== undefined);
  optionalFunctions({ onModel });
  if (keepDays !== undefined && given === undefined) throw invalidOption('keepDays', keepDays, 'none without a store');
  const store = typeof given === 'string' ? await openStore(given) : given;
  if (store !== undefined && typeof store?.append !== 'function')
    throw invalidOption('store', store, 'a path, the address of a Postgres database, or a store');
  const closeStore = async () => {
    if (typeof given === 'string') await store?.close();
  };
  // What checks requests loads with the first shop, not with the library.
  const { openShop } = await import('./running-shop.ts');
  try {
    return await openShop(model, kernel, store, { catalogue, acceptLoss, scenarios }, closeStore, {
      keepDays,
      attributionDays: attributionDaysOf(attributionDays, store),
      onModel,
      retrain,
      storeAt: typeof given === 'string' ? given : undefined,
    });
  } catch (error) {
    if (typeof given === 'string') await (store?.discard ?? store?.close)?.();
    throw error;
  }
}

async function openStore(where: string): Promise<ShopStore> {
  if (/^postgres(ql)?:\/\//.test(where)) return (await import('./store/postgres.ts')).openPostgresStore(where);
  return (await import('./store/sqlite/sqlite.ts')).openSqliteStore(where);
}
