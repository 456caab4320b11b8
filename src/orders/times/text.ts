import { withoutInvisible } from '../cleaning/ids.ts';
import { fullYear, timeOfDay, weekDay } from './calendar.ts';
import { monthOf, tellingWords } from './words.ts';

/** A date as it is written. */
export interface DateText {
  year: number;
  /** The other two numbers, from left to right. */
  first: number;
  second: number;
  /** Which of them is the month and which the day; `'open'` if this is not shown by how the date is written. */
  form: 'month first' | 'day first' | 'open';
  /** Milliseconds to add for the time of day and its zone; NaN if there is no such time. */
  clock: number;
}

/** A longer text is neither a date nor a time of day. */
const maxLength = 100;

const clockPattern = String.raw`(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?(?:\s*([AP])\.?M\.?)?`;
const yearFirstDate = new RegExp(
  String.raw`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T\s]\s*${clockPattern})?\s*(Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?$`,
  'i',
);
const yearLastDate = new RegExp(
  String.raw`^(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})(?:[T,\s]\s*${clockPattern})?$`,
  'i',
);

/** Minutes from UTC. Abbreviations that several countries use are those of RFC 2822, and of Europe. */
const zones: Record<string, number> = {
  ...{
    z: 0,
    utc: 0,
    gmt: 0,
    ut: 0,
    wet: 0,
    west: 60,
    bst: 60,
    cet: 60,
    mez: 60,
    cest: 120,
    mesz: 120,
    eet: 120,
    eest: 180,
  },
  ...{ est: -300, edt: -240, cst: -360, cdt: -300, mst: -420, mdt: -360, pst: -480, pdt: -420 },
  ...{ msk: 180, jst: 540, kst: 540, aest: 600, aedt: 660, nzst: 720, nzdt: 780 },
};
const zoneNames = Object.keys(zones).join('|');
const zonePattern = String.raw`(?:\s*(?<![a-z])(${zoneNames})\b)?(?:\s?([+-]\d{1,2}(?::?\d{2})?)(?!\d)(?:\s(?:${zoneNames})\b)?)?`;
const halfPattern = String.raw`(?:\s*([ap])\.?\s?m\b\.?)`;
/** 10:15, 10:15:30.5 p. m. and 10h15, with a zone behind it. */
const looseClock = new RegExp(
  String.raw`(?<!\d)(\d{1,2})(?::|\s?h\s?)(\d{2})(?!\d)(?:(?::|\s?m(?:in)?\s?)(\d{2})s?(?:[.,](\d+))?)?${halfPattern}?${zonePattern}`,
);
/** 10.15 at the end, and 10 pm. */
const dottedClock = /(?<=\s)(\d{1,2})\.(\d{2})(?:\.(\d{2}))?(?:\s*(?:uhr|h))?$/;
const hourOnly = new RegExp(String.raw`(?<=\s)(\d{1,2})${halfPattern}`);
const looseYearFirst = /^(\d{4})\s*[-/.]\s*(\d{1,2})\s*[-/.]\s*(\d{1,2})\.?$/;
const looseYearLast = /^(\d{1,2})\s*([-/.])\s*(\d{1,2})\s*\2\s*(\d{4}|\d{2})\.?$/;
const wordsAndNumbers = /^[a-z\d\s.,/'’:-]+$/;
/** 20250301T101530Z, and 2025-W09-6 for the sixth day of the ninth week. */
const compactIso = /^(\d{4})(\d{2})(\d{2})t(\d{2})(\d{2})(\d{2})?(z|[+-]\d{2}:?\d{2})?$/;
const compactDay = /^(\d{4})(\d{2})(\d{2})$/;
const weekDate = /^(\d{4})-?w(\d{2})-?([1-7])$/;

/** Reads a date, which may include a time of day; undefined if the text is not a date, such as a number of seconds. */
export function readDate(text: string): DateText | undefined {
  if (text.length > maxLength) return undefined;
  const iso = yearFirstDate.exec(text);
  if (iso !== null) return numbered(+iso[1]!, +iso[2]!, +iso[3]!, 'month first', clockAt(iso, 4) - zoneMs(iso[9]));
  const match = yearLastDate.exec(text);
  if (match !== null) return yearLast(match, clockAt(match, 5));
  return readLoosely(text);
}

/** Milliseconds of a time of day that stands alone; NaN if the text is none. */
export function readClock(text: string): number {
  if (text.length > maxLength) return Number.NaN;
  if (/^0?[.,]\d+$/.test(text)) return Math.round(+text.replace(',', '.') * 86_400) * 1000;
  if (/^\d{1,6}$/.test(text)) {
    const digits = +(text.length > 4 ? text : `${text}00`);
    return timeOfDay(Math.floor(digits / 10_000), Math.floor(digits / 100) % 100, digits % 100);
  }
  const { clock, rest } = takeClock(` ${folded(text)}`);
  const words = rest.match(/[a-z]+|\d+/g) ?? [];
  // Spreadsheets add the day from which they count.
  const isDate = looseYearFirst.test(rest) || looseYearLast.test(rest);
  return isDate || tellingWords(words).length === 0 ? (clock ?? Number.NaN) : Number.NaN;
}

function readLoosely(text: string): DateText | undefined {
  const plain = folded(text);
  const compact = compactIso.exec(plain);
  if (compact !== null) {
    const clock = timeOfDay(+compact[4]!, +compact[5]!, +(compact[6] ?? 0)) - zoneMs(compact[7]);
    return numbered(+compact[1]!, +compact[2]!, +compact[3]!, 'month first', clock);
  }
  const { clock = 0, rest } = takeClock(plain);
  const week = weekDate.exec(rest);
  if (week !== null) {
    const date = new Date(weekDay(+week[1]!, +week[2]!, +week[3]!));
    return numbered(date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate(), 'month first', clock);
  }
  if (!wordsAndNumbers.test(rest)) return undefined;
  const words = tellingWords(rest.match(/[a-z]+/g) ?? []);
  if (words.length === 0) {
    const bare = rest.replace(/[a-z]+\.?/g, ' ').replace(/^[\s,]+|[\s,]+$/g, '');
    const first = looseYearFirst.exec(bare) ?? compactDay.exec(bare);
    if (first !== null) return numbered(+first[1]!, +first[2]!, +first[3]!, 'month first', clock);
    const last = looseYearLast.exec(bare);
    return last === null ? undefined : yearLast(last, clock);
  }
  const numbers = rest.match(/\d+/g) ?? [];
  const month = monthOf(words[0]!);
  if (words.length !== 1 || month === 0 || numbers.length !== 2) return undefined;
  const [a, b] = numbers as [string, string];
  const [dayOfMonth, year] = a.length === 4 ? [b, a] : [a, b];
  if (dayOfMonth.length > 2 || (year.length !== 4 && year.length !== 2)) return undefined;
  return numbered(yearOf(year), month, +dayOfMonth, 'month first', clock);
}

function numbered(year: number, first: number, second: number, form: DateText['form'], clock: number): DateText {
  return { year, first, second, form, clock };
}

/** With dots between the numbers the day comes first. */
function yearLast(match: RegExpExecArray, clock: number): DateText {
  return numbered(yearOf(match[4]!), +match[1]!, +match[3]!, match[2] === '.' ? 'day first' : 'open', clock);
}

function yearOf(digits: string): number {
  return digits.length === 2 ? fullYear(+digits) : +digits;
}

/** Finds the time of day in a folded date, in milliseconds; the rest is the date. */
function takeClock(text: string): { clock?: number; rest: string } {
  const loose = looseClock.exec(text);
  if (loose !== null) {
    const zone = (zones[loose[6] ?? 'z'] ?? 0) * 60_000 + zoneMs(loose[7]);
    return { clock: clockAt(loose, 1) - zone, rest: without(text, loose) };
  }
  const dotted = dottedClock.exec(text);
  if (dotted !== null) return { clock: clockAt(dotted, 1), rest: without(text, dotted) };
  const hour = hourOnly.exec(text);
  if (hour === null) return { rest: text };
  return { clock: timeOfDay(+hour[1]!, 0, 0, '', hour[2]), rest: without(text, hour) };
}

function without(text: string, { index, 0: match }: RegExpExecArray): string {
  return `${text.slice(0, index)} ${text.slice(index + match.length)}`.replace(/^[\s,–—-]+|[\s,–—-]+$/g, '');
}

/** Lower case without accents, remarks in parentheses, and characters that nobody sees; Japanese dates with - and :. */
function folded(text: string): string {
  if (/^[ -~]*$/.test(text)) return withoutRemarks(text.toLowerCase()).trim();
  const plain = withoutInvisible(text).normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  return withoutRemarks(plain)
    .replace(/(\d+)年\s*(\d+)月\s*(\d+)日/, '$1-$2-$3 ')
    .replace(
      /(\d+)時(?:(\d+)分)?(?:(\d+)秒)?/,
      (_, h, m = '0', s = '0') => `${h}:${m.padStart(2, '0')}:${s.padStart(2, '0')}`,
    )
    .replace(/午([前後])\s*([\d:]+)/, (_, half, clock) => `${clock} ${half === '前' ? 'am' : 'pm'}`)
    .trim();
}

function withoutRemarks(text: string): string {
  return text.replace(/\([^()]*\)|\[[^[\]]*\]/g, '');
}

/** The time of day from group `at` on: hour, minute, second, fraction, and AM or PM; 0 if they are absent. */
function clockAt(match: RegExpExecArray, at: number): number {
  if (match[at] === undefined) return 0;
  return timeOfDay(+match[at], +match[at + 1]!, +(match[at + 2] ?? 0), match[at + 3], match[at + 4]);
}

/** Milliseconds of `+01:00`, `-0530` and `+1`; 0 for a name, or none. */
function zoneMs(text: string | undefined): number {
  if (text === undefined || !/^[+-]/.test(text)) return 0;
  const [hours = '0', minutes = '0'] =
    text
      .slice(1)
      .match(/^(\d{1,2}?):?(\d{2})?$/)
      ?.slice(1) ?? [];
  return (text[0] === '-' ? -1 : 1) * (+hours * 60 + +minutes) * 60_000;
}
