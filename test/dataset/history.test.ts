import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { datasetProblem } from '../../src/dataset/check.ts';
import type { Dataset, History } from '../../src/dataset/dataset.ts';
import { linesWhere, pairsOf, withHistory } from '../../src/dataset/pairs.ts';
import { readOrders } from '../../src/dataset/read.ts';
import { EndcapError } from '../../src/errors.ts';
import { finish } from '../../src/turns.ts';
import { comparable } from './files.ts';
import { ordersApart, otherOrders } from './plain-orders.ts';

const test = suite('history of orders');

type Order = [time: string, products: Record<string, number>];

/** The orders of each customer, with ids instead of rows. */
function ordersOf({ customers, products, history }: Pick<Dataset, 'customers' | 'products' | 'history'>) {
  const { offsets, starts, quantities, times, products: rows } = history!;
  const orders: Record<string, Order[]> = {};
  customers.forEach((customer, c) => {
    orders[customer] = Array.from({ length: offsets[c + 1] - offsets[c] }, (_, i) => {
      const order = offsets[c] + i;
      const lines = Array.from(rows.subarray(starts[order], starts[order + 1]), (row, k) => {
        return [products[row], quantities?.[starts[order] + k] ?? 1];
      });
      return [String(times?.[order] ?? Number.NaN), Object.fromEntries(lines)];
    });
  });
  return orders;
}

const row = fc.record({
  customer: fc.constantFrom('a', 'b', 'c', ''),
  product: fc.constantFrom('x', 'y', 'z'),
  quantity: fc.constantFrom(1, 2, 3, -1, -2, 0),
  order: fc.constantFrom('1', '2', '3', 'C4', ''),
  date: fc.constantFrom('2024-01-01', '1/2/2024', '2/1/2024 10:00', '3/1/2024', '', 'never'),
});
type Row = { customer: string; product: string; quantity: number; order: string; date: string };
/** Records without a customer are orders of their own: within another order they would be those of its customer. */
const withOwnOrders = (rows: Row[]) =>
  rows.map((row, i) => (row.customer === '' ? { ...row, order: `guest ${i}`, date: row.date || 'never' } : row));
/** The last record may show whether the day or the month comes first. */
const rows = fc
  .tuple(
    fc.array(row, { minLength: 1, maxLength: 40 }).map(withOwnOrders),
    fc.constantFrom('13/1/2024', '1/13/2024', undefined),
  )
  .map(([rows, date]) => (date === undefined ? rows : [...rows, { ...rows[0], customer: 'd', quantity: 1, date }]));

/** The same, in the slow and obvious way. */
function plainOrders(
  rows: Row[],
  known: { order: boolean; date: boolean },
  areCancelled: boolean,
): Record<string, Order[]> {
  const dayFirst = rows.some(({ date }) => date === '13/1/2024');
  const timeOf = (date: string) => {
    const [, first, second, clock] = /^(\d+)\/(\d+)\/2024(?: (\d+))?/.exec(date) ?? [];
    if (first === undefined) return Date.parse(date);
    return Date.UTC(2024, +(dayFirst ? second : first) - 1, +(dayFirst ? first : second), +(clock ?? 0));
  };
  const left = new Map<string, number>();
  const kept: { customer: string; product: string; quantity: number; key: string; time: number }[] = [];
  rows.forEach(({ customer, product, quantity, ...row }, i) => {
    const date = known.date ? row.date : '';
    const order = known.order ? row.order : '';
    if (customer === '' || quantity === 0 || date === 'never') return;
    const returned = quantity < 0 || (areCancelled && order === 'C4');
    const pair = customer + product;
    left.set(pair, (left.get(pair) ?? 0) + (returned ? -Math.abs(quantity) : quantity));
    if (!returned) kept.push({ customer, product, quantity, key: order || date || `row ${i}`, time: timeOf(date) });
  });
  const byCustomer: Record<string, Order[]> = {};
  for (const customer of [...new Set(kept.map(({ customer }) => customer))].sort()) {
    const own = kept.filter((line) => line.customer === customer);
    const keys = [...new Set(own.map(({ key }) => key))].map((key) => own.filter((line) => line.key === key));
    const found = keys.flatMap((lines) => {
      const apart = ordersApart(lines.map(({ time }) => time));
      return [...new Set(apart)].map((number) => lines.filter((_, i) => apart[i] === number));
    });
    const orders = found.map((all) => {
      const times = all.map(({ time }) => time).filter((time) => !Number.isNaN(time));
      const products: Record<string, number> = {};
      for (const { product, quantity } of all) {
        if (left.get(customer + product)! > 0) products[product] = (products[product] ?? 0) + quantity;
      }
      return { time: times.length > 0 ? Math.max(...times) : Number.NaN, first: own.indexOf(all[0]), products };
    });
    const sorted = orders.toSorted((a, b) => (a.time || 0) - (b.time || 0) || a.first - b.first);
    const full = sorted.filter(({ products }) => Object.keys(products).length > 0);
    if (full.length > 0) byCustomer[customer] = full.map(({ time, products }) => [String(time), products]);
  }
  return byCustomer;
}

test('the orders are those of a plain grouping of the records, with and without order ids and dates', async () => {
  await fc.assert(
    fc.asyncProperty(rows, fc.boolean(), fc.boolean(), fc.boolean(), async (few, order, date, areMany) => {
      const rows = areMany ? [...few, ...otherOrders.map((row) => ({ ...row, quantity: 1 }))] : few;
      const columns = { ...(!order && { order: false as const }), ...(!date && { time: false as const }) };
      let dataset: Dataset | undefined;
      try {
        dataset = await readOrders(rows, { columns, acceptLoss: true });
      } catch (error) {
        assert.ok(error instanceof EndcapError && error.code === 'no_orders', String(error));
      }
      assert.equal(dataset ? ordersOf(dataset) : {}, plainOrders(rows, { order, date }, areMany && order));
      if (dataset) assert.is(datasetProblem(dataset), undefined);
    }),
    { numRuns: 500 },
  );
});

test('an order interrupted by others is one order, at the latest of its times', async () => {
  const line = (order: number, product: string, ordered_at: string) => ({ order, customer: 'a', product, ordered_at });
  const rows = [
    line(7, 'x', '2024-01-03'),
    line(8, 'x', '2024-01-04'),
    line(7, 'y', '2024-01-05'),
    line(9, 'x', '2024-01-01'),
    line(7, 'x', '2024-01-03'),
  ];
  const dataset = await readOrders(rows, { columns: { quantity: false } });
  assert.equal(ordersOf(dataset), {
    a: [
      [String(Date.UTC(2024, 0, 1)), { x: 1 }],
      [String(Date.UTC(2024, 0, 4)), { x: 1 }],
      [String(Date.UTC(2024, 0, 5)), { x: 2, y: 1 }],
    ],
  });
  assert.equal([...dataset.purchases.orders!], [3, 1]);
});

test('a customer with a hundred thousand interleaved orders has each of them once, oldest first', async () => {
  const count = 100_000;
  const rows = function* () {
    for (let i = 0; i < 2 * count; i++) {
      const order = (i * 7919) % count;
      yield { customer: 'guest', product: i % 11, quantity: 1, order, date: 1_700_000_000 + order };
    }
  };
  const { history } = await readOrders(rows());
  assert.equal([...history!.offsets], [0, count]);
  assert.ok(history!.times!.every((time, order) => time === (1_700_000_000 + order) * 1000));
});

test('lines after the first block of the log are found again', async () => {
  const rows = function* () {
    for (let i = 0; i < 200_000; i++) yield { customer: i % 3, product: i % 7, quantity: 1 + (i % 2), order: i >> 2 };
  };
  const { history, purchases } = await readOrders(rows());
  assert.is(history!.products.length, 200_000);
  assert.is(
    history!.quantities!.reduce((sum, quantity) => sum + quantity, 0),
    300_000,
  );
  assert.equal(Object.keys(history!), ['offsets', 'starts', 'products', 'quantities']);
  assert.equal(comparable(purchases), comparable(finish(pairsOf(history!, 7)).purchases));
});

test('a history without some orders gives the dataset of the others, with the same rows', async () => {
  const rows = ['x', 'y', 'z'].map((product, i) => ({ customer: 'a', product, quantity: i + 1, order: i }));
  const dataset = await readOrders([...rows, { customer: 'b', product: 'y', quantity: 1, order: 0 }]);
  const part = finish(linesWhere(dataset.history!, (_, order, customer) => customer === 0 && order !== 1));
  const expected: History = {
    offsets: Uint32Array.of(0, 2, 2),
    starts: Uint32Array.of(0, 1, 2),
    products: Uint32Array.of(0, 2),
    quantities: Float32Array.of(1, 3),
  };
  assert.equal(part, expected);
  const without = finish(withHistory(dataset, part));
  assert.equal(without.customers, ['a', 'b']);
  assert.equal([...without.purchases.offsets], [0, 2, 2]);
  assert.equal([...without.byProduct.offsets], [0, 1, 1, 2]);
  assert.is(datasetProblem(without), undefined);
  assert.is.not(without.fingerprint, dataset.fingerprint);
});

test.run();
