import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { databaseAddress } from '../../../src/orders/databases/address.ts';
import { queryMysql } from '../../../src/orders/databases/mysql.ts';
import type { ReadOptions } from '../../../src/orders/options.ts';
import { sampleCsv } from '../../../src/sample/sample.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { startMysql, withMysql } from '../../support/mariadb.ts';
import { testUnless } from '../../support/skip.ts';
import { until } from '../../support/until.ts';
import { stopAtAnyMoment } from './stopping.ts';

const test = suite('orders in mysql');
const started = await startMysql();
const reason = typeof started === 'string' ? started : undefined;
const address = typeof started === 'string' ? '' : await started.newDatabase();
const folder = mkdtempSync(join(tmpdir(), 'endcap-mysql-'));
// Columns of numbers and times cannot hold the texts that exports may have.
const csv = [...sampleCsv({ lines: 20_000 })].join('').replaceAll(/^.*(n\/a|0000-00-00).*\n/gm, '');
const file = join(folder, 'orders.csv');
writeFileSync(file, csv);

const sql = (text: string, values?: unknown[]) => withMysql(address, (connection) => connection.query(text, values));
const refusal = (options: ReadOptions, source: string | string[] = address) =>
  endcapErrorOf(readOrders(source, options));

/** The cells of a file, by line. */
async function cellsOf(text: string): Promise<(string | null)[][]> {
  const { readFile } = await import('node:fs/promises');
  assert.ok((await readFile(file, 'utf8')) === text);
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) =>
      [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)]
        .slice(0, 8)
        .map(([, cell]) => (cell === '' ? null : cell.replace(/^"(.*)"$/s, '$1').replaceAll('""', '"'))),
    );
}

if (reason === undefined) {
  await sql(`CREATE TABLE orders (order_id varchar(40), customer_id varchar(40), product_id varchar(40),
    product_name text, category varchar(80), quantity decimal(12,3), price decimal(20,4), ordered_at varchar(40)) CHARSET utf8mb4`);
  const rows = await cellsOf(csv);
  for (let at = 0; at < rows.length; at += 2000) await sql('INSERT INTO orders VALUES ?', [rows.slice(at, at + 2000)]);
}

/** How many statements run that end like this. */
async function running(end: string): Promise<number> {
  const [rows] = await sql('SELECT count(*) AS n FROM information_schema.processlist WHERE info LIKE ?', [`%${end}`]);
  return (rows as { n: number }[])[0].n;
}

test.after(async () => {
  if (typeof started !== 'string') await started.stop();
  rmSync(folder, { recursive: true });
});

testUnless(test, reason, 'are those of a CSV file with the same rows', async () => {
  const expected = await readOrders(file);
  for (const options of [
    { table: 'orders' },
    { query: 'select * from orders -- all of them' },
    { query: 'select * from orders;' },
  ]) {
    const dataset = await readOrders(address, options);
    assert.is(dataset.fingerprint, expected.fingerprint);
    assert.equal(dataset.account.dropped, expected.account.dropped);
  }
  assert.equal((await readOrders(address, { table: '`orders`' })).files, [
    `mysql:${new URL(address).pathname.slice(1)}`,
  ]);
});

/** What the reader gets of a query. */
async function textOf(options: ReadOptions): Promise<string> {
  const rows = queryMysql(databaseAddress(address)!, options).rows({ records: 0, last: undefined });
  const parts: Buffer[] = [];
  for await (const chunk of (rows as { csv: AsyncIterable<Uint8Array> }).csv) parts.push(Buffer.from(chunk));
  return Buffer.concat(parts).toString();
}

testUnless(test, reason, 'every type is the text that an export has, and no digit or byte is lost', async () => {
  await sql(`CREATE TABLE types (big bigint unsigned, dec_ decimal(30,10), yes tinyint(1), dbl double, flt float,
    dt datetime(6), ts timestamp NULL, d date, t time, y year, bits bit(12), uuid binary(16), vb varbinary(20), bl blob,
    l1 varchar(20) CHARACTER SET latin1, u text CHARACTER SET utf8mb4, e enum('a','b'), j json, zero datetime, n int)`);
  await withMysql(address, async (connection) => {
    await connection.query("SET sql_mode = '', time_zone = '+00:00'");
    await connection.query(`INSERT INTO types VALUES (18446744073709551615, 1234567890123456789.0123456789, 1, 0.1, 1.5,
      '2024-01-02 03:04:05.123456', '2024-01-02 03:04:05', '2024-01-02', '10:11:12', 2024, b'100000000101',
      x'00FFAABBCCDDEEFF0011223344556677', 'text', x'00FF', 'Café', 'Tee, "grün"\n😀', 'b', '{"a": 1}', '0000-00-00', NULL)`);
  });
  assert.is(
    await textOf({ query: 'select *, big as big from types' }),
    'big,dec_,yes,dbl,flt,dt,ts,d,t,y,bits,uuid,vb,bl,l1,u,e,j,zero,n,big\n' +
      '18446744073709551615,1234567890123456789.0123456789,1,0.1,1.5,2024-01-02 03:04:05.123456,2024-01-02 03:04:05,' +
      '2024-01-02,10:11:12,2024,2053,00FFAABBCCDDEEFF0011223344556677,text,00FF,Café,"Tee, ""grün""\n😀",b,"{""a"": 1}",' +
      '0000-00-00 00:00:00,,18446744073709551615\n',
  );
});

testUnless(test, reason, 'rows come while they are sent: a result is never in memory as a whole', async () => {
  const stopping = new AbortController();
  const before = process.memoryUsage().arrayBuffers;
  let most = 0;
  const query =
    'select a.*, b.product_name as further from orders a cross join (select product_name from orders limit 15) b';
  const watch = setInterval(() => {
    most = Math.max(most, process.memoryUsage().arrayBuffers - before);
  }, 10);
  const { account } = await readOrders(address, { query, signal: stopping.signal, columns: { order: false } });
  clearInterval(watch);
  assert.ok(account.read > 250_000, `${account.read} rows`);
  assert.ok(most < 150 << 20, `${most} bytes`);
});

testUnless(test, reason, 'what is read is of one moment, and nothing is written', async () => {
  await sql('CREATE TABLE moving (customer varchar(9), product varchar(9), quantity int)');
  await sql('INSERT INTO moving VALUES ?', [Array.from({ length: 1000 }, (_, i) => [`c${i % 5}`, `p${1 + i}`, 1])]);
  const reading = readOrders(address, { query: 'select *, sleep(0.0004) from moving' });
  await until(async () => (await running('sleep(0.0004) from moving')) > 0);
  await sql('DELETE FROM moving WHERE length(product) > 2');
  assert.is((await reading).account.read, 1000);
  for (const query of [
    "insert into moving values ('c', 'p', 1)",
    'delete from moving',
    'drop table moving',
    'truncate moving',
    'select * from moving; drop table moving',
    'create table other (a int)',
  ]) {
    const { code, message } = await refusal({ query });
    assert.is(code, 'orders_unreadable');
    assert.match(message, /expected (a query that only reads|one query that only reads)/, query);
  }
  assert.is((await readOrders(address, { table: 'moving' })).account.read, 9);
});

testUnless(test, reason, 'since reads what came after the orders in files', async () => {
  await sql(
    'CREATE TABLE timed (order_id int, customer_id varchar(9), product_id varchar(9), quantity int, ordered_at datetime)',
  );
  const rows = Array.from({ length: 60 }, (_, i) => [
    i,
    `c${i % 5}`,
    `p${i % 7}`,
    1,
    new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 19).replace('T', ' '),
  ]);
  await sql('INSERT INTO timed VALUES ?', [rows]);
  const first = join(folder, 'first.csv');
  writeFileSync(
    first,
    ['order_id,customer_id,product_id,quantity,ordered_at', ...rows.slice(0, 40).map((row) => row.join())].join('\n'),
  );
  const all = await readOrders(address, { table: 'timed' });
  const both = await readOrders([first, address], { table: 'timed', since: 'ordered_at' });
  assert.is(both.fingerprint, all.fingerprint);
  assert.is(both.account.read, 40 + 22);
  assert.match(both.decisions!.since.why, 'the last row is of 2024-02-29T');
  assert.match(
    (await refusal({ table: 'timed', since: 'quantity' }, [first, address])).message,
    /^since: .*date, datetime, or timestamp/,
  );
});

testUnless(test, reason, 'what cannot be read says why, without the password', async () => {
  const url = new URL(address);
  const changed = (change: Partial<URL>) => Object.assign(new URL(address), change).href;
  for (const [source, options, words] of [
    [changed({ password: 's3cret' }), {}, /Access denied.*the password is in the address, or in MYSQL_PWD/],
    [changed({ pathname: '/nowhere', password: url.password }), {}, /Unknown database 'nowhere'/],
    [changed({ port: '1' }), {}, /127\.0\.0\.1:1\/\w+: connect ECONNREFUSED/],
    [changed({ hostname: 'no-such-host.invalid' }), {}, /no-such-host\.invalid/],
    [
      changed({ search: '?ssl-mode=REQUIRE' }),
      {},
      /ssl-mode is "REQUIRE"; expected DISABLED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY/,
    ],
    [changed({ search: '?password=s3cret' }), {}, /its address has "password"; expected ssl-mode, ssl-ca, socket/],
    [address, { table: 'none' }, /Table '\w+\.none' doesn't exist/],
    [address, { query: 'select nothing from orders' }, /Unknown column 'nothing'/],
    [address, { query: 'selec' }, /expected one query that only reads/],
    [address, { query: 'select * from orders into @a' }, /different number of columns|no rows/],
    [address, { query: 'select order_id, quantity from orders' }, /Or name them in the query/],
  ] as [string, ReadOptions, RegExp][]) {
    const error = await refusal({ ...(options.query === undefined && { table: 'orders' }), ...options }, source);
    assert.match(error.message, words);
    assert.not.match(inspect(error, { depth: 9 }), 's3cret');
    assert.not.match(inspect(error, { depth: 9 }), url.password);
  }
});

testUnless(test, reason, 'a password can be in the environment', async () => {
  const url = new URL(address);
  process.env.MYSQL_PWD = url.password;
  url.password = '';
  try {
    assert.is((await readOrders(url.href, { table: 'moving' })).account.read, 9);
    assert.is((await readOrders(url.href.replace('mysql:', 'mariadb:'), { table: 'moving' })).account.read, 9);
  } finally {
    delete process.env.MYSQL_PWD;
  }
});

/** A proxy that breaks its connections after so many bytes of answers. */
async function proxyOf(most: number) {
  const { hostname, port } = new URL(address);
  const sockets: Socket[] = [];
  const { connect } = await import('node:net');
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    let sent = 0;
    sockets.push(client, upstream);
    for (const socket of [client, upstream]) socket.on('error', () => {});
    client.on('data', (bytes) => upstream.write(bytes));
    upstream.on('data', (bytes) => {
      sent += bytes.length;
      client.write(bytes);
      if (sent > most) for (const socket of [client, upstream]) socket.destroy();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: Object.assign(new URL(address), { port: `${(server.address() as { port: number }).port}` }).href,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

testUnless(test, reason, 'a connection that breaks midway is an error', async () => {
  const proxy = await proxyOf(300_000);
  try {
    const { code, message } = await refusal({ table: 'orders' }, proxy.address);
    assert.is(code, 'orders_unreadable');
    assert.match(message, /closed|ECONNRESET/);
  } finally {
    proxy.close();
  }
});

testUnless(test, reason, 'reading stops at once when it is told to, and so does the server', async () => {
  const stopping = new AbortController();
  const reading = refusal({ query: 'select *, sleep(1) from orders', signal: stopping.signal });
  await until(async () => (await running('sleep(1) from orders')) > 0);
  stopping.abort();
  assert.is((await reading).code, 'aborted');
  await until(async () => (await running('sleep(1) from orders')) === 0);
});

testUnless(test, reason, 'so it does whenever that is, as while it is found out what the rows are', async () => {
  await stopAtAnyMoment(
    () => readOrders(address, { query: 'select * from orders limit 100' }),
    (signal) => refusal({ query: 'select *, sleep(60) from orders', signal }),
  );
  await until(async () => (await running('sleep(60) from orders')) === 0);
});

testUnless(test, reason, 'a server that says nothing is left after idleTimeoutMs', async () => {
  const { message } = await refusal({ query: 'select *, sleep(1) from moving', idleTimeoutMs: 200 });
  assert.match(message, /sent nothing for 200 ms/);
});

test.run();
