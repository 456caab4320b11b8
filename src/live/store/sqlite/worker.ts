/** The entry point of the thread that owns a SQLite store: it answers one call of `ShopStore` per message until it is ended. */
import { parentPort, workerData } from 'node:worker_threads';
import { EndcapError } from '../../../errors.ts';
import { migrate } from '../schema.ts';
import { createSqlStore } from '../sql-store.ts';
import { openSqliteDatabase } from './database.ts';
import type { Answer, Call } from './sqlite.ts';

const { path } = workerData as { path: string };
const port = parentPort!;

const told = (error: unknown): Answer['error'] =>
  error instanceof EndcapError
    ? { code: error.code, message: error.message, details: error.details }
    : { code: 'store_failed', message: String((error as Error)?.stack ?? error), details: {} };

try {
  const database = openSqliteDatabase(path);
  const [{ found }] = await database.read(async (connection) =>
    connection.all("SELECT COUNT(*) AS found FROM sqlite_master WHERE type = 'table' AND name = 'state'"),
  );
  const salt = await database.transaction((connection) => migrate(connection, database.kind, Number(found) > 0, path));
  const store = createSqlStore(database, salt);
  port.on('message', async ({ id, method, args }: Call) => {
    try {
      const result = await (store[method] as (...args: unknown[]) => unknown)(...args);
      port.postMessage({ id, result } satisfies Answer);
    } catch (error) {
      port.postMessage({ id, error: told(error) } satisfies Answer);
    }
  });
  port.postMessage({ id: 0, result: salt } satisfies Answer);
} catch (error) {
  port.postMessage({ id: 0, error: { ...told(error)!, code: 'store_unreadable' } } satisfies Answer);
}
