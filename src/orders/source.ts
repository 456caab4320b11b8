import { constants, createReadStream, openSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { Socket } from 'node:net';
import { availableParallelism } from 'node:os';
import { pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { EndcapError, throwIfAborted } from '../errors.ts';
import { readPlaces } from './csv/places.ts';
import { readCsv } from './csv/read.ts';
import { blockBytes, createBlockMemory, decodeText, textOf } from './csv/text.ts';
import { readJsonRecords, readObjects } from './objects.ts';
import type { Format, OrderSource, ReadOptions } from './options.ts';
import { readParquet } from './parquet/read.ts';
import type { TableSink } from './table.ts';

/** A file of fewer bytes is read before a thread would have started. */
const minBytesForThreads = 8 << 20;
/** Each further thread needs this many bytes to read to pay for its start and the compilation of its code. */
const bytesPerThread = 128 << 20;
/** Gzip packs order lines to a tenth or a thirtieth, and zeros to a thousandth. */
const maxExpansion = 250;
/** Files that unpack to fewer bytes may do so from any size. */
const freeExpansion = 2 ** 28;
/** As many threads as one thread can keep up with when it adds up what they read. */
const maxThreads = 4;

/** The name of a source in messages. */
export function sourceName(source: OrderSource): string {
  return isFile(source) ? pathOf(source) : 'the orders';
}

/**
 * Reads the tables of a source into `sink`.
 *
 * @param recordsRead the number of records read so far, for progress.
 * @throws `orders_unreadable` if a file is missing, a directory, of an unknown format, or broken; `aborted`.
 */
export async function readTables(
  source: OrderSource,
  sink: TableSink,
  options: ReadOptions,
  recordsRead: () => number,
): Promise<void> {
  let totalBytes = 0;
  const report = (bytes: number) => {
    throwIfAborted(options.signal);
    options.onProgress?.({ bytes, totalBytes, rows: recordsRead() });
  };
  throwIfAborted(options.signal);
  if (!isFile(source)) {
    await readObjects(source, sink, sourceName(source), () => report(0), options.signal);
    return report(0);
  }
  const path = pathOf(source);
  const { size, start, kind } = await peek(path);
  totalBytes = size;
  const gzipped = start[0] === 0x1f && start[1] === 0x8b;
  let format = options.format ?? 'auto';
  if (format === 'auto') format = formatOf(path, start);
  if (format === 'parquet') {
    if (gzipped) throw unreadable(path, 'is a gzipped Parquet file; expected a plain one: unpack it first');
    if (kind !== 'file')
      throw unreadable(path, 'is a pipe or a device; expected a file, since Parquet is read from its end');
    await readParquet(path, sink, options, (share) => report(Math.round(share * size)));
    return report(size);
  }
  const memory = createBlockMemory();
  const text = decodeText(
    readBytes(path, kind, gzipped, options.signal, report),
    options.encoding ?? 'auto',
    path,
    memory,
  );
  const { value: first } = await text.next();
  const begins = first === undefined ? '' : textOf({ ...first, length: Math.min(first.length, 4096) });
  if (format === 'auto') format = /^\s*\{/.test(begins) ? 'jsonl' : 'csv';
  if (/^\s*\[\s*[[{]/.test(begins))
    throw unreadable(path, 'is one JSON array; expected JSON lines: one object per line');
  const blocks = (async function* () {
    if (first !== undefined) yield first;
    yield* text;
  })();
  try {
    if (format === 'jsonl') await readJsonRecords(blocks, sink, path);
    else {
      const delimiter = options.delimiter ?? (format === 'tsv' ? '\t' : undefined);
      // Whether a record is a duplicate depends on all records before it.
      const threads = options.duplicates === 'drop' ? 0 : threadsFor(size);
      const elsewhere = kind === 'file' && !gzipped ? await readPlaces(path, size, options.encoding ?? 'auto') : [];
      const { headerLine, header, columns } = options;
      await readCsv(blocks, sink, path, { delimiter, headerLine, header, columns, threads, memory, elsewhere });
    }
  } finally {
    await text.return(undefined);
  }
  report(size);
}

/** How many threads read a CSV file of this size; 0 to read it on this thread. */
function threadsFor(bytes: number): number {
  if (bytes < minBytesForThreads) return 0;
  return Math.min(Math.ceil(bytes / bytesPerThread), availableParallelism(), maxThreads);
}

function isFile(source: OrderSource): source is string | URL {
  return typeof source === 'string' || source instanceof URL;
}

function pathOf(source: string | URL): string {
  if (typeof source === 'string') return source;
  try {
    return fileURLToPath(source);
  } catch (cause) {
    const message = `cannot read orders from ${source.href}: expected a path or a file: URL of this machine`;
    throw new EndcapError('invalid_options', message, { source: source.href }, { cause });
  }
}

type Kind = 'file' | 'pipe' | 'device';

/** The size of a file and its first bytes; none if it is a pipe or a device. */
async function peek(path: string): Promise<{ size: number; start: Buffer; kind: Kind }> {
  try {
    const info = await stat(path);
    if (info.isDirectory()) throw unreadable(path, 'is a directory; expected a file of order lines');
    // A pipe can be opened only once. Its format is recognized from its text, and it cannot be gzipped.
    if (!info.isFile()) return { size: 0, start: Buffer.alloc(0), kind: info.isFIFO() ? 'pipe' : 'device' };
    const handle = await open(path);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
      return { size: info.size, start: buffer.subarray(0, bytesRead), kind: 'file' };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof EndcapError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw unreadable(path, 'does not exist; check the path', error);
    if (code === 'EACCES' || code === 'EPERM') throw unreadable(path, 'cannot be read: permission denied', error);
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

/** The file's bytes, unpacked; reports the number of bytes of the file read so far. */
async function* readBytes(
  path: string,
  kind: Kind,
  gzipped: boolean,
  signal: AbortSignal | undefined,
  report: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  try {
    if (!gzipped) {
      yield* kind === 'pipe' && process.platform === 'linux' ? readPipe(path, signal, report) : readPlain(path, report);
      return;
    }
    const file = createReadStream(path, { highWaterMark: 1 << 18 });
    let unpacked = 0;
    for await (const chunk of pipeline(file, createGunzip({ chunkSize: blockBytes }), () => {})) {
      unpacked += chunk.length;
      checkExpansion(path, file.bytesRead, unpacked);
      report(file.bytesRead);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof EndcapError) throw error;
    const { message } = error as Error;
    throw unreadable(path, `${gzipped ? 'is a damaged or truncated gzip file' : 'cannot be read'}: ${message}`, error);
  }
}

/**
 * Refuses a small file that unpacks to a very large one.
 *
 * @throws `orders_unreadable`.
 */
export function checkExpansion(path: string, packed: number, unpacked: number): void {
  if (unpacked <= freeExpansion || unpacked <= maxExpansion * packed) return;
  const found = `unpacks to more than ${maxExpansion} times its size, as order lines do not`;
  throw unreadable(path, `${found}; if it is right all the same, unpack it first`);
}

/** The file's bytes; every chunk is in the same memory. */
async function* readPlain(path: string, report: (bytes: number) => void): AsyncGenerator<Uint8Array> {
  const file = await open(path);
  try {
    const chunk = Buffer.allocUnsafeSlow(blockBytes);
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

/**
 * The bytes of a named pipe. Nobody may ever write into it, and nothing ends a thread that waits for that, not even the
 * end of the process; a socket can be destroyed.
 */
async function* readPipe(
  path: string,
  signal: AbortSignal | undefined,
  report: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const socket = new Socket({ fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK), writable: false });
  const onAbort = () => socket.destroy(new EndcapError('aborted', 'stopped on request', {}, { cause: signal?.reason }));
  signal?.addEventListener('abort', onAbort);
  try {
    for await (const chunk of socket) {
      report(socket.bytesRead);
      yield chunk;
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

function unreadable(path: string, problem: string, cause?: unknown): EndcapError {
  return new EndcapError('orders_unreadable', `${path} ${problem}`, { source: path }, { cause });
}
