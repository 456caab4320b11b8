import type { Decision, Look, Note } from '../look.ts';
import { digitsTime, type TimeUnit } from '../times/calendar.ts';
import { isPlainNumber } from '../times/times.ts';
import { given } from './hints.ts';

export interface TimeUnitDecision {
  unit: TimeUnit | 'auto';
  decision?: Decision;
  note?: Note;
}

/** Days of spreadsheets below this are before 2174; seconds, in the first 28 hours of 1970. */
const maxDays = 100_000;
/** Days of spreadsheets above this are after 1927. */
const minDays = 10_000;

/** Decides what the numbers in the column of times count. */
export function decideTimeUnit(look: Look, column: number, option: TimeUnit | 'auto'): TimeUnitDecision {
  if (option !== 'auto') return { unit: option, decision: { value: option, why: given } };
  if (column === -1) return { unit: 'auto' };
  const kinds = new Map<string, number[]>();
  for (const record of look.records) {
    const value = numberIn(record[column]);
    if (value === undefined) continue;
    const kind = kindOf(value);
    const values = kinds.get(kind) ?? [];
    values.push(value);
    kinds.set(kind, values);
  }
  if (kinds.size === 0) return { unit: 'auto' };
  const [value, values] = [...kinds].reduce((best, next) => (next[1].length > best[1].length ? next : best));
  const unit = kinds.has('days') && value === 'days' ? 'days' : 'auto';
  const decision = { value, why: `as the size of ${values[0]} shows` };
  return { unit, decision, note: mixedUnits(kinds) ?? (unit === 'days' ? unknownStart(values) : undefined) };
}

function numberIn(cell: unknown): number | undefined {
  if (typeof cell === 'number' || typeof cell === 'bigint') return Number.isNaN(cell) ? undefined : Number(cell);
  const text = typeof cell === 'string' ? cell.trim() : '';
  return isPlainNumber(text) ? Number(text.replace(',', '.')) : undefined;
}

function kindOf(value: number): string {
  const size = Math.abs(value);
  if (size < maxDays) return 'days';
  if (!Number.isNaN(digitsTime(value) ?? Number.NaN)) return 'digits of a date';
  return size < 1e11 ? 'seconds' : size < 1e14 ? 'milliseconds' : size < 1e17 ? 'microseconds' : 'nanoseconds';
}

function mixedUnits(kinds: ReadonlyMap<string, readonly number[]>): Note | undefined {
  if (kinds.size === 1) return undefined;
  const found = [...kinds].map(([kind, [example]]) => `${kind} (${example})`).join(', ');
  const text =
    `The numbers in the column of times count different things: ${found}. Each is read by its size. If all of them ` +
    `count the same: timeUnit: '...', or --time-unit ...`;
  return { code: 'time-units-mixed', text };
}

function unknownStart(values: readonly number[]): Note | undefined {
  const largest = Math.max(...values);
  if (largest >= minDays) return undefined;
  const text =
    `Times such as ${values[0]} count days from a day that is not in the data. They are read as days after 1899-12-30: ` +
    'their order and distances are right, and their dates are not';
  return { code: 'days-without-start', text };
}
