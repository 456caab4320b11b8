import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { storedOverHttp } from '../../../src/orders/http/file.ts';
import { csv, filesOf, refusal } from '../../dataset/files.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { parquetOf } from '../parquet/files.ts';
import { zipOf } from '../sources/zip-files.ts';
import { fileServer } from './server.ts';

const test = suite('orders over HTTP');
const { file } = filesOf(test);
const { host, asked, origin } = fileServer(test);

const rows = 30_000;
const column = <T>(of: (i: number) => T) => Array.from({ length: rows }, (_, i) => of(i));
/** Order lines, and a column that nobody needs, of most of the bytes. */
const wide = parquetOf(
  [
    { name: 'order_id', data: column((i) => `o${i >> 1}`), type: 'STRING' },
    { name: 'customer_id', data: column((i) => `c${(i >> 1) % 997}`), type: 'STRING' },
    {
      name: 'remark',
      data: column((i) => Array.from({ length: 12 }, (_, k) => Math.sin(i * k)).join()),
      type: 'STRING',
      codec: 'UNCOMPRESSED',
    },
    { name: 'product_id', data: column((i) => `p${(i * 7) % 101}`), type: 'STRING' },
    { name: 'quantity', data: column((i) => 1 + (i % 3)), type: 'INT32' },
    { name: 'ordered_at', data: column((i) => new Date(Date.UTC(2024, 0, 1, i >> 4))), type: 'TIMESTAMP' },
  ],
  { rowGroupSize: 10_000 },
);
const rowsOf = (from: number, to: number) =>
  parquetOf([
    { name: 'order_id', data: column((i) => `o${i}`).slice(from, to), type: 'STRING' },
    { name: 'customer_id', data: column((i) => `c${i % 7}`).slice(from, to), type: 'STRING' },
    { name: 'product_id', data: column((i) => `p${i % 11}`).slice(from, to), type: 'STRING' },
    { name: 'quantity', data: column(() => 1).slice(from, to), type: 'INT32' },
  ]);

test('Parquet is read by ranges, and of the columns that are not used only a look', async () => {
  const local = await readOrders(await file('orders.parquet', wide));
  const remote = await readOrders(host('/shop/orders.parquet', wide));
  assert.is(remote.fingerprint, local.fingerprint);
  assert.is(remote.account.purchases, rows);
  assert.ok(
    asked.every(({ range }) => range !== undefined),
    'a request was for all of it',
  );
  const sent = asked.reduce((sum, { sent }) => sum + sent, 0);
  assert.ok(sent < wide.length / 3, `${sent} of ${wide.length} bytes were sent`);
  assert.equal(remote.files, ['orders.parquet']);
});

test('so it is from bytes and blobs', async () => {
  const { fingerprint } = await readOrders(await file('bytes.parquet', wide));
  for (const source of [new Blob([wide]), wide, [new File([wide], 'orders.parquet')]])
    assert.is((await readOrders(source as Blob, { format: 'parquet' })).fingerprint, fingerprint);
});

test('a list of the addresses of parts is one table, with columns by the names of folders', async () => {
  const parts = [
    '/t/day=2024-03-01/part-0.parquet',
    '/t/day=2024-03-02/part-1.parquet',
    '/t/day=2024-03-02/part-2.parquet',
  ];
  const addresses = parts.map((path, i) => host(path, rowsOf(i * 100, (i + 1) * 100)));
  const dataset = await readOrders([addresses[0], new URL(addresses[1]), addresses[2]], { columns: { time: 'day' } });
  assert.is(dataset.account.purchases, 300);
  const days = new Set(dataset.history!.times);
  assert.equal(days.size, 2);
});

test('text is read as it comes, packed or not, with ranges or without', async () => {
  const { fingerprint } = await readOrders(await file('orders.csv', csv));
  const jsonl = csv
    .split('\n')
    .slice(1)
    .map((line) => {
      const [orderId, customerId, productId, quantity] = line
        .replace('"Tea, green"', 'Tea')
        .split(',')
        .filter((_, i) => i !== 3 && i !== 4);
      return JSON.stringify({ order_id: orderId, customer_id: customerId, product_id: productId, quantity });
    });
  for (const isWhole of [false, true])
    for (const [name, bytes] of [
      ['/orders.csv', Buffer.from(csv)],
      ['/orders.csv.gz', gzipSync(csv)],
      ['/export', Buffer.from(csv)],
      ['/orders.zip', zipOf([{ name: 'orders.csv', content: csv }])],
    ] as const) {
      assert.is((await readOrders(host(name, { bytes, isWhole }))).fingerprint, fingerprint, `${name} ${isWhole}`);
    }
  assert.is((await readOrders(host('/orders.jsonl', jsonl.join('\n')))).account.kept, 4);
  const packed = { bytes: gzipSync(csv), isWhole: true, headers: { 'content-encoding': 'gzip' } };
  assert.is((await readOrders(host('/packed-for-the-way.csv', packed))).fingerprint, fingerprint);
});

test('a large file of text has the same look as on the disk, and goes on where the connection breaks', async () => {
  const lines = Array.from({ length: 200_000 }, (_, i) => `o${i},c${i % 999},p${i % 101},1,${1 + (i % 28)}/2/2024`);
  const bytes = Buffer.from(`order_id,customer_id,product_id,quantity,date\n${lines.join('\n')}`);
  const local = await readOrders(await file('large.csv', bytes));
  let broken = 0;
  const remote = await readOrders(
    host('/large.csv', {
      bytes,
      answer({ headers }, response) {
        const [, from] = /^bytes=(\d+)-/.exec(headers.range!)!;
        const isLong = bytes.length - Number(from) > 1 << 20 && headers.range!.endsWith(`-${bytes.length - 1}`);
        if (!isLong || broken === 3) return false;
        broken++;
        const place = `bytes ${from}-${bytes.length - 1}/${bytes.length}`;
        response.writeHead(206, { etag: '"1"', 'content-range': place, 'content-length': bytes.length - Number(from) });
        response.write(bytes.subarray(Number(from), Number(from) + (1 << 20)), () => response.destroy());
        return true;
      },
    }),
  );
  assert.is(broken, 3);
  assert.is(remote.fingerprint, local.fingerprint);
  assert.equal(remote.decisions!.dateOrder, local.decisions!.dateOrder);
});

test('what passes is tried again', async () => {
  const address = host('/busy.csv', {
    bytes: Buffer.from(csv),
    answer: (_, response, number) => number <= 2 && Boolean(response.writeHead(503).end()),
  });
  assert.is((await readOrders(address)).account.purchases, 4);
});

test('a connection that the server closed is opened again, for the first request, too', async () => {
  const drops = (...numbers: number[]) => ({
    answer: ({ socket }: IncomingMessage, _: ServerResponse, number: number) =>
      numbers.includes(number) && Boolean(socket.destroy()),
  });
  const bytes = Buffer.from(csv);
  for (const isWhole of [false, true])
    for (const numbers of [[1], [2], [1, 3]]) {
      const { account } = await readOrders(host('/dropped.csv', { bytes, isWhole, ...drops(...numbers) }));
      assert.is(account.purchases, 4, `${isWhole} ${numbers}`);
      asked.length = 0;
    }
  const target = host('/there.csv', { bytes, ...drops(1) });
  const redirect = (_: IncomingMessage, response: ServerResponse) =>
    Boolean(response.writeHead(302, { location: target }).end());
  assert.is((await readOrders(host('/here.csv', { bytes, answer: redirect }))).account.purchases, 4);
});

test('a redirect is followed; a password goes to its own host alone', async () => {
  const target = host('/there.parquet', wide);
  const from = host('/here.parquet', {
    bytes: wide,
    answer: (_, response) =>
      Boolean(response.writeHead(302, { location: target.replace('127.0.0.1', 'localhost') }).end()),
  });
  const signed = from.replace('//', '//ann:pass%20word@');
  assert.is((await readOrders(signed)).account.purchases, rows);
  const [first, second] = asked;
  assert.is(first.authorization, `Basic ${Buffer.from('ann:pass word').toString('base64')}`);
  assert.is(second.authorization, undefined);
});

const expired =
  '<Error><Code>AccessDenied</Code><Message>Request has expired</Message><Url>?X-Signature=s3cret</Url></Error>';
const refusing = (status: number, body = '') => ({
  bytes: new Uint8Array(),
  answer: (_: unknown, response: ServerResponse) => Boolean(response.writeHead(status).end(body)),
});

test('what cannot be read says why, and nothing of what is secret', async () => {
  const cut = (etag?: string) => ({
    bytes: wide,
    answer: (_: unknown, response: ServerResponse, number: number) => {
      if (number === 1) return false;
      response.writeHead(206, { etag: etag ?? '"1"', 'content-range': `bytes 0-${wide.length - 1}/${wide.length}` });
      response.write(wide.subarray(0, 10), () => response.destroy());
      return true;
    },
  });
  for (const [source, words] of [
    [`${origin()}/gone.csv?X-Signature=s3cret`, /gone\.csv does not exist: the server answers 404 \(NoSuchKey\)/],
    [
      host('/expired.parquet', refusing(403, expired)),
      /answers 403 \(AccessDenied\), since the address has expired; sign a new/,
    ],
    [host('/forbidden.csv', refusing(401)), /may not be read: the server answers 401; check the signature/],
    [host('/whole.parquet', { bytes: wide, isWhole: true }), /read from its end; the server does not give parts of it/],
    [host('/export', { bytes: wide, isWhole: true }), /read from its end; the server does not give parts of it/],
    [host('/cut.parquet', cut()), /cannot be read: the server does not give the part of it that was asked for/],
    [
      host('/part.csv', { bytes: Buffer.from(csv), headers: { 'content-range': 'bytes 1-9/10' } }),
      /does not give the part/,
    ],
    [host('/text.parquet', csv), /text\.parquet is not a complete Parquet file/],
    ['http://ann:s3cret@127.0.0.1:1234/orders.csv', /127\.0\.0\.1:1234\/orders\.csv cannot be read: nothing listens/],
    ['http://no-such-host.invalid/o.csv?s3cret', /no-such-host\.invalid\/o\.csv cannot be read: its host is not known/],
    [
      's3://ann:s3cret@bucket/orders.parquet',
      /^s3:\/\/bucket\/orders\.parquet is no address that can be read.*aws s3 presign/,
    ],
    ['s3://ann:s3cret@bucket/*.parquet', /^s3:\/\/bucket\/\*\.parquet is no address that can be read/],
    ['jdbc:postgresql://ann:s3cret@host/shop', /^jdbc:\.\.\. is no address that can be read.*postgres:/],
    ['http://s3cret:@:x/', /begins with http, but is no URL/],
  ] as const) {
    const error = await refusal(source);
    assert.match(error.message, words);
    assert.is(error.code, source.includes(':x/') ? 'invalid_options' : 'orders_unreadable');
    assert.not.match(inspect(error, { depth: 9 }), 's3cret');
  }
});

test('a file that changes while it is read is refused, whether the server sees it or not', async () => {
  for (const isSeen of [true, false]) {
    const file = { bytes: wide, etag: '"1"', answer: undefined as never };
    const address = host('/changing.parquet', {
      ...file,
      get etag() {
        return asked.length > 2 ? '"2"' : '"1"';
      },
      answer({ headers }) {
        if (!isSeen) delete headers['if-match'];
        return false;
      },
    });
    assert.match((await refusal(address)).message, /changing\.parquet changed while it was read; read it again/);
    asked.length = 0;
  }
});

test('a file without ranges that breaks off is refused: nothing is read twice', async () => {
  const bytes = Buffer.from(`${csv}\n`.repeat(1000));
  const address = host('/breaks.csv', {
    bytes,
    isWhole: true,
    answer(_, response, number) {
      if (number === 1) return false;
      response.writeHead(200, { etag: '"1"', 'content-length': bytes.length });
      response.write(bytes.subarray(0, 1000), () => response.destroy());
      return true;
    },
  });
  assert.match(
    (await refusal(address)).message,
    /breaks\.csv cannot be read to its end: the server closed the connection/,
  );
});

test('a server that fails, or stands still, is given up after some tries', async () => {
  const fetching = { firstWaitMs: 1, idleTimeoutMs: 200 };
  const failing = await endcapErrorOf(storedOverHttp(host('/broken.csv', refusing(500)), fetching));
  assert.match(failing.message, /broken\.csv cannot be read: the server answers 500$/);
  assert.is(asked.length, 5);
  const stored = await storedOverHttp(
    host('/silent.csv', { bytes: wide, answer: (_, __, number) => number > 1 }),
    fetching,
  );
  const silent = await endcapErrorOf(stored.slice!(100_000, 200_000));
  assert.match(silent.message, /silent\.csv cannot be read: nothing has come for 200 ms$/);
});

test('who takes long with what has come is waited for', async () => {
  const bytes = new Uint8Array(12 << 20);
  const stored = await storedOverHttp(host('/patient.csv', { bytes, isWhole: true }), { idleTimeoutMs: 500 });
  let read = 0;
  for await (const chunk of stored.bytes(() => {})) {
    if (read === 0) await new Promise((resolve) => setTimeout(resolve, 1000));
    read += chunk.length;
  }
  assert.is(read, bytes.length);
});

test('reading that is stopped waits for no server', async () => {
  const stopping = new AbortController();
  const waiting: ServerResponse[] = [];
  const address = host('/waits.parquet', {
    bytes: wide,
    answer(_, response, number) {
      if (number <= 2) return false;
      waiting.push(response);
      stopping.abort();
      return true;
    },
  });
  assert.is((await refusal(address, { signal: stopping.signal })).code, 'aborted');
  assert.is(waiting.length, 1);
});

test('an empty file is one', async () => {
  assert.is((await refusal(host('/empty.csv', ''))).code, (await refusal(await file('empty.csv', ''))).code);
});

test.run();
