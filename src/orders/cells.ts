/** Words for a missing value, as spreadsheets, databases and Python write them. */
const missingWords = new Set(['', 'None', 'NaN', 'nan', 'null', 'NULL', 'N/A', '#N/A', '<NA>', 'NaT']);

/** A larger quantity is taken for damage: quantities are 32-bit integers. */
const maxQuantity = 2 ** 31 - 1;

const wholeWithFraction = /^-?\d+\.0+$/;
const withThousands = /^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/;
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** Half of a character beyond 16 bits. No file of UTF-8 can hold it: written to one, different ids become equal. */
const loneSurrogate = /\p{Surrogate}/u;

/**
 * An id as clean text: trimmed, numbers as digits, `17850.0` as `17850`; '' if it is missing. Undefined if the cell cannot
 * be an id: an object, a list, a boolean, text with half a character, or a number above 2^53, which has already lost its
 * last digits.
 */
export function cleanId(cell: unknown): string | undefined {
  if (typeof cell === 'string') {
    const text = cleanText(cell);
    if (text.charCodeAt(text.length - 1) === 48 && wholeWithFraction.test(text)) {
      return text.slice(0, text.indexOf('.'));
    }
    return loneSurrogate.test(text) ? undefined : text;
  }
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'number') {
    if (Number.isNaN(cell)) return '';
    return Math.abs(cell) > Number.MAX_SAFE_INTEGER ? undefined : String(cell);
  }
  return typeof cell === 'bigint' ? String(cell) : undefined;
}

/** Text without blanks around it; '' if it is missing, or an object of any kind. */
export function cleanText(cell: unknown): string {
  if (typeof cell !== 'string') {
    const isValue = typeof cell === 'number' || typeof cell === 'bigint' || typeof cell === 'boolean';
    return isValue && !Number.isNaN(cell) ? String(cell) : '';
  }
  const text = isTrimmed(cell) ? cell : cell.trim();
  return text.length <= 4 && missingWords.has(text) ? '' : text;
}

/** A whole number, rounded toward zero; undefined if the cell is blank, NaN if it is not a number. */
export function cleanQuantity(cell: unknown): number | undefined {
  if (typeof cell === 'string') {
    const quick = shortDigits(cell);
    if (quick !== -1) return quick;
    const text = cleanText(cell);
    if (text === '') return undefined;
    const digits = withThousands.test(text) ? text.replaceAll(',', '') : text;
    return decimal.test(digits) ? whole(Number(digits)) : Number.NaN;
  }
  if (cell === null || cell === undefined || Number.isNaN(cell)) return undefined;
  if (typeof cell === 'number') return whole(cell);
  return typeof cell === 'bigint' ? whole(Number(cell)) : Number.NaN;
}

/** A unit price above zero; NaN for anything else, which is not a reason to drop the record. */
export function cleanPrice(cell: unknown): number {
  if (typeof cell !== 'string' && typeof cell !== 'number' && typeof cell !== 'bigint') return Number.NaN;
  let price = Number(cell);
  if (Number.isNaN(price)) price = Number(String(cell).replace(/[\s,$€£]/g, ''));
  return price > 0 && price < Number.POSITIVE_INFINITY ? price : Number.NaN;
}

/** The time of a Date in milliseconds since 1970 UTC, NaN if it is invalid; undefined for any other object. */
export function dateTime(cell: object): number | undefined {
  try {
    // Not `cell.getTime()`, which may be anybody's function.
    return Date.prototype.getTime.call(cell as Date);
  } catch {
    return undefined;
  }
}

/** The content of a cell, for an example. Never throws, whatever the cell is. */
export function show(cell: unknown): string {
  if (typeof cell === 'string') return cell;
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'function') return 'a function';
  return typeof cell === 'object' ? showObject(cell) : String(cell);
}

function showObject(cell: object): string {
  if (ArrayBuffer.isView(cell)) return `${cell.byteLength} bytes`;
  const time = dateTime(cell);
  if (time !== undefined) return Number.isNaN(time) ? 'Invalid Date' : new Date(time).toISOString();
  try {
    return JSON.stringify(cell, (_, value) => (typeof value === 'bigint' ? String(value) : value)) ?? 'an object';
  } catch {
    // It contains itself, is nested thousands of levels deep, or has a toJSON that throws.
    return 'an object';
  }
}

/** A copy with memory of its own: in V8 a slice of 13 or more characters keeps the whole text it came from alive. */
export function ownCopy(text: string): string {
  return ` ${text}`.slice(1);
}

function isTrimmed(text: string): boolean {
  const first = text.charCodeAt(0);
  const last = text.charCodeAt(text.length - 1);
  return first > 32 && first < 128 && last > 32 && last < 128;
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
  return Math.abs(integer) <= maxQuantity ? integer + 0 : Number.NaN;
}
