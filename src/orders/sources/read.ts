import { availableParallelism } from 'node:os';
import { basename, resolve } from 'node:path';
import { throwIfAborted, unreadable } from '../../errors.ts';
import { firstOf } from '../../options.ts';
import { readPlaces } from '../csv/places.ts';
import { readCsv } from '../csv/read.ts';
import type { Block } from '../csv/scan.ts';
import { createBlockMemory, decodeText } from '../csv/text.ts';
import type { JoinedTable } from '../joins/joined-table.ts';
import type { Encoding, Join, OrderSource, ReadOptions } from '../options.ts';
import type { TableSink } from '../table.ts';
import {
  bytesOf,
  type Chunks,
  collected,
  firstBytes,
  gathered,
  gunzipped,
  isGzip,
  nameOf,
  withFirst,
} from './bytes.ts';
import { isParquet, isZip, textFormat, workbookProblem } from './formats.ts';
import { type Input, inputsOf, pathOf } from './inputs.ts';

// What reads other formats than CSV is imported once a source has one: most have none.

/** A file of fewer bytes is read before a thread would have started. */
const minBytesForThreads = 8 << 20;
/** Each further thread needs this many bytes to read to pay for its start and the compilation of its code. */
const bytesPerThread = 128 << 20;
/** As many threads as one thread can keep up with when it adds up what they read. */
const maxThreads = 4;
/** A zip archive that does not come from a file is held in memory, since its files are listed at its end. */
const maxHeldArchive = 2 ** 30;
/** Names of a source in messages. */
const maxNames = 3;

/** The name of a source in messages. */
export function sourceName(source: OrderSource): string {
  const paths = sourcePaths(source)?.map((path) => nameOf(pathOf(path)));
  if (paths === undefined) return 'the orders';
  return firstOf(paths, maxNames);
}

/** The paths of a source; undefined if it is an iterable of something else. */
export function sourcePaths(source: OrderSource): readonly (string | URL)[] | undefined {
  const isPath = (one: unknown) => typeof one === 'string' || one instanceof URL;
  if (isPath(source)) return [source as string | URL];
  return Array.isArray(source) && source.length > 0 && source.every(isPath) ? source : undefined;
}

/**
 * What the files of a source and those joined to it are called, without their folders, which may tell more than they should; of
 * an address that is not one of a file, only what kind it is. Undefined if the source is an iterable.
 */
export function fileNames(source: OrderSource, joins: ReadOptions['join'] = []): string[] | undefined {
  const paths = sourcePaths(source);
  if (paths === undefined) return undefined;
  const joined = joins.map((one) => (typeof one === 'string' || one instanceof URL ? one : one.file));
  return [...paths, ...joined].map((path) => {
    const [, scheme = 'file'] = /^([a-z][a-z0-9+.-]+):\/\//i.exec(String(path)) ?? [];
    if (scheme.toLowerCase() !== 'file') return `${scheme}:`;
    const name = nameOf(pathOf(path));
    return name === 'stdin' ? name : basename(resolve(name));
  });
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
  const sink = await withJoins(tables, options);
  let totalBytes = 0;
  const report = (bytes: number) => {
    throwIfAborted(options.signal);
    options.onProgress?.({ bytes, totalBytes, rows: recordsRead() });
  };
  throwIfAborted(options.signal);
  const paths = sourcePaths(source);
  if (paths === undefined) {
    await readGiven(source as Iterable<object>, sink, options, () => report(0));
    return report(0);
  }
  const inputs = await inputsOf(paths);
  totalBytes = inputs.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const [i, input] of inputs.entries()) {
    if (i > 0 && (input.parts === undefined || input.parts !== inputs[i - 1].parts)) sink.endFile();
    await readInput(input, sink, options, (bytes) => report(before + Math.min(bytes, input.size)));
    before += input.size;
  }
  report(totalBytes);
}

/** The sink, behind the joins of the options. */
async function withJoins(tables: TableSink, { join = [], encoding, signal }: ReadOptions): Promise<TableSink> {
  if (join.length === 0) return tables;
  const { createTableHolder } = await import('../joins/joined-table.ts');
  const { joining } = await import('../joins/join.ts');
  const held: { table: JoinedTable; on?: string }[] = [];
  for (const one of join) {
    const { file, on }: Join = typeof one === 'string' || one instanceof URL ? { file: one } : one;
    const { sink, table } = createTableHolder(sourceName(file));
    for (const input of await inputsOf([file]))
      await readInput(input, sink, { encoding, signal }, () => throwIfAborted(signal));
    held.push({ table, on });
  }
  // The records pass the first one first.
  return held.reduceRight((sink, { table, on }) => joining(sink, table, on), tables);
}

/** Something that holds a table, or an archive of some. */
interface Stored {
  /** For messages; its extension says what is in it. */
  readonly name: string;
  /** Its path if it can be read from anywhere, and not just from its beginning. */
  readonly path?: string;
  /** Bytes, as far as they are known. */
  readonly size: number;
  /** Reports the bytes read by themselves. */
  bytes(report: (bytes: number) => void): Chunks;
}

const noFile = 'is not a file by itself; expected one, since Parquet is read from its end';

async function readGiven(
  source: Iterable<unknown>,
  sink: TableSink,
  options: ReadOptions,
  onTurn: () => void,
): Promise<void> {
  const name = sourceName(source as Iterable<object>);
  const { givenBy } = await import('./iterables.ts');
  const given = await givenBy(source, name, options.signal);
  if (given.kind === 'objects') {
    const { readObjects } = await import('../json/objects.ts');
    return readObjects(given.objects as Iterable<object>, sink, name, onTurn, options.signal);
  }
  if (options.format === undefined || options.format === 'auto') {
    await given.bytes.return();
    throw unreadable(name, "are given as bytes; say what they are with format: 'csv', 'tsv', 'json', or 'jsonl'");
  }
  await readStored({ name, size: 0, bytes: () => gathered(given.bytes) }, sink, options, onTurn);
}

async function readInput(
  input: Input,
  sink: TableSink,
  options: ReadOptions,
  report: (bytes: number) => void,
): Promise<void> {
  const { path, kind, size } = input;
  const stored = {
    name: nameOf(path),
    ...(kind === 'file' && { path }),
    size,
    bytes: (read: (bytes: number) => void) => bytesOf(input, options.signal, read),
  };
  await readStored(stored, sink, options, report);
}

async function readStored(
  { name, path, size, bytes }: Stored,
  sink: TableSink,
  options: ReadOptions,
  report: (bytes: number) => void,
  isInArchive = false,
): Promise<void> {
  const plain = bytes(report);
  const unpacked: Chunks[] = [];
  try {
    const { encoding = 'auto' } = options;
    if (path === undefined && isParquet(name, undefined, options.format)) throw unreadable(name, noFile);
    let { first, all } = path === undefined ? await withFirst(plain) : { first: await firstBytes(path), all: plain };
    if (first !== undefined && isZip(first)) {
      if (isInArchive) throw unreadable(name, 'is an archive in an archive; unpack it first');
      const tooLarge = () =>
        unreadable(name, `is a zip archive of more than ${maxHeldArchive >> 20} MiB; read it from a file`);
      const archive = path ?? (await collected(all, maxHeldArchive, tooLarge));
      return await readMembers(archive, name, sink, options, report);
    }
    const problem = workbookProblem(first);
    if (problem !== undefined) throw unreadable(name, problem);
    if (isParquet(name, first, options.format)) {
      if (isInArchive || (first !== undefined && isGzip(first))) {
        throw unreadable(name, 'is packed Parquet; expected a plain file: unpack it first');
      }
      if (path === undefined) throw unreadable(name, noFile);
      if (sink.takesRecordsOnly) throw unreadable(name, 'is Parquet, which is read for orders alone; save it as CSV');
      const { readParquet } = await import('../parquet/read.ts');
      return await readParquet(path, sink, options, (share) => report(Math.round(share * size)));
    }
    const isPacked = first !== undefined && isGzip(first);
    if (isPacked) {
      unpacked.push(gunzipped(all, name));
      ({ first, all } = await withFirst(unpacked[0]));
    }
    const text = textFormat(name, first, options.format);
    if (text === 'json' || text === 'jsonl') return await readJsonText(all, name, encoding, sink);
    const elsewhere = path === undefined || isPacked ? [] : await readPlaces(path, size, encoding);
    await readCsvText(all, name, text, size, elsewhere, sink, options);
  } finally {
    for (const chunks of [...unpacked, plain]) await chunks.return();
  }
}

async function readMembers(
  archive: string | Buffer,
  name: string,
  sink: TableSink,
  options: ReadOptions,
  report: (bytes: number) => void,
): Promise<void> {
  let before = 0;
  const { readArchive } = await import('./zip.ts');
  await readArchive(archive, name, async (member) => {
    if (before > 0) sink.endFile();
    const stored = { name: `${name}/${member.name}`, size: member.packedBytes, bytes: member.bytes };
    await readStored(stored, sink, options, (bytes) => report(before + bytes), true);
    before += Math.max(1, member.packedBytes);
  });
}

async function readJsonText(chunks: Chunks, name: string, encoding: Encoding, sink: TableSink): Promise<void> {
  const { readJsonRecords } = await import('../json/objects.ts');
  const blocks = decodeText(chunks, encoding, name, createBlockMemory(), 'values');
  try {
    await readJsonRecords(blocks, sink, name);
  } finally {
    await blocks.return(undefined);
  }
}

async function readCsvText(
  chunks: Chunks,
  name: string,
  format: 'csv' | 'tsv',
  size: number,
  elsewhere: readonly Block[],
  sink: TableSink,
  options: ReadOptions,
): Promise<void> {
  const memory = createBlockMemory();
  const blocks = decodeText(chunks, options.encoding ?? 'auto', name, memory);
  try {
    const { headerLine, header, columns, delimiter = format === 'tsv' ? '\t' : undefined } = options;
    // Whether a record is a duplicate depends on all records before it.
    const threads = options.duplicates === 'drop' ? 0 : threadsFor(size);
    await readCsv(blocks, sink, name, { delimiter, headerLine, header, columns, threads, memory, elsewhere });
  } finally {
    await blocks.return(undefined);
  }
}

/** How many threads read a CSV file of this size; 0 to read it on this thread. */
function threadsFor(bytes: number): number {
  if (bytes < minBytesForThreads) return 0;
  return Math.min(Math.ceil(bytes / bytesPerThread), availableParallelism(), maxThreads);
}
