import { isAscii, isUtf8 } from 'node:buffer';
import { EndcapError } from '../../errors.ts';
import { type Block, blockPadding } from './scan.ts';

/** How text is encoded; `'latin1'` means windows-1252. */
export type Encoding = 'auto' | 'utf-8' | 'latin1';

/** Bytes read at once: enough to keep the number of blocks low, and few enough for several to stay in the cache. */
export const blockBytes = 2 << 20;
const lineFeed = 10;
const carriageReturn = 13;
/** Windows-1252 from 0x80 to 0x9f, which Node 20 decodes as the control characters of latin-1. */
const windows1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';
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
 * Turns bytes into blocks of UTF-8 that end at a line break, wherever the bytes were cut. A byte-order mark is removed;
 * it distinguishes UTF-16 from UTF-8. With `'auto'`, the first block with bytes beyond ASCII decides: if most of these
 * characters are valid UTF-8, the text is UTF-8 and broken characters become replacement characters; otherwise it is
 * windows-1252, the superset of latin-1 in which most files labelled latin-1 are written. A chunk may be overwritten
 * when the next one is requested.
 *
 * @throws `orders_unreadable` if the bytes are not text.
 */
export async function* decodeText(
  chunks: AsyncIterable<Uint8Array>,
  encoding: Encoding,
  source: string,
  memory: BlockMemory = createBlockMemory(),
): AsyncGenerator<Block> {
  /** The text of a block, or undefined if the block is UTF-8 already. */
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
          ? `${source} is a zip archive or a workbook; expected text: save the sheet as CSV`
          : `${source} is not text; expected CSV, TSV or JSON lines (plain or gzipped), or Parquet`,
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
      checkHeldBack(waiting, source, 'line break');
      continue;
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

/** Shared memory for blocks, which is reused, so that a long file takes no more of it than a short one. */
export interface BlockMemory {
  take(bytes: number): Uint8Array;
  /** Takes back a block that is no longer needed. */
  give(block: Block): void;
}

export function createBlockMemory(): BlockMemory {
  const usual = blockBytes * 1.25;
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

function lastBreak(chunk: Buffer): number {
  const index = chunk.lastIndexOf(lineFeed);
  return index === -1 ? chunk.lastIndexOf(carriageReturn) : index;
}

function decoderOf(encoding: 'utf-8' | 'latin1'): (block: Buffer) => string | undefined {
  if (encoding === 'utf-8') return (block) => (isUtf8(block) ? undefined : block.toString());
  return (block) =>
    isAscii(block)
      ? undefined
      : block.toString('latin1').replace(/[\x80-\x9f]/g, (code) => windows1252[code.charCodeAt(0) - 0x80]!);
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

/** Whether more characters beyond ASCII are valid UTF-8 than broken. */
function mostlyUtf8(block: Buffer): boolean {
  let whole = 0;
  let broken = 0;
  for (const character of block.toString('utf8')) {
    if (character === '\ufffd') broken++;
    else if (character > '\x7f') whole++;
  }
  return whole > broken;
}
