import { hashText } from '../hash.ts';
import { cleanText, dateTime } from './cells.ts';
import { decode } from './csv/scan.ts';

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

const dayMs = 86_400_000;
const clockPattern = String.raw`(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?:\s*([AP])\.?M\.?)?`;
const yearFirstDate = new RegExp(
  String.raw`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s]\s*${clockPattern})?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$`,
  'i',
);
const yearLastDate = new RegExp(
  String.raw`^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:[T,\s]\s*${clockPattern})?$`,
  'i',
);
const timeOfDayOnly = new RegExp(`^${clockPattern}$`, 'i');
const compactDate = /^((?:19|20)\d{2})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?$/;

/**
 * Reads ISO dates (UTC if they name no zone), `12/1/2010 8:26`, `1.12.2010`, `20101201`, Date objects, and numbers since
 * 1970, whose size says whether they are seconds, milliseconds, microseconds or nanoseconds. With `'auto'` the first date
 * with only one reading decides the order of day and month. Both readings are kept until then, and the month comes first
 * if there is no such date.
 */
export function createTimeParser(dateOrder: DateOrder | 'auto'): TimeParser {
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
    if (typeof cell === 'string') {
      last.key = hashText(cell);
      const text = cleanText(cell);
      if (text === '') return last;
      parseText(text);
    } else if (cell === null || cell === undefined || Number.isNaN(cell)) {
      last.key = hashText(String(cell));
      return last;
    } else if (typeof cell === 'number' || typeof cell === 'bigint') {
      last.key = hashText(String(cell));
      last.time = last.otherTime = sinceEpoch(Number(cell));
    } else if (typeof cell === 'object') {
      const time = dateTime(cell) ?? Number.NaN;
      last.key = hashText(String(time));
      last.time = last.otherTime = time;
    }
    if (last.time % dayMs === 0) addClock(clock);
    last.readable = !Number.isNaN(last.time);
    return last;
  }

  /** Adds a time of day in a cell of its own. */
  function addClock(cell: unknown): void {
    const text = cleanText(cell);
    if (text === '' && (typeof cell !== 'object' || cell === null)) return;
    const match = timeOfDayOnly.exec(text);
    const offset = match === null ? Number.NaN : timeOfDay(match, 1);
    last.time += offset;
    last.otherTime += offset;
    last.key = hashText(text, last.key);
  }

  function parseText(text: string): void {
    if (/^\d+(\.\d+)?$/.test(text)) {
      const compact = text.length === 8 || text.length === 14 ? compactDate.exec(text) : null;
      last.time = last.otherTime =
        compact === null
          ? sinceEpoch(Number(text))
          : day(+compact[1]!, +compact[2]!, +compact[3]!) + timeOfDay(compact, 4);
      return;
    }
    const iso = yearFirstDate.exec(text);
    if (iso !== null) {
      last.time = last.otherTime = day(+iso[1]!, +iso[2]!, +iso[3]!) + timeOfDay(iso, 4) - zone(iso[9]);
      return;
    }
    const match = yearLastDate.exec(text);
    if (match === null) return;
    const year = match[4]!.length === 2 ? +match[4]! + (+match[4]! < 69 ? 2000 : 1900) : +match[4]!;
    settle(year, +match[1]!, +match[3]!, match[2] === '.', timeOfDay(match, 5));
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

const blank = 32;
const dash = 45;
const dot = 46;
const slash = 47;
const colon = 58;

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** The value of the digits, -1 if one is not a digit. */
function digits(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    if (!isDigit(bytes[at])) return -1;
    value = value * 10 + bytes[at] - 48;
  }
  return value;
}

/** Milliseconds of `8:26`, `08:26` and `08:26:00`; below zero for anything else. */
function clockIn(bytes: Uint8Array, start: number, end: number): number {
  const minutes = start + (bytes[start + 1] === colon ? 2 : 3);
  const seconds = minutes + 3;
  const whole = end === minutes + 2 || (end === seconds + 2 && bytes[seconds - 1] === colon);
  if (!whole || bytes[minutes - 1] !== colon) return -1;
  const hour = minutes === start + 3 ? twoDigits(bytes, start) : digits(bytes, start, minutes - 1);
  const minute = twoDigits(bytes, minutes);
  const second = end > seconds ? twoDigits(bytes, seconds) : 0;
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return -1;
  return ((hour * 60 + minute) * 60 + second) * 1000;
}

/** Reads `2010-12-01`, `2010-12-01 08:26` and `2010-12-01T08:26:00Z`; NaN for anything else. */
function isoTime(bytes: Uint8Array, start: number, end: number): number {
  const mark = bytes[start + 10];
  if (end - start < 10 || bytes[start + 4] !== dash || bytes[start + 7] !== dash) return Number.NaN;
  const century = twoDigits(bytes, start);
  const yearOfCentury = twoDigits(bytes, start + 2);
  const month = twoDigits(bytes, start + 5);
  const dayOfMonth = twoDigits(bytes, start + 8);
  if (century < 10 || (yearOfCentury | month | dayOfMonth) < 0) return Number.NaN;
  const date = day(century * 100 + yearOfCentury, month, dayOfMonth);
  if (end - start === 10) return date;
  const clock = clockIn(bytes, start + 11, bytes[end - 1] === 0x5a ? end - 1 : end);
  return clock < 0 || (mark !== blank && mark !== 0x54) ? Number.NaN : date + clock;
}

/** The value of two digits, below zero if one is not a digit. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] - 48;
  const ones = bytes[at + 1] - 48;
  return (tens | ones | (9 - tens) | (9 - ones)) < 0 ? -1 : tens * 10 + ones;
}

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The start of a day; NaN if there is no such day. Years below 100 are in the 20th century, as in `Date.UTC`. */
function day(year: number, month: number, dayOfMonth: number): number {
  if (month < 1 || month > 12 || dayOfMonth < 1 || dayOfMonth > 31) return Number.NaN;
  if (year < 100) year += 1900;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (dayOfMonth > monthDays[month - 1] && !(leap && month === 2 && dayOfMonth === 29)) return Number.NaN;
  // In years that begin in March, the leap day comes last. 719,468 days lie between March 0000 and 1970.
  const years = month > 2 ? year : year - 1;
  const sinceMarch = (((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) | 0) + dayOfMonth - 1;
  const days = years * 365 + ((years / 4) | 0) - ((years / 100) | 0) + ((years / 400) | 0) + sinceMarch;
  return (days - 719_468) * dayMs;
}

/** Milliseconds of hour, minute, second, fraction, and AM or PM, from group `at` on; 0 if they are absent. */
function timeOfDay(match: RegExpExecArray, at: number): number {
  if (match[at] === undefined) return 0;
  let hour = +match[at];
  const minute = +match[at + 1]!;
  const second = +(match[at + 2] ?? 0);
  const half = match[at + 4]?.toUpperCase();
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return Number.NaN;
    hour = (hour % 12) + (half === 'P' ? 12 : 0);
  }
  if (hour > 23 || minute > 59 || second > 59) return Number.NaN;
  return ((hour * 60 + minute) * 60 + second) * 1000 + Math.trunc(+`0.${match[at + 3] ?? 0}` * 1000);
}

function zone(text: string | undefined): number {
  if (text === undefined || !/^[+-]/.test(text)) return 0;
  const minutes = +text.slice(1, 3) * 60 + +(text.slice(3).replace(':', '') || 0);
  return (text[0] === '-' ? -minutes : minutes) * 60_000;
}

function sinceEpoch(value: number): number {
  const size = Math.abs(value);
  if (size > 8.64e21) return Number.NaN;
  if (size < 1e11) return value * 1000;
  if (size < 1e14) return value;
  return Math.trunc(size < 1e17 ? value / 1e3 : value / 1e6);
}
