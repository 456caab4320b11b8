/** Cursors of any client, as iterables. */
import mysql from 'mysql2';
import pg from 'pg';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { startMysql, withMysql } from '../../support/mariadb.ts';
import { startPostgres } from '../../support/postgres.ts';
import { testUnless } from '../../support/skip.ts';

const test = suite('cursors of databases');
const [postgres, mysqlServer] = await Promise.all([startPostgres(), startMysql()]);
test.after(async () => {
  for (const server of [postgres, mysqlServer]) if (typeof server !== 'string') await server.stop();
});

const rows = Array.from({ length: 2500 }, (_, i) => ({
  order_id: i >> 1,
  customer_id: `c${i % 37}`,
  product_id: `p${i % 23}`,
  quantity: 1 + (i % 3),
  ordered_at: new Date(Date.UTC(2024, 0, 1, i)),
}));
const expected = await readOrders(rows);
const create =
  'CREATE TABLE orders (order_id int, customer_id varchar(9), product_id varchar(9), quantity int, ordered_at ';

testUnless(test, typeof postgres === 'string' ? postgres : undefined, 'pg: FETCH gives arrays of rows', async () => {
  const client = new pg.Client(await (postgres as Exclude<typeof postgres, string>).newDatabase());
  await client.connect();
  await client.query(`${create} timestamptz)`);
  const json = JSON.stringify(rows);
  await client.query('INSERT INTO orders SELECT * FROM json_populate_recordset(NULL::orders, $1)', [json]);

  async function* ordersIn() {
    await client.query('BEGIN READ ONLY');
    await client.query('DECLARE fetched CURSOR FOR SELECT * FROM orders ORDER BY order_id');
    for (;;) {
      const { rows } = await client.query('FETCH 1000 FROM fetched');
      if (rows.length === 0) return;
      yield rows;
    }
  }
  try {
    const dataset = await readOrders(ordersIn());
    assert.is(dataset.account.read, rows.length);
    assert.is(dataset.fingerprint, expected.fingerprint);
  } finally {
    await client.end();
  }
});

testUnless(test, typeof mysqlServer === 'string' ? mysqlServer : undefined, 'mysql2: stream() gives rows', async () => {
  const address = await (mysqlServer as Exclude<typeof mysqlServer, string>).newDatabase();
  await withMysql(address, async (connection) => {
    await connection.query(`${create} datetime)`);
    const values = rows.map((row) => Object.values({ ...row, ordered_at: row.ordered_at.toISOString().slice(0, 19) }));
    await connection.query('INSERT INTO orders VALUES ?', [values]);
  });
  const connection = mysql.createConnection({ uri: address, timezone: 'Z' });
  try {
    const dataset = await readOrders(connection.query('SELECT * FROM orders').stream());
    assert.is(dataset.fingerprint, expected.fingerprint);
  } finally {
    connection.destroy();
  }
});

test('arrays of rows are batches, of any size, also empty ones, and records are counted through them', async () => {
  const sizes = [0, 1, 999, 0, 1500];
  const batches = sizes.map((size, i) => {
    const from = sizes.slice(0, i).reduce((sum, one) => sum + one, 0);
    return rows.slice(from, from + size);
  });
  async function* later() {
    yield* batches;
  }
  for (const source of [batches, later(), new Set(batches)]) {
    const dataset = await readOrders(source as Iterable<object>);
    assert.is(dataset.fingerprint, expected.fingerprint);
    assert.is(dataset.account.read, 2500);
  }
  const bad = [rows.slice(0, 10), [...rows.slice(10, 15), { ...rows[15], customer_id: null }]];
  const { examples } = (await readOrders(bad as unknown as object[])).account;
  assert.equal(examples['missing customer'], [{ line: 16, value: '' }]);
});

test('rows without the names of their columns are refused, and say what makes them so', async () => {
  const bare = rows.map((row) => Object.values(row));
  for (const source of [bare, [bare], new Set(bare)])
    assert.match(
      (await endcapErrorOf(readOrders(source as Iterable<object>))).message,
      /leave out rowMode, rowsAsArray/,
    );
});

test('a cursor is closed when reading ends before it does', async () => {
  let isClosed = false;
  async function* failing() {
    try {
      yield rows.slice(0, 1200);
      yield rows.slice(1200, 2400);
      throw new Error('the connection broke');
    } finally {
      isClosed = true;
    }
  }
  await readOrders(failing()).then(
    () => assert.unreachable(),
    ({ message }) => assert.match(message, 'the connection broke'),
  );
  assert.ok(isClosed);
});

test.run();
