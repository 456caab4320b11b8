import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { readOrders } from '../../src/dataset/read.ts';
import { type HeldOut, holdOutFrom, holdOutLast } from '../../src/dataset/split.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { endcapErrorOf } from '../support/errors.ts';

const test = suite('held-out orders');

const line = (customer: string, order: string, ordered_at: string, products: string) =>
  [...products].map((product) => ({ customer, order, ordered_at, product, quantity: 1 }));

/** Ann has three orders, Bob one, Cleo two at the same time, Dan one without a time before one with it. */
const orders = [
  ...line('ann', '1', '2024-01-01', 'xy'),
  ...line('ann', '3', '2024-03-01', 'zx'),
  ...line('ann', '2', '2024-02-01', 'y'),
  ...line('bob', '4', '2024-03-01', 'x'),
  ...line('cleo', '5', '2024-02-01', 'x'),
  ...line('cleo', '6', '2024-02-01', 'zy'),
  ...line('dan', '7', '2024-01-05', 'z'),
  ...line('dan', '8', '', 'xy'),
];

function targets({ customers, offsets, products }: HeldOut, of: Dataset) {
  return Object.fromEntries(
    Array.from(customers, (c, i) => [
      of.customers[c],
      Array.from(products.subarray(offsets[i], offsets[i + 1]), (row) => of.products[row]).join(''),
    ]),
  );
}

function bought({ customers, products, purchases }: Dataset) {
  const own = (c: number) => purchases.products.subarray(purchases.offsets[c], purchases.offsets[c + 1]);
  return Object.fromEntries(
    customers.map((customer, c) => [customer, Array.from(own(c), (row) => products[row]).join('')]),
  );
}

test('the last order of whoever has two is held out; at the same time it is the one read last', async () => {
  const dataset = await readOrders(orders);
  const split = holdOutLast(dataset);
  assert.equal(targets(split, dataset), { ann: 'xz', cleo: 'yz', dan: 'z' });
  assert.equal(bought(split.train), { ann: 'xy', bob: 'x', cleo: 'x', dan: 'xy' });
  // What was then held out of the rest is the order before it.
  assert.equal(targets(holdOutLast(split.train), dataset), { ann: 'y' });
});

test('what was ordered from a time on is held out of customers who had ordered before', async () => {
  const dataset = await readOrders(orders);
  const split = holdOutFrom(dataset, Date.UTC(2024, 1, 1));
  assert.equal(targets(split, dataset), { ann: 'xyz' });
  assert.equal(bought(split.train), { ann: 'xy', bob: '', cleo: '', dan: 'xyz' });
  assert.equal(split.train.customers, dataset.customers);
});

test('without times nothing is after a time, and the last order is the one read last', async () => {
  const dataset = await readOrders(orders, { columns: { time: false } });
  assert.equal(targets(holdOutFrom(dataset, 0), dataset), {});
  assert.equal(targets(holdOutLast(dataset), dataset), { ann: 'y', cleo: 'yz', dan: 'xy' });
});

test('customers of one order leave nothing to hold out', async () => {
  const dataset = await readOrders(line('ann', '1', '2024-01-01', 'xy'));
  const split = holdOutLast(dataset);
  assert.equal([...split.customers, ...split.products], []);
  assert.equal([...split.offsets], [0]);
  assert.equal(bought(split.train), { ann: 'xy' });
});

test('training orders and targets are the whole', async () => {
  const dataset = await readOrders(sampleOrders({ lines: 20_000, seed: 4 }));
  const { history } = dataset;
  const { train, customers, products } = holdOutLast(dataset);
  assert.ok(customers.length > 300);
  assert.is(train.history!.starts.length + customers.length, history!.starts.length);
  assert.is(train.history!.products.length + products.length, history!.products.length);
});

test('a dataset without a history is refused', async () => {
  const { history: _, ...dataset } = await readOrders(orders);
  for (const hold of [() => holdOutLast(dataset), () => holdOutFrom(dataset, 0)]) {
    const error = await endcapErrorOf(Promise.resolve().then(hold));
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, /no history of orders.*readOrders/);
  }
});

test.run();
