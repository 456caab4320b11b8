/** The bytes of files, pipes, and stdin, unpacked. */
import { constants, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Socket } from 'node:net';
import { pipeline, Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { EndcapError, unreadable } from '../../errors.ts';
import { whyNot } from '../../files.ts';
import { blockBytes } from '../csv/text.ts';
import type { Input } from './inputs.ts';

/** Gzip packs order lines to a tenth or a thirtieth, and zeros to a thousandth. */
const maxExpansion = 250;
/** Files that unpack to fewer bytes may do so from any size. */
const freeExpansion = 2 ** 28;

/** Bytes in chunks; a chunk may be overwritten when the next one is requested. */
export type Chunks = AsyncGenerator<Uint8Array, void, void>;

/** The bytes of an input; reports the number of bytes read so far. */
export async function* bytesOf(
  { path, kind }: Input,
  signal: AbortSignal | undefined,
  report: (bytes: number) => void,
): Chunks {
  const name = nameOf(path);
  try {
    if (kind === 'stdin') {
      if (process.stdin.isTTY) throw unreadable(name, 'is a terminal; expected orders from a file or another program');
      yield* gathered(readStream(process.stdin, signal, report));
    } else if (kind === 'pipe' && process.platform === 'linux') yield* gathered(readPipe(path, signal, report));
    else yield* readPlain(path, report);
  } catch (error) {
    if (error instanceof EndcapError) throw error;
    throw unreadable(name, `cannot be read: ${(error as Error).message}`, error);
  }
}

/** What messages call an input. */
export function nameOf(path: string): string {
  return path === '-' ? 'stdin' : path;
}

/** The first bytes of a file. @throws `orders_unreadable` if it cannot be read. */
export async function firstBytes(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(path, `cannot be read: ${whyNot(error)}`, error);
  }
}

/** The first chunk, undefined if there is none, and all chunks. To close the chunks is left to the caller. */
export async function withFirst(chunks: Chunks): Promise<{ first?: Uint8Array; all: Chunks }> {
  const { value: first, done } = await chunks.next();
  if (done) return { all: chunks };
  const all = (async function* () {
    yield first;
    yield* chunks;
  })();
  return { first, all };
}

export function isGzip(first: Uint8Array): boolean {
  return first[0] === 0x1f && first[1] === 0x8b;
}

/** @throws `orders_unreadable` if the bytes are damaged, or unpack to far too many. */
export async function* gunzipped(chunks: Chunks, name: string): Chunks {
  let packed = 0;
  let unpacked = 0;
  let failure: unknown;
  // What fails before it is unpacked is not damaged gzip.
  const copies = async function* () {
    try {
      for await (const chunk of chunks) {
        packed += chunk.length;
        yield Buffer.from(chunk);
      }
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  try {
    const gunzip = createGunzip({ chunkSize: blockBytes });
    for await (const chunk of pipeline(Readable.from(copies()), gunzip, () => {})) {
      unpacked += chunk.length;
      checkExpansion(name, packed, unpacked);
      yield chunk;
    }
  } catch (error) {
    if (failure !== undefined) throw failure;
    if (error instanceof EndcapError) throw error;
    throw unreadable(name, `is a damaged or truncated gzip file: ${(error as Error).message}`, error);
  }
}

/**
 * Refuses a small file that unpacks to a very large one.
 *
 * @throws `orders_unreadable`.
 */
export function checkExpansion(name: string, packed: number, unpacked: number): void {
  if (unpacked <= freeExpansion || unpacked <= maxExpansion * packed) return;
  const found = `unpacks to more than ${maxExpansion} times its size, as order lines do not`;
  throw unreadable(name, `${found}; if it is right all the same, unpack it first`);
}

/** All bytes at once. @throws `orders_unreadable` if there are more than `most`. */
export async function collected(
  chunks: AsyncIterable<Uint8Array>,
  most: number,
  tooMany: () => EndcapError,
): Promise<Buffer> {
  const copies: Buffer[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > most) throw tooMany();
    copies.push(Buffer.from(chunk));
  }
  return Buffer.concat(copies);
}

/** Joins small chunks into larger ones, so that there are few blocks. */
export async function* gathered(chunks: AsyncIterable<Uint8Array>): Chunks {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    parts.push(chunk);
    length += chunk.length;
    if (length < blockBytes / 2) continue;
    yield Buffer.concat(parts);
    parts = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(parts);
}

/** The file's bytes; every chunk is in the same memory. */
async function* readPlain(path: string, report: (bytes: number) => void): Chunks {
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
function readPipe(path: string, signal: AbortSignal | undefined, report: (bytes: number) => void): Chunks {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  return readStream(new Socket({ fd, writable: false }), signal, report);
}

/** The bytes of a stream, which the signal destroys. */
async function* readStream(stream: Readable, signal: AbortSignal | undefined, report: (bytes: number) => void): Chunks {
  const onAbort = () => stream.destroy(new EndcapError('aborted', 'stopped on request', {}, { cause: signal?.reason }));
  signal?.addEventListener('abort', onAbort);
  let total = 0;
  try {
    for await (const chunk of stream) {
      total += chunk.length;
      report(total);
      yield chunk;
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}
