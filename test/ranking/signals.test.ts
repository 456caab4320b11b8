import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { recencyOfAll, signalsOf } from '../../src/ranking/signals.ts';

const test = suite('signals');

const day = (n: number) => new Date(Date.UTC(2024, 0, n));
const line = (customer: string, ordered_at: Date | string, products: string) =>
  [...products].map((product) => ({ customer, order: String(ordered_at), ordered_at, product, quantity: 2 }));

/** Ann buys x thrice, y twice and z once; Bob y once, at the end. */
const orders = [
  ...line('ann', day(1), 'xy'),
  ...line('ann', day(2), 'x'),
  ...line('ann', day(30), 'xz'),
  ...line('ann', day(31), 'y'),
  ...line('bob', day(40), 'y'),
];

test('recency, the last orders and popularity are those worked out by hand', async () => {
  const dataset = await readOrders(orders);
  const { recency, lastOrders, orders: counts, popularity } = signalsOf(dataset, 0.5, 10);
  // Pairs: ann x, ann y, ann z, bob y.
  assert.equal([...recency], [0.5 + 0.25 + 0.125, 1 + 0.125, 0.5, 1]);
  assert.equal([...lastOrders], [0b1110, 0b1001, 0b0010, 0b1]);
  assert.equal([...counts], [4, 1]);
  // Of the days 30 to 40.
  assert.equal([...popularity], [1, 2, 1]);
  assert.equal([...signalsOf(dataset, 0.5, 1000).popularity], [3, 3, 1]);
});

test('uptake counts what customers buy for the first time, not in their first order, and a fifth of every order', async () => {
  const dataset = await readOrders(orders);
  const uptake = (days: number) => [...signalsOf(dataset, 0.5, days).uptake!].map((value) => value.toFixed(4));
  // Only Ann's z came later than in a first order.
  assert.equal(uptake(10), ['0.2000', '0.4000', '1.2000']);
  assert.equal(uptake(9.5), ['0.0000', '0.4000', '0.0000'], 'day 30 is too long ago');
  assert.equal(uptake(1000), ['0.6000', '0.6000', '1.2000']);
});

test('with a decay of 1 recency is the number of orders', async () => {
  const { recency } = signalsOf(await readOrders(orders), 1, 60);
  assert.equal([...recency], [3, 2, 1, 1]);
  assert.is(recencyOfAll(4, 1), 4);
  assert.is(recencyOfAll(3, 0.5), 1.75);
});

test('without times every order counts for popularity; with some, those without one are not of the last days', async () => {
  const timeless = await readOrders(orders, { columns: { time: false } });
  assert.equal([...signalsOf(timeless, 0.5, 1).popularity], [3, 3, 1]);
  const some = await readOrders([...orders, ...line('eve', '', 'zz')]);
  assert.equal([...signalsOf(some, 0.5, 1000).popularity], [3, 3, 1]);
});

test('without a history the orders of the pairs count alike', async () => {
  const { history: _, ...dataset } = await readOrders(orders);
  const { recency, lastOrders, orders: counts, popularity, uptake } = signalsOf(dataset, 0.5, 10);
  assert.equal([...recency], [3, 2, 1, 1]);
  assert.equal([...lastOrders], [0, 0, 0, 0]);
  assert.equal([...counts], [3, 1]);
  assert.equal([...popularity], [3, 3, 1]);
  assert.is(uptake, undefined);
});

test('orders more than eight ago leave no mark, however long ago they are', async () => {
  const rows = Array.from({ length: 70 }, (_, i) => line('ann', day(i + 1), i < 62 ? 'x' : 'y')).flat();
  assert.equal([...signalsOf(await readOrders(rows), 0.9, 60).lastOrders], [0, 255]);
});

test.run();
