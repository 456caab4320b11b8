import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { lastOrdersOf, recencyOf, recencyOfAll } from '../../src/ranking/recency.ts';
import { day, linesOf, orders } from './orders.ts';

const test = suite('recency');

// Pairs: Ann x, Ann y, Ann z, Bob y.

test('recency is the sum of decay^(orders ago), as worked out by hand', async () => {
  assert.equal([...recencyOf(await readOrders(orders), 0.5)], [0.5 + 0.25 + 0.125, 1 + 0.125, 0.5, 1]);
});

test('with a decay of 1 recency is the number of orders', async () => {
  assert.equal([...recencyOf(await readOrders(orders), 1)], [3, 2, 1, 1]);
  assert.is(recencyOfAll(4, 1), 4);
});

test('a product that is in all orders has the recency of all', async () => {
  const dataset = await readOrders([1, 2, 3].flatMap((n) => linesOf('ann', day(n), 'x')));
  assert.equal([...recencyOf(dataset, 0.5)], [1.75]);
  assert.is(recencyOfAll(3, 0.5), 1.75);
});

test('the last eight orders leave a mark, however many came before', async () => {
  assert.equal([...lastOrdersOf(await readOrders(orders))], [0b1110, 0b1001, 0b0010, 0b1]);
  const rows = Array.from({ length: 70 }, (_, i) => linesOf('ann', day(i + 1), i < 62 ? 'x' : 'y')).flat();
  assert.equal([...lastOrdersOf(await readOrders(rows, { columns: { customer: 'customer' } }))], [0, 255]);
});

test('without a history every order counts 1, and none leaves a mark', async () => {
  const { history: _, ...dataset } = await readOrders(orders);
  assert.equal([...recencyOf(dataset, 0.5)], [3, 2, 1, 1]);
  assert.equal([...lastOrdersOf(dataset)], [0, 0, 0, 0]);
});

test.run();
