import { EndcapError } from '../../errors.ts';

const QUOTE = 34;
const SPACE = 32;
const TAB = 9;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;
/** A row with a quoted cell that is not closed this many bytes from the row's start has a quote that never is. */
const MAX_QUOTED = 1 << 20;

/** Outcomes of `scanRecord` other than where the next record starts. */
const INCOMPLETE = -1;
const BROKEN = -2;

/** Bytes after a block's text that `scanRecords` writes to. */
export const BLOCK_ROOM = 2;

/** UTF-8 text in a plain array that is longer by `BLOCK_ROOM` at least. */
export interface Block {
  readonly bytes: Uint8Array;
  readonly length: number;
}

/** How lines and cells are parted. */
export interface CsvFormat {
  /** The UTF-8 of the character between cells. */
  readonly separator: readonly number[];
  readonly lineBreak: number;
  /** Cells in a row. */
  readonly width: number;
}

/** The cells of one record. */
export interface Cells {
  /** [start, end) of each cell in the block, for as many as there is room for. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** 1 with quotes around the cell, 2 with some inside, which are doubled. */
  readonly quotes: Uint8Array;
  /** All that the record has. */
  count: number;
  /** The most of `quotes`. */
  quoted: number;
  /** The lines that it stands on. */
  lines: number;
}

export interface RecordSink {
  /** A row of `width` cells. */
  record(cells: Cells, line: number): void;
  /** A line that cannot be taken apart. */
  malformed(start: number, end: number, line: number): void;
}

export function createCells(room: number): Cells {
  return {
    starts: new Int32Array(room),
    ends: new Int32Array(room),
    quotes: new Uint8Array(room),
    count: 0,
    quoted: 0,
    lines: 1,
  };
}

/**
 * Takes delimited text apart (RFC 4180, with either line break, also inside quotes). Blank lines are passed over. A row
 * with more or fewer cells than the header, or with a quote that is not closed properly, is malformed; reading goes on at
 * the next line, so that one stray quote costs one line and not the rest of the file. A quote inside an unquoted cell is
 * text. What comes out does not depend on where the text is cut into blocks.
 *
 * Why not a CSV library: the fastest (udsv) tells no line numbers, joins a short row with the next one and loses the rest
 * of the text after an unclosed quote without a word; here every row must be accounted for.
 *
 * @param last whether nothing follows the block.
 * @returns the bytes used up, which are all but those of a record whose end is not in the block, and their lines.
 */
export function scanRecords(
  block: Block,
  last: boolean,
  format: CsvFormat,
  cells: Cells,
  sink: RecordSink,
): { used: number; lines: number } {
  const { bytes, length } = block;
  const { lineBreak, width } = format;
  let line = 0;
  let at = 0;
  endBlock(block, lineBreak);
  while (at < length) {
    const next = scanRecord(block, at, last, format, cells);
    if (next === INCOMPLETE) break;
    if (next === BROKEN || (cells.count !== width && !(cells.count === 1 && isBlank(bytes, at, next)))) {
      const end = bytes.indexOf(lineBreak, at);
      if (end === -1 || end >= length) {
        if (!last) break;
        sink.malformed(at, length, line++);
        at = length;
      } else {
        sink.malformed(at, end, line++);
        at = end + 1;
      }
      continue;
    }
    if (cells.count === width && !(width === 1 && isBlank(bytes, at, next))) sink.record(cells, line);
    line += cells.lines;
    at = next;
  }
  return { used: at, lines: line };
}

/** Puts an end to the last cell of a block, quoted or not, so that scanning need not look for the end of the block. */
function endBlock({ bytes, length }: Block, lineBreak: number): void {
  bytes[length] = lineBreak;
  bytes[length + 1] = QUOTE;
}

/**
 * Finds the cells of the record at `start` in a block that was ended. Returns the start of the next record, INCOMPLETE or
 * BROKEN.
 */
function scanRecord({ bytes, length }: Block, start: number, last: boolean, format: CsvFormat, cells: Cells): number {
  const { starts, ends, quotes } = cells;
  const { lineBreak } = format;
  const separator = format.separator[0];
  const separatorLength = format.separator.length;
  const room = starts.length;
  let count = 0;
  let quoted = 0;
  let lines = 1;
  let at = start;
  for (;;) {
    let from = at;
    let to: number;
    let kind = 0;
    let code = bytes[at];
    if (code === SPACE) {
      let ahead = at + 1;
      while (bytes[ahead] === SPACE) ahead++;
      if (bytes[ahead] === QUOTE && ahead < length) {
        at = ahead;
        code = QUOTE;
      }
    }
    if (code === QUOTE) {
      kind = 1;
      from = ++at;
      for (;;) {
        for (code = bytes[at]; code !== QUOTE; code = bytes[++at]) if (code === lineBreak) lines++;
        if (at >= length) return last || length - start >= MAX_QUOTED ? BROKEN : INCOMPLETE;
        if (at - start >= MAX_QUOTED) return BROKEN;
        if (bytes[at + 1] !== QUOTE) break;
        kind = 2;
        at += 2;
      }
      if (kind > quoted) quoted = kind;
      to = at++;
      code = bytes[at];
      while ((code === SPACE || code === TAB) && at < length && code !== separator) code = bytes[++at];
      if (code === CARRIAGE_RETURN && lineBreak === LINE_FEED && bytes[at + 1] === LINE_FEED) code = bytes[++at];
      if (at < length && code !== lineBreak) {
        if (code !== separator || (separatorLength > 1 && !isSeparator(bytes, at, format.separator))) return BROKEN;
      }
    } else {
      while (code !== separator && code !== lineBreak) code = bytes[++at];
      if (separatorLength > 1) {
        while (code !== lineBreak && !isSeparator(bytes, at, format.separator)) code = bytes[++at];
      }
      to = at;
      if (code === lineBreak && to > from && bytes[to - 1] === CARRIAGE_RETURN) to--;
    }
    if (count < room) {
      starts[count] = from;
      ends[count] = to;
      quotes[count] = kind;
    }
    count++;
    if (code === lineBreak || at >= length) {
      cells.count = count;
      cells.quoted = quoted;
      cells.lines = lines;
      if (at >= length) return last ? length : INCOMPLETE;
      return at + 1;
    }
    at += separatorLength;
  }
}

/** What a file begins with. */
export interface Opening {
  format: CsvFormat;
  /** The header's cells. */
  names: string[];
  /** Where the first row starts, and its line, counted from 1. */
  at: number;
  line: number;
}

/**
 * Finds out how lines and cells are parted, and reads the header.
 *
 * @param delimiter by default the one of comma, semicolon, tab and bar that the header has most of.
 * @returns undefined where the header's end is not in the block.
 * @throws `orders_unreadable` for a header with an unclosed quote.
 */
export function openCsv(block: Block, last: boolean, source: string, delimiter?: string): Opening | undefined {
  const { bytes, length } = block;
  let at = 0;
  let line = 1;
  for (;;) {
    let end = at;
    while (end < length && bytes[end] !== LINE_FEED && bytes[end] !== CARRIAGE_RETURN) end++;
    const returned = end < length && bytes[end] === CARRIAGE_RETURN;
    if (!last && (end === length || (returned && end + 1 === length))) return undefined;
    const breakLength = end === length ? 0 : returned && end + 1 < length && bytes[end + 1] === LINE_FEED ? 2 : 1;
    const first = decode(bytes, at, end);
    const declared = /^sep=(.)$/i.exec(first)?.[1];
    if (declared !== undefined) delimiter ??= declared;
    if (breakLength > 0 && (declared !== undefined || first.trim() === '')) {
      at = end + breakLength;
      line++;
      continue;
    }
    const lineBreak = returned && breakLength === 1 ? CARRIAGE_RETURN : LINE_FEED;
    const separator = [...Buffer.from(delimiter ?? likeliestDelimiter(first))];
    return readHeader(block, at, line, { separator, lineBreak, width: 0 }, last, source);
  }
}

function readHeader(
  block: Block,
  at: number,
  line: number,
  format: CsvFormat,
  last: boolean,
  source: string,
): Opening | undefined {
  const { bytes, length } = block;
  let cells = createCells(64);
  endBlock(block, format.lineBreak);
  // A file of nothing but blank lines has no header.
  const next = at < length ? scanRecord(block, at, last, format, cells) : length;
  if (next === INCOMPLETE) return undefined;
  if (next === BROKEN) {
    throw new EndcapError(
      'orders_unreadable',
      `${source}, line ${line}: the header has a quote that is not closed, or text right after one`,
      { source, line },
    );
  }
  if (cells.count > 64) {
    cells = createCells(cells.count);
    scanRecord(block, at, last, format, cells);
  }
  if (cells.count === 1 && isBlank(bytes, at, next)) cells.count = 0;
  return {
    format: { ...format, width: cells.count },
    names: Array.from({ length: cells.count }, (_, index) => cellText(bytes, cells, index).trim()),
    at: next,
    line: line + cells.lines,
  };
}

/** The text of a cell, its doubled quotes made single. */
export function cellText(bytes: Uint8Array, { starts, ends, quotes }: Cells, index: number): string {
  const text = decode(bytes, starts[index], ends[index]);
  return quotes[index] === 2 ? text.replaceAll('""', '"') : text;
}

export function decode(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString();
}

function isSeparator(bytes: Uint8Array, at: number, separator: readonly number[]): boolean {
  for (let i = 0; i < separator.length; i++) if (bytes[at + i] !== separator[i]) return false;
  return true;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start];
  return first > SPACE && first < 128 ? false : decode(bytes, start, end).trim() === '';
}

function likeliestDelimiter(header: string): string {
  const bare = header.replace(/"[^"]*"/g, '');
  const counts = [',', ';', '\t', '|'].map((mark) => ({ mark, count: bare.split(mark).length }));
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).mark;
}
