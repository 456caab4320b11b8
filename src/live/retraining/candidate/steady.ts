import { stat } from 'node:fs/promises';
import { unreadable } from '../../../errors.ts';
import { databaseKind } from '../../../orders/databases/address.ts';
import { inputsOf } from '../../../orders/sources/inputs.ts';

/**
 * Reads files that nobody writes meanwhile: what is read of an export that is being written is neither the one before nor the new
 * one, and may look whole.
 *
 * @param paths of files, folders, and patterns; databases are passed over. What cannot be found is left to `read`.
 * @throws `orders_unreadable` if one of the files was written, replaced, removed, or added; what `read` throws otherwise.
 */
export async function readSteady<Result>(paths: readonly string[], read: () => Promise<Result>): Promise<Result> {
  const before = await identitiesOf(paths);
  const check = async () => {
    const after = await identitiesOf(paths);
    const changed = [...new Set([...before.keys(), ...after.keys()])].find(
      (path) => before.get(path) !== after.get(path),
    );
    if (changed !== undefined)
      throw unreadable(
        changed,
        'was written while it was read; write it under another name, then rename it, or retrain when it is complete',
      );
  };
  try {
    const result = await read();
    await check();
    return result;
  } catch (error) {
    // What is odd about a file that is half written says less than that it is.
    await check();
    throw error;
  }
}

/** Of each file, another text for each time that it was written. */
async function identitiesOf(paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const identities = new Map<string, string>();
  // A database is read as it was at one moment.
  for (const path of paths)
    for (const file of databaseKind(path) ? [] : await inputsOf([path]).catch(() => [])) {
      const found = await stat(file.path).catch(() => undefined);
      if (found) identities.set(file.path, [found.dev, found.ino, found.size, found.mtimeMs].join(' '));
    }
  return identities;
}
