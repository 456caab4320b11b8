import { textPadding } from '../../kernel/operations/record-layout.ts';
import type { Decision } from '../look.ts';
import { decode } from './utf8.ts';

const quote = 34;
const space = 32;
const tab = 9;
export const lineFeed = 10;
export const carriageReturn = 13;
/** A quote that is still open this many bytes after the start of its record is taken to be never closed. */
const maxQuoted = 1 << 20;

/** Bytes that are scanned in one go: V8 compiles a loop that runs on for longer several times. */
export const partBytes = 1 << 12;

/** What `scanRecord` returns instead of the start of the next record. */
export const incomplete = -1;
export const broken = -2;

/** Bytes after a block's text: the first two are overwritten, and all may be read. */
export const blockPadding = textPadding;

/** UTF-8 text of `length` bytes in an array that is longer by at least `blockPadding`. */
export interface Block {
  readonly bytes: Uint8Array;
  readonly length: number;
  /** How the text was encoded before, as far as the blocks up to this one show. */
  readonly encoding?: Decision;
}

/** How lines and cells are separated. */
export interface CsvFormat {
  /** The UTF-8 of the character between cells. */
  readonly separator: readonly number[];
  readonly lineBreak: number;
  /** Cells in a record. */
  readonly width: number;
}

/** The cells of one record. */
export interface Cells {
  /** [start, end) of each cell in the block; of cells past the end of these arrays, `count` and `surplus` tell. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** 0 for a bare cell, 1 for one in quotes, 2 for one in quotes that contains quotes, which are doubled. */
  readonly quotes: Uint8Array;
  /** The cells of the record, including those past the end of the arrays. */
  count: number;
  /** Whether a cell past the end of the arrays has content. */
  surplus: boolean;
  /** The highest value in `quotes`. */
  quoted: number;
  /** The lines of text that the record takes. */
  lines: number;
}

/** Receives what `scanRecords` finds. */
export interface ScanSink {
  /** A record of `width` cells, which are overwritten by the next one. */
  record(cells: Cells, line: number): void;
  /** A line that has `count` cells, more than `width`; 0 if a quote is not closed in it properly. */
  malformed(start: number, end: number, line: number, count: number): void;
}

export function createCells(room: number): Cells {
  return {
    starts: new Int32Array(room),
    ends: new Int32Array(room),
    quotes: new Uint8Array(room),
    count: 0,
    surplus: false,
    quoted: 0,
    lines: 1,
  };
}

/**
 * Splits delimited text into records and cells (RFC 4180, with either line break, also inside quotes). Blank lines are
 * skipped. A record with fewer cells than the header ends in blank ones, and blank cells past the header are ignored, as
 * spreadsheets leave them out and add them. A record with further cells, or with a quote that is not closed properly, is
 * malformed; scanning continues at the next line, so one stray quote costs one line and not the rest of the file. A quote
 * inside an unquoted cell is text. The result does not depend on where the text is cut into blocks.
 *
 * Why not a CSV library: the fastest one (udsv) reports no line numbers, joins a short record with the next one, and
 * silently loses the rest of the text after an unclosed quote; here every record must be accounted for.
 *
 * @param last whether this is the last block.
 * @returns the number of bytes used, which is all but a record whose end is not in the block, and the lines in them.
 */
export function scanRecords(
  block: Block,
  last: boolean,
  format: CsvFormat,
  cells: Cells,
  sink: ScanSink,
): { used: number; textLines: number } {
  const place: Place = { at: 0, line: 0, ended: false };
  endBlock(block, format.lineBreak);
  while (!place.ended) scanPart(block, last, format, cells, sink, place, partBytes);
  return { used: place.at, textLines: place.line };
}

/** Where scanning a block has come to. */
export interface Place {
  at: number;
  line: number;
  ended: boolean;
}

/** Scans the records that begin in the next `most` bytes of a block that `endBlock` has prepared. */
export function scanPart(
  block: Block,
  last: boolean,
  format: CsvFormat,
  cells: Cells,
  sink: ScanSink,
  place: Place,
  most: number,
): void {
  const { bytes, length } = block;
  const { lineBreak, width } = format;
  let { at, line } = place;
  const partEnd = Math.min(at + most, length);
  while (at < partEnd) {
    const next = scanRecord(block, at, last, format, cells);
    if (next === incomplete) break;
    if (next === broken || (cells.count !== width && !complete(block, at, next, format, cells))) {
      const count = next === broken || cells.lines > 1 ? 0 : cells.count;
      const end = bytes.indexOf(lineBreak, at);
      if (end === -1 || end >= length) {
        if (!last) break;
        sink.malformed(at, length, line++, count);
        at = length;
      } else {
        sink.malformed(at, end, line++, count);
        at = end + 1;
      }
      continue;
    }
    if (cells.count > 0 && !(width === 1 && isBlank(bytes, at, next))) sink.record(cells, line);
    line += cells.lines;
    at = next;
  }
  place.ended = at < partEnd || at >= length;
  place.at = at;
  place.line = line;
}

/**
 * Makes the cells of a record with another number of them than the header as many: 0 for a blank line, else `width`.
 *
 * @returns whether it can: there are no further cells with content, and no line break in quotes that hold delimiters, which
 *   they do if a stray quote makes one record of several.
 */
function complete({ bytes }: Block, start: number, next: number, format: CsvFormat, cells: Cells): boolean {
  const { width } = format;
  if (cells.count === 1 && isBlank(bytes, start, next)) {
    cells.count = 0;
    return true;
  }
  if (cells.surplus) return false;
  if (cells.lines > 1) {
    let separators = 0;
    for (let at = start; at < next; at++) if (isSeparator(bytes, at, format.separator)) separators++;
    if (separators >= Math.max(cells.count, width)) return false;
  }
  cells.starts.fill(start, cells.count);
  cells.ends.fill(start, cells.count);
  cells.quotes.fill(0, cells.count);
  cells.count = width;
  return true;
}

/** Ends the last cell of a block, quoted or not, so that scanning need not check for the end of the block. */
export function endBlock({ bytes, length }: Block, lineBreak: number): void {
  bytes[length] = lineBreak;
  bytes[length + 1] = quote;
}

/**
 * Finds the cells of the record at `start`, in a block prepared by `endBlock`. Returns the start of the next record,
 * `incomplete` or `broken`.
 */
export function scanRecord(
  { bytes, length }: Block,
  start: number,
  last: boolean,
  format: CsvFormat,
  cells: Cells,
): number {
  const { starts, ends, quotes } = cells;
  const { lineBreak } = format;
  const separator = format.separator[0];
  const separatorLength = format.separator.length;
  const room = starts.length;
  let count = 0;
  let quoted = 0;
  let lines = 1;
  let at = start;
  cells.surplus = false;
  for (;;) {
    let from = at;
    let to: number;
    let kind = 0;
    let code = bytes[at];
    if (code === space) {
      let ahead = at + 1;
      while (bytes[ahead] === space) ahead++;
      if (bytes[ahead] === quote && ahead < length) {
        at = ahead;
        code = quote;
      }
    }
    if (code === quote) {
      kind = 1;
      from = ++at;
      for (;;) {
        for (code = bytes[at]; code !== quote; code = bytes[++at]) if (code === lineBreak) lines++;
        if (at >= length) return last || length - start >= maxQuoted ? broken : incomplete;
        if (at - start >= maxQuoted) return broken;
        if (bytes[at + 1] !== quote) break;
        kind = 2;
        at += 2;
      }
      if (kind > quoted) quoted = kind;
      to = at++;
      code = bytes[at];
      while ((code === space || code === tab) && at < length && code !== separator) code = bytes[++at];
      if (code === carriageReturn && lineBreak === lineFeed && bytes[at + 1] === lineFeed) code = bytes[++at];
      if (at < length && code !== lineBreak) {
        if (code !== separator || (separatorLength > 1 && !isSeparator(bytes, at, format.separator))) return broken;
      }
    } else {
      while (code !== separator && code !== lineBreak) code = bytes[++at];
      if (separatorLength > 1) {
        while (code !== lineBreak && !isSeparator(bytes, at, format.separator)) code = bytes[++at];
      }
      to = at;
      if (code === lineBreak && to > from && bytes[to - 1] === carriageReturn) to--;
    }
    if (count < room) {
      starts[count] = from;
      ends[count] = to;
      quotes[count] = kind;
    } else if (!isBlank(bytes, from, to)) cells.surplus = true;
    count++;
    if (code === lineBreak || at >= length) {
      cells.count = count;
      cells.quoted = quoted;
      cells.lines = lines;
      if (at >= length) return last ? length : incomplete;
      return at + 1;
    }
    at += separatorLength;
  }
}

/** The text of a cell, with doubled quotes made single. */
export function cellText(bytes: Uint8Array, { starts, ends, quotes }: Cells, index: number): string {
  const text = decode(bytes, starts[index], ends[index]);
  return quotes[index] === 2 ? text.replaceAll('""', '"') : text;
}

/** A malformed line in words: its text, and before it the number of its cells if this is what is wrong with it. */
export function malformedText(bytes: Uint8Array, start: number, end: number, count: number, width: number): string {
  const text = decode(bytes, start, end).trim();
  return count > 0 ? `${count} cells, expected ${width}: ${text}` : text;
}

function isSeparator(bytes: Uint8Array, at: number, separator: readonly number[]): boolean {
  for (let i = 0; i < separator.length; i++) if (bytes[at + i] !== separator[i]) return false;
  return true;
}

export function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    const code = bytes[at];
    // Of ASCII, `trim` removes the space and what lies between tab and carriage return.
    if (code !== space && (code < 9 || code > 13)) return code > 127 && decode(bytes, start, end).trim() === '';
  }
  return true;
}
