import { EndcapError } from '../errors.ts';
import type { ShopStore } from './store/store.ts';

/** What is written to a store, and whether the last of it failed, as on a full disk. */
export interface Writing {
  /** Runs work that writes. */
  <T>(work: () => Promise<T>): Promise<T>;
  hasFailed(): boolean;
}

export function createWriting(): Writing {
  let hasFailed = false;

  async function writing<T>(work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      hasFailed = false;
      return result;
    } catch (error) {
      if (error instanceof EndcapError && error.code === 'store_failed') hasFailed = true;
      throw error;
    }
  }

  return Object.assign(writing, { hasFailed: () => hasFailed });
}

/** @throws `invalid_options` without a store. @param what needs one. */
export function storeFor(store: ShopStore | undefined, what: string): ShopStore {
  if (store) return store;
  throw new EndcapError(
    'invalid_options',
    `${what} need a store; open the shop with the option store (--data shop.db)`,
  );
}
