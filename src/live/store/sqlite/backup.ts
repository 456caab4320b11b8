import { existsSync, realpathSync } from 'node:fs';
import { EndcapError } from '../../../errors.ts';
import { replaceFile } from '../../../files.ts';
import { openDriver } from './database.ts';

/**
 * Copies the store in a SQLite file as it is at this moment, also while a server uses it. The copy has nothing of what was
 * removed before. Returns its size in bytes.
 *
 * @throws `store_unreadable` if `path` is no store; `write_failed`.
 *
 * @example
 * const { bytes } = await backUpStore('shop.db', 'copy.db');
 */
export async function backUpStore(path: string, copy: string): Promise<{ bytes: number }> {
  if (!existsSync(path)) throw new EndcapError('store_unreadable', `${path} does not exist`, { store: path });
  if (existsSync(copy) && realpathSync(copy) === realpathSync(path))
    throw new EndcapError('write_failed', `${copy} is the store itself; name another file`, { file: copy });
  const driver = openDriver(path);
  try {
    driver.exec('PRAGMA busy_timeout = 5000');
    try {
      driver.prepare("SELECT number FROM state WHERE name = 'version'").all();
    } catch (cause) {
      throw new EndcapError(
        'store_unreadable',
        `${path} is no store of a shop: ${(cause as Error).message}`,
        { store: path },
        { cause },
      );
    }
    return await replaceFile(copy, async (_, temporary) => {
      try {
        driver.prepare('VACUUM INTO ?').run(temporary);
      } catch (cause) {
        throw new EndcapError('write_failed', `${copy} cannot be written: ${(cause as Error).message}`, {}, { cause });
      }
    });
  } finally {
    driver.close();
  }
}
