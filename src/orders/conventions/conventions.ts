import type { DecimalMark } from '../cleaning/numbers.ts';
import { roles } from '../columns/roles.ts';
import type { Decision, Look, Note } from '../look.ts';
import type { ReadOptions } from '../options.ts';
import type { TimeUnit } from '../times/calendar.ts';
import type { DateOrder } from '../times/times.ts';
import { decideDateOrder } from './date-order.ts';
import { decideDecimalMark } from './decimal-mark.ts';
import { decideTimeUnit } from './time-unit.ts';

/** How the cells of a table are written. */
export interface Conventions {
  /** The mark before the decimals of a number; the other one separates thousands. */
  readonly decimalMark: DecimalMark;
  /** As an option or a date of the look says; `'auto'` while neither does. */
  readonly dateOrder: DateOrder | 'auto';
  /** What holds if no date of the table shows the order. */
  readonly assumedDateOrder: DateOrder;
  readonly timeUnit: TimeUnit | 'auto';
}

/** Decides from a look how the cells of a table are written, and says why. */
export function decideConventions(
  look: Look,
  columns: readonly number[],
  { decimal = 'auto', dateOrder = 'auto', timeUnit = 'auto' }: ReadOptions,
): { conventions: Conventions; decisions: Record<string, Decision>; notes: Note[] } {
  const number = decideDecimalMark(look, columns, decimal);
  const unit = decideTimeUnit(look, columns[roles.indexOf('time')]!, timeUnit);
  const dates = decideDateOrder(look, columns[roles.indexOf('time')]!, dateOrder, number.isShown ? number.mark : '.');
  const decisions = { decimalMark: number.decision, dateOrder: dates.decision, timeUnit: unit.decision };
  return {
    conventions: {
      decimalMark: number.mark,
      dateOrder: dates.order,
      assumedDateOrder: dates.assumed,
      timeUnit: unit.unit,
    },
    decisions: Object.fromEntries(Object.entries(decisions).filter((entry): entry is [string, Decision] => !!entry[1])),
    notes: [number.note, dates.note, unit.note].filter((note) => note !== undefined),
  };
}
