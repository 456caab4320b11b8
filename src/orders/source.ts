import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { EndcapError, throwIfAborted } from '../errors.ts';
import type { RowSink } from './clean.ts';
import { type BlockSink, readCsv } from './csv/blocks.ts';
import { BLOCK_BYTES, createBlockMemory, decodeText, textOf } from './csv/text.ts';
import { readJsonLines, readObjects } from './objects.ts';
import type { Format, OrderSource, ReadOptions } from './options.ts';
import { readParquet } from './parquet.ts';

/** Smaller files, in bytes, are read before a thread would have started. */
const THREADS_FROM = 8 << 20;
/** A thread of more must have this many bytes to read before it makes up for its start and the compiling of its code. */
const BYTES_A_THREAD = 128 << 20;
/** One thread sums up what so many read. */
const MOST_THREADS = 4;

/** What a source is called in messages. */
export function sourceName(source: OrderSource): string {
  return isFile(source) ? pathOf(source) : 'the orders';
}

/**
 * Reads every row of a source into `sink`; those of a CSV file, which are cleaned in blocks, into `blockSink`.
 *
 * @param rows how many rows were read so far, for progress.
 * @throws `orders_unreadable` for a file that is missing, a directory, of an unknown kind or broken; `aborted`.
 */
export async function readRows(
  source: OrderSource,
  sink: RowSink,
  blockSink: BlockSink,
  options: ReadOptions,
  rows: () => number,
): Promise<void> {
  let totalBytes = 0;
  const report = (bytes: number) => {
    throwIfAborted(options.signal);
    options.onProgress?.({ bytes, totalBytes, rows: rows() });
  };
  throwIfAborted(options.signal);
  if (!isFile(source)) {
    await readObjects(source, sink, () => report(0));
    return report(0);
  }
  const path = pathOf(source);
  const { size, start } = await peek(path);
  totalBytes = size;
  const gzipped = start[0] === 0x1f && start[1] === 0x8b;
  let format = options.format ?? 'auto';
  if (format === 'auto') format = formatOf(path, start);
  if (format === 'parquet') {
    if (gzipped) throw unreadable(path, 'is gzipped as a whole, which Parquet files are not; unpack it first');
    await readParquet(path, sink, (share) => report(Math.round(share * size)));
    return report(size);
  }
  const memory = createBlockMemory();
  const text = decodeText(readBytes(path, gzipped, report), options.encoding ?? 'auto', path, memory);
  const { value: first } = await text.next();
  const begins = first === undefined ? '' : textOf({ ...first, length: Math.min(first.length, 4096) });
  if (format === 'auto') format = /^\s*\{/.test(begins) ? 'jsonl' : 'csv';
  if (/^\s*\[\s*[[{]/.test(begins)) throw unreadable(path, 'is one JSON array; expected JSON lines: one object a line');
  const blocks = (async function* () {
    if (first !== undefined) yield first;
    yield* text;
  })();
  try {
    if (format === 'jsonl') await readJsonLines(blocks, sink);
    else {
      const delimiter = options.delimiter ?? (format === 'tsv' ? '\t' : undefined);
      // Duplicates are told by all rows before them, in their order.
      const threads = options.duplicates === 'drop' ? 0 : threadsFor(size);
      await readCsv(blocks, blockSink, path, { delimiter, threads, memory });
    }
  } finally {
    await text.return(undefined);
  }
  report(size);
}

/** How many threads read a CSV file of so many bytes; 0 where this one does. */
function threadsFor(bytes: number): number {
  if (bytes < THREADS_FROM) return 0;
  return Math.min(Math.ceil(bytes / BYTES_A_THREAD), availableParallelism(), MOST_THREADS);
}

function isFile(source: OrderSource): source is string | URL {
  return typeof source === 'string' || source instanceof URL;
}

function pathOf(source: string | URL): string {
  if (typeof source === 'string') return source;
  if (source.protocol === 'file:') return fileURLToPath(source);
  throw new EndcapError('invalid_options', `cannot read orders from ${source.href}; expected a path or a file: URL`, {
    source: source.href,
  });
}

/** The size of a file and its first bytes. */
async function peek(path: string): Promise<{ size: number; start: Buffer }> {
  try {
    const info = await stat(path);
    if (info.isDirectory()) throw unreadable(path, 'is a directory; expected a file of order lines');
    // A pipe is opened once only. Its format is told by its text, and it holds no gzip.
    if (!info.isFile()) return { size: 0, start: Buffer.alloc(0) };
    const handle = await open(path);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
      return { size: info.size, start: buffer.subarray(0, bytesRead) };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof EndcapError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw unreadable(path, 'does not exist', error);
    if (code === 'EACCES' || code === 'EPERM') throw unreadable(path, 'may not be read by this user', error);
    throw unreadable(path, `cannot be opened: ${message}`, error);
  }
}

function formatOf(path: string, start: Buffer): Format | 'auto' {
  if (start.toString('latin1') === 'PAR1') return 'parquet';
  const [extension] = /\.\w+$/.exec(path.toLowerCase().replace(/\.gz$/, '')) ?? [''];
  if (extension === '.parquet' || extension === '.pq') return 'parquet';
  if (extension === '.jsonl' || extension === '.ndjson') return 'jsonl';
  if (extension === '.tsv' || extension === '.tab') return 'tsv';
  return extension === '.csv' ? 'csv' : 'auto';
}

/** The file's bytes, unpacked; reports how many bytes of the file were read. */
async function* readBytes(path: string, gzipped: boolean, report: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  try {
    if (!gzipped) {
      yield* readPlain(path, report);
      return;
    }
    const file = createReadStream(path, { highWaterMark: 1 << 18 });
    for await (const chunk of pipeline(file, createGunzip({ chunkSize: BLOCK_BYTES }), () => {})) {
      report(file.bytesRead);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof EndcapError) throw error;
    const { message } = error as Error;
    throw unreadable(path, `${gzipped ? 'is damaged or cut short gzip' : 'cannot be read'}: ${message}`, error);
  }
}

/** The file's bytes, each time in the same memory. */
async function* readPlain(path: string, report: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    const chunk = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    for (let total = 0; ; ) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length);
      if (bytesRead === 0) return;
      total += bytesRead;
      report(total);
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

function unreadable(path: string, problem: string, cause?: unknown): EndcapError {
  return new EndcapError('orders_unreadable', `${path} ${problem}`, { source: path }, { cause });
}
