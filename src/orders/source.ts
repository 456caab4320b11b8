import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { createGunzip } from 'node:zlib';
import { EndcapError, throwIfAborted } from '../errors.ts';
import type { RowSink } from './clean.ts';
import { readCsv } from './csv.ts';
import { readJsonLines, readObjects } from './objects.ts';
import type { Format, OrderSource, ReadOptions } from './options.ts';
import { readParquet } from './parquet.ts';
import { decodeText } from './text.ts';

/** What a source is called in messages. */
export function sourceName(source: OrderSource): string {
  return isFile(source) ? pathOf(source) : 'the orders';
}

/**
 * Reads every row of a source into the sink.
 *
 * @param rows how many rows were read so far, for progress.
 * @throws `orders_unreadable` for a file that is missing, a directory, of an unknown kind or broken; `aborted`.
 */
export async function readRows(
  source: OrderSource,
  sink: RowSink,
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
  const text = decodeText(readBytes(path, gzipped, report), options.encoding ?? 'auto', path);
  const { value: first = '' } = await text.next();
  if (format === 'auto') format = /^\s*\{/.test(first) ? 'jsonl' : 'csv';
  if (/^\s*\[\s*[[{]/.test(first)) throw unreadable(path, 'is one JSON array; expected JSON lines: one object a line');
  const blocks = (async function* () {
    yield first;
    yield* text;
  })();
  try {
    if (format === 'jsonl') await readJsonLines(blocks, sink);
    else await readCsv(blocks, sink, path, options.delimiter ?? (format === 'tsv' ? '\t' : undefined));
  } finally {
    await text.return(undefined);
  }
  report(size);
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
  const file = createReadStream(path, { highWaterMark: gzipped ? 1 << 18 : 1 << 20 });
  const chunks = gzipped ? pipeline(file, createGunzip({ chunkSize: 1 << 20 }), () => {}) : file;
  try {
    for await (const chunk of chunks) {
      report(file.bytesRead);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof EndcapError) throw error;
    const { message } = error as Error;
    throw unreadable(path, `${gzipped ? 'is damaged or cut short gzip' : 'cannot be read'}: ${message}`, error);
  }
}

function unreadable(path: string, problem: string, cause?: unknown): EndcapError {
  return new EndcapError('orders_unreadable', `${path} ${problem}`, { source: path }, { cause });
}
