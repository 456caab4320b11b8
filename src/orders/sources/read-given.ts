/** Orders that a program gives, read without Node's modules. */
import { throwIfAborted } from '../../errors.ts';
import type { OpenKernel } from '../../kernel/kernel.ts';
import { createScope } from '../../kernel/scope.ts';
import { firstOf, invalidOption } from '../../options.ts';
import { encode } from '../csv/utf8.ts';
import { checkQuery } from '../databases/query.ts';
import { type BlobLike, type GivenSource, givenNames, isBlob, isGivenSource } from '../given-sources.ts';
import { checkReading, type Join, type ReadOptions } from '../options.ts';
import type { TableSink } from '../table.ts';
import type { Gunzip } from './chunks.ts';
import { openGiven } from './given.ts';
import { type Opened, type OpenJoin, readOpened, sizeOf } from './opened.ts';

/** Options of `readOrders` where there are no files but those that a program has been given. */
export interface GivenReadOptions extends Omit<ReadOptions, 'join' | 'idleTimeoutMs' | 'query' | 'table' | 'since'> {
  join?: readonly (BlobLike | (Pick<Join, 'on'> & { file: BlobLike }))[];
}

/** Names of a source in messages. */
const maxNames = 3;

/** @throws `invalid_options`, naming the option, its value and the values it may have. */
export function checkGiven(source: string | GivenSource, options: GivenReadOptions): void {
  if (typeof source !== 'string' && !isGivenSource(source)) {
    throw invalidOption('source', source, 'text, bytes, blobs, a stream, or an iterable of objects or bytes');
  }
  checkReading(options, isBlob);
  checkQuery(undefined, options);
  const { format, encoding } = options;
  if (format === 'parquet') throw invalidOption('format', format, "'csv', 'tsv', 'json', or 'jsonl'");
  if (typeof source !== 'string') return;
  if (encoding !== undefined && encoding !== 'auto')
    throw invalidOption('encoding', encoding, 'no encoding, since the orders are text already');
  if (format === undefined || format === 'auto') {
    throw invalidOption('format', format, "'csv', 'tsv', 'json', or 'jsonl', since the orders are text");
  }
}

/** The name of a source in messages. */
export function givenName(source: string | GivenSource): string {
  const names = givenNames(source);
  return names ? firstOf(names, maxNames) : 'the orders';
}

/** The names of the files of a source and of those joined to it; undefined if the source has none. */
export function givenFiles(
  source: string | GivenSource,
  { join = [] }: Pick<GivenReadOptions, 'join'>,
): string[] | undefined {
  const names = givenNames(source);
  return names && [...names, ...join.flatMap((one) => givenNames(fileOf(one)) ?? [])];
}

/**
 * Reads the tables of a source into `tables`, one after the other, on the calling thread, which gives way to whatever else
 * waits after every few milliseconds.
 *
 * @param recordsRead the number of records read so far, for progress.
 * @param kernel cleans records of CSV; without it, JavaScript does.
 * @throws `orders_unreadable`, `aborted`.
 */
export async function readGiven(
  source: string | GivenSource,
  tables: TableSink,
  options: GivenReadOptions,
  recordsRead: () => number,
  kernel: OpenKernel | undefined,
): Promise<void> {
  const { format, signal, onProgress } = options;
  throwIfAborted(signal);
  const open = async (given: string | GivenSource, options: Pick<ReadOptions, 'format'> = {}): Promise<Opened> => {
    const name = givenName(given);
    const bytes = typeof given === 'string' ? encode(given) : given;
    return { name, given: await openGiven(bytes, name, options.format, signal) };
  };
  const joins: OpenJoin[] = [];
  for (const one of options.join ?? [])
    joins.push({ ...(await open(fileOf(one))), ...('on' in one && { on: one.on }) });
  const opened = await open(source, { format });
  const totalBytes = sizeOf(opened);
  const report = (bytes: number) => {
    throwIfAborted(signal);
    onProgress?.({ bytes, totalBytes, rows: recordsRead() });
  };
  const scope = kernel && createScope(kernel);
  const host = { gunzip, ...(scope && { kernel: () => scope }) };
  try {
    await readOpened(opened, joins, tables, { ...options, join: undefined }, host, report);
  } finally {
    scope?.end();
  }
  report(totalBytes);
}

function fileOf(one: NonNullable<GivenReadOptions['join']>[number]): BlobLike {
  return typeof one === 'object' && one !== null && 'file' in one ? one.file : one;
}

/** The platform's own stream of bytes, and the part of it that is used; Node's types and those of browsers differ. */
interface Unpacking {
  readonly writable: {
    getWriter(): {
      write(bytes: Uint8Array): Promise<void>;
      close(): Promise<void>;
      abort(reason: unknown): Promise<void>;
    };
  };
  readonly readable: {
    getReader(): { read(): Promise<{ done: boolean; value?: Uint8Array }>; cancel(): Promise<void> };
  };
}

/** Of several gzip files in one, browsers refuse all but the first. */
const gunzip: Gunzip = async function* (chunks) {
  const { writable, readable } = new DecompressionStream('gzip') as unknown as Unpacking;
  const writer = writable.getWriter();
  const reader = readable.getReader();
  let failure: unknown;
  const writeAll = async () => {
    try {
      for await (const chunk of chunks) await writer.write(chunk);
      await writer.close();
    } catch (error) {
      failure = error;
      await writer.abort(error);
    }
  };
  const written = writeAll().catch(() => {});
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value!;
    await written;
    if (failure !== undefined) throw failure;
  } finally {
    await reader.cancel().catch(() => {});
  }
};
