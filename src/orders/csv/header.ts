import { EndcapError } from '../../errors.ts';
import { invalidOption } from '../../options.ts';
import { ranksOf } from '../columns/names.ts';
import type { ColumnMap } from '../columns/roles.ts';
import type { Decision } from '../look.ts';
import {
  type Block,
  broken,
  type CsvFormat,
  carriageReturn,
  cellText,
  createCells,
  endBlock,
  incomplete,
  isBlank,
  lineFeed,
  scanRecord,
} from './scan.ts';
import { decode, encode } from './utf8.ts';

/** The beginning of a file. */
export interface Opening {
  format: CsvFormat;
  /** The character between cells, and why. */
  delimiter: string;
  whyDelimiter: string;
  /** The names of the columns. */
  names: string[];
  /** Where the first record starts, and its line, counted from 1. */
  at: number;
  line: number;
  /** Where the names come from, unless they are in the first line. */
  header?: Decision;
}

export interface HeaderOptions {
  /** By default whichever of comma, semicolon, tab and bar is most frequent in the header. */
  delimiter?: string;
  /** See `ReadOptions`. */
  headerLine?: number;
  header?: boolean;
  /** Names in it are known as well as the usual ones. */
  columns?: ColumnMap;
}

/** Lines, and bytes, in which the header is looked for; more than one of them must be there. */
const previewLines = 40;
const previewBytes = 1 << 16;
/** Names that a line must have to be taken for a header below the first line. */
const enoughNames = 2;
/** Lines of the same width that make a table if no name is known. */
const enoughLines = 3;

/** The names of columns that are known in a line, and whether some are those of items: a product, or a quantity. */
interface Known {
  readonly names: number;
  readonly ofItems: boolean;
}

/** A line of the file that is not blank. */
interface Line {
  /** Where it begins, and its number. */
  readonly at: number;
  readonly line: number;
  readonly text: string;
}

/** The cells of a record, where the next one starts, and its line. */
interface Row {
  readonly cells: string[];
  readonly next: number;
  readonly line: number;
}

/**
 * Detects how lines and cells are separated, and reads the header: the first line that is not blank. If that is the title
 * of a report rather than a header, it is the first line with usual names of columns, or the first one that is as wide as
 * those below it.
 *
 * @param last whether this is the last block.
 * @returns undefined if the block does not contain enough of the file.
 * @throws `orders_unreadable` if a quote in the header is not closed; `invalid_options` if there is no such `headerLine`.
 */
export function openCsv(block: Block, last: boolean, source: string, options: HeaderOptions = {}): Opening | undefined {
  const { headerLine, header = true, columns = {} } = options;
  const top = findTop(block, last, 1, headerLine, source);
  if (top === undefined) return undefined;
  const { lines, lineBreak } = top;
  const delimiter = options.delimiter ?? top.delimiter;
  const first = lines[0];
  const whyDelimiter =
    options.delimiter !== undefined
      ? 'named in the options, or by the format'
      : top.delimiter !== undefined
        ? 'a line above the header says so'
        : 'the most frequent in the header';
  const empty = {
    format: { separator: [], lineBreak, width: 0 },
    delimiter: ',',
    whyDelimiter: '',
    names: [],
    at: block.length,
    line: 1,
  };
  // A file that contains only blank lines has no header.
  if (first === undefined) return empty;

  const markOf = (line: Line) => delimiter ?? likeliestDelimiter(line.text);
  const read = (line: Line) => readRow(block, last, line, formatOf(markOf(line), lineBreak));
  const open = (at: Line, row: Row, why?: string): Opening => ({
    format: { ...formatOf(markOf(at), lineBreak), width: row.cells.length },
    delimiter: markOf(at),
    whyDelimiter,
    names: row.cells.map((cell) => cell.trim()),
    at: row.next,
    line: row.line,
    ...(why === undefined ? {} : { header: { value: `line ${at.line}`, why } }),
  });

  const row = read(first);
  if (row === incomplete) return undefined;
  if (row !== broken && !header) {
    const names = row.cells.map((_, column) => `#${column + 1}`);
    const none = { value: 'none', why: 'header: false in the options' };
    return { ...open(first, row), names, at: first.at, line: first.line, header: none };
  }
  if (headerLine !== undefined && row !== broken) return open(first, row, 'named in the options');
  const given = new Set(Object.values(columns).map((name) => String(name).trim().toLowerCase()));
  const namesIn = ({ cells }: Row): Known => {
    const known = cells.map((cell) => (given.has(cell.trim().toLowerCase()) ? { product: true } : ranksOf(cell)));
    return {
      names: known.filter((ranks) => Object.keys(ranks).length > 0).length,
      ofItems: known.some((ranks) => 'product' in ranks || 'quantity' in ranks),
    };
  };
  const firstNames = row === broken ? { names: 0, ofItems: false } : namesIn(row);
  if (row !== broken && firstNames.names >= enoughNames && firstNames.ofItems) return open(first, row);
  if (headerLine === undefined && header) {
    const preview = findTop(block, last, previewLines, headerLine, source);
    if (preview === undefined) return undefined;
    const found = findHeader(preview.lines, read, namesIn, firstNames.names);
    if (found !== undefined) return open(found.line, found.row, found.why);
  }
  if (row !== broken) return open(first, row);
  throw new EndcapError(
    'orders_unreadable',
    `${source}, line ${first.line}: the header contains a quote that is not closed, or text right after a closing quote; ` +
      'correct the quotes in this line',
    { source, line: first.line },
  );
}

/**
 * Up to `most` lines at the top of the file, from its first one that is not blank, or from `headerLine`. A line such as
 * `sep=;` tells the delimiter.
 *
 * @returns undefined if there must be more of the file to say the same wherever it is cut.
 */
function findTop(block: Block, last: boolean, most: number, headerLine: number | undefined, source: string) {
  const { bytes, length } = block;
  const lines: Line[] = [];
  let delimiter: string | undefined;
  let lineBreak: number | undefined;
  let at = 0;
  let line = 1;
  let start = -1;
  for (; at < length && lines.length < most && (start === -1 || at - start < previewBytes); line++) {
    let end = at;
    while (end < length && bytes[end] !== lineFeed && bytes[end] !== carriageReturn) end++;
    // Once it is known that lines end in a line feed, a carriage return is text.
    if (lineBreak === lineFeed && bytes[end] === carriageReturn && bytes[end + 1] !== lineFeed) {
      end = bytes.indexOf(lineFeed, end);
      if (end === -1 || end > length) end = length;
    }
    const returned = end < length && bytes[end] === carriageReturn;
    if (!last && (end === length || (returned && end + 1 === length))) return undefined;
    const breakLength = end === length ? 0 : returned && end + 1 < length && bytes[end + 1] === lineFeed ? 2 : 1;
    const blank = isBlank(bytes, at, end);
    const text = blank ? '' : decode(bytes, at, end);
    const declared = lines.length === 0 ? /^sep=(.)$/i.exec(text)?.[1] : undefined;
    if (declared !== undefined && breakLength > 0) delimiter ??= declared;
    else if (line >= (headerLine ?? 1)) {
      if (line === headerLine && blank) {
        throw invalidOption('headerLine', headerLine, `a line that is not blank: this one of ${source} is`);
      }
      if (!blank) {
        lineBreak ??= returned && breakLength === 1 ? carriageReturn : lineFeed;
        if (start === -1) start = at;
        lines.push({ at, line, text });
      }
    }
    at = end + breakLength;
  }
  const isEnough = lines.length === most || (start !== -1 && at - start >= previewBytes);
  if (!last && !isEnough) return undefined;
  if (headerLine !== undefined && lines.length === 0) {
    throw invalidOption('headerLine', headerLine, `one of the ${line - 1} lines of ${source}`);
  }
  return { lines, delimiter, lineBreak: lineBreak ?? lineFeed };
}

/** The header below lines that do not belong to the table. */
function findHeader(
  lines: readonly Line[],
  read: (line: Line) => Row | typeof incomplete | typeof broken,
  namesIn: (row: Row) => Known,
  inFirst: number,
): { line: Line; row: Row; why: string } | undefined {
  const rows = lines.flatMap((line) => {
    const row = read(line);
    return typeof row === 'number' ? [] : [{ line, row }];
  });
  const named = rows.find(({ row }, index) => {
    const { names, ofItems } = namesIn(row);
    if (names < enoughNames || names < 0.3 * row.cells.length) return false;
    // What looks like a header itself, such as `Customer;Period`, may be above that of the items.
    if (inFirst >= enoughNames && (names <= inFirst || !ofItems)) return false;
    const below = rows.slice(index + 1).find((other) => other.line.at >= row.next)?.row.cells.length;
    return below === undefined || (below >= row.cells.length / 2 && below <= row.cells.length + 1);
  });
  if (named !== undefined) return { ...named, why: 'the first line with usual names of columns' };
  if (inFirst >= enoughNames) return undefined;
  const widths = rows.map(({ row }) => row.cells.length);
  const [width, ...below] = widths;
  const usual = mode(below);
  const index = widths.indexOf(usual);
  const isPlain = widths.length - index > enoughLines && widths.slice(index).every((other) => other === usual);
  if (width === undefined || usual < 3 || usual <= 2 * width || !isPlain) return undefined;
  return { ...rows[index]!, why: 'the first line as wide as those below it' };
}

function mode(numbers: readonly number[]): number {
  const counts = new Map<number, number>();
  for (const number of numbers) counts.set(number, (counts.get(number) ?? 0) + 1);
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), [0, 0])[0];
}

function readRow(block: Block, last: boolean, start: Line, format: CsvFormat): Row | typeof incomplete | typeof broken {
  const { bytes } = block;
  let cells = createCells(64);
  endBlock(block, format.lineBreak);
  const next = scanRecord(block, start.at, last, format, cells);
  if (next === incomplete || next === broken) return next;
  if (cells.count > 64) {
    cells = createCells(cells.count);
    scanRecord(block, start.at, last, format, cells);
  }
  return {
    cells: Array.from({ length: cells.count }, (_, index) => cellText(bytes, cells, index)),
    next,
    line: start.line + cells.lines,
  };
}

function formatOf(delimiter: string, lineBreak: number): CsvFormat {
  return { separator: [...encode(delimiter)], lineBreak, width: 0 };
}

function likeliestDelimiter(header: string): string {
  const bare = header.replace(/"[^"]*"/g, '');
  const counts = [',', ';', '\t', '|'].map((mark) => ({ mark, count: bare.split(mark).length }));
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).mark;
}
