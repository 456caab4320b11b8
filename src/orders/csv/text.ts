import { isAscii, isUtf8 } from 'node:buffer';
import { EndcapError } from '../../errors.ts';
import { BLOCK_ROOM, type Block } from './scan.ts';

export type Encoding = 'auto' | 'utf-8' | 'latin1';

/** Read at once: long enough that few are needed, short enough that several stay in the processor's cache. */
export const BLOCK_BYTES = 2 << 20;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
/** What windows-1252 has for 0x80 to 0x9f. Node 20's own decoder for it gives the controls of latin-1 there. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';
/** A text file has line breaks closer together than this many bytes. */
const MAX_LINE = 16 << 20;

/**
 * Turns bytes into blocks of UTF-8 that end at a line break, wherever the bytes were cut. A byte-order mark is removed
 * and tells UTF-16 from UTF-8. With `'auto'` text is UTF-8 until a block is not: if the bytes in it that are not ASCII
 * are mostly no UTF-8 and no UTF-8 came before, this block and all after it are windows-1252 (the superset of latin-1
 * that files called latin-1 are written in); else the broken bytes become replacement characters. A chunk may be
 * overwritten when the next one is asked for.
 *
 * @throws `orders_unreadable` for what is not text.
 */
export async function* decodeText(
  chunks: AsyncIterable<Uint8Array>,
  encoding: Encoding,
  source: string,
  memory: BlockMemory = createBlockMemory(),
): AsyncGenerator<Block> {
  /** The text of a block that is not UTF-8 as it is. */
  let decode: ((block: Buffer) => string | undefined) | undefined;
  let rest: Buffer[] = [];
  let waiting = 0;

  function begin(block: Buffer): Buffer {
    const wide =
      block[0] === 0xff && block[1] === 0xfe ? 'utf-16le' : block[0] === 0xfe && block[1] === 0xff ? 'utf-16be' : '';
    if (wide !== '') {
      const decoder = new TextDecoder(wide);
      decode = (bytes) => decoder.decode(bytes, { stream: true });
      return block;
    }
    if (block.includes(0)) {
      const zip = block.toString('latin1', 0, 2) === 'PK';
      throw new EndcapError(
        'orders_unreadable',
        zip
          ? `${source} is a zip archive or a workbook; save the sheet as CSV`
          : `${source} is not text; expected CSV, TSV, JSON lines (each also .gz) or Parquet`,
        { source },
      );
    }
    decode = encoding === 'auto' ? createGuess() : decoderOf(encoding);
    return block[0] === 0xef && block[1] === 0xbb && block[2] === 0xbf ? block.subarray(3) : block;
  }

  for await (const bytes of chunks) {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const end = lastBreak(chunk) + 1;
    if (end === 0) {
      rest.push(Buffer.from(chunk));
      waiting += chunk.length;
      if (waiting < MAX_LINE) continue;
      throw new EndcapError(
        'orders_unreadable',
        `${source}: no line break in ${MAX_LINE >> 20} MiB; expected one order line on each line of text`,
        { source },
      );
    }
    yield toBlock([...rest, chunk.subarray(0, end)]);
    rest = [Buffer.from(chunk.subarray(end))];
    waiting = chunk.length - end;
  }
  if (waiting > 0) yield toBlock(rest);

  function toBlock(parts: readonly Buffer[]): Block {
    const joined = join(parts, memory);
    const all = Buffer.from(joined.bytes.buffer, 0, joined.length);
    const bytes = decode === undefined ? begin(all) : all;
    const text = decode!(bytes);
    if (text !== undefined) {
      memory.give(joined);
      return join([Buffer.from(text)], memory);
    }
    return { bytes: joined.bytes.subarray(bytes.byteOffset), length: bytes.length };
  }
}

/** The text of a block. */
export function textOf({ bytes, length }: Block): string {
  const block = Buffer.from(bytes.buffer, bytes.byteOffset, length);
  return isAscii(block) ? block.toString('latin1') : block.toString();
}

/** Shared memory for blocks, used again and again, so that a long file costs no more of it than a short one. */
export interface BlockMemory {
  take(bytes: number): Uint8Array;
  /** Takes a block back that nobody will look at any more. */
  give(block: Block): void;
}

export function createBlockMemory(): BlockMemory {
  const usual = BLOCK_BYTES * 1.25;
  const idle: Uint8Array[] = [];
  return {
    take: (bytes) =>
      bytes > usual || bytes < usual / 8
        ? new Uint8Array(new SharedArrayBuffer(bytes))
        : (idle.pop() ?? new Uint8Array(new SharedArrayBuffer(usual))),
    give({ bytes }) {
      if (bytes.buffer.byteLength === usual) idle.push(new Uint8Array(bytes.buffer));
    },
  };
}

/** One block of several parts. */
export function join(parts: readonly Uint8Array[], memory: BlockMemory): Block {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const bytes = memory.take(length + BLOCK_ROOM);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { bytes, length };
}

function lastBreak(chunk: Buffer): number {
  const index = chunk.lastIndexOf(LINE_FEED);
  return index === -1 ? chunk.lastIndexOf(CARRIAGE_RETURN) : index;
}

function decoderOf(encoding: 'utf-8' | 'latin1'): (block: Buffer) => string | undefined {
  if (encoding === 'utf-8') return (block) => (isUtf8(block) ? undefined : block.toString());
  return (block) =>
    isAscii(block)
      ? undefined
      : block.toString('latin1').replace(/[\x80-\x9f]/g, (code) => WINDOWS_1252[code.charCodeAt(0) - 0x80]!);
}

function createGuess(): (block: Buffer) => string | undefined {
  const utf8 = decoderOf('utf-8');
  const latin1 = decoderOf('latin1');
  let certain: ((block: Buffer) => string | undefined) | undefined;
  return (block) => {
    if (certain !== undefined) return certain(block);
    if (isAscii(block)) return undefined;
    certain = isUtf8(block) || mostlyUtf8(block) ? utf8 : latin1;
    return certain(block);
  };
}

/** Whether more characters beyond ASCII are whole in UTF-8 than are broken. */
function mostlyUtf8(block: Buffer): boolean {
  let whole = 0;
  let broken = 0;
  for (const character of block.toString('utf8')) {
    if (character === '\ufffd') broken++;
    else if (character > '\x7f') whole++;
  }
  return whole > broken;
}
