/** Words for a missing value, as spreadsheets, databases and Python write them. */
export const missingWords = new Set(['', 'None', 'NaN', 'nan', 'null', 'NULL', 'N/A', '#N/A', '<NA>', 'NaT']);

/** Text without blanks around it; '' if it is missing, or an object of any kind. */
export function cleanText(cell: unknown): string {
  if (typeof cell !== 'string') {
    const isValue = typeof cell === 'number' || typeof cell === 'bigint' || typeof cell === 'boolean';
    return isValue && !Number.isNaN(cell) ? String(cell) : '';
  }
  if (cell === '') return cell;
  const text = isTrimmed(cell) ? cell : cell.trim();
  return text.length <= 4 && missingWords.has(text) ? '' : text;
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

/** Whether a cell of any kind holds no value: it is blank, or a word for a missing value. */
export function isBlank(cell: unknown): boolean {
  if (typeof cell === 'string') return cell === '' || cleanText(cell) === '';
  return cell === undefined || cell === null || Number.isNaN(cell);
}
