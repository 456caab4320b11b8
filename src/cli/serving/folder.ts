/** The folder in which `start` keeps a shop. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EndcapError } from '../../errors.ts';
import { checkReplaceable, makeFolder } from '../../files.ts';
import type { ShopStore } from '../../live/store/store.ts';

/** Where the model and the store of a shop are. */
export interface ShopFolder {
  path: string;
  model: string;
  store: string;
}

/** What `--folder` says if nothing is to be kept. */
export const noFolder = 'none';

/**
 * The folder of the shop whose orders are named. Without orders it is the shop that the folder has a model of, or else the
 * made-up one, which has a folder of its own inside: its model never meets the purchases of a real shop.
 */
export function shopFolder(named: string, hasOrders: boolean): ShopFolder & { isSample: boolean } {
  const isSample = !hasOrders && !existsSync(join(named, modelFile));
  const path = isSample ? join(named, 'sample') : named;
  return { path, model: join(path, modelFile), store: join(path, 'shop.db'), isSample };
}

const modelFile = 'model.safetensors';

/** A folder in use. */
export interface OpenFolder {
  /** Until it is closed, nobody else can open it. */
  readonly store: ShopStore;
  /** Closes the store, and removes what opening the folder made, as long as nothing is in it. */
  discard(): Promise<void>;
}

/**
 * Makes the folder if it does not exist, and opens its store. The caller closes the store, or discards the folder.
 *
 * @throws `write_failed` if the folder cannot be used; `store_unreadable`.
 */
export async function openFolder({ path, model, store: file }: ShopFolder): Promise<OpenFolder> {
  let removeMade = async () => {};
  try {
    removeMade = await makeFolder(path);
    await checkReplaceable(model);
    const { openSqliteStore } = await import('../../live/store/sqlite/sqlite.ts');
    const store = await openSqliteStore(file);
    return {
      store,
      async discard() {
        await (store.discard ?? store.close)();
        await removeMade();
      },
    };
  } catch (error) {
    await removeMade();
    if (!(error instanceof EndcapError)) throw error;
    const advice = `--folder names another folder; --folder ${noFolder} keeps nothing`;
    throw new EndcapError(error.code, `${error.message}. ${advice}`, error.details, { cause: error });
  }
}
