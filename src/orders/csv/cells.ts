import { hashText } from '../hash.ts';
import { cleanId, cleanPrice, cleanQuantity } from '../values.ts';
import { decode } from './scan.ts';

// What a cell [start, end) of UTF-8 says. The usual ways to write a value are read from the bytes; anything else goes by
// its text to the functions of values.ts, and the two agree on all.

const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const POWERS = Array.from({ length: 16 }, (_, power) => 10 ** power);

/** As `cleanQuantity`. */
export function quantityIn(bytes: Uint8Array, start: number, end: number): number | undefined {
  const negative = bytes[start] === MINUS;
  const first = negative && start < end ? start + 1 : start;
  if (end - first < 1 || end - first > 9) return cleanQuantity(decode(bytes, start, end));
  let value = 0;
  for (let at = first; at < end; at++) {
    const digit = bytes[at] - ZERO;
    if (digit < 0 || digit > 9) return cleanQuantity(decode(bytes, start, end));
    value = value * 10 + digit;
  }
  return negative ? 0 - value : value;
}

/** As `cleanPrice`. */
export function priceIn(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < 1 || end - start > 15) return cleanPrice(decode(bytes, start, end));
  let value = 0;
  let digits = 0;
  let decimals = -1;
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - ZERO;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digits++;
      if (decimals >= 0) decimals++;
    } else if (bytes[at] === DOT && decimals === -1) decimals = 0;
    else return cleanPrice(decode(bytes, start, end));
  }
  // One division of whole numbers below 2^53 rounds as reading the decimals does.
  if (digits === 0 || value === 0) return Number.NaN;
  return decimals > 0 ? value / POWERS[decimals] : value;
}

/** `hashText` of the cell's text. */
export function hashIn(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  let all = 0;
  for (let at = start; at < end; at++) {
    all |= bytes[at];
    hash = Math.imul(hash ^ bytes[at], 0x01000193);
  }
  return all < 128 ? hash >>> 0 : hashText(decode(bytes, start, end));
}

/** Whether a cell is surely its own `cleanId`: no blanks around, no word for nothing, no zeros after a decimal point. */
export function isCleanId(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start];
  let last = bytes[end - 1];
  if (end === start || first <= 32 || first >= 127 || last <= 32 || last >= 127) return false;
  // The words begin with a letter, # or <.
  if (end - start <= 4 && !(first >= ZERO && first <= 57)) return false;
  for (let at = end - 1; last === ZERO && at > start; ) last = bytes[--at];
  return last !== DOT;
}

/** `cleanId` of the cell's text. */
export function idIn(bytes: Uint8Array, start: number, end: number): string {
  return cleanId(decode(bytes, start, end))!;
}

/** Whether the cell is `text`, told without decoding it; text beyond ASCII is never told. */
export function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (text.length !== end - start) return false;
  for (let i = 0; i < text.length; i++)
    if (text.charCodeAt(i) !== bytes[start + i] || bytes[start + i] > 127) return false;
  return true;
}
