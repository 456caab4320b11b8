/** Orders in MySQL and MariaDB: rows come as the text that the server sends, and go to the reader as CSV. */
import type { Connection, FieldPacket } from 'mysql2';
import { throwIfAborted, unreadable, whenAborted } from '../../errors.ts';
import { invalidOption } from '../../options.ts';
import type { Decision } from '../look.ts';
import type { ReadOptions } from '../options.ts';
import type { Chunks } from '../sources/chunks.ts';
import type { Before, Queried } from '../sources/stored.ts';
import type { DatabaseAddress } from './address.ts';
import { type CsvCell, createCsvRows, hexOf, textOrHex } from './csv-rows.ts';
import { queriedBy, unlessIdle } from './driver.ts';
import { connectToMysql, type MysqlClient } from './mysql-client.ts';
import { type Dialect, refuseGap, selectOf, sinceColumn, sinceDecision, sinceTime } from './query.ts';

const dialect: Dialect = { quote: (name) => `\`${name.replaceAll('`', '``')}\``, fold: (name) => name };

/** What is read is of one moment, whoever writes meanwhile. Times are those of the server's zone, as its exports have them. */
const begin = [
  'SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ',
  'START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY',
];

/** Numbers of types in the protocol: of times, and of what need not be text. */
const timeTypes: readonly number[] = [7, 10, 12];
const [bit, fixedText, geometry] = [16, 254, 255];
const texts: readonly number[] = [249, 250, 251, 252, 253];
/** The number of the character set of bytes. */
const binary = 63;

/** The rows of a table or a query, once they are asked for. */
export function queryMysql(address: DatabaseAddress, options: ReadOptions): Queried {
  return queriedBy(address.name, (before, decide) => rowsOf(address, options, before, decide));
}

async function* rowsOf(
  address: DatabaseAddress,
  options: ReadOptions,
  before: Before,
  decide: (since: Decision) => void,
): Chunks {
  const { signal, idleTimeoutMs } = options;
  throwIfAborted(signal);
  const client = await connectToMysql(address, signal);
  const stopping = new AbortController();
  const forget = whenAborted(signal, () => {
    stopping.abort();
    // What waits for an answer gets an error.
    client.connection.destroy();
  });
  let isRunning = true;
  try {
    for (const statement of begin) await client.one(statement);
    const select = await selectIn(client, address.name, options, before, decide);
    const late = () => stopping.abort(unreadable(address.name, `sent nothing for ${idleTimeoutMs} ms`));
    yield* unlessIdle(csvOf(client.connection, address.name, select, stopping.signal), idleTimeoutMs, late);
    await client.one('COMMIT');
    isRunning = false;
  } catch (error) {
    throwIfAborted(signal);
    throw client.explain(error);
  } finally {
    forget();
    await client.close(isRunning);
  }
}

/** The SELECT for what is asked. */
async function selectIn(
  client: MysqlClient,
  name: string,
  options: ReadOptions,
  before: Before,
  decide: (since: Decision) => void,
): Promise<string> {
  const all = selectOf(options, dialect);
  // A transaction that cannot write can still drop a table. What changes anything else than rows cannot be explained.
  await client.one(`EXPLAIN FORMAT=JSON ${all}`);
  const { since } = options;
  if (since === undefined) return all;
  const { fields } = await client.one(`SELECT * FROM (\n${all}\n) AS orders LIMIT 0`);
  const names = fields.map((field) => field.name);
  const field = fields[sinceColumn(since, names, name)];
  if (!timeTypes.includes(typeOf(field)))
    throw invalidOption('since', since, `a column of ${name} whose type is date, datetime, or timestamp`);
  const time = new Date(sinceTime(before)).toISOString().slice(0, 19).replace('T', ' ');
  const column = dialect.quote(field.name);
  const isLater = `${column} >= '${time}'`;
  const { rows } = await client.one(
    `SELECT coalesce(sum(NOT (${isLater})), 0) AS earlier, date_format(max(${column}), '%Y-%m-%dT%H:%i:%sZ') AS last
     FROM (\n${all}\n) AS orders`,
  );
  const [{ earlier, last }] = rows;
  refuseGap(Number(earlier), before, options, name);
  decide(sinceDecision(field.name, before, Date.parse(String(last))));
  // A row without a time may be one that no file has.
  return selectOf(options, dialect, `(${isLater}) IS NOT FALSE`);
}

/** The rows of a query as CSV. The server waits while a block is not taken. */
async function* csvOf(connection: Connection, name: string, sql: string, signal: AbortSignal): Chunks {
  const csv = createCsvRows();
  const blocks: Uint8Array[] = [];
  let cells: ((value: Uint8Array) => CsvCell)[] | undefined;
  let failure: unknown;
  let isOver = false;
  let wake = () => {};
  const fail = (error: unknown) => {
    failure ??= error;
    wake();
  };
  const forget = whenAborted(signal, () => fail(signal.reason));
  // All values as the bytes that were sent.
  const query = connection.query({ sql, typeCast: false, rowsAsArray: true });
  query.on('fields', (fields: FieldPacket[] | undefined) => {
    cells = fields?.map(cellOf);
    if (fields) csv.add(fields.map((field) => field.name));
  });
  query.on('result', (row: unknown) => {
    if (cells === undefined) return;
    const values = (row as (Uint8Array | null)[]).map((value, i) => (value === null ? null : cells![i](value)));
    const block = csv.add(values);
    if (block === undefined) return;
    blocks.push(block);
    connection.pause();
    wake();
  });
  query.on('error', fail);
  // Of a connection that breaks, a query without a callback is not told.
  connection.on('error', fail);
  query.on('end', () => {
    isOver = true;
    wake();
  });
  try {
    for (;;) {
      if (failure !== undefined) throw failure;
      const block = blocks.shift();
      if (block !== undefined) {
        yield block;
        if (blocks.length === 0) connection.resume();
      } else if (isOver) break;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
    if (cells === undefined)
      throw unreadable(name, 'gives no rows for this query; expected one such as select ... from orders');
    yield csv.rest();
  } finally {
    forget();
    connection.off('error', fail);
  }
}

/** How a value of a column is written. */
function cellOf(field: FieldPacket): (value: Uint8Array) => CsvCell {
  const type = typeOf(field);
  const isBinary = (field as { characterSet?: number }).characterSet === binary;
  if (type === bit) return (value) => BigInt(`0x${hexOf(value)}`).toString();
  if (type === geometry || (type === fixedText && isBinary)) return hexOf;
  return texts.includes(type) && isBinary ? textOrHex : (value) => value;
}

function typeOf({ type, columnType }: FieldPacket): number {
  return columnType ?? type ?? 0;
}
