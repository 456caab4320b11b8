import { hashText } from './hash.ts';
import { cleanText } from './values.ts';

/** Which number comes first in dates such as 12/1/2010. */
export type DateOrder = 'mdy' | 'dmy';

/** The time of one row. The object is reused from row to row. */
export interface RowTime {
  /** Milliseconds since 1970 UTC; NaN where the cell was blank or unreadable. */
  time: number;
  /** The same with day and month the other way round; differs only while the order of the file is not known yet. */
  otherTime: number;
  /** Equal for equal cells. */
  key: number;
  readable: boolean;
}

export interface TimeParser {
  /** Reads a date cell, and a time of day to be added where the date stands at midnight. */
  parse(cell: unknown, clock: unknown): RowTime;
  /** What the dates seen so far have shown; undefined while every one could be read both ways. */
  order(): DateOrder | undefined;
}

const DAY = 86_400_000;
const CLOCK = String.raw`(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?:\s*([AP])\.?M\.?)?`;
const YEAR_FIRST = new RegExp(
  String.raw`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s]\s*${CLOCK})?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$`,
  'i',
);
const YEAR_LAST = new RegExp(String.raw`^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:[T,\s]\s*${CLOCK})?$`, 'i');
const TIME_OF_DAY = new RegExp(`^${CLOCK}$`, 'i');
const COMPACT = /^((?:19|20)\d{2})(\d{2})(\d{2})(?:(\d{2})(\d{2})(\d{2}))?$/;

/**
 * Reads ISO dates (UTC where they name no zone), `12/1/2010 8:26`, `1.12.2010`, `20101201`, Date objects and numbers
 * since 1970 (seconds, milliseconds, microseconds or nanoseconds, told by their size). With `'auto'` the first date
 * that can only be read one way decides the order of day and month; both readings are kept until then, and if none
 * comes the month is first.
 */
export function createTimeParser(dateOrder: DateOrder | 'auto'): TimeParser {
  let decided: DateOrder | undefined = dateOrder === 'auto' ? undefined : dateOrder;
  let lastCell: unknown;
  let lastClock: unknown;
  const last: RowTime = { time: Number.NaN, otherTime: Number.NaN, key: 0, readable: true };

  function parse(cell: unknown, clock: unknown): RowTime {
    if (cell === lastCell && clock === lastClock) return last;
    lastCell = cell;
    lastClock = clock;
    last.readable = true;
    last.time = last.otherTime = Number.NaN;
    last.key = hashText(typeof cell === 'object' ? String(Number(cell)) : String(cell));
    const text = cleanText(cell);
    if (typeof cell === 'string') {
      if (text === '') return last;
      parseText(text);
    } else if (cell === null || cell === undefined || Number.isNaN(cell)) return last;
    else if (cell instanceof Date) last.time = last.otherTime = cell.getTime();
    else if (typeof cell === 'number' || typeof cell === 'bigint')
      last.time = last.otherTime = sinceEpoch(Number(cell));
    const clockText = cleanText(clock);
    if (clockText !== '' && last.time % DAY === 0) {
      const match = TIME_OF_DAY.exec(clockText);
      const offset = match === null ? Number.NaN : timeOfDay(match, 1);
      last.time += offset;
      last.otherTime += offset;
      last.key = hashText(clockText, last.key);
    }
    last.readable = !Number.isNaN(last.time);
    return last;
  }

  function parseText(text: string): void {
    if (/^\d+(\.\d+)?$/.test(text)) {
      const compact = text.length === 8 || text.length === 14 ? COMPACT.exec(text) : null;
      last.time = last.otherTime =
        compact === null
          ? sinceEpoch(Number(text))
          : day(+compact[1]!, +compact[2]!, +compact[3]!) + timeOfDay(compact, 4);
      return;
    }
    const iso = YEAR_FIRST.exec(text);
    if (iso !== null) {
      last.time = last.otherTime = day(+iso[1]!, +iso[2]!, +iso[3]!) + timeOfDay(iso, 4) - zone(iso[9]);
      return;
    }
    const match = YEAR_LAST.exec(text);
    if (match === null) return;
    const year = match[4]!.length === 2 ? +match[4]! + (+match[4]! < 69 ? 2000 : 1900) : +match[4]!;
    const clock = timeOfDay(match, 5);
    const monthFirst = day(year, +match[1]!, +match[3]!) + clock;
    const dayFirst = day(year, +match[3]!, +match[1]!) + clock;
    if (match[2] === '.') {
      last.time = last.otherTime = dayFirst;
      return;
    }
    if (decided === undefined && Number.isNaN(monthFirst) !== Number.isNaN(dayFirst)) {
      decided = Number.isNaN(monthFirst) ? 'dmy' : 'mdy';
    }
    last.time = decided === 'dmy' ? dayFirst : monthFirst;
    last.otherTime = decided === 'mdy' ? monthFirst : dayFirst;
  }

  return { parse, order: () => decided };
}

function day(year: number, month: number, dayOfMonth: number): number {
  if (month < 1 || month > 12 || dayOfMonth < 1 || dayOfMonth > 31) return Number.NaN;
  const time = Date.UTC(year, month - 1, dayOfMonth);
  return dayOfMonth > 28 && new Date(time).getUTCDate() !== dayOfMonth ? Number.NaN : time;
}

/** Milliseconds of hour, minute, second, fraction and AM or PM, which start at group `at`; 0 where they are absent. */
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
