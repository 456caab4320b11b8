import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { defaultBlend, defaultBlendOf } from '../../src/ranking/weights.ts';
import { day, linesOf, orders } from './orders.ts';

const test = suite('weights to begin with');

test('where people buy again and orders have times, the last days count more', async () => {
  const dated = await readOrders(orders);
  const blend = defaultBlendOf(dated);
  assert.ok(blend.trend > defaultBlend.trend);
  assert.equal({ ...blend, trend: defaultBlend.trend }, defaultBlend);
  const { times: _, ...undated } = dated.history!;
  assert.equal(defaultBlendOf({ ...dated, history: undated }), defaultBlend);
});

test('where nobody buys a product twice, what was bought comes last, and what sells is no reason', async () => {
  const once = await readOrders([...linesOf('ann', day(1), 'x'), ...linesOf('ann', day(2), 'y')]);
  const blend = defaultBlendOf(once);
  assert.equal([blend.habit, blend.repeat, blend.trend, blend.neighbours], [0, 0, 0, 0]);
  assert.ok(blend.bought < -5);
});

test('in a large catalogue of which nobody buys a product twice, neighbours and some popularity count', async () => {
  const once = await readOrders(linesOf('ann', day(1), 'x'));
  const products = Array.from({ length: 10_000 }, (_, row) => `p${row}`);
  const blend = defaultBlendOf({ ...once, products });
  assert.ok(blend.neighbours > 0 && blend.trend > 0);
  assert.is(defaultBlendOf({ ...once, products: products.slice(1) }).neighbours, 0);
});

test('so they do if a few buy something again, and what was bought still counts', async () => {
  const lines = Array.from({ length: 40 }, (_, c) => [
    ...linesOf(`c${c}`, day(1), 'x'),
    ...linesOf(`c${c}`, day(2), c === 0 ? 'x' : 'y'),
  ]);
  const shop = await readOrders(lines.flat());
  const products = Array.from({ length: 10_000 }, (_, row) => `p${row}`);
  const { neighbours, habit } = defaultBlendOf({ ...shop, products });
  assert.ok(neighbours > 0 && habit > 0);
  assert.is(defaultBlendOf({ ...(await readOrders(orders)), products }).neighbours, 0);
});

test.run();
