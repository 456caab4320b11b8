import { missingWords } from './cells.ts';
import { withoutInvisible } from './ids.ts';

/** The mark before the decimals of a number; the other one separates thousands. */
export type DecimalMark = '.' | ',';

/** A larger quantity is taken for damage: quantities are 32-bit integers. */
const maxQuantity = 2 ** 31 - 1;

/** A longer text is not a number. */
const maxLength = 100;

const plainPrice = /^\d+(?:\.\d\d?)?$/;
const digitsOnly = /^\d+$/;
const decimal = /^(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
/** Thousands in groups of three, or as in India (12,34,567). */
const grouped = /^\d{1,3}(?:,\d{3})+$|^\d{1,2}(?:,\d{2})+,\d{3}$/;
/** One group of thousands, or three decimals. */
const oneGroup = /^[1-9]\d{0,2}([.,])\d{3}$/;
const groupedByBlanks = /^\d{1,3}(?:([\s'’ʼ´`])\d{3})(?:\1\d{3})*(?=$|[.,])/;

const minus = '[-‐‑‒–—−﹣]';
const signBefore = new RegExp(`^(?:${minus}|\\+)\\s*`);
const signAfter = new RegExp(`\\s*${minus}$`);
const parentheses = /^\((.+)\)$/s;
const fullWidth = /[\uff01-\uff5e]/g;

const unitBefore = /^[x×]\s*(?=[\d.,])/i;
const unitAfter = /(?<=\d[.,]?)\s*(?:×|[cdk]?m[23]|\p{L}[\p{L}\p{M}. ²³]{0,14}(?:\(\p{L}{1,3}\))?)$/u;
/** A sign such as € or US$, or a word such as EUR, CHF, Fr. or kr. */
const currency = '(?:\\p{L}{0,3}\\p{Sc}|\\p{L}{1,4}\\.?)';
const currencyBefore = new RegExp(`^${currency}\\s*(?=[\\d.,(+]|${minus})`, 'u');
const currencyAfter = new RegExp(`(?<=[\\d.,)]|${minus})\\s*${currency}$`, 'u');
/** The dash for no cents, as in 12.- */
const noCents = new RegExp(`(?<=\\d[.,])${minus}{1,2}$`);

/**
 * A whole number: rounded toward zero, but not to zero, so that 0.350 kg counts as one. Undefined if the cell is blank, NaN
 * if it is not a number. A unit (`3 pcs`, `2x`) does not matter; `(1)`, `1-` and `−1` are below zero. Where the text does
 * not show whether a comma or point separates thousands (`2,000`), the decimal mark of the column does.
 */
export function cleanQuantity(cell: unknown, decimalMark: DecimalMark): number | undefined {
  if (typeof cell === 'string') {
    const quick = shortDigits(cell);
    if (quick !== -1) return quick;
    const text = plainText(cell);
    if (text === '') return undefined;
    return whole(signedNumber(text, decimalMark, unitBefore, unitAfter));
  }
  if (cell === null || cell === undefined || Number.isNaN(cell)) return undefined;
  return typeof cell === 'number' || typeof cell === 'bigint' ? whole(Number(cell)) : Number.NaN;
}

/**
 * A unit price, which may be zero or below it; NaN for anything else, which is not a reason to drop the record. The signs
 * and codes of currencies do not matter; for the decimal mark, see `cleanQuantity`.
 */
export function cleanPrice(cell: unknown, decimalMark: DecimalMark): number {
  let price = Number.NaN;
  if (typeof cell === 'number' || typeof cell === 'bigint') price = Number(cell);
  else if (typeof cell === 'string') {
    price = plainPrice.test(cell)
      ? Number(cell)
      : signedNumber(plainText(cell).replace(noCents, ''), decimalMark, currencyBefore, currencyAfter);
  }
  return Number.isFinite(price) ? price + 0 : Number.NaN;
}

/**
 * What the text of a number shows of its decimal mark: one of them, `'either'` if it is a comma or point between one to
 * three digits and three more (`2,000`), `'none'` if it has no such mark. Undefined if the text is not a number.
 */
export function decimalMarkIn(text: string): DecimalMark | 'either' | 'none' | undefined {
  if (text.length > maxLength) return undefined;
  const plain = plainText(text).replace(/\s*%$/, '').replace(noCents, '').replace(currencyBefore, '');
  const digits = signOf(plain).digits.replace(unitAfter, '').replace(currencyAfter, '');
  if (oneGroup.test(digits)) return 'either';
  const [asPoint, asComma] = [unsignedNumber(digits, '.'), unsignedNumber(digits, ',')];
  if (Number.isNaN(asPoint) && Number.isNaN(asComma)) return undefined;
  const last = Math.max(digits.lastIndexOf('.'), digits.lastIndexOf(','));
  if (last === -1) return 'none';
  const mark = digits[last] as DecimalMark;
  // A mark that occurs more than once separates thousands.
  return digits.indexOf(mark) === last ? mark : otherMark(mark);
}

export function otherMark(mark: DecimalMark): DecimalMark {
  return mark === '.' ? ',' : '.';
}

/** Text with digits, letters and marks of Japanese width as those of ASCII. */
export function halfWidth(text: string): string {
  return text.replace(fullWidth, (mark) => String.fromCharCode(mark.charCodeAt(0) - 0xfee0));
}

/** Text without blanks around it and characters that nobody sees; '' if it is a word for a missing value. */
function plainText(text: string): string {
  let plain = text.trim();
  if (/[^ -~]/.test(plain)) {
    plain = halfWidth(withoutInvisible(plain)).trim();
  }
  return plain.length <= 4 && missingWords.has(plain) ? '' : plain;
}

function signedNumber(text: string, decimalMark: DecimalMark, before: RegExp, after: RegExp): number {
  if (text.length > maxLength || !/\d/.test(text)) return Number.NaN;
  const plain = unsignedNumber(text, decimalMark);
  if (!Number.isNaN(plain)) return plain;
  const { negative, digits } = signOf(bare(text, before, after));
  const value = unsignedNumber(bare(digits, before, after), decimalMark);
  return negative ? -value : value;
}

/** Text without the unit or currency at one of its ends. */
function bare(text: string, before: RegExp, after: RegExp): string {
  if (decimal.test(text)) return text;
  const rest = text.replace(before, '');
  return rest === text ? text.replace(after, '') : rest;
}

function signOf(text: string): { negative: boolean; digits: string } {
  const inside = parentheses.exec(text)?.[1];
  if (inside !== undefined) return { negative: true, digits: inside.trim() };
  const sign = signBefore.exec(text)?.[0];
  if (sign !== undefined) return { negative: sign[0] !== '+', digits: text.slice(sign.length) };
  const digits = text.replace(signAfter, '');
  return { negative: digits !== text, digits };
}

/** The value of digits with or without marks; NaN if the text is anything else. */
function unsignedNumber(text: string, decimalMark: DecimalMark): number {
  if (digitsOnly.test(text)) return Number(text);
  let digits = text;
  const blanks = groupedByBlanks.exec(text)?.[0];
  if (blanks !== undefined) digits = blanks.replace(/\D/g, '') + text.slice(blanks.length);
  const single = oneGroup.exec(digits)?.[1];
  if (single !== undefined && blanks === undefined) {
    return Number(single === decimalMark ? digits.replace(single, '.') : digits.replace(single, ''));
  }
  const comma = digits.lastIndexOf(',');
  const point = digits.lastIndexOf('.');
  // The last mark is before the decimals unless it occurs more than once.
  const last = comma > point ? ',' : '.';
  const mark = digits.indexOf(last) === digits.lastIndexOf(last) ? last : otherMark(last);
  const [integer, ...rest] = digits.split(mark);
  if (integer === undefined || rest.length > 1) return Number.NaN;
  const thousands = integer.replaceAll(otherMark(mark), ',');
  if (thousands.includes(',') && !grouped.test(thousands)) return Number.NaN;
  const plain = [thousands.replaceAll(',', ''), ...rest].join('.');
  return decimal.test(plain) ? Number(plain) : Number.NaN;
}

/** The value of text of one to nine digits, -1 for any other text. */
function shortDigits(text: string): number {
  if (text.length === 0 || text.length > 9) return -1;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function whole(value: number): number {
  // Decimals in Parquet arrive as digits times a power of ten, which makes 28.999999999999996 of 29.
  const integer = Math.trunc(Number.isInteger(value) ? value : Number(value.toPrecision(12)));
  if (integer === 0 && value !== 0) return Math.sign(value);
  return Math.abs(integer) <= maxQuantity ? integer + 0 : Number.NaN;
}
