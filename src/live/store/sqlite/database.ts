import { closeSync, openSync } from 'node:fs';
import { EndcapError } from '../../../errors.ts';
import { openSqliteFile, type SqliteFile } from '../../../sqlite.ts';
import { createTurns } from '../../../turns.ts';
import type { Connection, Database, Row } from '../connection.ts';
import { hasRemnants } from './remnants.ts';

/** Bytes that the log keeps after it was emptied into the file; while somebody reads an old state, it may grow beyond. */
const logBytes = 8 * 2 ** 20;

/**
 * Opens a file that a store is in, or that is beside one.
 *
 * @param store what messages name, if the file is one beside it.
 * @throws `store_unreadable` if there is no SQLite, or the file cannot be opened.
 */
export function openDriver(path: string, store = path): SqliteFile {
  return openSqliteFile(
    path,
    (problem, cause) => new EndcapError('store_unreadable', `${store} ${problem}`, { store }, { cause }),
  );
}

function makeDurable(driver: SqliteFile): void {
  driver.exec('PRAGMA journal_mode = WAL');
  driver.exec(`PRAGMA journal_size_limit = ${logBytes}`);
  driver.exec('PRAGMA synchronous = FULL');
  driver.exec('PRAGMA secure_delete = ON');
  // Who was killed in the middle of an erasure left a log that may hold what was removed.
  driver.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all();
}

function isDamage(cause: unknown): boolean {
  return /malformed|not a database/.test((cause as Error).message);
}

/**
 * A SQLite file with a write-ahead log, flushed at each commit, whose removed rows are overwritten.
 *
 * @param isForReading changes nothing: for who reads beside the server that owns it.
 * @throws `store_unreadable`.
 */
export function openSqliteDatabase(path: string, isForReading = false): Database {
  const driver = openDriver(path);
  try {
    driver.exec('PRAGMA busy_timeout = 5000');
    const tables = driver.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[];
    if (tables.length > 0 && !tables.some(({ name }) => name === 'state'))
      throw new Error(`it belongs to another program, which has the table '${tables[0].name}' in it`);
    if (isForReading) driver.exec('PRAGMA query_only = ON');
    else makeDurable(driver);
  } catch (cause) {
    driver.close();
    throw new EndcapError(
      'store_unreadable',
      `${path} cannot be used as a store: ${(cause as Error).message}`,
      { store: path },
      { cause },
    );
  }

  const file = openSync(path, 'r');
  const prepared = new Map<string, ReturnType<SqliteFile['prepare']>>();
  const prepare = (sql: string) => {
    const statement = prepared.get(sql) ?? driver.prepare(sql);
    prepared.set(sql, statement);
    return statement;
  };
  const returnsRows = (sql: string) => /^\s*(?:select|with|pragma)\b|\breturning\b/i.test(sql);
  const isKey = (columns: readonly string[]) => columns.map((column) => `${column} = ?`).join(' AND ');

  const connection: Connection = {
    all(sql, values = []) {
      if (returnsRows(sql)) return prepare(sql).all(...values) as Row[];
      prepare(sql).run(...values);
      return [];
    },
    insert(table, columns, rows) {
      if (rows.length === 0) return;
      const places = columns.map(() => '?').join(', ');
      const statement = prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places})`);
      for (const row of rows) statement.run(...row);
    },
    find(table, columns, keyColumns, keys, newest) {
      if (keys.length === 0) return [];
      const [first, most] = newest ? [`ORDER BY ${newest.by} DESC LIMIT ?`, [newest.limit]] : ['', []];
      const statement = prepare(`SELECT ${columns.join(', ')} FROM ${table} WHERE ${isKey(keyColumns)} ${first}`);
      return keys.flatMap((key) => statement.all(...key, ...most) as Row[]);
    },
    remove(table, keyColumns, keys) {
      if (keys.length === 0) return;
      const statement = prepare(`DELETE FROM ${table} WHERE ${isKey(keyColumns)}`);
      for (const key of keys) statement.run(...key);
    },
  };

  /** The log holds pages as they were before; an empty one holds nothing. */
  function emptyLog(): void {
    const [{ busy }] = prepare('PRAGMA wal_checkpoint(TRUNCATE)').all() as Row[];
    if (busy !== 0)
      throw new EndcapError(
        'store_failed',
        `${path}: another process reads the store, such as a backup; what was removed is still in its log. Try again.`,
        { store: path },
      );
  }

  /** There is one connection. */
  const inTurn = createTurns();

  return {
    kind: 'sqlite',
    transaction: (work) =>
      inTurn(async () => {
        try {
          driver.exec('BEGIN IMMEDIATE');
          const result = await work(connection);
          driver.exec('COMMIT');
          return result;
        } catch (error) {
          try {
            driver.exec('ROLLBACK');
          } catch {
            // SQLite rolled back on its own, as it does on a full disk, or nothing had begun.
          }
          throw failed(path, 'written', error);
        }
      }),
    read: (work) =>
      inTurn(async () => {
        try {
          return await work(connection);
        } catch (error) {
          throw failed(path, 'read', error);
        }
      }),
    forget: (text) =>
      inTurn(async () => {
        try {
          emptyLog();
          if (text === undefined || !hasRemnants(file, text)) return;
          driver.exec('VACUUM');
          emptyLog();
        } catch (error) {
          throw failed(path, 'written', error);
        }
      }),
    watch: () => () => {},
    close: () =>
      inTurn(async () => {
        prepared.clear();
        driver.close();
        closeSync(file);
      }),
  };
}

function failed(path: string, what: 'read' | 'written', cause: unknown): unknown {
  if (cause instanceof EndcapError) return cause;
  const { message } = cause as Error;
  return new EndcapError(
    'store_failed',
    isDamage(cause)
      ? `${path} is damaged (${message}); replace it with a backup, and remove ${path}-wal and ${path}-shm`
      : `${path} cannot be ${what}: ${message}`,
    { store: path },
    { cause },
  );
}
