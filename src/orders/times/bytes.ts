import { day } from './calendar.ts';

export const blank = 32;
export const dash = 45;
export const dot = 46;
export const slash = 47;
const colon = 58;

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

/** Reads `2010-12-01`, `2010-12-01 08:26` and `2010-12-01T08:26:00Z`; NaN for anything else. */
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
  const clock = clockIn(bytes, start + 11, bytes[end - 1] === 0x5a ? end - 1 : end);
  return clock < 0 || (mark !== blank && mark !== 0x54) ? Number.NaN : date + clock;
}

/** The value of two digits, below zero if one is not a digit. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at] - 48;
  const ones = bytes[at + 1] - 48;
  return (tens | ones | (9 - tens) | (9 - ones)) < 0 ? -1 : tens * 10 + ones;
}
