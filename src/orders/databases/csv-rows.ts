/** Rows as CSV in UTF-8 with commas and quotes where they are needed, as exports have them. */
import { blockBytes } from '../csv/text.ts';

/** A value as the database writes it: text, its bytes in UTF-8, or none. */
export type CsvCell = string | Uint8Array | null;

export interface CsvRows {
  /** Adds a row. Returns a block of whole rows if one is full. */
  add(cells: readonly CsvCell[]): Uint8Array<ArrayBuffer> | undefined;
  /** What has not been returned yet. */
  rest(): Uint8Array<ArrayBuffer>;
}

const quote = 0x22;
const comma = 0x2c;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
/** Characters that make quotes necessary. */
const special = /[",\r\n]/;
/** Characters that are encoded at once, about. */
const maxText = 1 << 14;
const encoder = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true });

export function createCsvRows(): CsvRows {
  let block = new Uint8Array(blockBytes);
  let used = 0;
  /** What comes next, as far as it was text: many cells at once are encoded sooner than one after the other. */
  let text = '';

  function reserve(bytes: number): void {
    if (used + bytes <= block.length) return;
    const larger = new Uint8Array(Math.max(2 * block.length, used + bytes));
    larger.set(block.subarray(0, used));
    block = larger;
  }

  function encode(): void {
    if (text === '') return;
    reserve(3 * text.length);
    used += encoder.encodeInto(text, block.subarray(used)).written;
    text = '';
  }

  function addBytes(cell: Uint8Array): void {
    encode();
    // Each byte may be a quote, which is doubled.
    reserve(2 * cell.length + 3);
    if (!needsQuotes(cell)) {
      block.set(cell, used);
      used += cell.length;
      return;
    }
    block[used++] = quote;
    for (const byte of cell) {
      if (byte === quote) block[used++] = quote;
      block[used++] = byte;
    }
    block[used++] = quote;
  }

  /** Adds a comma or a line feed. */
  function separate(byte: number): void {
    if (text !== '') text += String.fromCharCode(byte);
    else {
      reserve(1);
      block[used++] = byte;
    }
  }

  const taken = () => {
    encode();
    const full = block.subarray(0, used);
    block = new Uint8Array(blockBytes);
    used = 0;
    return full;
  };
  return {
    add(cells) {
      for (let i = 0; i < cells.length; i++) {
        const cell = cells[i];
        if (i > 0) separate(comma);
        if (typeof cell === 'string') text += special.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
        else if (cell !== null) addBytes(cell);
      }
      separate(lineFeed);
      if (text.length > maxText) encode();
      // Rows of the usual length fit into what is left.
      return used > blockBytes - (blockBytes >> 4) ? taken() : undefined;
    },
    rest: taken,
  };
}

function needsQuotes(cell: Uint8Array): boolean {
  for (const byte of cell)
    if (byte === quote || byte === comma || byte === lineFeed || byte === carriageReturn) return true;
  return false;
}

/** Bytes that need not be text: as they are if they are text in UTF-8, and otherwise in hexadecimal digits, so that none is lost. */
export function textOrHex(bytes: Uint8Array): CsvCell {
  try {
    strict.decode(bytes);
    return bytes;
  } catch {
    return hexOf(bytes);
  }
}

/** As the function HEX of SQL has it. */
export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex').toUpperCase();
}
