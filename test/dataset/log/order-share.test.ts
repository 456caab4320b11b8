import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createOrderShare } from '../../../src/dataset/log/order-share.ts';

const test = suite('share of orders that may be cancelled');

test('orders count once, however many lines they have', () => {
  const orders = createOrderShare();
  for (let line = 0; line < 300; line++) orders.add(2 * Math.floor(line / 3), line % 30 === 7);
  assert.is(orders.share(), 10 / 100);
});

test('of many orders, a sample tells nearly the same', () => {
  const orders = createOrderShare(2 ** 12);
  for (let order = 0; order < 200_000; order++) orders.add(2 * order, order % 25 === 0);
  assert.ok(Math.abs(orders.share() - 0.04) < 0.01, String(orders.share()));
});

test.run();
