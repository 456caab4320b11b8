/** How numbers, shares, and times are written wherever people read them. */

const unknown = '–';

let numbers: Intl.NumberFormat | undefined;

/** `1,234.5`, with two decimals at most. */
export function number(value: number): string {
  // Made when it is needed, and once: that takes longer than a short command.
  numbers ??= new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
  return numbers.format(value);
}

/** `one` for 1, otherwise `many` with the number in place of `#`. */
export function plural(value: number, one: string, many: string): string {
  return value === 1 ? one : many.replace('#', number(value));
}

/** `118.48K` */
export function compact(value: number, maximumSignificantDigits = 5): string {
  if (!Number.isFinite(value)) return unknown;
  return value.toLocaleString('en-US', { notation: 'compact', maximumSignificantDigits });
}

/** A share or metric with four digits, without the zero before the point: `.1234`. */
export function digits(share: number): string {
  return Number.isFinite(share) ? share.toFixed(4).replace(/^0/, '') : unknown;
}

/** `12%`; below 10% with one decimal: `3.4%`. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(share > 0 && share < 0.1 ? 1 : 0)}%` : unknown;
}

/** The latest time that a date can be, in milliseconds since 1970 UTC, and before it the earliest. */
export const latestTime = 8.64e15;

/** A day in UTC, followed by the time of day unless it is midnight: `2025-01-31 08:30`. Files of models may have times that are none. */
export function dateOf(time: number): string {
  if (!(Math.abs(time) <= latestTime)) return unknown;
  const [date, clock] = new Date(time).toISOString().split('T');
  return clock.startsWith('00:00:00') ? date : `${date} ${clock.slice(0, 5)}`;
}

/** A day in UTC: `2025-01-31`. */
export function dayOf(time: number): string {
  return dateOf(time).split(' ', 1)[0];
}
