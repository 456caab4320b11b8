import { hashText } from '../../hash.ts';
import { cleanText, dateTime } from '../cleaning/cells.ts';
import { decode } from '../csv/utf8.ts';
import { blank, clockIn, dash, digits, dot, isDigit, isoTime, slash } from './bytes.ts';
import { day, dayMs, numberTime, type TimeUnit } from './calendar.ts';
import { readClock, readDate } from './text.ts';

/** Which number comes first in dates such as 12/1/2010: the month or the day. */
export type DateOrder = 'mdy' | 'dmy';

/** The time of one record. The object is reused for the next record. */
export interface RecordTime {
  /** Milliseconds since 1970 UTC; NaN if the cell is blank or unreadable. */
  time: number;
  /** The same with day and month swapped; differs only until the order of day and month is known. */
  otherTime: number;
  /** Equal for equal cells. */
  key: number;
  readable: boolean;
}

export interface TimeParser {
  /** Reads a date cell, and adds the time of day from the other cell if the date has none. */
  parse(cell: unknown, clock: unknown): RecordTime;
  /** Reads a date cell of UTF-8, which may include a time of day; does not set `key`. */
  parseBytes(bytes: Uint8Array, start: number, end: number): RecordTime;
  /** What the dates so far have shown; undefined while all of them can be read both ways. */
  order(): DateOrder | undefined;
  /** Replaces what the dates have shown so far. */
  restart(order: DateOrder | undefined): void;
}

/** What is read as a date, for messages. */
export const dateForms =
  '2010-12-31 08:26, 12/31/2010 8:26, 31.12.2010, 31 Dec 2010, 20101231, seconds since 1970, or days of a spreadsheet';

/** How dates are written in the column of times. */
interface DateConventions {
  readonly dateOrder: DateOrder | 'auto';
  readonly timeUnit: TimeUnit | 'auto';
}

const plainNumber = /^\d+(?:\.\d+|(?<=\d{5}),\d+)?(?:e\+?\d+)?$/i;

/**
 * Reads dates as people and programs write them (see `readDate`), as UTC if they name no zone, Date objects, and numbers
 * (see `TimeUnit`). With `'auto'` the first date with only one reading decides the order of day and month. Both readings
 * are kept until then, and the month comes first if there is no such date.
 */
export function createTimeParser({ dateOrder, timeUnit }: DateConventions): TimeParser {
  let decided: DateOrder | undefined = dateOrder === 'auto' ? undefined : dateOrder;
  let lastCell: unknown;
  let lastClock: unknown;
  const last: RecordTime = { time: Number.NaN, otherTime: Number.NaN, key: 0, readable: true };

  function parse(cell: unknown, clock: unknown): RecordTime {
    if (cell === lastCell && clock === lastClock) return last;
    lastCell = cell;
    lastClock = clock;
    last.readable = true;
    last.time = last.otherTime = Number.NaN;
    last.key = timeKey(cell);
    if (typeof cell === 'string') {
      const text = cleanText(cell);
      if (text === '') return last;
      parseText(text);
    } else if (cell === null || cell === undefined || Number.isNaN(cell)) return last;
    else if (typeof cell === 'number' || typeof cell === 'bigint') {
      last.time = last.otherTime = numberTime(Number(cell), timeUnit);
    } else if (typeof cell === 'object') last.time = last.otherTime = dateTime(cell) ?? Number.NaN;
    if (last.time % dayMs === 0) addClock(clock);
    last.readable = !Number.isNaN(last.time);
    return last;
  }

  /** Adds a time of day in a cell of its own. */
  function addClock(cell: unknown): void {
    const text = cleanText(cell);
    if (text === '' && (typeof cell !== 'object' || cell === null)) return;
    const offset = readClock(text);
    last.time += offset;
    last.otherTime += offset;
    last.key = hashText(text, last.key);
  }

  function parseText(text: string): void {
    if (isPlainNumber(text)) {
      last.time = last.otherTime = numberTime(Number(text.replace(',', '.')), timeUnit);
      return;
    }
    const date = readDate(text);
    if (date === undefined) return;
    const { year, first, second, form, clock } = date;
    if (form === 'month first') last.time = last.otherTime = day(year, first, second) + clock;
    else settle(year, first, second, form === 'day first', clock);
  }

  /** With dots between the numbers the day comes first; otherwise the order is the one decided so far. */
  function settle(year: number, first: number, second: number, dots: boolean, clock: number): void {
    const monthFirst = day(year, first, second) + clock;
    const dayFirst = day(year, second, first) + clock;
    if (dots) {
      last.time = last.otherTime = dayFirst;
      return;
    }
    if (decided === undefined && Number.isNaN(monthFirst) !== Number.isNaN(dayFirst)) {
      decided = Number.isNaN(monthFirst) ? 'dmy' : 'mdy';
    }
    last.time = decided === 'dmy' ? dayFirst : monthFirst;
    last.otherTime = decided === 'mdy' ? monthFirst : dayFirst;
  }

  function parseBytes(bytes: Uint8Array, start: number, end: number): RecordTime {
    const time = isoTime(bytes, start, end);
    if (Number.isNaN(time)) {
      if (!yearLast(bytes, start, end)) return parse(decode(bytes, start, end), undefined);
    } else last.time = last.otherTime = time;
    lastCell = last;
    last.readable = !Number.isNaN(last.time);
    return last;
  }

  /** Reads `12/1/2010` and `12/1/2010 8:26`. */
  function yearLast(bytes: Uint8Array, start: number, end: number): boolean {
    const second = start + (isDigit(bytes[start + 1]) ? 3 : 2);
    const year = second + (isDigit(bytes[second + 1]) ? 3 : 2);
    const mark = bytes[second - 1];
    const date = year + 4;
    if (date > end || (mark !== slash && mark !== dash && mark !== dot) || bytes[year - 1] !== mark) return false;
    const years = digits(bytes, year, date);
    const clock = date === end ? 0 : bytes[date] === blank ? clockIn(bytes, date + 1, end) : -1;
    const [a, b] = [digits(bytes, start, second - 1), digits(bytes, second, year - 1)];
    if (years < 1000 || clock < 0 || a < 0 || b < 0) return false;
    settle(years, a, b, mark === dot, clock);
    return true;
  }

  return {
    parse,
    parseBytes,
    order: () => decided,
    restart(order) {
      decided = order;
      lastCell = last;
    },
  };
}

/** The key of a date cell without a time of day in another one: equal for equal cells. */
export function timeKey(cell: unknown): number {
  if (typeof cell === 'string') return hashText(cell);
  return hashText(String(typeof cell === 'object' && cell !== null ? (dateTime(cell) ?? Number.NaN) : cell));
}

/** Whether a text is a number that counts time. */
export function isPlainNumber(text: string): boolean {
  return plainNumber.test(text);
}
