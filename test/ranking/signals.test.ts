import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { recentOrdersOf } from '../../src/ranking/popularity.ts';
import { lastOrdersOf, recencyOf } from '../../src/ranking/recency.ts';
import { repeatPropensityOf } from '../../src/ranking/repeat.ts';
import { createSignals } from '../../src/ranking/signals.ts';
import { orders } from './orders.ts';

const test = suite('signals');

test('the signals are those of their parts, with the orders of each customer', async () => {
  const dataset = await readOrders(orders);
  assert.equal(createSignals(dataset).signals(0.5, 10), {
    recency: recencyOf(dataset, 0.5),
    ...recentOrdersOf(dataset, 10),
    lastOrders: lastOrdersOf(dataset),
    orders: Uint32Array.of(4, 1),
    repeatPropensity: repeatPropensityOf(dataset),
  });
});

test('a part is computed once for the decays and windows that were asked for last', async () => {
  const signals = createSignals(await readOrders(orders));
  const first = signals.signals(0.5, 10);
  assert.is(signals.recency(0.5), first.recency);
  const other = signals.signals(0.9, 1000);
  assert.equal([...other.popularity], [3, 3, 1]);
  assert.is(other.orders, first.orders);
  assert.is(other.lastOrders, first.lastOrders);
  assert.is(other.repeatPropensity, first.repeatPropensity);
  assert.is(signals.signals(0.9, 10).popularity, first.popularity);
  assert.is(signals.recency(0.5), first.recency);
  // A search asks for any number of decays, and must not keep them all.
  signals.recency(0.7);
  signals.recency(0.8);
  assert.is.not(signals.recency(0.5), first.recency);
});

test('without a history a customer has as many orders as hold their most frequent product', async () => {
  const { history: _, ...dataset } = await readOrders(orders);
  assert.equal([...createSignals(dataset).signals(0.5, 10).orders], [3, 1]);
});

test.run();
