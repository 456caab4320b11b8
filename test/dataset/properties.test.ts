import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { datasetProblem } from '../../src/dataset/check.ts';
import { type Dataset, quantityOf } from '../../src/dataset/dataset.ts';
import { readOrders } from '../../src/dataset/read.ts';
import { EndcapError } from '../../src/errors.ts';
import { cleanCustomerId, cleanId } from '../../src/orders/cleaning/ids.ts';
import type { OrderSource, ReadOptions } from '../../src/orders/options.ts';
import { comparable } from './files.ts';
import { ordersApart, otherOrders } from './plain-orders.ts';

const test = suite('dataset properties');
let folder = '';

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'endcap-'));
});
test.after(() => rm(folder, { recursive: true }));

/** The dataset; undefined if no order is left. */
async function read(source: OrderSource, options?: ReadOptions): Promise<Dataset | undefined> {
  try {
    return await readOrders(source, { acceptLoss: true, ...options });
  } catch (error) {
    assert.ok(error instanceof EndcapError && error.code === 'no_orders', String(error));
    return undefined;
  }
}

const anyText = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => !text.includes('\0'));
const id = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', 'b', 'c', '7', '7.0', ' d ', '', 'NaN') },
  { weight: 1, arbitrary: anyText },
);
const dirtyRow = fc.record({
  customer: id,
  product: id,
  quantity: fc.constantFrom('1', '2', '3.0', '-1', '-2', '0', '', 'x', '1e1', '2 pcs', '(1)', '0.5'),
  order: fc.constantFrom('1', '2', 'C3', ''),
  date: fc.constantFrom('2024-01-01', '2024-02-03 04:05', '', 'never', '13.1.2024', '5 Mar 2024'),
  name: anyText,
});
/** Records without a customer are orders of their own: within another order they would be those of its customer. */
const dirtyRows = fc
  .array(dirtyRow, { minLength: 1, maxLength: 60 })
  .map((rows) => rows.map((row, i) => (/^\s*(NaN\s*)?$/.test(row.customer) ? { ...row, order: `guest ${i}` } : row)));

function pairsOf(dataset: Dataset): Map<string, [number, number]> {
  const { customers, products, purchases } = dataset;
  const pairs = new Map<string, [number, number]>();
  customers.forEach((customer, row) => {
    for (let pair = purchases.offsets[row]!; pair < purchases.offsets[row + 1]!; pair++) {
      const key = JSON.stringify([customer, products[purchases.products[pair]!]]);
      pairs.set(key, [quantityOf(purchases, pair), purchases.lastPurchase?.[pair] ?? Number.NaN]);
    }
  });
  return pairs;
}

test('order lines written as CSV read back as the same dataset', async () => {
  const cell = (text: string, quoted: boolean) =>
    quoted || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  const path = join(folder, 'written.csv');
  await fc.assert(
    fc.asyncProperty(dirtyRows, fc.boolean(), fc.constantFrom('\n', '\r\n'), async (rows, quoted, end) => {
      const lines = rows.map((row) =>
        Object.values(row)
          .map((text) => cell(text, quoted))
          .join(','),
      );
      await writeFile(path, [Object.keys(rows[0]!).join(','), ...lines].join(end));
      const [written, given] = [await read(path, { lines: true }), await read(rows, { lines: true })];
      if (given === undefined || written === undefined) return assert.is(written, given);
      const { account, ...dataset } = written;
      const { account: expectedAccount, ...expected } = given;
      assert.equal(comparable(dataset), comparable(expected));
      assert.equal(account.dropped, expectedAccount.dropped);
    }),
  );
});

test('every record of wild data is kept or dropped for a reason, and both directions have the same sorted pairs', async () => {
  await fc.assert(
    fc.asyncProperty(dirtyRows, fc.constantFrom('keep' as const, 'drop' as const), async (rows, duplicates) => {
      const dataset = await read(rows, { duplicates, lines: true });
      if (dataset === undefined) return;
      const { account, customers, products, purchases, byProduct, lines } = dataset;
      const dropped = Object.values(account.dropped).reduce((sum, count) => sum + count, 0);
      assert.is(account.read, rows.length);
      assert.is(account.kept, account.purchases + account.returns);
      assert.is(account.read, account.kept + dropped);
      assert.is(lines!.quantities.length, account.purchases);
      for (const ids of [customers, products]) assert.equal(ids, [...new Set(ids)].sort());
      for (const matrix of [purchases.offsets, byProduct.offsets]) {
        assert.ok(matrix.every((offset, row) => row === 0 || offset > matrix[row - 1]!));
      }
      const seen = purchases.offsets.slice();
      for (let product = 0; product < products.length; product++) {
        let before = -1;
        for (let i = byProduct.offsets[product]!; i < byProduct.offsets[product + 1]!; i++) {
          const customer = byProduct.customers[i]!;
          assert.ok(customer > before);
          before = customer;
          assert.is(purchases.products[seen[customer]++], product);
        }
      }
      assert.equal(seen.slice(0, -1), purchases.offsets.slice(1));
      assert.is(byProduct.customers.length, purchases.products.length);
      assert.is(datasetProblem(dataset), undefined);
    }),
  );
});

test('the pairs are those of a plain sum over the records, in any order', async () => {
  const shuffled = dirtyRows.chain((rows) =>
    fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })),
  );
  await fc.assert(
    fc.asyncProperty(shuffled, fc.boolean(), async ([rows, others], areMany) => {
      const beside = areMany ? otherOrders : [];
      const dataset = await read([...rows, ...beside]);
      const found = dataset === undefined ? new Map() : pairsOf(dataset);
      assert.equal(found, plainSum([...rows, ...beside], areMany));
      const other = await read([...beside, ...others]);
      assert.equal(other === undefined ? new Map() : pairsOf(other), found);
      assert.equal(other?.account.dropped, dataset?.account.dropped);
    }),
  );
});

/** The same, in the slow and obvious way. The last time is that of the last order, NaN if no order has one. */
function plainSum(rows: (typeof otherOrders)[number][], areCancelled: boolean): Map<string, [number, number]> {
  const times: Record<string, number> = {
    never: -1,
    '': Number.NaN,
    '13.1.2024': Date.UTC(2024, 0, 13),
    '5 Mar 2024': Date.UTC(2024, 2, 5),
  };
  const quantities: Record<string, number> = { '2 pcs': 2, '(1)': -1, '0.5': 1 };
  const sums = new Map<string, { bought: number; returned: number; lines: Line[] }>();
  const orders = new Map<string, Line[]>();
  for (const [i, row] of rows.entries()) {
    const [customer, product, quantity] = [
      cleanCustomerId(row.customer)!,
      cleanId(row.product)!,
      quantities[row.quantity] ?? Number(row.quantity),
    ];
    const time = times[row.date] ?? Date.parse(`${row.date.replace(' ', 'T').padEnd(16, 'T00:00').slice(0, 16)}Z`);
    if (customer === '' || product === '' || !quantity || time === -1) continue;
    const key = JSON.stringify([customer, product]);
    const sum = sums.get(key) ?? { bought: 0, returned: 0, lines: [] };
    sums.set(key, sum);
    if (quantity < 0 || (areCancelled && row.order === 'C3')) sum.returned += Math.abs(quantity);
    else {
      const order = JSON.stringify([customer, row.order || row.date || i]);
      const line = { time, orderTime: time };
      orders.set(order, [...(orders.get(order) ?? []), line]);
      sum.bought += quantity;
      sum.lines.push(line);
    }
  }
  for (const lines of orders.values()) {
    const apart = ordersApart(lines.map(({ time }) => time));
    for (const [i, line] of lines.entries()) {
      const all = lines.filter((_, k) => apart[k] === apart[i]).map(({ time }) => time);
      line.orderTime = all.reduce((a, b) => (a >= b || Number.isNaN(b) ? a : b));
    }
  }
  const left = [...sums].filter(([, { bought, returned }]) => bought > returned);
  const last = (lines: Line[]) =>
    lines.reduce((latest, { orderTime }) => (orderTime <= latest ? latest : orderTime || latest), Number.NaN);
  return new Map(left.map(([key, { bought, returned, lines }]) => [key, [bought - returned, last(lines)]]));
}

/** A purchase, and the latest time in its order; NaN for none. */
interface Line {
  time: number;
  orderTime: number;
}

test('a thousand times more pairs than a numbering has room for at first are all found again', async () => {
  const rows = function* () {
    for (let i = 0; i < 300_000; i++) yield { customer: i % 5003, product: (i * 7) % 6007, quantity: (i % 3) + 1 };
  };
  const dataset = await readOrders(rows());
  const sums = new Map<string, number>();
  for (const { customer, product, quantity } of rows()) {
    const key = JSON.stringify([String(customer), String(product)]);
    sums.set(key, (sums.get(key) ?? 0) + quantity);
  }
  assert.is(dataset.purchases.products.length, sums.size);
  for (const [key, [quantity]] of pairsOf(dataset)) assert.is(quantity, sums.get(key));
});

test('an exact duplicate is dropped on request, and only that', async () => {
  const rows = Array.from({ length: 50_000 }, (_, i) => ({
    customer: i % 100,
    product: i % 77,
    quantity: (i % 9) + 1,
    order: `o${i}`,
  }));
  assert.is((await readOrders(rows, { duplicates: 'drop' })).account.kept, rows.length);
  const { account } = await readOrders([...rows, ...rows.slice(0, 20_000)], { duplicates: 'drop' });
  assert.is(account.kept, rows.length);
  assert.equal(account.dropped, { duplicate: 20_000 });
});

test.run();
