export const dayMs = 86_400_000;

const monthDays = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The start of a day; NaN if there is no such day. Years below 100 are in the 20th century, as in `Date.UTC`. */
export function day(year: number, month: number, dayOfMonth: number): number {
  if (month < 1 || month > 12 || dayOfMonth < 1 || dayOfMonth > 31) return Number.NaN;
  if (year < 100) year += 1900;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (dayOfMonth > monthDays[month - 1] && !(leap && month === 2 && dayOfMonth === 29)) return Number.NaN;
  // In years that begin in March, the leap day comes last. 719,468 days lie between March 0000 and 1970.
  const isEarly = month > 2 ? 0 : 1;
  const years = year - isEarly;
  const sinceMarch = (((153 * (month - 3 + 12 * isEarly) + 2) / 5) | 0) + dayOfMonth - 1;
  const days = years * 365 + ((years / 4) | 0) - ((years / 100) | 0) + ((years / 400) | 0) + sinceMarch;
  return (days - 719_468) * dayMs;
}

/** Milliseconds of a time of day; NaN if there is none such. `half` is A for AM, P for PM. */
export function timeOfDay(hour: number, minute: number, second: number, fraction = '', half = ''): number {
  let hours = hour;
  if (half !== '') {
    if (hour < 1 || hour > 12) return Number.NaN;
    hours = (hour % 12) + (half.toUpperCase() === 'P' ? 12 : 0);
  }
  if (hours > 23 || minute > 59 || second > 59) return Number.NaN;
  return ((hours * 60 + minute) * 60 + second) * 1000 + Math.trunc(+`0.${fraction || 0}` * 1000);
}

/** The start of a day of a week of ISO 8601, of which the first one has January 4; NaN if the year has no such week. */
export function weekDay(year: number, week: number, dayOfWeek: number): number {
  const fourth = day(year, 1, 4);
  const monday = fourth - ((fourth / dayMs + 3) % 7) * dayMs;
  const time = monday + ((week - 1) * 7 + dayOfWeek - 1) * dayMs;
  return week >= 1 && week <= 53 ? time : Number.NaN;
}

/** The year of two digits. */
export function fullYear(year: number): number {
  return year + (year < 69 ? 2000 : 1900);
}

/**
 * What a number in a column of times counts, since 1970 or, `'days'`, since 1899-12-30, as spreadsheets do. `'auto'` goes
 * by the number's size, and knows 20101201, 201012010826 and 20101201082630.
 */
export type TimeUnit = (typeof timeUnits)[number];

export const timeUnits = ['seconds', 'milliseconds', 'microseconds', 'nanoseconds', 'days'] as const;

const unitsPerMs = { seconds: 1e-3, milliseconds: 1, microseconds: 1e3, nanoseconds: 1e6 };
/** A larger number does not count days. */
const maxDays = 1e6;
const maxTime = 8.64e15;

/** The time that a number counts; NaN if no date is that far away. */
export function numberTime(value: number, unit: TimeUnit | 'auto'): number {
  const size = Math.abs(value);
  // A day's fraction has too few digits for more than its seconds.
  if (unit === 'days' && size < maxDays) return Math.round((value - 25_569) * 86_400) * 1000;
  if (unit === 'auto' || unit === 'days') {
    const written = digitsTime(value);
    if (written !== undefined) return written;
    return numberTime(
      value,
      size < 1e11 ? 'seconds' : size < 1e14 ? 'milliseconds' : size < 1e17 ? 'microseconds' : 'nanoseconds',
    );
  }
  const time = unit === 'seconds' ? value * 1000 : Math.trunc(value / unitsPerMs[unit]);
  return Math.abs(time) > maxTime ? Number.NaN : time;
}

/** The time of a number such as 20101201 whose digits are those of a date; undefined for any other number. */
export function digitsTime(value: number): number | undefined {
  const length = value >= 1900e10 ? 14 : value >= 1900e8 ? 12 : 8;
  const date = Math.floor(value / 10 ** (length - 8));
  if (date < 19000000 || date >= 21000000 || !Number.isInteger(value)) return undefined;
  const start = day(Math.floor(date / 10_000), Math.floor(date / 100) % 100, date % 100);
  const clock = (value % 10 ** (length - 8)) * (length === 12 ? 100 : 1);
  const time = start + timeOfDay(Math.floor(clock / 10_000), Math.floor(clock / 100) % 100, clock % 100);
  // With 12 digits it may also count the milliseconds of 1976.
  return length === 12 && Number.isNaN(time) ? undefined : time;
}
