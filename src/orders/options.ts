import { finiteNumber, invalidOption, maxTimerMs, oneOf, onlyKnown, wholeNumber } from '../options.ts';
import { type ColumnMap, type Role, roles } from './columns/roles.ts';
import { checkQuery } from './databases/query.ts';
import { type GivenSource, isGivenSource } from './given-sources.ts';
import { conditionFromText } from './records/filters.ts';
import { type TimeUnit, timeUnits } from './times/calendar.ts';
import type { DateOrder } from './times/times.ts';

/**
 * Where orders come from: paths, `file:` URLs, or addresses of HTTP(S), one or an array of them; objects, or arrays of them,
 * one per order line or per order with its items; bytes, at once, as a stream, or in parts, with their `format`; or blobs,
 * one or an array of them, such as the files of a browser. A path may be that of a file, of a folder of files, or a pattern
 * such as `orders-2025-*.csv`; `-` is stdin. In the place of a path may be the address of a database, `postgres://host/shop`,
 * `mysql://host/shop`, or `sqlite:shop.db`, with a `table` or a `query`.
 */
export type OrderSource = string | URL | readonly (string | URL)[] | GivenSource;

/** The format of a file of orders. `'json'` and `'jsonl'` both take an array, an object around one, and lines. */
export type Format = 'csv' | 'tsv' | 'json' | 'jsonl' | 'parquet';

/** Encodings of text; `'latin1'` is another name for windows-1252, the superset of it in which most such files are. */
export const encodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'latin1', 'shift-jis'] as const;

/** How text is encoded. */
export type Encoding = 'auto' | (typeof encodings)[number];

/** Options of `readOrders`. */
export interface ReadOptions {
  /**
   * The source's column for each role, by its name or as `'#3'` for the third one; roles that are not given are recognized
   * by their usual column names and by what is in them.
   */
  columns?: ColumnMap;
  /** The character between cells. By default tab for TSV, else whichever of `,` `;` tab `|` is most frequent in the header. */
  delimiter?: string;
  /**
   * The line of CSV with the names of the columns, from 1, as an editor counts lines. By default the first one that is not
   * blank, or, if that is not the beginning of the table, the first one that looks like its header.
   */
  headerLine?: number;
  /** `false`: the CSV has no line with the names of the columns, which are then `#1`, `#2`, and so on. */
  header?: boolean;
  /**
   * By default `'auto'`: as a byte-order mark says, or UTF-8, or, if the text is not UTF-8, UTF-16, Shift-JIS, or
   * windows-1252, as its bytes show. `'latin1'` means windows-1252.
   */
  encoding?: Encoding;
  /**
   * Whether the month (`'mdy'`) or the day (`'dmy'`) comes first in dates such as 12/1/2010. By default `'auto'`: as dates
   * with only one reading show, or else how the file is written; `Dataset.decisions` says which it is, and why.
   */
  dateOrder?: DateOrder | 'auto';
  /**
   * The mark before the decimals of numbers that can be read both ways, such as 2,000. By default `'auto'`: as other
   * numbers of the first records show, or how else the file is written.
   */
  decimal?: 'auto' | 'comma' | 'point';
  /** What a number counts that stands for a time. By default `'auto'`: as its size shows. */
  timeUnit?: TimeUnit | 'auto';
  /**
   * By default `'keep'`. `'drop'` drops a record whose customer, product, quantity, order, time and price all equal those
   * of an earlier record; it takes 12 to 24 bytes per record, and reads on one thread.
   */
  duplicates?: 'keep' | 'drop';
  /**
   * Conditions such as `Status=completed,processing`, `event=transaction` or `Country!=DE`; a record that does not meet all
   * of them is left out. Names and values with a `,` or `=` of their own can be quoted. Values are compared without case,
   * and as numbers if both are numbers. A blank cell equals 0 in a column of numbers, and an empty value elsewhere.
   *
   * Without a condition on it, a column that says that a record is plainly no purchase (cancelled, refunded, failed, a view,
   * a cart) leaves the record out; `Dataset.decisions.status` says which.
   */
  where?: readonly string[];
  /**
   * Files whose columns are added by an id that they share with the orders, one after the other: `['orders.csv']`. The id
   * is in the columns with the same name in both, or in `on`. A record without a partner is dropped. A joined file is held
   * in memory: about 100 bytes for each of its records, and its different texts.
   */
  join?: readonly (string | URL | Join)[];
  /** Ids of customers whose records are left out, such as one for all guests. */
  customersOut?: readonly string[];
  /** Ids of products that no list holds, whatever is asked; `*` stands for any text. */
  productsOut?: readonly string[];
  /**
   * Ids of products that lists may hold, with `*` as above; they come before `productsOut`. By default lists hold all
   * products but those that are plainly none, such as postage, discounts, and vouchers; a note says which.
   */
  productsIn?: readonly string[];
  /**
   * Whether to go on if fewer than half of the records that should be purchases are; by default that is an `orders_lost`
   * error. Records that are left out on purpose, such as cancelled ones, do not count.
   */
  acceptLoss?: boolean;
  /** Keeps every purchase in `Dataset.lines`, at 12 bytes per line; false by default. */
  lines?: boolean;
  /**
   * Whether the dataset has every order; true by default. With `false`, orders are added up as they are read: the memory that
   * reading takes does not grow with order lines but with distinct customers, products, and pairs, 4 to 28 bytes for each pair,
   * and so do the dataset and what training takes. Such a dataset has pairs alone: training takes the options that are given
   * and defaults for the others, and what needs the sequence of orders is missing from the model, such as the trend of the last
   * weeks and what is bought together. What several files have in common counts as often as it occurs, and an order whose
   * lines do not follow one another may count several times.
   */
  history?: boolean;
  /** By default `'auto'`: by the file's name, else by its first bytes. Gzip is always recognized by the first bytes. */
  format?: Format | 'auto';
  /**
   * Milliseconds without any progress after which the reading of a Parquet file ends, since a damaged file can make its
   * parser run for ever, and those without a byte after which a request over HTTP has failed. 60,000 by default.
   */
  idleTimeoutMs?: number;
  /** Of a database: the query whose rows are the orders. It is one statement that reads, such as `select ... from orders`. */
  query?: string;
  /** Of a database, instead of a query: the table, such as `orders`, `shop.orders`, or `"Shop"."Orders"`. */
  table?: string;
  /**
   * Of a database, beside files that have all orders before: the column with the time of a row. Only rows from the day before
   * the last purchase in the files on are read, and what the files have as well counts once.
   */
  since?: string;
  /** Stops reading, which then throws `aborted`. */
  signal?: AbortSignal;
  /** Called about every 2 MiB of text, every 65,536 records of Parquet, or every 65,536 objects, and at the end. */
  onProgress?: (progress: ReadProgress) => void;
}

/** A file to join. */
export interface Join {
  file: string | URL;
  /** The name of the column with the shared id. */
  on?: string;
}

/** How far reading has come. */
interface ReadProgress {
  /** Bytes read so far; 0 if the source is objects. */
  bytes: number;
  /** How many bytes there are; 0 if that is not known. */
  totalBytes: number;
  /** Records read so far, including dropped ones. */
  rows: number;
}

/** The names of all options. */
export const readOptionNames = [
  'columns',
  'delimiter',
  'headerLine',
  'header',
  'encoding',
  'dateOrder',
  'decimal',
  'timeUnit',
  'duplicates',
  'where',
  'join',
  'customersOut',
  'productsOut',
  'productsIn',
  'acceptLoss',
  'lines',
  'history',
  'format',
  'idleTimeoutMs',
  'query',
  'table',
  'since',
  'signal',
  'onProgress',
] satisfies (keyof ReadOptions)[];

/** @throws `invalid_options`, naming the option, its value and the values it may have. */
export function checkReadOptions(source: OrderSource, options: ReadOptions): void {
  if (typeof source !== 'string' && !(source instanceof URL) && !isGivenSource(source)) {
    throw invalidOption('source', source, 'paths, file: URLs, blobs, bytes, or an iterable of objects or bytes');
  }
  checkReading(options, (file) => (typeof file === 'string' && file !== '' && file !== '-') || file instanceof URL);
  checkQuery(source, options);
}

/**
 * Checks what does not depend on where the orders come from. Throws as `checkReadOptions` does.
 *
 * @param isFile whether something can be joined.
 */
export function checkReading(options: object, isFile: (file: unknown) => boolean): void {
  onlyKnown(options, readOptionNames);
  const {
    columns = {},
    delimiter,
    headerLine,
    header,
    encoding,
    dateOrder,
    decimal,
    timeUnit,
    duplicates,
    where,
    join,
    customersOut,
    productsOut,
    productsIn,
    acceptLoss,
    lines,
    history,
    format,
    signal,
    onProgress,
    idleTimeoutMs,
  }: ReadOptions = options;
  if (encoding !== undefined) oneOf('encoding', encoding, ['auto', ...encodings]);
  if (dateOrder !== undefined) oneOf('dateOrder', dateOrder, ['auto', 'mdy', 'dmy']);
  if (decimal !== undefined) oneOf('decimal', decimal, ['auto', 'comma', 'point']);
  if (timeUnit !== undefined) oneOf('timeUnit', timeUnit, ['auto', ...timeUnits]);
  if (duplicates !== undefined) oneOf('duplicates', duplicates, ['keep', 'drop']);
  if (format !== undefined) oneOf('format', format, ['auto', 'csv', 'tsv', 'json', 'jsonl', 'parquet']);
  if (where !== undefined) {
    if (!Array.isArray(where) || where.some((condition) => typeof condition !== 'string')) {
      throw invalidOption('where', where, "a list of conditions, such as ['Status=completed,processing']");
    }
    where.forEach(conditionFromText);
  }
  if (join !== undefined) checkJoin(join, isFile);
  for (const [option, ids] of Object.entries({ customersOut, productsOut, productsIn })) {
    if (ids !== undefined && (!Array.isArray(ids) || ids.some((id) => typeof id !== 'string')))
      throw invalidOption(option, ids, "a list of ids as text, such as ['0000']");
  }
  if (acceptLoss !== undefined && typeof acceptLoss !== 'boolean')
    throw invalidOption('acceptLoss', acceptLoss, 'true or false');
  if (lines !== undefined && typeof lines !== 'boolean') throw invalidOption('lines', lines, 'true or false');
  if (history !== undefined && typeof history !== 'boolean') throw invalidOption('history', history, 'true or false');
  if (history === false && lines) throw invalidOption('lines', true, 'false, since history is false');
  if (idleTimeoutMs !== undefined) finiteNumber('idleTimeoutMs', idleTimeoutMs, 1, maxTimerMs);
  if (delimiter !== undefined && (typeof delimiter !== 'string' || !/^[^"\r\n]$/.test(delimiter))) {
    throw invalidOption('delimiter', delimiter, 'one character other than a quote or a line break');
  }
  if (header !== undefined && typeof header !== 'boolean') throw invalidOption('header', header, 'true or false');
  if (headerLine !== undefined) {
    wholeNumber('headerLine', headerLine, 1, 10_000);
    if (header === false) throw invalidOption('headerLine', headerLine, 'no headerLine where header is false');
  }
  if (signal !== undefined && (typeof signal?.aborted !== 'boolean' || typeof signal.addEventListener !== 'function')) {
    throw invalidOption('signal', signal, 'an AbortSignal');
  }
  if (onProgress !== undefined && typeof onProgress !== 'function') {
    throw invalidOption('onProgress', onProgress, 'a function');
  }
  if (typeof columns !== 'object' || columns === null || Array.isArray(columns))
    throw invalidOption('columns', columns, 'an object of roles');
  for (const [role, column] of Object.entries(columns)) {
    if (!roles.includes(role as Role)) throw invalidOption('columns', role, `the roles ${roles.join(', ')}`);
    const needed = role === 'customer' || role === 'product';
    if (column !== undefined && (typeof column !== 'string' || column === '') && (column !== false || needed)) {
      const expected = needed ? 'the name of a column' : 'the name of a column, or false';
      throw invalidOption(`columns.${role}`, column, expected);
    }
  }
}

function checkJoin(join: unknown, isFile: (file: unknown) => boolean): void {
  const isJoin = (one: unknown) =>
    typeof one === 'object' &&
    one !== null &&
    'file' in one &&
    isFile(one.file) &&
    Object.keys(one).every((key) => key === 'file' || key === 'on') &&
    (!('on' in one) || one.on === undefined || typeof one.on === 'string');
  if (!Array.isArray(join) || !join.every((one) => isFile(one) || isJoin(one))) {
    throw invalidOption(
      'join',
      join,
      "a list of files, such as ['orders.csv'] or [{ file: 'orders.csv', on: 'order_id' }]",
    );
  }
}
