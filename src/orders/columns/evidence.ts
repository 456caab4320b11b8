import { cleanText, dateTime } from '../cleaning/cells.ts';
import { halfWidth } from '../cleaning/numbers.ts';
import type { Look } from '../look.ts';
import { digitsTime } from '../times/calendar.ts';
import { readClock, readDate } from '../times/text.ts';
import { isPlainNumber } from '../times/times.ts';

/** Records of the look that are looked at, and different values of a column that are classified. */
const maxRecords = 5000;
const maxClassified = 100;

/** What the cells of a column show. Shares are of the filled cells; 0 if there are none. */
export interface ColumnEvidence {
  readonly records: number;
  readonly filled: number;
  /** Number of different values. */
  readonly distinct: number;
  /** Up to three different values. */
  readonly samples: readonly string[];
  /** The share of the most frequent value, and that value. */
  readonly topShare: number;
  readonly topValue: string;
  /** Share of numbers, which may have a currency or a unit. */
  readonly numbers: number;
  /** Share of sums of money: with a currency, or a fraction of one or two digits. */
  readonly money: number;
  /** Share of the number zero. */
  readonly zeros: number;
  /** Share of numbers below those that can be a time in any unit: days of spreadsheets, seconds, `20101201`. */
  readonly smallNumbers: number;
  readonly dates: number;
  /** Share of dates with a time of day. */
  readonly dateTimes: number;
  /** Share of times of day without a date, and of numbers such as 1631 or 0.688 that may be one. */
  readonly clocks: number;
  readonly clockNumbers: number;
  readonly emails: number;
  /** Share of cells with a letter that are neither dates nor email addresses. */
  readonly words: number;
  /** Share of numbers that a spreadsheet has rounded, such as 4.00638E+12. */
  readonly rounded: number;
  /** Share of objects and lists. */
  readonly objects: number;
}

/** What the look shows of its columns. */
export interface Evidence {
  readonly look: Look;
  of(column: number): ColumnEvidence;
  /** The values of a column as numbers by the order of appearance; -1 for a blank cell. */
  codes(column: number): Int32Array;
  /** The text of a column's cells, '' if blank. */
  texts(column: number): readonly string[];
  /**
   * The records of each order that the look has as a whole; a blank order id is that of the record above. The first and the
   * last order of a run may have more records elsewhere.
   */
  orders(orderColumn: number): readonly (readonly number[])[];
}

/** Looks at a column when it is first asked for. */
export function createEvidence(look: Look): Evidence {
  const records = look.records.slice(0, maxRecords);
  const texts = new Map<number, readonly string[]>();
  const codes = new Map<number, Int32Array>();
  const columns = new Map<number, ColumnEvidence>();
  const orders = new Map<number, readonly (readonly number[])[]>();
  const evidence: Evidence = {
    look,
    texts: (column) => once(texts, column, () => records.map((cells) => textOf(cells[column]))),
    codes: (column) => once(codes, column, () => encode(evidence.texts(column))),
    orders: (column) => once(orders, column, () => wholeOrders(look, evidence.codes(column))),
    of: (column) => once(columns, column, () => describe(evidence.texts(column))),
  };
  return evidence;
}

/** The text of objects and lists, which are no cells. */
const objectText = '\0object';

/** The text of a cell; '' if it is blank. */
function textOf(cell: unknown): string {
  if (typeof cell !== 'object' || cell === null) return cleanText(cell);
  const time = dateTime(cell);
  if (time === undefined) return objectText;
  return Number.isNaN(time) ? '' : new Date(time).toISOString();
}

function describe(texts: readonly string[]): ColumnEvidence {
  const counts = countsOf(texts);
  let filled = 0;
  let topValue = '';
  let top = 0;
  for (const [text, count] of counts) {
    filled += count;
    if (count > top) [topValue, top] = [text, count];
  }
  const sums = { ...noKinds };
  let classified = 0;
  const share = maxClassified / counts.size;
  let index = 0;
  for (const [text, count] of counts) {
    // Multiples of the golden ratio: what recurs in the file does not bias the sample.
    if ((index++ * 0.6180339887498949) % 1 >= share) continue;
    classified += count;
    for (const kind of kindsOf(text)) sums[kind] += count;
  }
  const shares = Object.entries(sums).map(([kind, count]) => [kind, count / Math.max(classified, 1)]);
  return {
    records: texts.length,
    filled,
    distinct: counts.size,
    samples: [...counts.keys()].filter((text) => text !== objectText).slice(0, 3),
    topShare: top / Math.max(filled, 1),
    topValue,
    ...(Object.fromEntries(shares) as Record<Kind, number>),
  };
}

/** How often each text occurs, blank ones left out. */
function countsOf(texts: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const text of texts) if (text !== '') counts.set(text, (counts.get(text) ?? 0) + 1);
  return counts;
}

const email = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;
const hasClock = /\d[:h]\d{2}|\d時|\d\s?[ap]\.?m\b/i;
const roundedNumber = /^[+-]?\d([.,]\d+)?E\+\d{1,3}$/i;
const currency = /[€$£¥円]|(^|[\s\d])(EUR|USD|GBP|CHF|JPY|CAD|AUD)\b/i;

/** What tells texts apart, for a class of letters. */
function patternsOf(letter: string, flags: string) {
  return {
    hasLetter: new RegExp(`[${letter}]`, flags),
    /** Digits that may be grouped, with a sign, and a currency before or up to ten characters of a unit after. */
    number: new RegExp(
      String.raw`^[^${letter}\d#]{0,3}(?:[A-Z]{3}\s?)?[-+−(]?\s?(\d[\d.,'’\s]*)[-)]?\s?[${letter}€$£¥×/³²]{0,10}\.?\)?$`,
      flags,
    ),
    /** What every date has: a year of four digits, or a mark between numbers. */
    mayBeDate: new RegExp(String.raw`\d{4}|\d\s?[-/.年]\s?\d|[${letter}]-?\d{1,2}-\d`, flags),
  };
}

const asciiPatterns = patternsOf('A-Za-z', '');
let patterns: typeof asciiPatterns | undefined;

/** The patterns for a text. Those with all letters take long to set up, and most tables do not need them. */
function patternsFor(text: string): typeof asciiPatterns {
  if (/^[ -~]*$/.test(text)) return asciiPatterns;
  patterns ??= patternsOf('\\p{L}', 'u');
  return patterns;
}

const minTime = 19_000;

const noKinds = {
  numbers: 0,
  money: 0,
  zeros: 0,
  smallNumbers: 0,
  dates: 0,
  dateTimes: 0,
  clocks: 0,
  clockNumbers: 0,
  emails: 0,
  words: 0,
  rounded: 0,
  objects: 0,
};

type Kind = keyof typeof noKinds;

function kindsOf(text: string): Kind[] {
  if (text === objectText) return ['objects'];
  // A longer text is neither a number nor a date.
  if (text.length > 80) return email.test(text) ? ['emails'] : ['words'];
  if (roundedNumber.test(text)) return ['rounded', 'numbers'];
  if (email.test(text)) return ['emails'];
  const { hasLetter, number, mayBeDate } = patternsFor(text);
  const isDigits = /^\d+$/.test(text);
  if (!isDigits && mayBeDate.test(text) && readDate(text) !== undefined)
    return hasClock.test(text) ? ['dates', 'dateTimes'] : ['dates'];
  if (hasClock.test(text) && !Number.isNaN(readClock(text))) return ['clocks'];
  const [, digits] = number.exec(halfWidth(text)) ?? [];
  if (digits !== undefined) return kindsOfNumber(text, digits.trim());
  return hasLetter.test(text) ? ['words'] : [];
}

function kindsOfNumber(text: string, digits: string): Kind[] {
  const kinds: Kind[] = ['numbers'];
  const [, fraction = ''] = /[.,](\d+)$/.exec(digits) ?? [];
  const cents = fraction.replace(/0+$/, '');
  // Three digits after a mark are a thousand or a weight.
  const isMoney = currency.test(text) || (cents !== '' && cents.length <= 2 && fraction.length !== 3);
  if (isMoney) kinds.push('money');
  if (patternsFor(text).hasLetter.test(text) && !isMoney) kinds.push('words');
  if (!/[1-9]/.test(digits)) kinds.push('zeros');
  const isPlain = isPlainNumber(digits);
  const value = Number(isPlain ? digits.replace(',', '.') : digits.replace(/[^\d.]/g, ''));
  if (value < minTime) kinds.push('smallNumbers');
  if (/^(\d{3,6}|0[.,]\d+)$/.test(digits) && !Number.isNaN(readClock(digits))) kinds.push('clockNumbers');
  // What dates without marks are, ids may be as well.
  if (digitsTime(Number(digits)) !== undefined || (text.length === 8 && readDate(text) !== undefined))
    return [...kinds, 'dates', ...(digits.length > 8 ? (['dateTimes'] as const) : [])];
  if (isPlain && countsTime(value)) kinds.push('dates', 'dateTimes');
  return kinds;
}

/** Whether a number may count the days of spreadsheets up to 2118, or seconds to nanoseconds since 1970, up to 2049. */
function countsTime(value: number): boolean {
  const thousands = Math.floor(Math.log10(value / 3e8) / 3);
  const seconds = value / 1000 ** thousands;
  return (value >= minTime && value < 80_000) || (thousands >= 0 && thousands <= 3 && seconds < 2.5e9);
}

function wholeOrders(look: Look, orders: Int32Array): number[][] {
  const found: number[][] = [];
  for (let run = 0; run < look.runs.length; run++) {
    const start = look.runs[run]!;
    const end = Math.min(look.runs[run + 1] ?? orders.length, orders.length);
    const byOrder = new Map<number, number[]>();
    let order = -1;
    for (let record = start; record < end; record++) {
      if (orders[record] !== -1) order = orders[record]!;
      const records = byOrder.get(order);
      if (records === undefined) byOrder.set(order, [record]);
      else records.push(record);
    }
    const groups = [...byOrder.values()];
    const isCut = (records: number[]) =>
      (start > 0 && records[0] === start) || (!look.complete && records.at(-1) === end - 1);
    found.push(...groups.filter((records) => !isCut(records)));
  }
  return found;
}

function encode(texts: readonly string[]): Int32Array {
  const known = new Map<string, number>();
  return Int32Array.from(texts, (text) => {
    if (text === '') return -1;
    const code = known.get(text) ?? known.size;
    known.set(text, code);
    return code;
  });
}

function once<T>(values: Map<number, T>, column: number, make: () => T): T {
  let value = values.get(column);
  if (value === undefined) {
    value = make();
    values.set(column, value);
  }
  return value;
}
