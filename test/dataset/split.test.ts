import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { readOrders } from '../../src/dataset/read.ts';
import { type HeldOut, holdOutFrom, holdOutLast, holdOutNext, holdOutProducts } from '../../src/dataset/split.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { finish } from '../../src/turns.ts';
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

test('the last order of each customer with two is held out; of orders at the same time, the one read last', async () => {
  const dataset = await readOrders(orders);
  const split = finish(holdOutLast(dataset));
  assert.equal(targets(split, dataset), { ann: 'xz', cleo: 'yz', dan: 'z' });
  assert.equal(bought(split.train), { ann: 'xy', bob: 'x', cleo: 'x', dan: 'xy' });
  // Of the rest, the order before it is held out.
  assert.equal(targets(finish(holdOutLast(split.train)), dataset), { ann: 'y' });
});

test('what no list holds is no target, and what was returned in full is not known before', async () => {
  const dataset = await readOrders(orders);
  const returned = { offsets: Uint32Array.of(0, 0, 1, 1, 1), products: Uint32Array.of(1) };
  const split = finish(holdOutLast({ ...dataset, unlisted: Uint32Array.of(2), returned }));
  assert.equal(targets(split, dataset), { ann: 'x', cleo: 'y' });
  assert.equal([...split.train.unlisted!], [2]);
  assert.is(split.train.returned, undefined);
});

test('orders from a time on are held out for customers who had ordered before', async () => {
  const dataset = await readOrders(orders);
  const split = finish(holdOutFrom(dataset, Date.UTC(2024, 1, 1)));
  assert.equal(targets(split, dataset), { ann: 'xyz' });
  assert.equal(bought(split.train), { ann: 'xy', bob: '', cleo: '', dan: 'xyz' });
  assert.equal(split.train.customers, dataset.customers);
});

test('without times nothing is after a time, and the last order is the one read last', async () => {
  const dataset = await readOrders(orders, { columns: { time: false } });
  assert.equal(targets(finish(holdOutFrom(dataset, 0)), dataset), {});
  assert.equal(targets(finish(holdOutLast(dataset)), dataset), { ann: 'y', cleo: 'yz', dan: 'xy' });
});

test('nothing is held out for customers with one order', async () => {
  const dataset = await readOrders(line('ann', '1', '2024-01-01', 'xy'));
  const split = finish(holdOutLast(dataset));
  assert.equal([...split.customers, ...split.products], []);
  assert.equal([...split.offsets], [0]);
  assert.equal(bought(split.train), { ann: 'xy' });
});

test('the training orders and the targets together are all orders', async () => {
  const dataset = await readOrders(sampleOrders({ lines: 20_000, seed: 4 }));
  const { history } = dataset;
  const { train, customers, products } = finish(holdOutLast(dataset));
  assert.ok(customers.length > 300);
  assert.is(train.history!.starts.length + customers.length, history!.starts.length);
  assert.is(train.history!.products.length + products.length, history!.products.length);
});

test('a dataset without a history is refused', async () => {
  const { history: _, ...dataset } = await readOrders(orders);
  for (const hold of [() => finish(holdOutLast(dataset)), () => finish(holdOutFrom(dataset, 0))]) {
    const error = await endcapErrorOf(Promise.resolve().then(hold));
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, /no history of orders.*readOrders/);
  }
});

test('about a share of the products is held out, at least one is kept, and it is the same every time', async () => {
  const dataset = await readOrders(sampleOrders({ lines: 20_000, seed: 4 }));
  const pairs = dataset.purchases.products.length;
  const split = finish(holdOutProducts(dataset, 0.2));
  assert.ok(Math.abs(split.products.length / pairs - 0.2) < 0.05, `${split.products.length} of ${pairs}`);
  assert.is(split.train.purchases.products.length + split.products.length, pairs);
  const { offsets } = split.train.purchases;
  assert.ok(dataset.customers.every((_, c) => offsets[c + 1] > offsets[c]));
  assert.equal(finish(holdOutProducts(dataset, 0.2)).products, split.products);
  assert.is(finish(holdOutProducts(dataset, 0)).products.length, 0);
});

test('another fold holds out other products of a customer', async () => {
  const dataset = await readOrders(sampleOrders({ lines: 20_000, seed: 4 }));
  const pairsOf = ({ customers, offsets, products }: HeldOut) =>
    Array.from(customers, (c, i) => [...products.subarray(offsets[i], offsets[i + 1])].map((p) => `${c} ${p}`)).flat();
  const folds = [0, 1, 4].map((fold) => pairsOf(finish(holdOutProducts(dataset, 0.2, fold))));
  for (const fold of folds) assert.ok(Math.abs(fold.length / dataset.purchases.products.length - 0.2) < 0.05);
  assert.is(new Set(folds.flat()).size, folds.flat().length);
});

test('a time or share that is not a number in its range is refused', async () => {
  const dataset = await readOrders(orders);
  for (const hold of [
    () => finish(holdOutFrom(dataset, Number.NaN)),
    () => finish(holdOutFrom(dataset, Infinity)),
    () => finish(holdOutProducts(dataset, 1.5)),
    () => finish(holdOutProducts(dataset, Number.NaN)),
    () => finish(holdOutProducts(dataset, 0.2, 5)),
  ]) {
    assert.is((await endcapErrorOf(Promise.resolve().then(hold))).code, 'invalid_options');
  }
});

test('all orders from a time on are held out, and the first of each customer has the targets', async () => {
  const dataset = await readOrders(orders);
  const time = Date.UTC(2024, 0, 20);
  const [next, all] = [finish(holdOutNext(dataset, time)), finish(holdOutFrom(dataset, time))];
  assert.equal(targets(next, dataset), { ann: 'y' });
  assert.equal(targets(all, dataset), { ann: 'xyz' });
  assert.equal(bought(next.train), bought(all.train));
});

test.run();
