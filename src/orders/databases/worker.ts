/** A thread that reads rows of SQLite. */
import { parentPort, workerData } from 'node:worker_threads';
import { EndcapError, unreadable } from '../../errors.ts';
import { firstOf, invalidOption } from '../../options.ts';
import { openSqliteFile, type SqliteFile, type SqliteValue, sqliteRows } from '../../sqlite.ts';
import { type CsvCell, createCsvRows, textOrHex } from './csv-rows.ts';
import { type Dialect, refuseGap, selectOf, sinceColumn, sinceDecision, sinceTime } from './query.ts';
import { maxWaiting, type SqliteJob, type SqliteMessage } from './sqlite.ts';

const { path, name, options, before, taken } = workerData as SqliteJob;
const busyMs = 5000;
const dialect: Dialect = { quote: (part) => `"${part.replaceAll('"', '""')}"`, fold: (part) => part };
let blocks = 0;

function give(bytes: Uint8Array<ArrayBuffer>): void {
  parentPort!.postMessage({ kind: 'block', bytes } satisfies SqliteMessage, [bytes.buffer]);
  blocks++;
  // The other thread may be slower.
  for (let now = Atomics.load(taken, 0); blocks - now > maxWaiting; now = Atomics.load(taken, 0))
    Atomics.wait(taken, 0, now);
}

function readAll(file: SqliteFile): void {
  file.exec(`PRAGMA busy_timeout = ${busyMs}`);
  // What is read is of one moment, whoever writes meanwhile.
  file.exec('BEGIN');
  const { names, rows } = sqliteRows(file, selectIn(file));
  const csv = createCsvRows();
  csv.add(names);
  for (const row of rows) {
    const block = csv.add(row.map(cellOf));
    if (block) give(block);
  }
  give(csv.rest());
}

/** The SELECT for what is asked. */
function selectIn(file: SqliteFile): string {
  const all = selectOf(options, dialect);
  // Of several statements, SQLite takes the first and says nothing of the others; within another one, it does.
  const first = `SELECT * FROM (\n${all}\n) LIMIT 1`;
  file.prepare(first);
  const { since } = options;
  if (since === undefined) return all;
  const { names } = sqliteRows(file, first);
  const found = names[sinceColumn(since, names, name)];
  const column = dialect.quote(found);
  const isLater = `${secondsOf(column)} >= ${sinceTime(before) / 1000}`;
  const counts = `sum(NOT (${isLater})) AS earlier, count(${column}) - count(${secondsOf(column)}) AS unread, max(${secondsOf(column)}) AS last`;
  const [{ earlier, unread, last }] = file.prepare(`SELECT ${counts} FROM (\n${all}\n)`).all() as Record<
    string,
    number
  >[];
  if (unread > 0) throw invalidOption('since', since, `a column of ${name} with times that SQLite reads, in each row`);
  refuseGap(earlier ?? 0, before, options, name);
  const decision = sinceDecision(found, before, last === null ? Number.NaN : 1000 * last);
  parentPort!.postMessage({ kind: 'since', decision } satisfies SqliteMessage);
  // A row without a time may be one that no file has.
  return selectOf(options, dialect, `(${isLater}) IS NOT FALSE`);
}

/** Seconds since 1970 in SQL, of texts and of numbers of seconds, milliseconds, microseconds, or nanoseconds; NULL of what else. */
function secondsOf(column: string): string {
  const numbers = [1e17, 1e14, 1e11, 1e8].map(
    (least, i) => `WHEN ${column} >= ${least} THEN ${column} / ${10 ** (9 - 3 * i)}`,
  );
  return `CASE typeof(${column}) WHEN 'text' THEN unixepoch(${column}) WHEN 'blob' THEN NULL ELSE CASE ${numbers.join(' ')} END END`;
}

function cellOf(value: SqliteValue): CsvCell {
  if (value === null || typeof value === 'string') return value;
  return typeof value === 'object' ? textOrHex(value) : String(value);
}

/** What SQLite says is wrong, with what helps. */
function explained(cause: unknown, file: SqliteFile | undefined): EndcapError {
  if (cause instanceof EndcapError) return cause;
  const { message } = cause as Error;
  if (/not a database/.test(message)) return unreadable(name, 'is no database of SQLite');
  if (/malformed/.test(message)) return unreadable(name, `is damaged: ${message}`);
  if (/locked|busy/.test(message))
    return unreadable(name, 'is locked by a program that writes to it; try again once it is done');
  if (/syntax error/.test(message))
    return unreadable(name, `cannot be asked that: ${message}; expected one query that only reads`);
  const isMissing = file !== undefined && /no such table/.test(message);
  return unreadable(name, `cannot be asked that: ${message}${isMissing ? `; it has ${tablesIn(file)}` : ''}`);
}

function tablesIn(file: SqliteFile): string {
  const names =
    "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite%' ORDER BY name";
  const tables = (file.prepare(names).all() as { name: string }[]).map((table) => table.name);
  return tables.length === 0 ? 'no tables' : `the tables ${firstOf(tables, 10)}`;
}

let file: SqliteFile | undefined;
try {
  file = openSqliteFile(path, (problem, cause) => unreadable(name, problem, cause), true);
  readAll(file);
  parentPort!.postMessage({ kind: 'end' } satisfies SqliteMessage);
} catch (error) {
  const { code, message, details } = explained(error, file);
  parentPort!.postMessage({ kind: 'failure', code, message, details } satisfies SqliteMessage);
} finally {
  file?.close();
}
