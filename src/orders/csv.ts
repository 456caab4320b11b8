import { EndcapError } from '../errors.ts';
import type { RowSink } from './clean.ts';
import { ROLES } from './columns.ts';

const QUOTE = 34;
const SPACE = 32;
const TAB = 9;
/** A quoted cell longer than this many characters is taken for a quote that was never closed. */
const MAX_QUOTED = 1 << 20;

/** Outcomes of `scan` other than the end of a record. */
const INCOMPLETE = -1;
const BROKEN = -2;

/**
 * Takes delimited text apart (RFC 4180, with either line break, also inside quotes) and hands on the cells that have a
 * role. Blocks may be cut anywhere. Blank lines are passed over. A row with more or fewer cells than the header, or
 * with a quote that is not closed properly, is malformed; reading goes on at the next line, so that one stray quote
 * costs one line and not the rest of the file. A quote inside an unquoted cell is text.
 *
 * Why not a CSV library: the fastest (udsv) tells no line numbers, joins a short row with the next one and loses the rest
 * of the text after an unclosed quote without a word; here every row must be accounted for.
 *
 * @param delimiter by default the one of comma, semicolon, tab and bar that the header has most of.
 * @throws `orders_unreadable` for a header with an unclosed quote.
 */
export async function readCsv(
  blocks: AsyncIterable<string> | Iterable<string>,
  sink: RowSink,
  source: string,
  delimiter?: string,
): Promise<void> {
  const csv = createScanner(sink, source, delimiter);
  for await (const block of blocks) csv.push(block, false);
  csv.push('', true);
}

function createScanner(sink: RowSink, source: string, delimiter: string | undefined) {
  let text = '';
  /** Whether nothing follows `text`. */
  let last = false;
  /** The line, counted from 1, on which the next record starts. */
  let line = 1;
  let separator = 0;
  /** '\n', or '\r' in the files of old. */
  let lineBreak = '';
  let breakCode = 0;

  /** Cells of the record scanned last: [start, end) in `text`; `quotes` is 1 with quotes around, 2 with some inside. */
  let starts = new Uint32Array(64);
  let ends = new Uint32Array(64);
  let quotes = new Uint8Array(64);
  let cells = 0;
  let hasQuotes = false;

  /** Cells of the header; 0 before it was read. */
  let width = 0;
  let roles: number[] = [];
  let columns: number[] = [];
  const row: unknown[] = new Array(ROLES.length).fill(undefined);

  function push(block: string, final: boolean): void {
    text = text === '' ? block : text + block;
    last = final;
    let at = lineBreak === '' ? begin() : 0;
    if (at === INCOMPLETE) return;
    while (at < text.length) {
      const end = scan(at);
      const next = end === BROKEN ? skipLine(at) : end === INCOMPLETE ? INCOMPLETE : take(at, end);
      if (next === INCOMPLETE) break;
      at = next;
    }
    text = text.slice(at);
  }

  /** Finds out how lines and cells are parted. Returns where the header starts, or INCOMPLETE. */
  function begin(): number {
    let at = 0;
    line = 1;
    for (;;) {
      const found = /\r\n?|\n/.exec(at === 0 ? text : text.slice(at));
      const end = found === null ? text.length : at + found.index;
      const cut = found === null || (found[0] === '\r' && end + 1 === text.length);
      if (cut && !last) return INCOMPLETE;
      const first = text.slice(at, end);
      const declared = /^sep=(.)$/i.exec(first)?.[1];
      if (declared !== undefined) delimiter ??= declared;
      if (found !== null && (declared !== undefined || first.trim() === '')) {
        at = end + found[0].length;
        line++;
        continue;
      }
      lineBreak = found?.[0] === '\r' ? '\r' : '\n';
      breakCode = lineBreak.charCodeAt(0);
      separator = (delimiter ?? likeliestDelimiter(first)).charCodeAt(0);
      return at;
    }
  }

  /** Finds the cells of the record at `start`. Returns the start of the next record, INCOMPLETE or BROKEN. */
  function scan(start: number): number {
    const length = text.length;
    let at = start;
    cells = 0;
    hasQuotes = false;
    for (;;) {
      let from = at;
      let code = text.charCodeAt(at);
      let kind = 0;
      if (code === SPACE) {
        let ahead = at + 1;
        while (text.charCodeAt(ahead) === SPACE) ahead++;
        if (text.charCodeAt(ahead) === QUOTE) {
          at = ahead;
          code = QUOTE;
        }
      }
      let to: number;
      if (code === QUOTE) {
        hasQuotes = true;
        kind = 1;
        from = at + 1;
        for (
          to = text.indexOf('"', from);
          to !== -1 && text.charCodeAt(to + 1) === QUOTE;
          to = text.indexOf('"', to + 2)
        ) {
          kind = 2;
        }
        if (to === -1) return last || length - start > MAX_QUOTED ? BROKEN : INCOMPLETE;
        at = to + 1;
        code = text.charCodeAt(at);
        while ((code === SPACE || code === TAB) && code !== separator) code = text.charCodeAt(++at);
        if (code === 13 && breakCode === 10 && (at + 1 === length || text.charCodeAt(at + 1) === 10)) {
          code = text.charCodeAt(++at);
        }
        if (at < length && code !== separator && code !== breakCode) return BROKEN;
      } else {
        while (at < length && code !== separator && code !== breakCode) code = text.charCodeAt(++at);
        to = at;
        if ((code === breakCode || at >= length) && to > from && text.charCodeAt(to - 1) === 13) to--;
      }
      if (cells < starts.length) {
        starts[cells] = from;
        ends[cells] = to;
        quotes[cells] = kind;
      }
      cells++;
      if (at >= length) return last ? length : INCOMPLETE;
      at++;
      if (code === breakCode) return at;
    }
  }

  function take(start: number, end: number): number {
    if (cells === 1 && text.slice(start, end).trim() === '') {
      line++;
      return end;
    }
    if (width === 0) return takeHeader(start, end);
    if (cells !== width) return skipLine(start);
    for (let i = 0; i < roles.length; i++) row[roles[i]!] = cell(columns[i]!);
    sink.row(row, line);
    line += hasQuotes ? breaksIn(start, end) : 1;
    return end;
  }

  function takeHeader(start: number, end: number): number {
    if (cells > starts.length) {
      starts = new Uint32Array(cells);
      ends = new Uint32Array(cells);
      quotes = new Uint8Array(cells);
      scan(start);
    }
    width = cells;
    const found = sink.header(Array.from({ length: cells }, (_, index) => cell(index).trim()));
    roles = [];
    columns = [];
    found.forEach((column, role) => {
      if (column === -1) return;
      roles.push(role);
      columns.push(column);
    });
    line += breaksIn(start, end);
    return end;
  }

  function cell(index: number): string {
    const value = text.slice(starts[index], ends[index]);
    return quotes[index] === 2 ? value.replaceAll('""', '"') : value;
  }

  /** Gives up the line at `start`. Returns the start of the next one, or INCOMPLETE where its end is not here yet. */
  function skipLine(start: number): number {
    const end = text.indexOf(lineBreak, start);
    if (end === -1 && !last) return INCOMPLETE;
    if (width === 0) {
      throw new EndcapError(
        'orders_unreadable',
        `${source}, line ${line}: the header has a quote that is not closed, or text right after one`,
        { source, line },
      );
    }
    sink.malformed(line, text.slice(start, end === -1 ? text.length : end).trim());
    line++;
    return end === -1 ? text.length : end + 1;
  }

  function breaksIn(start: number, end: number): number {
    let breaks = 0;
    for (let at = text.indexOf(lineBreak, start); at !== -1 && at < end; at = text.indexOf(lineBreak, at + 1)) breaks++;
    return breaks;
  }

  return { push };
}

function likeliestDelimiter(header: string): string {
  const bare = header.replace(/"[^"]*"/g, '');
  const counts = [',', ';', '\t', '|'].map((mark) => ({ mark, count: bare.split(mark).length }));
  return counts.reduce((best, next) => (next.count > best.count ? next : best)).mark;
}
