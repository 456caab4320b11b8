import { hashText } from '../../../hash.ts';
import { cleanId } from '../../cleaning/ids.ts';
import { noOrder, orderNumber } from '../../cleaning/lines.ts';
import { cleanPrice, cleanQuantity, type DecimalMark } from '../../cleaning/numbers.ts';
import { decode } from '../utf8.ts';

// Reads a cell of UTF-8 at [start, end). The usual ways to write a value are read from the bytes; everything else is
// decoded and passed to the functions of ../ids.ts and ../numbers.ts. Both always give the same value.

const apostrophe = 39;
const comma = 44;
const minus = 45;
const dot = 46;
const zero = 48;
const equals = 61;
const powersOfTen = Array.from({ length: 16 }, (_, power) => 10 ** power);

/** `cleanQuantity` of the cell's text. */
export function quantityIn(bytes: Uint8Array, start: number, end: number, mark: DecimalMark): number | undefined {
  if (end === start) return undefined;
  const negative = bytes[start] === minus;
  const first = start + (negative ? 1 : 0);
  if (end - first < 1 || end - first > 9) return cleanQuantity(decode(bytes, start, end), mark);
  let value = 0;
  let decimals = -1;
  let fraction = 0;
  for (let at = first; at < end; at++) {
    const digit = bytes[at] - zero;
    if (digit >= 0 && digit <= 9) {
      if (decimals === -1) value = value * 10 + digit;
      else {
        decimals++;
        fraction |= digit;
      }
    } else if ((bytes[at] === dot || bytes[at] === comma) && decimals === -1 && at > first) decimals = 0;
    else return cleanQuantity(decode(bytes, start, end), mark);
  }
  // A mark at the end is not one of decimals, and one before three digits may separate thousands.
  if (decimals === 0 || decimals > 2) return cleanQuantity(decode(bytes, start, end), mark);
  if (value === 0 && fraction > 0) value = 1;
  return negative ? 0 - value : value;
}

/** `cleanPrice` of the cell's text. */
export function priceIn(bytes: Uint8Array, start: number, end: number, mark: DecimalMark): number {
  if (end - start < 1 || end - start > 15) return cleanPrice(decode(bytes, start, end), mark);
  let value = 0;
  let digits = 0;
  let decimals = -1;
  for (let at = start; at < end; at++) {
    const digit = bytes[at] - zero;
    if (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digits++;
      if (decimals >= 0) decimals++;
    } else if ((bytes[at] === dot || bytes[at] === comma) && decimals === -1) decimals = 0;
    else return cleanPrice(decode(bytes, start, end), mark);
  }
  // With three digits behind the mark, it may separate thousands.
  if (decimals === 3) return cleanPrice(decode(bytes, start, end), mark);
  // Dividing two whole numbers below 2^53 rounds exactly as parsing the decimals does.
  if (digits === 0) return Number.NaN;
  return decimals > 0 ? value / powersOfTen[decimals] : value;
}

/**
 * `orderNumber` of an id that `cleanId` would certainly leave as it is: printable ASCII without blanks around it, that is
 * not a word for a missing value, does not begin like what a spreadsheet takes for text, and does not end in zeros after a
 * decimal point. `noOrder` for any other cell; it may be clean all the same.
 */
export function cleanOrderNumber(bytes: Uint8Array, start: number, end: number): number {
  if (end === start) return noOrder;
  const first = bytes[start];
  let last = bytes[end - 1];
  if (first === 32 || last === 32 || first === apostrophe || first === equals) return noOrder;
  // The words for a missing value begin with a letter, # or <.
  if (end - start <= 4 && !(first >= zero && first <= 57)) return noOrder;
  let hash = 0x811c9dc5;
  /** Below zero once a byte was not of printable ASCII. */
  let printable = 0;
  for (let at = start; at < end; at++) {
    const byte = bytes[at];
    printable |= (byte - 32) | (126 - byte);
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  for (let at = end - 1; last === zero && at > start; ) last = bytes[--at];
  return printable < 0 || last === dot ? noOrder : orderNumber(hash);
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

/** `cleanId` of the cell's text. */
export function idIn(bytes: Uint8Array, start: number, end: number): string {
  return cleanId(decode(bytes, start, end))!;
}

/** Whether the cell is `text`, without decoding it; always false for text beyond ASCII. */
export function isText(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (text.length !== end - start) return false;
  for (let i = 0; i < text.length; i++)
    if (text.charCodeAt(i) !== bytes[start + i] || bytes[start + i] > 127) return false;
  return true;
}
