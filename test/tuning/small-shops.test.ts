import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defaultBlend } from '../../src/ranking/weights.ts';
import { minOrders, ordersIn, startFor } from '../../src/tuning/small-shops.ts';
import { datasetOfLetters } from '../support/baskets.ts';

const test = suite('small shops');

const shop = { anna: ['ab', 'c'], bert: ['a'], carl: ['b', 'b', 'c'] };

test('orders are counted where they can be told apart, and customers elsewhere', () => {
  assert.is(ordersIn(datasetOfLetters(shop, 1)), 6);
  const plain = datasetOfLetters(shop);
  assert.is(ordersIn(plain), 3);
  assert.is(ordersIn({ ...plain, account: { ...plain.account, columns: { order: 'order' } } }), 6);
  const { history: _, ...pairs } = plain;
  assert.is(ordersIn(pairs), 3);
});

test('customers without orders do not count', () => {
  const { history: _, ...pairs } = datasetOfLetters(shop);
  const { offsets, products } = pairs.purchases;
  const without = Uint32Array.of(offsets[0], offsets[1], offsets[1], offsets[1]);
  assert.is(ordersIn({ ...pairs, purchases: { offsets: without, products: products.slice(0, offsets[1]) } }), 1);
});

test('the weights of taste and repeat grow with the number of orders, from nothing to the defaults', () => {
  const early = startFor(minOrders - 1).blend;
  assert.equal([early.taste, early.repeat], [0, 0]);
  const weights = [minOrders, 500, 1500, 2000].map((orders) => startFor(orders).blend);
  for (const name of ['taste', 'repeat'] as const) {
    const grown = weights.map((blend) => blend[name]);
    assert.ok(grown[0] > 0);
    assert.equal(
      grown,
      [...new Set(grown)].sort((a, b) => a - b),
    );
  }
  assert.equal(startFor(2000), { blend: defaultBlend });
  assert.equal(startFor(1e6), { blend: defaultBlend });
});

test('a small shop has a long window, and the weights of habit that any shop has', () => {
  for (const orders of [0, 300, 1999]) {
    const { blend, windowDays } = startFor(orders);
    assert.equal([blend.habit, blend.bought], [defaultBlend.habit, defaultBlend.bought]);
    assert.is(windowDays, 60);
  }
});

test.run();
