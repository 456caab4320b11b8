/** Orders in Postgres: COPY gives them as CSV, which goes to the reader as it comes. */
import type { Readable } from 'node:stream';
import { throwIfAborted, unreadable, whenAborted } from '../../errors.ts';
import { invalidOption } from '../../options.ts';
import type { Decision } from '../look.ts';
import type { ReadOptions } from '../options.ts';
import type { Chunks } from '../sources/chunks.ts';
import type { Before, Queried } from '../sources/stored.ts';
import type { DatabaseAddress } from './address.ts';
import { queriedBy, unlessIdle, withoutDriver } from './driver.ts';
import { connectToPostgres, type PostgresClient } from './postgres-client.ts';
import { type Dialect, refuseGap, selectOf, sinceColumn, sinceDecision, sinceTime } from './query.ts';

const packages = 'pg pg-copy-streams';

export const postgresDialect: Dialect = {
  quote: (name) => `"${name.replaceAll('"', '""')}"`,
  fold: (name) => name.toLowerCase(),
};

/**
 * What is read is of one moment, whoever writes meanwhile. Times are in UTC, and everything is written as Postgres does by
 * default, whatever the database or the role is set to. Rows come from the beginning of a table, even if another scan of it is
 * under way: what is seen first decides how the columns are read.
 */
const begin = `
  BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;
  SET LOCAL client_encoding = 'UTF8';
  SET LOCAL DateStyle = 'ISO, YMD';
  SET LOCAL TimeZone = 'UTC';
  SET LOCAL bytea_output = 'hex';
  SET LOCAL extra_float_digits = 1;
  SET LOCAL synchronize_seqscans = off`;

/** The rows of a table or a query, once they are asked for. */
export function queryPostgres(address: DatabaseAddress, options: ReadOptions): Queried {
  return queriedBy(address.name, (before, decide) => rowsOf(address, options, before, decide));
}

async function* rowsOf(
  address: DatabaseAddress,
  options: ReadOptions,
  before: Before,
  decide: (since: Decision) => void,
): Chunks {
  const { signal } = options;
  throwIfAborted(signal);
  const { to: copyTo } = await import('pg-copy-streams').catch(withoutDriver(packages, address));
  const connection = await connectToPostgres(address, 'orders_unreadable', packages, signal);
  let isRunning = true;
  let copy: Readable | undefined;
  const forget = whenAborted(signal, () => void (copy?.destroy(new Error('aborted')) ?? connection.close(true)));
  try {
    await connection.client.query(begin);
    const select = await selectIn(connection, address.name, options, before, decide);
    throwIfAborted(signal);
    copy = connection.client.query(copyTo(`COPY (\n${select}\n) TO STDOUT (FORMAT csv, HEADER)`));
    connection.onBroken((error) => copy!.destroy(error));
    const late = () => copy!.destroy(unreadable(address.name, `sent nothing for ${options.idleTimeoutMs} ms`));
    yield* unlessIdle(copy, options.idleTimeoutMs, late);
    // Some functions write even in transactions that only read.
    await connection.client.query('ROLLBACK');
    isRunning = false;
  } catch (error) {
    throwIfAborted(signal);
    throw connection.explain(error);
  } finally {
    forget();
    copy?.on('error', () => {}).destroy();
    await connection.close(isRunning);
  }
}

/** The SELECT for what is asked, which the server has found to be one statement that reads. */
async function selectIn(
  { one }: PostgresClient,
  name: string,
  options: ReadOptions,
  before: Before,
  decide: (since: Decision) => void,
): Promise<string> {
  const all = selectOf(options, postgresDialect);
  // Nothing is computed for it; several statements are refused here, and what writes is, too.
  const { fields } = await one(`SELECT * FROM (\n${all}\n) AS orders LIMIT 0`);
  const { since } = options;
  if (since === undefined) return all;
  const field = sinceColumn(
    since,
    fields.map(({ name }) => name),
    name,
  );
  const type = timeTypes[fields[field].dataTypeID];
  if (type === undefined)
    throw invalidOption('since', since, `a column of ${name} whose type is date, timestamp, or timestamptz`);
  const column = postgresDialect.quote(fields[field].name);
  const isLater = `${column} >= ${type} '${new Date(sinceTime(before)).toISOString()}'`;
  const { rows } = await one(
    `SELECT count(*) FILTER (WHERE NOT (${isLater})) AS earlier, extract(epoch FROM max(${column})) * 1000 AS last
     FROM (\n${all}\n) AS orders`,
  );
  const [{ earlier, last }] = rows;
  refuseGap(Number(earlier), before, options, name);
  decide(sinceDecision(fields[field].name, before, Number(last ?? Number.NaN)));
  // A row without a time may be one that no file has.
  return selectOf(options, postgresDialect, `(${isLater} OR ${column} IS NULL)`);
}

/** Types whose values are times, by their number: see `pg_type`. */
const timeTypes: Readonly<Record<number, string>> = { 1082: 'date', 1114: 'timestamp', 1184: 'timestamptz' };
