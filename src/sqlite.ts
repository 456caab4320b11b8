/** Files of SQLite, by `node:sqlite`, which Node has from 22.13 on, or else by the optional package `libsql`. */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { whyNot } from './files.ts';

/** What a statement takes. */
export type SqliteValue = string | number | bigint | null | Uint8Array;

/** What `node:sqlite` and `libsql` have in common. */
export interface SqliteFile {
  exec(sql: string): unknown;
  prepare(sql: string): SqliteStatement;
  close(): void;
}

interface SqliteStatement {
  all(...values: SqliteValue[]): unknown[];
  run(...values: SqliteValue[]): unknown;
  iterate(...values: SqliteValue[]): Iterable<unknown>;
}

/** Rows as arrays, with the names of their columns, and integers as bigints. */
export interface SqliteRows {
  readonly names: readonly string[];
  readonly rows: Iterable<readonly SqliteValue[]>;
}

type Constructor = new (path: string, options?: { readOnly?: boolean }) => SqliteFile;

/**
 * Opens a file, which is made if it does not exist, unless it is only read.
 *
 * @param fail makes the error of a problem that follows the name of the file.
 */
export function openSqliteFile(
  path: string,
  fail: (problem: string, cause: unknown) => Error,
  isForReading = false,
): SqliteFile {
  let make: () => SqliteFile;
  try {
    const builtIn = nodeSqlite();
    make = () => new builtIn(path, isForReading ? { readOnly: true } : {});
  } catch {
    try {
      const libsql: Constructor = createRequire(import.meta.url)('libsql');
      make = () => new libsql(isForReading ? `${pathToFileURL(path).href}?mode=ro` : path);
    } catch (cause) {
      throw fail(
        `needs SQLite, which Node ${process.versions.node} does not have; use Node 22.13 or later, or install ` +
          'the package libsql (npm install libsql)',
        cause,
      );
    }
  }
  try {
    return make();
  } catch (cause) {
    throw fail(`cannot be opened: ${whyOf(path, cause)}`, cause);
  }
}

/** The rows of a query, which are read as they are asked for. */
export function sqliteRows(file: SqliteFile, sql: string): SqliteRows {
  const statement = file.prepare(sql) as SqliteStatement &
    // Of node:sqlite, the first two from 22.16 on; of libsql.
    Partial<{
      setReturnArrays(on: boolean): void;
      columns(): { name: string }[];
      setReadBigInts(on: boolean): void;
      raw(on: boolean): void;
      safeIntegers(on: boolean): void;
    }>;
  statement.setReadBigInts?.(true);
  statement.safeIntegers?.(true);
  statement.setReturnArrays?.(true);
  statement.raw?.(true);
  if (statement.columns)
    return {
      names: statement.columns().map(({ name }) => name),
      rows: statement.iterate() as Iterable<SqliteValue[]>,
    };
  const objects = (statement.iterate() as Iterable<Record<string, SqliteValue>>)[Symbol.iterator]();
  const first = objects.next();
  return { names: Object.keys(first.value ?? {}), rows: valuesOf(first, objects) };
}

function* valuesOf(
  first: IteratorResult<Record<string, SqliteValue>>,
  objects: Iterator<Record<string, SqliteValue>>,
): Generator<SqliteValue[]> {
  for (let next = first; !next.done; next = objects.next()) yield Object.values(next.value);
}

/** Without Node's warning that the module is experimental, which every start would print. */
function nodeSqlite(): Constructor {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return (process.getBuiltinModule('node:sqlite') as unknown as { DatabaseSync: Constructor }).DatabaseSync;
  } finally {
    process.emitWarning = emitWarning;
  }
}

/** SQLite only says that it cannot open a file. */
function whyOf(path: string, cause: unknown): string {
  const folder = dirname(path);
  if (!existsSync(folder)) return `the folder ${folder} does not exist`;
  if (!existsSync(path))
    return `it does not exist, and cannot be made in the folder ${folder}; may this user write there?`;
  try {
    const file = openSync(path, 'r');
    try {
      readSync(file, Buffer.alloc(1));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return whyNot(error);
  }
  return whyNot(cause);
}
