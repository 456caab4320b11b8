import type { DecimalMark } from '../cleaning/numbers.ts';
import type { Decision, Look, Note } from '../look.ts';
import { day } from '../times/calendar.ts';
import { type DateText, readDate } from '../times/text.ts';
import type { DateOrder } from '../times/times.ts';
import { europeanName, given, textsOf } from './hints.ts';

export interface DateOrderDecision {
  /** `'auto'` if neither a date of the look nor the option shows it. */
  order: DateOrder | 'auto';
  /** What holds if no date of the table shows it. */
  assumed: DateOrder;
  decision?: Decision;
  note?: Note;
}

const words: Record<DateOrder, string> = { dmy: 'day first', mdy: 'month first' };
const monthNames = 'January February March April May June July August September October November December'.split(' ');
/** Steps from one date to another one that make an order of records, and how many of them may go back. */
const minSteps = 5;
const maxBack = 0.02;
const minBackOtherwise = 0.1;

/** What is said of the order of day and month if a date after the look has shown it. */
export function dateOrderShownLater(order: DateOrder): Decision {
  return { value: words[order], why: 'as a later date with one reading only shows' };
}

/** The code of the note that the order is assumed. */
export const dateOrderAssumed = 'date-order-assumed';

/**
 * Decides whether the month or the day comes first in dates such as 12/1/2010. Dates with one reading only show it. Where
 * the look has none, the order of the records says it, or other columns with dates, or how else the file is written.
 */
export function decideDateOrder(
  look: Look,
  column: number,
  option: DateOrder | 'auto',
  decimalMark: DecimalMark,
): DateOrderDecision {
  if (option !== 'auto') return { order: option, assumed: option, decision: { value: words[option], why: given } };
  const undecided: DateOrderDecision = { order: 'auto', assumed: 'mdy' };
  if (column === -1) return undecided;
  const seen = datesOf(look, column);
  const shown = shownBy(seen);
  if (shown !== undefined) {
    const { order, example, otherExample } = shown;
    const decision = { value: words[order], why: `as ${JSON.stringify(example)} shows` };
    return {
      order,
      assumed: order,
      decision,
      ...(otherExample && { note: mixedOrders(order, example, otherExample) }),
    };
  }
  const open = seen.filter(({ date }) => date.form === 'open');
  if (open.length === 0) return { ...undecided, ...howWritten(seen) };

  const why = (order: DateOrder, reason: string | undefined) => (reason === undefined ? undefined : { order, reason });
  const found =
    sortedBy(look, column) ??
    byOtherDates(look, column) ??
    why('dmy', decimalMark === ',' ? 'numbers have a decimal comma' : undefined) ??
    why('dmy', look.delimiter === ';' ? 'semicolons separate the cells' : undefined) ??
    why('dmy', europeanName(look) && `columns have names such as '${europeanName(look)}'`);
  if (found !== undefined) {
    const decision = { value: words[found.order], why: `inferred, because ${found.reason}` };
    return { order: 'auto', assumed: found.order, decision };
  }
  const { text, date } = open.find(({ date }) => date.first !== date.second) ?? open[0]!;
  const note =
    `No date shows whether the month or the day comes first: ${JSON.stringify(text)} is read as ` +
    `${monthNames[date.first - 1]} ${date.second}. If it is ${monthNames[date.second - 1]} ${date.first}: ` +
    `dateOrder: 'dmy', or --date-order dmy`;
  return {
    ...undecided,
    decision: { value: words.mdy, why: 'assumed, since nothing in the first records shows it' },
    note: { code: dateOrderAssumed, text: note },
  };
}

interface SeenDate {
  text: string;
  date: DateText;
}

function datesOf(look: Look, column: number): SeenDate[] {
  const seen: SeenDate[] = [];
  for (const text of textsOf(look, column)) {
    const date = readDate(text);
    if (date !== undefined) seen.push({ text, date });
  }
  return seen;
}

/** The order that most dates with one reading only show, or the first of them if as many show the other one. */
function shownBy(seen: readonly SeenDate[]): { order: DateOrder; example: string; otherExample?: string } | undefined {
  const texts: Record<DateOrder, string[]> = { mdy: [], dmy: [] };
  let first: DateOrder = 'mdy';
  for (const { text, date } of seen) {
    if (date.form !== 'open') continue;
    const monthFirst = !Number.isNaN(day(date.year, date.first, date.second));
    const dayFirst = !Number.isNaN(day(date.year, date.second, date.first));
    if (monthFirst === dayFirst) continue;
    const order = dayFirst ? 'dmy' : 'mdy';
    if (texts.dmy.length + texts.mdy.length === 0) first = order;
    texts[order].push(text);
  }
  const more = texts.dmy.length - texts.mdy.length;
  const order = more === 0 ? first : more > 0 ? 'dmy' : 'mdy';
  const [example] = texts[order];
  if (example === undefined) return undefined;
  return { order, example, otherExample: texts[order === 'dmy' ? 'mdy' : 'dmy'][0] };
}

function mixedOrders(order: DateOrder, example: string, otherExample: string): Note {
  const text =
    `Dates of both orders are in one column: ${JSON.stringify(example)} can only be ${words[order]}, ` +
    `${JSON.stringify(otherExample)} cannot. Read ${words[order]}, as most of them are; the others are unreadable`;
  return { code: 'date-orders-mixed', text };
}

/** What dates show that are not open, such as 1.12.2010 and 2010-12-01. */
function howWritten(seen: readonly SeenDate[]): { decision?: Decision } {
  const dotted = seen.find(({ date }) => date.form === 'day first');
  if (dotted !== undefined) return { decision: { value: words.dmy, why: `dates have dots, as ${dotted.text} has` } };
  if (seen.length === 0) return {};
  const { text } = seen[0]!;
  const value = /^\D*\d{4}\D/.test(text) ? 'year first' : 'months have names';
  return { decision: { value, why: `as ${JSON.stringify(text)} shows` } };
}

interface Reason {
  order: DateOrder;
  reason: string;
}

/** The order by which the records are sorted by time, if by the other one they are not. */
function sortedBy(look: Look, column: number): Reason | undefined {
  const steps = { mdy: [0, 0], dmy: [0, 0] };
  for (const [run, start] of look.runs.entries()) {
    const records = look.records.slice(start, look.runs[run + 1]);
    let before: DateText | undefined;
    for (const record of records) {
      const cell = record[column];
      const date = typeof cell === 'string' ? readDate(cell.trim()) : undefined;
      if (date?.form !== 'open') continue;
      for (const order of ['mdy', 'dmy'] as const) {
        const step = before === undefined ? 0 : timeBy(date, order) - timeBy(before, order);
        if (step !== 0) steps[order][step > 0 ? 0 : 1]++;
      }
      before = date;
    }
  }
  // Newest first is an order, too.
  const back = (order: DateOrder) => Math.min(...steps[order]) / (steps[order][0]! + steps[order][1]!);
  if (steps.mdy[0]! + steps.mdy[1]! < minSteps) return undefined;
  for (const order of ['mdy', 'dmy'] as const) {
    const isOther = back(order === 'mdy' ? 'dmy' : 'mdy') >= minBackOtherwise;
    if (back(order) <= maxBack && isOther) return { order, reason: 'so the records are in the order of their dates' };
  }
  return undefined;
}

function timeBy({ year, first, second, clock }: DateText, order: DateOrder): number {
  return (order === 'mdy' ? day(year, first, second) : day(year, second, first)) + clock;
}

/** What dates in other columns show. */
function byOtherDates(look: Look, column: number): Reason | undefined {
  for (const [index, name] of look.names.entries()) {
    if (index === column) continue;
    const dates = [...textsOf(look, index)].filter((text) => /^\d{1,2}[-/]\d{1,2}[-/]\d{2}/.test(text));
    const seen = dates.map((text) => ({ text, date: readDate(text) }));
    const shown = shownBy(seen.filter((one): one is SeenDate => one.date !== undefined));
    if (shown?.otherExample === undefined && shown !== undefined)
      return { order: shown.order, reason: `${JSON.stringify(shown.example)} in '${name}' shows it` };
  }
  return undefined;
}
