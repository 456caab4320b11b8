import { existsSync } from 'node:fs';
import { EndcapError } from '../../errors.ts';
import { schemaVersion } from './schema.ts';
import { createSqlStore } from './sql-store.ts';
import { openSqliteDatabase } from './sqlite/database.ts';
import type { ShopStore } from './store.ts';

/** A store that others may be writing. */
export type ReadableStore = Pick<
  ShopStore,
  'purchasesAfter' | 'purchasesOf' | 'shownTo' | 'erasuresAfter' | 'hashOf' | 'lastSeq' | 'close'
>;

/**
 * Opens a store to read what it has, also while a server uses it. SQLite is read on this thread: this is for a process of its
 * own.
 *
 * @param where the path of a SQLite file, or the address of a Postgres database.
 * @throws `store_unreadable` if it does not exist, or is of another version.
 */
export async function openStoreToRead(where: string): Promise<ReadableStore> {
  if (/^postgres(ql)?:\/\//.test(where)) return (await import('./postgres.ts')).openPostgresStore(where);
  const refuse = (problem: string): never => {
    throw new EndcapError('store_unreadable', `${where} ${problem}`, { store: where });
  };
  if (!existsSync(where)) refuse('does not exist; check the path of the store');
  const database = openSqliteDatabase(where, true);
  try {
    const state = await database
      .read(async (connection) =>
        connection.all("SELECT name, number, text FROM state WHERE name IN ('version', 'salt')"),
      )
      .catch(() => []);
    const [version, salt] = ['version', 'salt'].map((name) => state.find((row) => row.name === name));
    if (!version || !salt) return refuse('is no store of a shop');
    if (Number(version.number) !== schemaVersion)
      refuse(
        `was written by another version of Endcap (its tables have version ${version.number}; this one knows ` +
          `${schemaVersion}); serve it with this version once, or use that one`,
      );
    return createSqlStore(database, String(salt.text));
  } catch (error) {
    await database.close();
    throw error;
  }
}
