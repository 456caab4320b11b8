import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../src/dataset/dataset.ts';
import { readOrders } from '../../../src/dataset/read.ts';
import { readingOf } from '../../../src/dataset/reading.ts';
import type { ReadOptions } from '../../../src/orders/options.ts';
import { sampleCsv } from '../../../src/sample/sample.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { startOwnPostgres } from '../../support/postgres.ts';
import { testUnless } from '../../support/skip.ts';
import { until } from '../../support/until.ts';
import { stopAtAnyMoment } from './stopping.ts';

const test = suite('orders in postgres');
const started = await startOwnPostgres();
const reason = typeof started === 'string' ? started : undefined;
const server = () => started as Exclude<typeof started, string>;
const address = reason === undefined ? await server().newDatabase() : '';
const folder = mkdtempSync(join(tmpdir(), 'endcap-orders-'));
// Columns of numbers and times cannot hold the texts that exports may have.
const csv = [...sampleCsv({ lines: 5000 })].join('').replaceAll(/^.*(n\/a|0000-00-00).*\n/gm, '');
const records = csv.trim().split('\n').length - 1;
const file = join(folder, 'orders.csv');
writeFileSync(file, csv);

async function sql(text: string, data?: string): Promise<pg.QueryResult> {
  const client = new pg.Client(address);
  await client.connect();
  try {
    if (data === undefined) return await client.query(text);
    const stream = client.query(copyFrom(text));
    stream.end(data);
    await new Promise((resolve, reject) => stream.on('finish', resolve).on('error', reject));
    return await client.query('SELECT 1');
  } finally {
    await client.end();
  }
}

const read = (options: ReadOptions, source: string | string[] = address) => readOrders(source, options);
const refusal = (options: ReadOptions, source?: string | string[]) => endcapErrorOf(read(options, source));

if (reason === undefined) {
  await sql(`
    CREATE TABLE orders (order_id text, customer_id text, product_id text, product_name text, category text,
      quantity numeric, price numeric, ordered_at timestamptz);
    CREATE SCHEMA "My Shop";
    CREATE TABLE "My Shop"."Orders" (customer text, product text, quantity int)`);
  await sql('COPY orders FROM STDIN (FORMAT csv, HEADER)', csv);
}

const columnsOf = ({ columns = {} }: Dataset) =>
  Object.entries(columns).map(([role, { column, index, why }]) => [role, column, index, why]);

testUnless(test, reason, 'are those of a CSV file with the same rows, whatever the role writes times as', async () => {
  const expected = await readOrders(file);
  await sql(`ALTER ROLE endcap SET TimeZone = 'America/New_York'; ALTER ROLE endcap SET DateStyle = 'German';
    ALTER ROLE endcap SET client_encoding = 'LATIN1'`);
  try {
    for (const options of [
      { table: 'orders' },
      { table: 'public.Orders' },
      { query: 'select * from orders; ' },
      { query: 'with all_orders as (table orders) select * from all_orders -- all of them' },
    ]) {
      const found = await read(options);
      assert.is(found.fingerprint, expected.fingerprint, JSON.stringify(options));
      assert.equal(found.account, expected.account);
      assert.equal(columnsOf(found), columnsOf(expected));
      assert.equal(found.notes, expected.notes);
      assert.equal(found.files, [`postgres:${new URL(address).pathname.slice(1)}`]);
    }
  } finally {
    await sql('ALTER ROLE endcap RESET ALL');
  }
});

testUnless(test, reason, 'have values of every type as text: empty and null are blank', async () => {
  const query = `
    SELECT * FROM (VALUES
      (1, 'ann', 'tea', 2::numeric, timestamp '2025-03-04 05:06:07.5', true, 'a,"b"' || chr(10) || 'c', '\\x01'::bytea),
      (2, 'bob', 'ça', 1.0, timestamp '2025-03-05 00:00:00', false, NULL, NULL),
      (3, '', 'cup', 1, timestamp '2025-03-05 00:00:00', NULL, '', NULL),
      (4, NULL, 'cup', 1, NULL, NULL, '日本', NULL)
    ) AS lines (order_id, customer, product, quantity, ordered_at, is_paid, note, data)`;
  const { customers, products, account, history } = await read({ query });
  assert.equal(
    [customers, products],
    [
      ['ann', 'bob'],
      ['tea', 'ça'],
    ],
  );
  assert.equal(account.dropped, { 'missing customer': 2 });
  assert.equal([...history!.times!].sort(), [Date.UTC(2025, 2, 4, 5, 6, 7, 500), Date.UTC(2025, 2, 5)].sort());
});

testUnless(test, reason, 'are read from tables with capitals and blanks in their names', async () => {
  await sql(`INSERT INTO "My Shop"."Orders" VALUES ('ann', 'tea', 1), ('bob', 'cup', 2)`);
  assert.equal((await read({ table: '"My Shop"."Orders"' })).customers, ['ann', 'bob']);
  const unquoted = await refusal({ table: 'My Shop.Orders' });
  assert.is(unquoted.code, 'invalid_options');
  assert.match(unquoted.message, 'in quotes');
  const error = await refusal({ table: '"My Shop".Orders' });
  assert.is(error.code, 'orders_unreadable');
  assert.match(error.message, 'relation "My Shop.orders" does not exist');
  assert.match(error.message, 'in quotes');
});

testUnless(test, reason, 'are refused where a query does anything but read', async () => {
  const refused = {
    'select 1; select 2': 'expected one query',
    'select 1; drop table orders': 'expected one query',
    'select 1) to stdout; drop table orders; copy (select 1': '',
    'delete from orders returning *': 'syntax error',
    'with gone as (delete from orders returning *) select * from gone': 'WITH clause containing a data-modifying',
    "select pg_notify('a', 'b'), nextval('counted') from orders": 'cannot write',
    'select from where': 'syntax error',
    'select $1': 'parameter',
    'select * from nowhere': 'relation "nowhere" does not exist',
  };
  await sql('CREATE SEQUENCE IF NOT EXISTS counted');
  await read({ query: 'select *, lo_create(0) from orders limit 10', acceptLoss: true }).catch(() => {});
  assert.equal((await sql('SELECT oid FROM pg_largeobject_metadata')).rows, []);
  for (const [query, text] of Object.entries(refused)) {
    const error = await refusal({ query });
    assert.is(error.code, 'orders_unreadable', query);
    assert.match(error.message, text, query);
  }
  assert.is(Number((await sql('SELECT count(*) FROM orders')).rows[0].count), records);
});

testUnless(test, reason, 'whose columns are not recognized are refused with their names and what helps', async () => {
  const error = await refusal({ query: 'select customer_id as who, product_id from orders' });
  assert.is(error.code, 'columns_unrecognized');
  assert.match(error.message, 'Its columns are: who, product_id');
  assert.match(error.message, '--columns');
  assert.match(error.message, '--query');
  assert.match((await refusal({ query: 'select * from orders where false' })).message, 'has a header but no rows');
  const query = 'select customer_id, customer_id, product_id, quantity from orders';
  assert.equal((await read({ query })).customers, (await readOrders(file)).customers);
});

testUnless(test, reason, 'never tell the password of an address, whatever goes wrong', async () => {
  const { port, pathname } = new URL(address);
  const secrets = ['s3cret!word', 's3cret%21word'];
  const addresses = [
    `postgres://nobody:s3cret%21word@127.0.0.1:${port}${pathname}`,
    `postgres://nobody@127.0.0.1:${port}${pathname}?password=s3cret%21word`,
    `postgres://endcap:s3cret%21word@127.0.0.1:1${pathname}`,
    `postgres://endcap:s3cret%21word@localhost:1${pathname}`,
    `postgres://endcap:s3cret%21word@no-such-host.invalid${pathname}`,
    `postgres://endcap:s3cret%21word@127.0.0.1:${port}/s3cret%21word`,
    `postgres://endcap:s3cret%21word@127.0.0.1:${port}${pathname}?sslmode=verify-full`,
    `postgres://endcap:s3cret%21word@127.0.0.1:${port}${pathname}?sslrootcert=/nowhere`,
    `postgres://endcap:s3cret!word/@127.0.0.1:${port}${pathname}`,
    `postgres://endcap:s3cret!word?@127.0.0.1:${port}${pathname}`,
    `mongodb://endcap:s3cret!word@127.0.0.1:${port}${pathname}`,
    `mongodb://endcap@127.0.0.1${pathname}?password=s3cret!word`,
  ];
  for (const source of addresses) {
    const isOther = source.startsWith('mongodb');
    const error = await refusal(isOther ? {} : { table: 'orders' }, source);
    const told = `${error.message} ${inspect(error, { depth: 10 })} ${JSON.stringify(error.details)} ${error.stack}`;
    for (const secret of secrets) assert.not.match(told.replaceAll('/s3cret%21word', ''), secret);
  }
  const good = `postgres://endcap:s3cret%21word@127.0.0.1:${port}${pathname}`;
  for (const query of ['select from', 'select nothing from orders', 'select 1 as one']) {
    const error = await refusal({ query }, good);
    for (const secret of secrets) assert.not.match(inspect(error, { depth: 10 }), secret);
  }
  const dataset = await read({ table: 'orders' }, good);
  for (const secret of [...secrets, '127.0.0.1']) assert.not.match(JSON.stringify({ ...dataset, history: 0 }), secret);
});

testUnless(test, reason, 'take from the variables of libpq what their address leaves out', async () => {
  const { port, pathname } = new URL(address);
  const names = ['PGHOST', 'PGPORT', 'PGUSER', 'PGDATABASE'];
  const before = names.map((name) => process.env[name]);
  Object.assign(process.env, { PGHOST: '127.0.0.1', PGPORT: port, PGUSER: 'endcap', PGDATABASE: pathname.slice(1) });
  try {
    assert.is((await read({ table: 'orders' }, 'postgres://')).account.read, records);
    assert.is((await read({ table: 'orders' }, `postgres://${pathname}`)).account.read, records);
  } finally {
    names.forEach((name, i) => {
      if (before[i] === undefined) delete process.env[name];
      else process.env[name] = before[i];
    });
  }
});

/** A server in front of Postgres that breaks the connection after so many bytes of answers. */
async function breakingAfter(bytes: number): Promise<{ address: string; server: Server }> {
  const { connect } = await import('node:net');
  const { port } = new URL(address);
  const proxy = createServer((client) => {
    const real = connect(Number(port), '127.0.0.1');
    let sent = 0;
    client.on('error', () => {}).on('data', (chunk) => real.write(chunk));
    real
      .on('error', () => {})
      .on('data', (chunk) => {
        sent += chunk.length;
        if (sent < bytes) return void client.write(chunk);
        client.destroy();
        real.destroy();
      });
    client.on('close', () => real.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const url = new URL(address);
  url.port = String((proxy.address() as { port: number }).port);
  return { address: url.href, server: proxy };
}

testUnless(test, reason, 'are an error if the database closes midway', async () => {
  for (const bytes of [1, 1500, 20_000, 200_000]) {
    const broken = await breakingAfter(bytes);
    const error = await refusal({ query: 'select * from orders, generate_series(1, 5)' }, broken.address);
    assert.is(error.code, 'orders_unreadable', String(bytes));
    broken.server.close();
  }
  const query = 'select *, pg_terminate_backend(pg_backend_pid()) from orders';
  assert.match((await refusal({ query })).message, 'terminating connection');
  const slow = 'select o.*, pg_sleep(quantity * 0.01) from orders o';
  const limited = `${address}?options=-c%20statement_timeout%3D50`;
  assert.match((await refusal({ query: slow }, limited)).message, 'statement_timeout');
  assert.match((await refusal({ query: slow, idleTimeoutMs: 20 })).message, 'sent nothing for 20 ms');
});

const activity = (what: string) =>
  sql(`SELECT count(*) FROM pg_stat_activity WHERE application_name = 'endcap' AND ${what}`);
const count = async (what: string) => Number((await activity(what)).rows[0].count);

testUnless(test, reason, 'are no longer asked for once the reading is stopped', async () => {
  for (const query of ['select o.*, pg_sleep(60) from orders o', 'select * from orders, generate_series(1, 1000)']) {
    const stopping = new AbortController();
    const reading = refusal({ query, signal: stopping.signal });
    await until(async () => (await count(`state = 'active'`)) > 0);
    stopping.abort();
    assert.is((await reading).code, 'aborted');
    await until(async () => (await count('true')) === 0);
  }
});

testUnless(test, reason, 'nor whenever that is, as while it is found out what the rows are', async () => {
  await stopAtAnyMoment(
    () => read({ query: 'select * from orders limit 100' }),
    (signal) => refusal({ query: 'select o.*, pg_sleep(60) from orders o', signal }),
  );
  await until(async () => (await count('true')) === 0);
});

const lines = csv.trim().split('\n');
const partOf = (name: string, from: number, to: number) => {
  const path = join(folder, name);
  writeFileSync(path, `${[lines[0], ...lines.slice(1).slice(from, to)].join('\n')}\n`);
  return path;
};

testUnless(test, reason, 'since the end of files are those of all, each counted once', async () => {
  // By time, as exports of some months are.
  lines.splice(1, records, ...lines.slice(1).sort((a, b) => timeOf(a) - timeOf(b)));
  const expected = await readOrders(partOf('all.csv', 0, records));
  const options = { table: 'orders', since: 'ORDERED_AT' };
  for (const share of [0.3, 0.8, 1]) {
    const base = partOf('base.csv', 0, Math.round(records * share));
    const found = await read(options, [base, address]);
    assert.is(found.fingerprint, expected.fingerprint);
    assert.is(found.customers.length, expected.customers.length);
    const { since } = found.decisions!;
    assert.match(since.value, /^ordered_at from 202\d-\d\d-\d\dT00:00:00.000Z$/);
    assert.match(since.why, new Date(timeOf(lines.at(-1)!)).toISOString());
    // Not all of the table was read.
    assert.ok(found.account.read < records + records * share || share < 0.5, String(found.account.read));
  }
  assert.equal(readingOf(await read(options, [partOf('base.csv', 0, 3000), address]))!.files, [
    'base.csv',
    `postgres:${new URL(address).pathname.slice(1)}`,
  ]);
});

const timeOf = (line: string) => Date.parse(line.split(',').at(-1)!) || 0;

testUnless(
  test,
  reason,
  'that were written late, or at the same time, are neither lost nor counted twice',
  async () => {
    const header = 'order,customer,product,quantity,time';
    const base = join(folder, 'late.csv');
    writeFileSync(
      base,
      `${header}\n1,ann,tea,1,2025-03-01 10:00:00\n2,bob,tea,2,2025-03-04 17:00:00\n2,bob,cup,1,2025-03-04 17:00:00\n`,
    );
    for (const type of ['timestamp', 'timestamptz']) {
      await sql(`DROP TABLE IF EXISTS late; CREATE TABLE late ("order" int, customer text, product text, quantity int, time ${type});
      SET TimeZone = 'UTC'; INSERT INTO late VALUES
        (1, 'ann', 'tea', 1, '2025-03-01 10:00:00'), (2, 'bob', 'tea', 2, '2025-03-04 17:00:00'),
        (2, 'bob', 'cup', 1, '2025-03-04 17:00:00'), (2, 'bob', 'cup', 1, '2025-03-04 17:00:00'),
        (3, 'cat', 'tea', 1, '2025-03-04 17:00:00'), (4, 'dan', 'tea', 1, '2025-03-03 00:00:00'),
        (5, 'eve', 'cup', 1, '2025-03-09 00:00:00')`);
      const options = { table: 'late', since: 'time', columns: { order: 'order' } };
      const found = await read(options, [base, address]);
      const all = await read({ table: 'late', columns: { order: 'order' } });
      assert.is(found.fingerprint, all.fingerprint, type);
      assert.is(found.account.dropped['in an earlier file'], 2);
      assert.is(found.account.read, 3 + 6);
    }
    await sql("INSERT INTO late VALUES (6, 'fay', 'cup', 1, NULL)");
    assert.ok(
      (await read({ table: 'late', since: 'time', columns: { order: 'order' } }, [base, address])).customers.includes(
        'fay',
      ),
    );
  },
);

testUnless(
  test,
  reason,
  'since the end of files are refused where some would be missing, or counted twice',
  async () => {
    const part = partOf('base.csv', 2000, 4000);
    const error = await refusal({ table: 'orders', since: 'ordered_at' }, [part, address]);
    assert.is(error.code, 'orders_lost');
    assert.match(error.message, 'and the files have 2,000 records: some would be missing');
    await read({ table: 'orders', since: 'ordered_at', acceptLoss: true }, [part, address]);
    const all = partOf('base.csv', 0, 4000);
    const problems = {
      'one of the columns of postgres': { table: 'orders', since: 'nothing' },
      'whose type is date, timestamp, or timestamptz': { table: 'orders', since: 'quantity' },
      'has no column of these': { table: 'orders', since: 'ordered_at', columns: { order: false } },
      'say of no purchase when it was': { table: 'orders', since: 'ordered_at', columns: { time: false } },
    } as const;
    for (const [problem, options] of Object.entries(problems))
      assert.match((await refusal(options, [all, address])).message, problem);
  },
);

testUnless(
  test,
  reason,
  'since the end of files have the columns of the files, where a day does not show them',
  async () => {
    // One large order: its id could be that of a shop, or of a cashier.
    await sql(`DROP TABLE IF EXISTS wholesale; CREATE TABLE wholesale (invoice_no text, customer text, product text, quantity int, time timestamp);
    INSERT INTO wholesale SELECT 'A' || n / 5, 'c' || n / 20, 'p' || n % 50, 1, timestamp '2025-03-01' + n * interval '1 hour' FROM generate_series(0, 999) n;
    INSERT INTO wholesale SELECT 'B' || n / 300, 'd' || n / 300, 'p' || n % 50, 1, '2025-05-09' FROM generate_series(0, 999) n`);
    const base = join(folder, 'wholesale.csv');
    const { rows } = await sql("SELECT *, time::text AS time FROM wholesale WHERE time < '2025-05-09'");
    const names = ['invoice_no', 'customer', 'product', 'quantity', 'time'];
    writeFileSync(
      base,
      [names, ...rows.map((row) => names.map((name) => row[name]))].map((row) => row.join()).join('\n'),
    );
    const found = await read({ table: 'wholesale', since: 'time' }, [base, address]);
    assert.is(found.fingerprint, (await read({ table: 'wholesale' })).fingerprint);
  },
);

testUnless(test, reason, 'come from the beginning of a table, wherever others are reading it', async () => {
  const setting = "current_setting('synchronize_seqscans') AS product";
  assert.equal((await read({ query: `select customer_id, quantity, ${setting} from orders` })).products, ['off']);
});

test.after(async () => {
  rmSync(folder, { recursive: true });
  if (reason === undefined) await server().stop();
});

test.run();
