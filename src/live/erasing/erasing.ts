/** Erasing customers on request. */
import { checkedId } from '../purchases/customer-data.ts';
import type { ServedModel } from '../served-model.ts';
import type { ShopStore } from '../store/store.ts';
import type { Shop } from '../types.ts';
import { storeFor, type Writing } from '../writing.ts';
import type { Erasures } from './erasures.ts';
import type { ModelFiles } from './model-file.ts';

interface Parts {
  readonly store: ShopStore | undefined;
  readonly writing: Writing;
  readonly erasures: Erasures | undefined;
  readonly modelFiles: Pick<ModelFiles, 'mayHave'>;
  current(): ServedModel;
  /** Is told of customers of whom something else is known. */
  changed(customers: readonly string[]): Promise<void>;
  /** Reads what is new in the store. */
  follow(): void;
}

/** How long an erasure waits for the files of models. */
const fileMs = 5000;

export function createErasing({
  store,
  writing,
  erasures,
  modelFiles,
  current,
  changed,
  follow,
}: Parts): Pick<Shop, 'eraseCustomer'> {
  return {
    async eraseCustomer(customer) {
      const id = checkedId(current(), customer);
      try {
        const target = storeFor(store, 'erasures');
        const { purchases } = await writing(() => target.erase(id));
        erasures!.add(id);
        const inFiles = await modelFiles.mayHave(id, fileMs);
        return { purchases, inModel: inFiles || current().mayName(id) };
      } finally {
        // Also if only the last step failed.
        await changed([id]);
        follow();
      }
    },
  };
}
