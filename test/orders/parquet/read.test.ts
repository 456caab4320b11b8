import { execFileSync } from 'node:child_process';
import { readdirSync, readlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { parquetMetadata } from 'hyparquet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createBuilder } from '../../../src/dataset/build.ts';
import { readOrders } from '../../../src/dataset/read.ts';
import { createTally } from '../../../src/orders/cleaning/account.ts';
import { roles } from '../../../src/orders/columns/roles.ts';
import { readParquet } from '../../../src/orders/parquet/read.ts';
import { createTables } from '../../../src/orders/table.ts';
import { finish } from '../../../src/turns.ts';
import { comparable, filesOf, refusal } from '../../dataset/files.ts';
import { readCells } from '../csv/reading.ts';
import { anyRecords } from '../csv/records.ts';
import { nestedFile, nestedShapes, parquetOf, smallFile } from './files.ts';

const test = suite('reading Parquet');
const { file, folder } = filesOf(test);

test('the dataset is that of the same cells from any other source', async () => {
  await fc.assert(
    fc.asyncProperty(anyRecords, fc.integer({ min: 1, max: 50 }), fc.boolean(), async (records, rowGroupSize, drop) => {
      const duplicates = drop ? 'drop' : 'keep';
      const { lines: _, ...expected } = readCells(records, { duplicates, refunds: true });
      const columnData = roles.map((name, i) => ({
        name,
        data: records.map((cells) => cells[i]),
        type: 'STRING' as const,
      }));
      const path = await file('records.parquet', parquetOf(columnData, { rowGroupSize }));
      const columns = Object.fromEntries(roles.map((role) => [role, role]));
      if (expected.customers.length === 0) {
        assert.is((await refusal(path, { columns, duplicates })).code, 'no_orders');
        return;
      }
      const { account, ...dataset } = await readOrders(path, { columns, duplicates, acceptLoss: true });
      const { account: expectedAccount, ...expectedData } = expected;
      assert.equal(comparable({ ...dataset, fingerprint: '' }), comparable({ ...expectedData, fingerprint: '' }));
      assert.equal({ ...account, examples: {} }, { ...expectedAccount, examples: {} });
    }),
    { numRuns: 25 },
  );
});

test('a file of several blocks keeps its order, names, and the numbers of its records', async () => {
  const rows = Array.from({ length: 140_000 }, (_, i) => i);
  const objects = rows.map((i) => ({
    customer: `c${i % 997}`,
    product: i % 50_000 === 49_999 ? '' : `p${i % 101}`,
    quantity: i % 1000 === 7 ? -1 : 1 + (i % 3),
    date: new Date(Date.UTC(2024, 0, 1) + i * 60_000),
    name: `name ${Math.floor(i / 30_000)} of ${i % 101}`,
  }));
  const column = (name: keyof (typeof objects)[0]) => ({ name, data: objects.map((object) => object[name]) });
  const path = await file(
    'blocks.parquet',
    parquetOf([column('customer'), column('product'), column('quantity'), column('date'), column('name')], {
      rowGroupSize: 50_000,
    }),
  );
  const seen: number[] = [];
  const dataset = await readOrders(path, { onProgress: ({ rows }) => seen.push(rows) });
  assert.equal(comparable(dataset), comparable(await readOrders(objects)));
  assert.equal(seen, [65_536, 131_072, 140_000, 140_000]);
});

/** The dataset of a file that is read on so many threads. */
async function readOn(threads: number, path: string) {
  const options = { lines: true, now: 0 };
  const tally = createTally();
  const builder = createBuilder(tally, options);
  const tables = createTables(options, tally, builder);
  const shares: number[] = [];
  const file = { name: path, path, size: 0, slice: async () => new Uint8Array() };
  await readParquet(file, tables, { threads }, (share) => shares.push(share));
  assert.is(shares.at(-1), 1);
  return comparable(finish(builder.finish({}, tables.reading().dateOrder)).dataset);
}

test('threads do not change the dataset, even if the dates of what they read contradict those before', async () => {
  // Row groups of more records than a block.
  const size = 70_000;
  const dates = ['2/3/2024', '13/1/2024', '1/13/2024', '4/5/2024'];
  /** Where the dates are that have one reading: in the second and third group the day is first, in the fourth the month. */
  const shown = new Map(
    [
      [1.5, 1],
      [2.1, 1],
      [3.2, 2],
      [3.9, 1],
      [4.96, 2],
    ].map(([place, date]) => [Math.round(place * size), date]),
  );
  const rows = Array.from({ length: 5.5 * size }, (_, i) => i);
  const column = (name: string, of: (i: number) => string) => ({ name, data: rows.map(of), type: 'STRING' as const });
  const bytes = parquetOf(
    [
      column('customer', (i) => `c${(i >> 2) % 997}`),
      column('product', (i) => `p${(i * 7) % (50 + (i >> 16))}`),
      column('quantity', (i) => (i % 1000 === 7 ? '-1' : '2')),
      column('time', (i) => dates[shown.get(i) ?? 0]),
      column('name', (i) => `name ${i >> 17}`),
    ],
    { rowGroupSize: size },
  );
  const path = await file('threads.parquet', bytes);
  const expected = await readOn(1, path);
  assert.is((expected as { account: { dropped: object } }).account.dropped['unreadable date' as never], 2);
  for (const threads of [2, 4]) assert.equal(await readOn(threads, path), expected, `${threads} threads`);
});

test('items in a list are records, of which an order without items has one', async () => {
  const rows = Array.from({ length: 51_000 }, (_, i) => i);
  const items = (i: number) =>
    Array.from({ length: i % 3 }, (_, item) => ({ sku: `p${(i * 7 + item) % 50}`, size: { width: 1 + (i % 4) } }));
  const orders = rows.map((i) => ({ order: BigInt(i), customer: { id: `c${i % 99}` }, items: items(i) }));
  const columns = { customer: 'customer.id', product: 'items.sku', quantity: 'items.size.width', order: 'order' };
  const lines = orders.flatMap(({ order, customer, items }) =>
    (items.length > 0 ? items : [undefined]).map((item) => ({
      order,
      'customer.id': customer.id,
      'items.sku': item?.sku,
      'items.size.width': item?.size.width,
    })),
  );
  const bytes = nestedFile(orders, nestedShapes[0], { rowGroupSize: 40_000, pageSize: 20_000 });
  const path = await file('nested.parquet', bytes);
  const progress: number[] = [];
  const dataset = await readOrders(path, {
    columns,
    onProgress: ({ bytes, totalBytes }) => progress.push(Math.round((100 * bytes) / totalBytes)),
  });
  const expected = await readOrders(lines, { columns });
  assert.is(dataset.fingerprint, expected.fingerprint);
  assert.equal(dataset.account, expected.account);
  assert.is(dataset.account.dropped['missing product'], 17_000);
  assert.is(dataset.decisions!.records.value, 'nested');
  assert.equal(dataset.unusedColumns, ['customer.address.town', 'tags', 'notes']);
  assert.equal(progress, [96, 100, 100]);
});

test('without a column of the list there is a record for each order', async () => {
  const orders = [1, 2].map((i) => ({ order: BigInt(i), customer: { id: 'a' }, items: [{ sku: 'x' }, { sku: 'y' }] }));
  const path = await file('orders.parquet', nestedFile(orders, nestedShapes[0]));
  const columns = { customer: 'customer.id', product: 'order', quantity: false, name: false, price: false } as const;
  const { account } = await readOrders(path, { columns });
  assert.is(account.read, 2);
});

test('a column may be in the name of a folder', async () => {
  await mkdir(join(folder(), 'day=2025-03-01'));
  const bytes = parquetOf([
    { name: 'customer', data: ['a', 'b'] },
    { name: 'product', data: ['x', 'y'] },
    { name: 'quantity', data: [1, 2] },
  ]);
  const { account } = await readOrders(await file('day=2025-03-01/part-00000.parquet', bytes), {
    columns: { time: 'day' },
  });
  assert.is(account.lastPurchase, Date.UTC(2025, 2, 1));
});

test('records go through the same steps as those of any other source', async () => {
  const orders = Array.from({ length: 300 }, (_, i) => ({
    order_id: `o${i}`,
    customer_id: `c${i % 40}`,
    order_date: new Date(Date.UTC(2024, 0, 1 + (i % 300))),
    status: i % 10 === 0 ? 'cancelled' : i % 4 === 0 ? 'processing' : 'completed',
    line_items: Array.from({ length: 1 + (i % 3) }, (_, item) => `${item + 1}x p${(i + item) % 30}`).join('; '),
  }));
  const names = ['order_id', 'customer_id', 'order_date', 'status', 'line_items'] as const;
  const columnData = names.map((name) => ({ name, data: orders.map((order) => order[name]) }));
  const path = await file('packed.parquet', parquetOf(columnData, { rowGroupSize: 70 }));
  const columns = { product: 'line_items.product', quantity: 'line_items.quantity' };
  for (const options of [{ columns }, { columns, where: ['status=completed'] }]) {
    const { account, fingerprint, decisions } = await readOrders(path, options);
    const expected = await readOrders(orders, options);
    assert.is(fingerprint, expected.fingerprint);
    assert.equal(account, expected.account);
    assert.is(decisions!.records.value, 'unpacked');
    assert.ok(account.dropped['where' in options ? 'left out' : 'not a purchase']! > 0);
  }
});

/** A good file with one byte changed: the head of a page of prices no longer says how long its levels are. */
function endless(): Uint8Array {
  const bytes = smallFile();
  const price = parquetMetadata(bytes).row_groups[0].columns.find(
    ({ meta_data: meta }) => meta?.path_in_schema[0] === 'price',
  );
  // Field 8 of the header is a struct, whose fields are numbers: that of the values, in two bytes, and that of the nulls.
  const nulls = bytes.indexOf(0x5c, Number(price!.meta_data!.data_page_offset)) + 4;
  assert.is(bytes[nulls], 0x15);
  bytes[nulls] = 0xc3;
  return bytes;
}

test('a changed byte in the header of a page does not make the parser read for ever', async () => {
  const error = await refusal(await file('endless.parquet', endless()));
  assert.is(error.code, 'orders_unreadable');
  assert.match(
    error.message,
    /endless\.parquet is not a complete Parquet file: a page of the column price has levels that cannot be true; copy or export it again/,
  );
});

test('reading that makes no progress ends by itself', async () => {
  // A thread takes longer than that to start.
  const error = await refusal(await file('slow.parquet', smallFile()), { idleTimeoutMs: 1 });
  assert.is(error.code, 'orders_unreadable');
  assert.match(error.message, /slow\.parquet cannot be read: no progress for 1 ms.*idleTimeoutMs/);
});

/** A good file but for one number of a million bytes, which takes the parser minutes. */
function endlessNumber(): Uint8Array {
  const rows = Array.from({ length: 200_000 }, (_, i) => i);
  const bytes = parquetOf(
    [
      {
        name: 'customer',
        data: rows.map((i) => BigInt((i * 7919) % 1000) << 32n),
        type: 'INT64',
        encoding: 'DELTA_BINARY_PACKED',
      },
      { name: 'product', data: rows.map(() => 'p') },
      { name: 'quantity', data: rows.map(() => 1) },
    ],
    { codec: 'UNCOMPRESSED', pageSize: 1 << 23, rowGroupSize: rows.length },
  );
  const meta = parquetMetadata(bytes).row_groups[0].columns[0].meta_data!;
  const start = Number(meta.data_page_offset);
  bytes.fill(0xff, start + 80, start + Number(meta.total_compressed_size));
  return bytes;
}

test('a parser that runs on and on is ended by the deadline, and by a signal', async () => {
  const path = await file('number.parquet', endlessNumber());
  const error = await refusal(path, { idleTimeoutMs: 1000 });
  assert.is(error.code, 'orders_unreadable');
  assert.match(error.message, /no progress for 1000 ms/, error.message);
  assert.is((await refusal(path, { signal: AbortSignal.timeout(500) })).code, 'aborted');
});

test('a signal ends reading, and its listener does not stay', async () => {
  const path = await file('abort.parquet', smallFile());
  const controller = new AbortController();
  const reading = refusal(path, { signal: controller.signal });
  setTimeout(() => controller.abort('enough'), 1);
  const error = await reading;
  assert.is(error.code, 'aborted');
  assert.is(error.cause, 'enough');
  assert.is((await refusal(path, { signal: controller.signal })).code, 'aborted');
});

test('no thread stays, whenever the signal comes, as while the file is opened', async () => {
  const path = await file('whenever.parquet', smallFile());
  const threads = () => (process.report!.getReport() as { workers: unknown[] }).workers.length;
  const before = threads();
  for (let turns = 0; turns < 40; turns++) {
    const controller = new AbortController();
    const reading = readOrders(path, { signal: controller.signal }).catch((error) => error);
    for (let turn = 0; turn < turns; turn++) await setImmediate();
    controller.abort();
    await reading;
  }
  assert.is(threads(), before);
});

test('an error of a callback ends reading and comes back as it is', async () => {
  const path = await file('callback.parquet', smallFile());
  const mine = new Error('mine');
  const onProgress = () => {
    throw mine;
  };
  try {
    await readOrders(path, { onProgress });
    assert.unreachable();
  } catch (error) {
    assert.is(error, mine);
  }
});

const openFiles = () =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(folder());
    } catch {
      return false;
    }
  });

test('the file is closed on every path', async () => {
  const good = await file('good.parquet', smallFile());
  await readOrders(good);
  for (const [path, options] of [
    [good, { idleTimeoutMs: 1 }],
    [good, { signal: AbortSignal.timeout(5) }],
    [good, { columns: { customer: 'nobody' } }],
    [await file('broken.parquet', endless()), {}],
    [await file('short.parquet', smallFile().subarray(0, 300)), {}],
  ] as const) {
    await refusal(path, options);
  }
  if (process.platform === 'linux') assert.equal(openFiles(), []);
});

test('what a file says about its own size is compared with the file', async () => {
  const good = smallFile();
  const tail = (length: number) => {
    const bytes = good.slice();
    new DataView(bytes.buffer).setUint32(bytes.length - 8, length, true);
    return bytes;
  };
  for (const [name, bytes, words] of [
    ['empty.parquet', new Uint8Array(0), /it is too short/],
    ['text.parquet', Buffer.from('customer,product\na,b\n'), /does not end with PAR1/],
    ['footer.parquet', tail(0xffffffff), /refers to the bytes -\d+ to/],
    ['no-footer.parquet', tail(0), /a header goes beyond its end/],
  ] as const) {
    const error = await refusal(await file(name, bytes));
    assert.is(error.code, 'orders_unreadable', name);
    assert.match(error.message, words);
  }
});

test('a pipe cannot be Parquet', async () => {
  const path = join(folder(), 'pipe.parquet');
  execFileSync('mkfifo', [path]);
  const error = await refusal(path);
  assert.is(error.code, 'orders_unreadable');
  assert.match(error.message, /is Parquet, which is read from its end; expected a file by itself/);
});

test.run();
