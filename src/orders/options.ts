import { invalidOption, oneOf, onlyKnown } from '../options.ts';
import { type ColumnMap, ROLES, type Role } from './columns.ts';
import type { Encoding } from './csv/text.ts';
import type { DateOrder } from './times.ts';

/** Where orders come from: a file by path or `file:` URL, or objects, one an order line. */
export type OrderSource = string | URL | Iterable<object> | AsyncIterable<object>;

export type Format = 'csv' | 'tsv' | 'jsonl' | 'parquet';

export interface ReadOptions {
  /** The source's column for each role; those not given are recognized by their usual names. */
  columns?: ColumnMap;
  /** One character between cells; by default tab for TSV, else whichever of `,` `;` tab `|` the header has most of. */
  delimiter?: string;
  /** `'auto'` by default: UTF-8, or windows-1252 where that is what the bytes are. `'latin1'` means windows-1252. */
  encoding?: Encoding;
  /** Which comes first in dates such as 12/1/2010; by default what the file's other dates show, else the month. */
  dateOrder?: DateOrder | 'auto';
  /**
   * `'keep'` by default. `'drop'` drops a row whose customer, product, quantity, order, time and price are all those of
   * a row before it, and holds 12 to 24 bytes for every row.
   */
  duplicates?: 'keep' | 'drop';
  /** Keeps every purchase line in `Dataset.lines`, at 12 bytes a row; false by default. */
  lines?: boolean;
  /** By default told from the file's name, else from its first bytes. Gzip is told by its first bytes in any case. */
  format?: Format | 'auto';
  signal?: AbortSignal;
  /** Called about once every 2 MiB, or every 65,536 objects. Bytes are those of the file; 0 where the source is no file. */
  onProgress?: (progress: ReadProgress) => void;
}

export interface ReadProgress {
  bytes: number;
  totalBytes: number;
  rows: number;
}

const KNOWN = [
  'columns',
  'delimiter',
  'encoding',
  'dateOrder',
  'duplicates',
  'lines',
  'format',
  'signal',
  'onProgress',
] satisfies (keyof ReadOptions)[];

/** @throws `invalid_options` that names the option, what it was and what it may be. */
export function checkReadOptions(source: OrderSource, options: ReadOptions): void {
  const iterable =
    typeof source === 'object' && source !== null && (Symbol.iterator in source || Symbol.asyncIterator in source);
  if (typeof source !== 'string' && !(source instanceof URL) && !iterable) {
    throw invalidOption('source', source, 'a path, a file: URL or an iterable of objects');
  }
  onlyKnown(options, KNOWN);
  const { columns = {}, delimiter, encoding, dateOrder, duplicates, lines, format } = options;
  if (encoding !== undefined) oneOf('encoding', encoding, ['auto', 'utf-8', 'latin1']);
  if (dateOrder !== undefined) oneOf('dateOrder', dateOrder, ['auto', 'mdy', 'dmy']);
  if (duplicates !== undefined) oneOf('duplicates', duplicates, ['keep', 'drop']);
  if (format !== undefined) oneOf('format', format, ['auto', 'csv', 'tsv', 'jsonl', 'parquet']);
  if (lines !== undefined && typeof lines !== 'boolean') throw invalidOption('lines', lines, 'true or false');
  if (delimiter !== undefined && !/^[^"\r\n]$/.test(delimiter)) {
    throw invalidOption('delimiter', delimiter, 'one character that is no quote and no line break');
  }
  for (const [role, column] of Object.entries(columns)) {
    if (!ROLES.includes(role as Role)) throw invalidOption('columns', role, `roles out of ${ROLES.join(', ')}`);
    const needed = role === 'customer' || role === 'product';
    if (column !== undefined && (typeof column !== 'string' || column === '') && (column !== false || needed)) {
      const expected = needed ? 'the name of a column' : 'the name of a column, or false';
      throw invalidOption(`columns.${role}`, column, expected);
    }
  }
}
