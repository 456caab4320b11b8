import type { Decision, Look, Note } from './look.ts';
import type { ReadOptions } from './options.ts';
import type { DateOrder } from './times.ts';

/** How the cells of a table are written. */
export interface Conventions {
  /** The mark before the decimals of a number; the other one separates thousands. */
  readonly decimalMark: '.' | ',';
  /** `'auto'` while no date has shown it. */
  readonly dateOrder: DateOrder | 'auto';
  /** What numbers in the column of times count; `'auto'`: seconds, or smaller units, since 1970, by their size. */
  readonly timeUnit: TimeUnit | 'auto';
}

/** `'days'` are those of spreadsheets, counted from 1899-12-30. */
export type TimeUnit = 'seconds' | 'milliseconds' | 'microseconds' | 'days';

/** Decides how the cells of a table are written. */
export function decideConventions(
  _look: Look,
  _columns: readonly number[],
  { dateOrder = 'auto' }: ReadOptions,
): { conventions: Conventions; decisions: Record<string, Decision>; notes: Note[] } {
  return { conventions: { decimalMark: '.', dateOrder, timeUnit: 'auto' }, decisions: {}, notes: [] };
}
