import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { readOrders } from '../../src/dataset/read.ts';
import { EndcapError } from '../../src/errors.ts';
import type { Account } from '../../src/orders/cleaning/account.ts';
import type { OrderSource, ReadOptions } from '../../src/orders/options.ts';
import { comparable, filesOf } from './files.ts';

const test = suite('records before they are order lines');
const { folder } = filesOf(test);

const id = fc.constantFrom('a', 'b', 'c', '7', '7.0', ' d ', '', 'NaN');
const order = fc.record({
  order: fc.constantFrom('1', '2', '3', 'C4', '5'),
  customer: id,
  date: fc.constantFrom('2024-01-01', '2024-02-03 04:05', '', 'never', '13.1.2024'),
  items: fc.array(fc.record({ product: id, quantity: fc.constantFrom('1', '2', '-1', '0', '', 'x') }), {
    minLength: 1,
    maxLength: 4,
  }),
});
const someOrders = fc.array(order, { minLength: 1, maxLength: 15 });
type Orders = typeof someOrders extends fc.Arbitrary<infer T> ? T : never;

const columns = { customer: 'customer', product: 'product', quantity: 'quantity', order: 'order', time: 'date' };
const flat = (orders: readonly (Omit<Orders[number], 'order' | 'date'> & { order: string; date: string })[]) =>
  orders.flatMap(({ items, ...own }) => items.map((item) => ({ ...own, ...item })));

const nested = { columns: { ...columns, product: 'items.product', quantity: 'items.quantity' } };

/** The account, and the dataset if any order is left. */
async function read(source: OrderSource, options: ReadOptions = {}): Promise<{ account: Account; dataset?: Dataset }> {
  try {
    const dataset = await readOrders(source, { columns, acceptLoss: true, ...options });
    return { account: dataset.account, dataset };
  } catch (error) {
    if (!(error instanceof EndcapError) || error.code !== 'no_orders') throw error;
    return { account: error.details.account as Account };
  }
}

function assertAccounted({ read, kept, purchases, returns, dropped }: Account, records: number): void {
  assert.is(read, records);
  assert.is(read, kept + Object.values(dropped).reduce((sum, count) => sum + count, 0));
  assert.is(kept, purchases + returns);
}

async function csvOf(name: string, rows: readonly object[]): Promise<string> {
  const path = join(folder(), name);
  await writeFile(
    path,
    [Object.keys(rows[0]), ...rows.map((row) => Object.values(row))].map((cells) => cells.join(',')).join('\n'),
  );
  return path;
}

test('items in orders are what they are as order lines', async () => {
  await fc.assert(
    fc.asyncProperty(someOrders, fc.constantFrom(undefined, 1), async (orders, space) => {
      const path = join(folder(), 'nested.json');
      await writeFile(path, JSON.stringify({ count: orders.length, orders }, null, space));
      const expected = await read(flat(orders));
      for (const source of [path, orders]) {
        const { account, dataset } = await read(source, nested);
        assertAccounted(account, flat(orders).length);
        assert.equal(account.dropped, expected.account.dropped);
        assert.is(dataset?.fingerprint, expected.dataset?.fingerprint);
      }
    }),
    { numRuns: 20 },
  );
});

test('children of a bulk export are what they are as order lines', async () => {
  await fc.assert(
    fc.asyncProperty(someOrders, fc.boolean(), async (orders, parentsFirst) => {
      const own = orders.map(({ items: _, ...rest }, i) => ({ id: `o${i}`, ...rest }));
      const children = orders.map(({ items }, i) =>
        items.map((item, k) => ({ id: `${i}-${k}`, ...item, __parentId: `o${i}` })),
      );
      const objects = parentsFirst
        ? [...own, ...children.flat()]
        : own.flatMap((parent, i) => [parent, ...children[i]]);
      const expected = await read(flat(orders));
      const { account, dataset } = await read(objects, nested);
      assertAccounted(account, flat(orders).length);
      assert.equal(account.dropped, expected.account.dropped);
      assert.is(dataset?.fingerprint, expected.dataset?.fingerprint);
    }),
    { numRuns: 20 },
  );
});

test('records whose order is in a joined file are what they are with its cells', async () => {
  await fc.assert(
    fc.asyncProperty(someOrders, fc.nat(3), async (orders, gone) => {
      const keyed = orders.map((one, key) => ({ key, ...one }));
      const heads = keyed.slice(gone).map(({ items: _, ...own }) => own);
      const lines = keyed.flatMap(({ key, items }) => items.map((item) => ({ key, ...item })));
      if (heads.length === 0) return;
      const join = [{ file: await csvOf('heads.csv', heads), on: 'key' }];
      const lost = lines.filter(({ key }) => key < gone).length;
      const expected = await read(await csvOf('flat.csv', flat(orders.slice(gone))));
      const { account, dataset } = await read(await csvOf('lines.csv', lines), { join });
      assertAccounted(account, lines.length);
      assert.equal(account.dropped, { ...(lost > 0 && { 'without a partner': lost }), ...expected.account.dropped });
      assert.is(dataset?.fingerprint, expected.dataset?.fingerprint);
    }),
    { numRuns: 20 },
  );
});

test('what two files have in common counts once, whatever else they have', async () => {
  await fc.assert(
    fc.asyncProperty(someOrders, fc.nat(10), fc.nat(10), async (orders, end, start) => {
      // An order is whole or not there at all, as in exports by day, and none has two dates.
      const days = ['2024-01-01', '2024-02-03', '2024-01-13', '', '2024-03-03'];
      const dated = orders.map((one, i) => ({ ...one, order: `${one.order}${i}`, date: days[i % days.length] }));
      const first = flat(dated.slice(0, end + 1));
      const second = flat(dated.slice(Math.min(start, end + 1)));
      if (second.length === 0) return;
      const paths = [await csvOf('first.csv', first), await csvOf('second.csv', second)];
      const expected = await read(await csvOf('all.csv', flat(dated)));
      const { account, dataset } = await read(paths);
      assertAccounted(account, first.length + second.length);
      assert.is(account.kept, expected.account.kept);
      assert.equal(comparable(dataset?.history), comparable(expected.dataset?.history));
    }),
    { numRuns: 30 },
  );
});

test.run();
