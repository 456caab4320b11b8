/** Bytes in chunks, wherever they come from. */
import { EndcapError, unreadable } from '../../errors.ts';
import { blockBytes } from '../csv/text.ts';
import { copied } from '../csv/utf8.ts';

/** Gzip packs order lines to a tenth or a thirtieth, and zeros to a thousandth. */
const maxExpansion = 250;
/** Files that unpack to fewer bytes may do so from any size. */
const freeExpansion = 2 ** 28;

/** Bytes in chunks; a chunk may be overwritten when the next one is requested. */
export type Chunks = AsyncGenerator<Uint8Array, void, void>;

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

/** Cuts bytes into chunks of one size, so that what is read does not depend on how they come, and there are few blocks. */
export async function* gathered(chunks: AsyncIterable<Uint8Array>): Chunks {
  const block = new Uint8Array(blockBytes);
  let used = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + blockBytes - used);
      block.set(part, used);
      used += part.length;
      at += part.length;
      if (used < blockBytes) continue;
      yield block;
      used = 0;
    }
  }
  if (used > 0) yield block.subarray(0, used);
}

export function isGzip(first: Uint8Array): boolean {
  return first[0] === 0x1f && first[1] === 0x8b;
}

/** Unpacks gzip. Throws anything if it is damaged. */
export type Gunzip = (chunks: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array>;

/** @throws `orders_unreadable` if the bytes are damaged, or unpack to far too many. */
export async function* gunzipped(chunks: Chunks, name: string, gunzip: Gunzip): Chunks {
  let packed = 0;
  let unpacked = 0;
  let failure: unknown;
  // What fails before it is unpacked is not damaged gzip.
  const copies = async function* () {
    try {
      for await (const chunk of chunks) {
        packed += chunk.length;
        yield copied(chunk);
      }
    } catch (error) {
      failure = error;
      throw error;
    }
  };
  try {
    for await (const chunk of gathered(gunzip(copies()))) {
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
): Promise<Uint8Array<ArrayBuffer>> {
  const copies: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.length;
    if (length > most) throw tooMany();
    copies.push(copied(chunk));
  }
  return joined(copies);
}

/** All bytes in one array. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
