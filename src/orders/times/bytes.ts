import { day } from './calendar.ts';

export const blank = 32;
export const dash = 45;
export const dot = 46;
export const slash = 47;
const colon = 58;
const plus = 43;

/** Whether a byte is a digit. */
export function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

/** The value of the digits, -1 if one is not a digit. */
export function digits(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) {
    if (!isDigit(bytes[at])) return -1;
    value = value * 10 + bytes[at] - 48;
  }
  return value;
}

/** Milliseconds of `8:26`, `08:26` and `08:26:00`; below zero for anything else. */
export function clockIn(bytes: Uint8Array, start: number, end: number): number {
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

/**
 * Milliseconds in UTC of `08:26`, `08:26:00Z`, `08:26:00.123+02`, and `08:26-05:30`; NaN for anything else. As elsewhere, what is
 * less than a millisecond is cut off.
 */
function zonedClockIn(bytes: Uint8Array, start: number, last: number): number {
  let end = last;
  let zone = 0;
  let fraction = 0;
  let sign = start;
  while (sign < end && bytes[sign] !== plus && bytes[sign] !== dash) sign++;
  if (sign < end) {
    const length = end - sign;
    const isSplit = length === 6 && bytes[sign + 3] === colon;
    const minutes = length === 3 ? 0 : length === 5 || isSplit ? twoDigits(bytes, end - 2) : -1;
    const hours = twoDigits(bytes, sign + 1);
    if (minutes < 0 || hours < 0) return Number.NaN;
    zone = (bytes[sign] === dash ? -1 : 1) * (hours * 60 + minutes) * 60_000;
    end = sign;
  } else if (bytes[end - 1] === 0x5a) end--;
  let point = start;
  while (point < end && bytes[point] !== dot) point++;
  if (point < end) {
    // Behind seconds.
    const count = end - point - 1;
    if (point - start < 7 || count < 1 || count > 9 || digits(bytes, point + 1, end) < 0) return Number.NaN;
    for (let at = point + 1; at <= point + 3; at++) fraction = fraction * 10 + (at < end ? bytes[at] - 48 : 0);
    end = point;
  }
  const clock = clockIn(bytes, start, end);
  return clock < 0 ? Number.NaN : clock + fraction - zone;
}

/**
 * Reads `2010-12-01`, `2010-12-01 08:26`, `2010-12-01T08:26:00Z`, and `2010-12-01 08:26:00.123+02`; NaN for anything else.
 */
export function isoTime(bytes: Uint8Array, start: number, end: number): number {
  const mark = bytes[start + 10];
  if (end - start < 10 || bytes[start + 4] !== dash || bytes[start + 7] !== dash) return Number.NaN;
  const century = twoDigits(bytes, start);
  const yearOfCentury = twoDigits(bytes, start + 2);
  const month = twoDigits(bytes, start + 5);
  const dayOfMonth = twoDigits(bytes, start + 8);
  if (century < 10 || (yearOfCentury | month | dayOfMonth) < 0) return Number.NaN;
  const date = day(century * 100 + yearOfCentury, month, dayOfMonth);
  if (end - start === 10) return date;
  return mark === blank || mark === 0x54 ? date + zonedClockIn(bytes, start + 11, end) : Number.NaN;
}

/** The value of two digits, below zero if one is not a digit. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] - 48;
  const ones = bytes[at + 1] - 48;
  return (tens | ones | (9 - tens) | (9 - ones)) < 0 ? -1 : tens * 10 + ones;
}
