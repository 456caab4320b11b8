/** The lines of the reference that pipe the programs of databases into Endcap; DuckDB's is in `everywhere/pipes.everywhere.ts`. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import pg from 'pg';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../src/dataset/read.ts';
import { openSqliteFile } from '../src/sqlite.ts';
import { startMysql, withMysql } from './support/mariadb.ts';
import { absentProgram, pipedCsv, pipedInsert, pipeOf, trainedBy } from './support/pipes.ts';
import { startPostgres } from './support/postgres.ts';
import { testUnless } from './support/skip.ts';

const test = suite('pipes');
const folder = mkdtempSync(join(tmpdir(), 'endcap-pipes-'));
const [postgres, mysql] = await Promise.all([startPostgres(), startMysql()]);
test.after(async () => {
  for (const server of [postgres, mysql]) if (typeof server !== 'string') await server.stop();
  rmSync(folder, { recursive: true });
});

const expected = await readOrders(Buffer.from(pipedCsv()), { format: 'csv' });
const expectedNames = expected.productInfo.map(({ name }) => name);
const columns = (text: string, time: string) =>
  `order_id bigint, customer_id ${text}, product_id ${text}, product_name ${text}, quantity int, price numeric(12, 2), ordered_at ${time}`;

async function isAsExpected(line: string, env?: Record<string, string>, cwd?: string): Promise<void> {
  const { fingerprint, names } = await trainedBy(line, env, cwd);
  assert.equal(names, expectedNames);
  assert.is(fingerprint, expected.fingerprint);
}

const withoutPsql = typeof postgres === 'string' ? postgres : absentProgram('psql');
testUnless(test, withoutPsql, 'psql', async () => {
  const address = await (postgres as Exclude<typeof postgres, string>).newDatabase();
  const client = new pg.Client(address);
  await client.connect();
  await client.query(`CREATE TABLE orders (${columns('text', 'timestamp')})`);
  await client.query(pipedInsert());
  await client.end();
  const { hostname, port, username, password, pathname } = new URL(address);
  await isAsExpected(pipeOf('psql'), {
    PGHOST: hostname,
    PGPORT: port,
    PGUSER: decodeURIComponent(username),
    PGPASSWORD: decodeURIComponent(password),
    PGDATABASE: pathname.slice(1),
  });
});

const withoutMysql = typeof mysql === 'string' ? mysql : absentProgram('mysql');
testUnless(test, withoutMysql, 'mysql', async () => {
  const address = await (mysql as Exclude<typeof mysql, string>).newDatabase();
  await withMysql(address, async (connection) => {
    await connection.query(`CREATE TABLE orders (${columns('varchar(80)', 'datetime')}) CHARSET utf8mb4`);
    await connection.query(pipedInsert('\\\\'));
  });
  const { hostname, port, username, password, pathname } = new URL(address);
  const client = [`host=${hostname}`, `port=${port}`, `user=${username}`, `password=${password}`];
  writeFileSync(
    join(folder, '.my.cnf'),
    ['[client]', ...client, '[mysql]', `database=${pathname.slice(1)}`, ''].join('\n'),
  );
  await isAsExpected(pipeOf('mysql'), { HOME: folder });
});

testUnless(test, absentProgram('sqlite3'), 'sqlite3', async () => {
  const cwd = mkdtempSync(join(folder, 'sqlite-'));
  const file = openSqliteFile(join(cwd, 'shop.db'), (problem) => new Error(problem));
  file.exec(`CREATE TABLE orders (${columns('text', 'text')})`);
  file.exec(pipedInsert());
  file.close();
  await isAsExpected(pipeOf('sqlite3'), {}, cwd);
});

/** A program that prints a text, in a folder for the PATH. */
function standIn(program: string, text: string): Record<string, string> {
  const bin = mkdtempSync(join(folder, `${program}-`));
  writeFileSync(join(bin, 'printed'), text);
  writeFileSync(join(bin, program), `#!/bin/sh\ncat '${join(bin, 'printed')}'\n`);
  chmodSync(join(bin, program), 0o755);
  return { PATH: [bin, process.env.PATH].join(delimiter) };
}

/** As Python's writer has it: with quotes where they are needed. */
function minimal(value: unknown): string {
  const text = value === null ? '' : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

test('bq, by what it prints: quotes where they are needed, with an empty line in front or without', async () => {
  for (const front of ['', '\n']) await isAsExpected(pipeOf('bq'), standIn('bq', `${front}${pipedCsv('\n', minimal)}`));
});

/** With names in capitals. */
const upper = (csv: string) => csv.replace(/^.*$/m, (header) => header.toUpperCase());

test('snow, by what it prints: names in capitals, quotes where they are needed, and times as ISO 8601', async () => {
  const iso = (value: unknown) =>
    minimal(typeof value === 'string' ? value.replace(/^(\d{4}-\d\d-\d\d) /, '$1T') : value);
  const csv = upper(pipedCsv('\n', iso));
  assert.match(csv, 'T10:00:00\n');
  // With an empty line for each statement but the only one.
  for (const end of ['', '\n']) await isAsExpected(pipeOf('snow'), standIn('snow', csv + end));
});

test('snowsql, by its documentation: names in capitals, and quotes around everything, or all that is not null', async () => {
  const empty = (value: unknown) => `"${value === null ? '' : String(value).replaceAll('"', '""')}"`;
  for (const cell of [undefined, empty])
    await isAsExpected(pipeOf('snowsql'), standIn('snowsql', upper(pipedCsv('\n', cell))));
});

test.run();
