import { EndcapError } from '../../errors.ts';
import { sharedBuffer } from '../../kernel/memory.ts';
import type { Decision } from '../look.ts';
import type { Encoding } from '../options.ts';
import { createDecode, type Decode, markOf } from './encoding.ts';
import { type Block, blockPadding } from './scan.ts';
import { copied, decode, encode } from './utf8.ts';

/** Bytes read at once: enough to keep the number of blocks low, and few enough for several to stay in the cache. */
export const blockBytes = 2 << 20;
const lineFeed = 10;
const carriageReturn = 13;
const comma = 44;
/** A file without a line break in this many bytes is not a text file. */
const maxLine = 16 << 20;

/**
 * Bounds the text that a reader holds back because its line, or the blank lines before the header, have not ended.
 *
 * @throws `orders_unreadable` if it is longer than any line.
 */
export function checkHeldBack(length: number, source: string, missing: 'line break' | 'header'): void {
  if (length < maxLine) return;
  throw new EndcapError(
    'orders_unreadable',
    `${source}: no ${missing} in ${maxLine >> 20} MiB; expected one order line per line of text, each ending the same way`,
    { source },
  );
}

/**
 * Turns bytes into blocks of UTF-8 that end at a line break, wherever the bytes were cut; or, with `'values'`, also after
 * a comma, since JSON may have no lines. A byte-order mark is removed.
 * With `'auto'`, the first block with bytes beyond ASCII decides: if most of these characters are valid UTF-8, the text is
 * UTF-8 and broken characters become replacement characters; otherwise it is Shift-JIS if it makes Japanese words, or
 * windows-1252. A byte-order mark, or zeros in every second byte, show UTF-16. A chunk may be overwritten when the next one
 * is requested.
 *
 * @throws `orders_unreadable` if the bytes are not text.
 */
export async function* decodeText(
  chunks: AsyncIterable<Uint8Array>,
  encoding: Encoding,
  source: string,
  memory: BlockMemory = createBlockMemory(),
  units: 'lines' | 'values' = 'lines',
): AsyncGenerator<Block> {
  let decodeBlock: Decode | undefined;
  let decision: Decision | undefined;
  let rest: Uint8Array[] = [];
  let waiting = 0;

  function begin(block: Uint8Array): Uint8Array {
    decodeBlock = createDecode(block, encoding, (decided) => {
      decision = decided;
    });
    if (decodeBlock === undefined) {
      const zip = block[0] === 0x50 && block[1] === 0x4b;
      throw new EndcapError(
        'orders_unreadable',
        zip
          ? `${source} is a zip archive or a workbook; expected text: save the sheet as CSV`
          : `${source} is not text; expected CSV, TSV or JSON lines (plain or gzipped), or Parquet`,
        { source },
      );
    }
    return markOf(block) === 'utf-8' ? block.subarray(3) : block;
  }

  for await (const chunk of chunks) {
    const end = (units === 'lines' ? lastBreak(chunk) : lastValueEnd(chunk)) + 1;
    if (end === 0) {
      rest.push(copied(chunk));
      waiting += chunk.length;
      checkHeldBack(waiting, source, 'line break');
      continue;
    }
    yield toBlock([...rest, chunk.subarray(0, end)]);
    rest = [copied(chunk.subarray(end))];
    waiting = chunk.length - end;
  }
  if (waiting > 0) yield toBlock(rest);

  function toBlock(parts: readonly Uint8Array[]): Block {
    const joined = join(parts, memory);
    const all = joined.bytes.subarray(0, joined.length);
    const bytes = decodeBlock === undefined ? begin(all) : all;
    const text = decodeBlock!(bytes);
    if (text !== undefined) {
      memory.give(joined);
      return { ...join([encode(text)], memory), encoding: decision };
    }
    return { bytes: joined.bytes.subarray(bytes.byteOffset), length: bytes.length, encoding: decision };
  }
}

/** The text of a block. */
export function textOf({ bytes, length }: Block): string {
  return decode(bytes, 0, length);
}

/** Memory for blocks, which threads may share; it is reused, so that a long file takes no more of it than a short one. */
export interface BlockMemory {
  take(bytes: number): Uint8Array;
  /** Takes back a block that is no longer needed. */
  give(block: Block): void;
}

/** @param bytes of the text of most blocks. */
export function createBlockMemory(bytes = blockBytes): BlockMemory {
  const usual = bytes * 1.25;
  const idle: Uint8Array[] = [];
  return {
    take: (bytes) =>
      bytes > usual || bytes < usual / 8
        ? new Uint8Array(sharedBuffer(bytes))
        : (idle.pop() ?? new Uint8Array(sharedBuffer(usual))),
    give({ bytes }) {
      if (bytes.buffer.byteLength === usual) idle.push(new Uint8Array(bytes.buffer));
    },
  };
}

/** Joins parts into one block. */
export function join(parts: readonly Uint8Array[], memory: BlockMemory): Block {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = memory.take(length + blockPadding);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, length };
}

function lastBreak(chunk: Uint8Array): number {
  const index = chunk.lastIndexOf(lineFeed);
  return index === -1 ? chunk.lastIndexOf(carriageReturn) : index;
}

function lastValueEnd(chunk: Uint8Array): number {
  return Math.max(lastBreak(chunk), chunk.lastIndexOf(comma));
}
