/** Orders from files, pipes, and stdin, and those that a program gives, as Node reads them. */
import { availableParallelism } from 'node:os';
import { basename, resolve } from 'node:path';
import { throwIfAborted } from '../../errors.ts';
import { openKernel } from '../../kernel/open.ts';
import { firstOf } from '../../options.ts';
import { createThreads } from '../csv/threads.ts';
import { type DatabaseAddress, databaseAddress, databaseKind, databaseLabel } from '../databases/address.ts';
import { withQueryHint } from '../databases/query.ts';
import { type GivenSource, givenNames } from '../given-sources.ts';
import { httpFileName, isHttp } from '../http/address.ts';
import type { Join, OrderSource, ReadOptions } from '../options.ts';
import type { TableSink } from '../table.ts';
import { gunzip, nameOf, storedAtAll } from './bytes.ts';
import { inputsOf, pathOf } from './inputs.ts';
import { type Opened, type OpenJoin, readOpened, sizeOf } from './opened.ts';
import type { Host, Queried } from './stored.ts';

/** A file of fewer bytes is read before a thread would have started. */
const minBytesForThreads = 8 << 20;
/** Each further thread needs this many bytes to read to pay for its start and the compilation of its code. */
const bytesPerThread = 128 << 20;
/** As many threads as one thread can keep up with when it adds up what they read. */
const maxThreads = 4;
/** Names of a source in messages. */
const maxNames = 3;

// What reads other formats than CSV is imported once a source has one: most have none.
const node: Host = {
  gunzip,
  async readArchive(archive, read) {
    const { readArchive } = await import('./zip.ts');
    return readArchive(archive, read);
  },
  async readParquet(file, sink, options, report) {
    const { readParquet } = await import('../parquet/read.ts');
    return readParquet(file, sink, options, report);
  },
  threads(bytes, name) {
    if (bytes < minBytesForThreads) return undefined;
    return createThreads(Math.min(Math.ceil(bytes / bytesPerThread), availableParallelism(), maxThreads), name);
  },
  // The one that would train.
  kernel: () => openKernel({ threads: 1 }),
};

/** The name of a source in messages. */
export function sourceName(source: OrderSource): string {
  const names =
    sourcePaths(source)?.map((path) => databaseAddress(path)?.name ?? nameOf(pathOf(path))) ?? givenNames(source);
  if (names === undefined) return 'the orders';
  return firstOf(names, maxNames);
}

/** The paths of a source; undefined if it is something else. */
export function sourcePaths(source: OrderSource): readonly (string | URL)[] | undefined {
  const isPath = (one: unknown) => typeof one === 'string' || one instanceof URL;
  if (isPath(source)) return [source as string | URL];
  return Array.isArray(source) && source.length > 0 && source.every(isPath) ? source : undefined;
}

/**
 * What the files of a source and those joined to it are called, without their folders, which may tell more than they should; of
 * a database its kind and its own name, and of any other address only what kind it is. Undefined if the source has no names.
 */
export function fileNames(source: OrderSource, joins: ReadOptions['join'] = []): string[] | undefined {
  const namesOf = (one: OrderSource) =>
    sourcePaths(one)?.map((path) => {
      const database = databaseAddress(path);
      if (database) return databaseLabel(database);
      if (isHttp(path)) return httpFileName(path);
      const [, scheme = 'file'] = /^([a-z][a-z0-9+.-]+):\/\//i.exec(String(path)) ?? [];
      if (scheme.toLowerCase() !== 'file') return `${scheme}:`;
      const name = nameOf(pathOf(path));
      return name === 'stdin' ? name : basename(resolve(name));
    }) ?? givenNames(one);
  const names = namesOf(source);
  return names && [...names, ...joins.flatMap((one) => namesOf(joinOf(one).file) ?? [])];
}

function joinOf(one: NonNullable<ReadOptions['join']>[number]): Join {
  return typeof one === 'string' || one instanceof URL ? { file: one } : one;
}

/**
 * Reads the tables of a source into `tables`, one after the other.
 *
 * @param recordsRead the number of records read so far, for progress.
 * @throws `orders_unreadable` if a file is missing, of an unknown format, or broken; `aborted`.
 */
export async function readTables(
  source: OrderSource,
  tables: TableSink,
  options: ReadOptions,
  recordsRead: () => number,
): Promise<void> {
  throwIfAborted(options.signal);
  const { signal, idleTimeoutMs } = options;
  const joins: OpenJoin[] = [];
  for (const one of options.join ?? []) {
    const { file, on } = joinOf(one);
    joins.push({ ...(await open(file, { signal, idleTimeoutMs })), on });
  }
  const opened = await open(source, options);
  const totalBytes = sizeOf(opened);
  let latest = 0;
  const report = (bytes: number) => {
    throwIfAborted(options.signal);
    latest = bytes;
    options.onProgress?.({ bytes, totalBytes, rows: recordsRead() });
  };
  try {
    await readOpened(opened, joins, tables, options, node, report);
  } catch (error) {
    throw sourcePaths(source)?.some(databaseKind) ? withQueryHint(error, options) : error;
  }
  report(Math.max(latest, totalBytes));
}

async function open(source: OrderSource, options: ReadOptions): Promise<Opened> {
  const { format, signal } = options;
  const name = sourceName(source);
  const paths = sourcePaths(source);
  if (paths) {
    const isDatabase = (path: string | URL) => databaseKind(path) !== undefined;
    const stored = await storedAtAll(await inputsOf(paths.filter((path) => !isDatabase(path))), options);
    const queried: Queried[] = [];
    for (const path of paths.filter(isDatabase)) queried.push(await openDatabase(databaseAddress(path)!, options));
    // Files come first: what a database is asked for may depend on them.
    return { name, given: { kind: 'stored', stored: [...stored, ...queried] } };
  }
  const { openGiven } = await import('./given.ts');
  return { name, given: await openGiven(source as GivenSource, name, format, signal) };
}

/** The drivers are optional packages, and each loads only for its own kind. */
async function openDatabase(database: DatabaseAddress, options: ReadOptions): Promise<Queried> {
  if (database.kind === 'postgres') {
    const { queryPostgres } = await import('../databases/postgres.ts');
    return queryPostgres(database, options);
  }
  if (database.kind === 'mysql') {
    const { queryMysql } = await import('../databases/mysql.ts');
    return queryMysql(database, options);
  }
  const { querySqlite } = await import('../databases/sqlite.ts');
  return querySqlite(database, options);
}
