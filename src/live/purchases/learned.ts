/** Which purchases of a store a model has learned from: they do not count again. */
import type { Model } from '../../model/model.ts';
import type { ShopStore, StoredPurchase } from '../store/store.ts';
import { endOf } from './customers.ts';

export interface LearnedPurchases {
  /** The model has all purchases up to this place. */
  readonly seq: number;
  /** Whether it has these and no others, or else those before the end of its orders; see `learnedByTime`. */
  readonly isByPlace: boolean;
  has(purchase: Pick<StoredPurchase, 'seq' | 'time'>): boolean;
}

/**
 * A model that was trained on purchases of this store says up to which place. Of any other, purchases count from the end of
 * its orders on; see `learnedByTime`.
 *
 * @throws what the store throws.
 */
export async function learnedOf(
  model: Pick<Model, 'metadata'>,
  store: Pick<ShopStore, 'hashOf' | 'lastSeq'> | undefined,
): Promise<LearnedPurchases> {
  const { learned } = model.metadata;
  if (!store || learned?.store !== storeName(store)) return learnedByTime(model);
  // A store that was restored from an older copy gives the same places to other purchases.
  if ((await store.lastSeq()) < learned.seq) return learnedByTime(model);
  return learnedByPlace(learned.seq);
}

/** Purchases up to a place do not count again. */
export function learnedByPlace(until: number): LearnedPurchases {
  return { seq: until, isByPlace: true, has: ({ seq }) => seq <= until };
}

/** What `ModelMetadata.learned` calls a store: no other one has the same salt. */
export function storeName(store: Pick<ShopStore, 'hashOf'>): string {
  return store.hashOf('');
}

/** Nothing of what customers of a model bought until its end counts again. */
export function learnedByTime(model: Pick<Model, 'metadata'>): LearnedPurchases {
  const end = endOf(model);
  return { seq: 0, isByPlace: false, has: ({ time }) => time <= end };
}
