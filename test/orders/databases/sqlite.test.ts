import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { databaseAddress } from '../../../src/orders/databases/address.ts';
import { querySqlite } from '../../../src/orders/databases/sqlite.ts';
import type { ReadOptions } from '../../../src/orders/options.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { openSqliteFile } from '../../../src/sqlite.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite('orders in sqlite');
const folder = mkdtempSync(join(tmpdir(), 'endcap-sqlite-'));
test.after(() => rmSync(folder, { recursive: true }));

function database(name: string, ...statements: string[]) {
  const file = openSqliteFile(join(folder, name), (problem, cause) => new Error(problem, { cause }));
  for (const statement of statements) file.exec(statement);
  return file;
}

const columns = [
  'order_id',
  'customer_id',
  'product_id',
  'product_name',
  'category',
  'quantity',
  'price',
  'ordered_at',
];
const orders = [...sampleOrders({ lines: 6000 })] as unknown as Record<string, unknown>[];
const path = join(folder, 'shop.db');
const shop = database(
  'shop.db',
  `CREATE TABLE orders (${columns.join()})`,
  'CREATE VIEW "My Orders" AS SELECT * FROM orders',
);
const insert = shop.prepare(`INSERT INTO orders VALUES (${columns.map(() => '?').join()})`);
shop.exec('BEGIN');
for (const order of orders)
  insert.run(
    ...columns.map((name) =>
      order[name] === undefined
        ? null
        : typeof order[name] === 'number'
          ? (order[name] as number)
          : String(order[name]),
    ),
  );
shop.exec('COMMIT');
shop.close();

const address = `sqlite:${path}`;
const refusal = (options: ReadOptions, source: string | string[] = address) =>
  endcapErrorOf(readOrders(source, options));
const hash = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

function csvOf(rows: readonly Record<string, unknown>[]): string {
  const cell = (value: unknown) =>
    value === undefined || value === null ? '' : `"${String(value).replaceAll('"', '""')}"`;
  return [columns.join(), ...rows.map((row) => columns.map((name) => cell(row[name])).join())].join('\n');
}

test('are those of a CSV file with the same rows; the file stays as it is, and nothing is beside it', async () => {
  const before = hash(path);
  const file = join(folder, 'orders.csv');
  writeFileSync(file, csvOf(orders));
  const expected = await readOrders(file);
  for (const options of [
    { table: 'orders' },
    { table: '"My Orders"' },
    { query: 'select * from orders -- all' },
    { query: 'select * from orders;' },
  ]) {
    const dataset = await readOrders(address, options);
    assert.is(dataset.fingerprint, expected.fingerprint);
    assert.equal(dataset.account.dropped, expected.account.dropped);
    assert.equal(dataset.files, ['sqlite:shop.db']);
  }
  assert.is((await readOrders(`sqlite://${path}`, { table: 'orders' })).fingerprint, expected.fingerprint);
  assert.is(hash(path), before);
  assert.equal(readdirSync(folder).sort(), ['orders.csv', 'shop.db']);
});

test('what another program writes ahead is read, and it goes on writing', async () => {
  const writer = database('wal.db', 'PRAGMA journal_mode = WAL', 'CREATE TABLE orders (customer, product, quantity)');
  try {
    const add = writer.prepare('INSERT INTO orders VALUES (?, ?, 1)');
    for (let i = 0; i < 30; i++) add.run(`c${i % 5}`, `p${i % 7}`);
    const reading = readOrders(`sqlite:${join(folder, 'wal.db')}`, { table: 'orders' });
    add.run('late', 'late');
    assert.ok([30, 31].includes((await reading).account.read));
  } finally {
    writer.close();
  }
  assert.is((await readOrders(`sqlite:${join(folder, 'wal.db')}`, { table: 'orders' })).account.read, 31);
});

/** What the reader gets of a query. */
async function textOf(file: string, options: ReadOptions): Promise<string> {
  const rows = querySqlite(databaseAddress(`sqlite:${file}`)!, options).rows({ records: 0, last: undefined });
  const parts: Buffer[] = [];
  for await (const chunk of (rows as { csv: AsyncIterable<Uint8Array> }).csv) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts).toString();
}

test('every value is its text, and no digit or byte is lost', async () => {
  database(
    'types.db',
    'CREATE TABLE t (a, b, c, d, e, f)',
    "INSERT INTO t VALUES (9007199254740993, 0.1, 'Tee, \"grün\"\n😀', x'00FF', x'74656131', NULL)",
  ).close();
  assert.is(
    await textOf(join(folder, 'types.db'), { query: 'select *, a as a from t' }),
    'a,b,c,d,e,f,a\n9007199254740993,0.1,"Tee, ""grün""\n😀",00FF,tea1,,9007199254740993\n',
  );
  assert.is(await textOf(join(folder, 'types.db'), { query: 'select a, b from t where a = 0' }), 'a,b\n');
});

test('a query that takes long does not keep others waiting', async () => {
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const slow =
    'with recursive n (i) as (select 1 union all select i + 1 from n where i < 1000000) ' +
    "select 'o' || (max(i) % 7) as order_id, 'c' || (i % 500) as customer, 'p' || (i % 40) as product, 1 as quantity from n group by i % 500";
  const { account } = await readOrders(address, { query: slow });
  delay.disable();
  assert.is(account.read, 500);
  assert.ok(delay.max < 500e6, `${delay.max / 1e6} ms`);
});

test('since reads what came after the orders in files, whichever way times are written', async () => {
  const times = Array.from({ length: 60 }, (_, i) => Date.UTC(2024, 0, 1 + i, 12));
  const line = (time: unknown, i: number) => [i, `c${i % 5}`, `p${i % 7}`, 1, time];
  const ways = {
    text: (time: number) => new Date(time).toISOString().slice(0, 19).replace('T', ' '),
    seconds: (time: number) => time / 1000,
    milliseconds: (time: number) => time,
  };
  for (const [name, way] of Object.entries(ways)) {
    const file = database(`${name}.db`, 'CREATE TABLE timed (order_id, customer_id, product_id, quantity, ordered_at)');
    const add = file.prepare('INSERT INTO timed VALUES (?, ?, ?, ?, ?)');
    const rows = times.map((time, i) => line(way(time), i));
    for (const row of rows) add.run(...(row as string[]));
    file.close();
    const first = join(folder, `${name}.csv`);
    writeFileSync(
      first,
      ['order_id,customer_id,product_id,quantity,ordered_at', ...rows.slice(0, 40).map((row) => row.join())].join('\n'),
    );
    const timed = `sqlite:${join(folder, `${name}.db`)}`;
    const all = await readOrders(timed, { table: 'timed' });
    const both = await readOrders([first, timed], { table: 'timed', since: 'ordered_at' });
    assert.is(both.fingerprint, all.fingerprint, name);
    assert.is(both.account.read, 40 + 22);
    assert.match(both.decisions!.since.why, 'the last row is of 2024-02-29T12:00');
    assert.match(
      (await refusal({ table: 'timed', since: 'product_id' }, [first, timed])).message,
      /with times that SQLite reads/,
    );
  }
});

test('what cannot be read says why, and no file is made', async () => {
  writeFileSync(join(folder, 'text.db'), 'order,customer\n'.repeat(100));
  for (const [source, options, words] of [
    [`sqlite:${join(folder, 'missing.db')}`, {}, /missing\.db does not exist; check the path/],
    [`sqlite:${folder}`, {}, /is no file/],
    [`sqlite:${join(folder, 'text.db')}`, {}, /text\.db is no database of SQLite/],
    [address, { table: 'none' }, /no such table: none; it has the tables My Orders(, | and )orders/],
    [address, { query: 'select from' }, /syntax error/],
    [address, { query: 'select * from orders; drop table orders' }, /near ";": syntax error/],
    [address, { query: 'drop table orders' }, /syntax error; expected one query that only reads/],
    [address, { query: 'insert into orders values (1) returning *' }, /syntax error/],
    [address, { query: 'select order_id, quantity from orders' }, /Or name them in the query/],
  ] as [string, ReadOptions, RegExp][]) {
    const error = await refusal({ ...(options.query === undefined && { table: 'orders' }), ...options }, source);
    assert.match(error.message, words);
  }
  assert.not.ok(existsSync(join(folder, 'missing.db')));
});

test('a file that another program has locked is an error after some time', async () => {
  const writer = database('locked.db', 'CREATE TABLE orders (customer, product, quantity)', 'BEGIN EXCLUSIVE');
  try {
    assert.match(
      (await refusal({ table: 'orders' }, `sqlite:${join(folder, 'locked.db')}`)).message,
      /is locked by a program that writes/,
    );
  } finally {
    writer.close();
  }
});

test('says how many rows it has read so far, also after files', async () => {
  const query =
    'with recursive n (i) as (select 1 union all select i + 1 from n where i < 200000) select i as order_id, i % 9 as customer, i % 7 as product, 1 as quantity from n';
  const file = join(folder, 'before.csv');
  writeFileSync(file, csvOf(orders));
  for (const source of [address, [file, address]]) {
    const seen: { bytes: number; totalBytes: number; rows: number }[] = [];
    const { account } = await readOrders(source, { query, onProgress: (progress) => seen.push(progress) });
    assert.ok(seen.some(({ rows }) => rows > 10_000 && rows < 200_000));
    assert.is(seen.at(-1)!.rows, account.read);
    for (const [i, { bytes, totalBytes, rows }] of seen.entries()) {
      assert.is(totalBytes, 0);
      assert.ok(i === 0 || (rows >= seen[i - 1].rows && bytes >= seen[i - 1].bytes));
    }
  }
});

test('reading stops at once when it is told to', async () => {
  const stopping = new AbortController();
  const query =
    'with recursive n (i) as (select 1 union all select i + 1 from n) select i as order_id, i % 9 as customer, i % 7 as product, 1 as quantity from n';
  const reading = refusal({ query, signal: stopping.signal, onProgress: ({ rows }) => rows > 0 && stopping.abort() });
  assert.is((await reading).code, 'aborted');
});

test.run();
