/** What a file holds, by its first bytes and its name. */
import type { Format, ReadOptions } from '../options.ts';

/** JSON that is an object or an array of objects, in UTF-8 or UTF-16, with a byte-order mark or without. */
const json = /^[\s\0\xff\xfe\xef\xbb\xbf]*(\{|\[[\s\0]*[[{\]])/;
/** What the file of an old workbook begins with. */
const oldWorkbook = [0xd0, 0xcf, 0x11, 0xe0];

export function isParquet(name: string, first: Uint8Array | undefined, format: ReadOptions['format']): boolean {
  if (format !== undefined && format !== 'auto') return format === 'parquet';
  return textIn(first, 4) === 'PAR1' || /\.(parquet|pq)$/i.test(name.replace(/\.gz$/i, ''));
}

export function isZip(first: Uint8Array): boolean {
  const [p, k, kind] = first;
  // A file, or the end of an archive without files.
  return p === 0x50 && k === 0x4b && (kind === 3 || kind === 5);
}

/** @returns why a file cannot be read if it is a workbook of the time before they were zip archives. */
export function workbookProblem(first: Uint8Array | undefined): string | undefined {
  if (first === undefined || oldWorkbook.some((byte, at) => first[at] !== byte)) return undefined;
  return 'is a workbook; expected text: save the sheet as CSV';
}

/** The format of text: the given one, or by default what it looks like. JSON is recognized under any name. */
export function textFormat(
  name: string,
  first: Uint8Array | undefined,
  format: ReadOptions['format'],
): Exclude<Format, 'parquet'> {
  if (format !== undefined && format !== 'auto' && format !== 'parquet') return format;
  const [, extension = ''] = /\.(\w+)$/.exec(name.toLowerCase().replace(/\.gz$/, '')) ?? [];
  if (extension === 'jsonl' || extension === 'ndjson') return 'jsonl';
  if (extension === 'json') return 'json';
  if (json.test(textIn(first, 4096))) return 'json';
  return extension === 'tsv' || extension === 'tab' ? 'tsv' : 'csv';
}

/** One character for every byte. */
function textIn(bytes: Uint8Array | undefined, most: number): string {
  return bytes === undefined ? '' : String.fromCharCode(...bytes.subarray(0, most));
}
