import { onlyKnown } from '../../options.ts';
import type { Attribution } from '../attribution/attribution.ts';
import type { ServedModel } from '../served-model.ts';
import type { ShopStore } from '../store/store.ts';
import type { Shop } from '../types.ts';
import { storeFor, type Writing } from '../writing.ts';
import { checkedKey, readPurchases } from './purchases.ts';

/** How purchases come into a shop. */
export interface Recording extends Pick<Shop, 'recordPurchases'> {
  /** Lines of orders that wait for the disk. */
  waiting(): number;
}

interface Parts {
  store: ShopStore | undefined;
  writing: Writing;
  /** The model that answers. */
  current: () => ServedModel;
  /** Is told whose purchases were written. */
  changed: (customers: readonly string[]) => Promise<void>;
  attribution: Pick<Attribution, 'bought'>;
}

export function createRecording({ store, writing, current, changed, attribution }: Parts): Recording {
  let waiting = 0;
  return {
    async recordPurchases(given, options = {}) {
      onlyKnown(options, ['key']);
      const key = checkedKey(options.key);
      const purchases = readPurchases(given, current().ids);
      const target = storeFor(store, 'purchases');
      waiting += purchases.length;
      const receipt = await writing(() => target.append({ purchases, ...(key !== undefined && { key }) })).finally(
        () => {
          waiting -= purchases.length;
        },
      );
      await changed([...new Set(purchases.map(({ customer }) => customer))]);
      // Which of several were there before, nobody says.
      if (receipt.duplicates === 0) attribution.bought(purchases);
      const products = new Set(purchases.map(({ product }) => product));
      const { productRow } = current();
      return { ...receipt, unknownProducts: [...products].filter((id) => productRow(id) === undefined) };
    },
    waiting: () => waiting,
  };
}
