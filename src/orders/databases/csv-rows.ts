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
const encoder = new TextEncoder();
const strict = new TextDecoder('utf-8', { fatal: true });

export function createCsvRows(): CsvRows {
  let block = new Uint8Array(blockBytes);
  let used = 0;

  function reserve(bytes: number): void {
    if (used + bytes <= block.length) return;
    const larger = new Uint8Array(Math.max(2 * block.length, used + bytes));
    larger.set(block.subarray(0, used));
    block = larger;
  }

  function addCell(cell: Uint8Array): void {
    const quotes = needsQuotes(cell);
    // Each byte may be a quote, which is doubled.
    reserve(2 * cell.length + 3);
    if (!quotes) {
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

  const taken = () => {
    const full = block.subarray(0, used);
    block = new Uint8Array(blockBytes);
    used = 0;
    return full;
  };
  return {
    add(cells) {
      for (const [i, cell] of cells.entries()) {
        if (i > 0) {
          reserve(1);
          block[used++] = comma;
        }
        if (cell !== null) addCell(typeof cell === 'string' ? encoder.encode(cell) : cell);
      }
      reserve(1);
      block[used++] = lineFeed;
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
