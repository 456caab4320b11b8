import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { repeatSignalsOf } from '../../src/ranking/repeat-signals.ts';
import { finish } from '../../src/turns.ts';
import { type Basket, datasetOfBaskets, datasetOfLetters } from '../support/baskets.ts';

const test = suite('signals of repeats');
const day = 86_400_000;

/** Orders of these days, by customer: `{ anna: { 1: 'ab', 8: 'a' } }`. */
function datasetOfDays(shop: Record<string, Record<number, string>>) {
  const baskets = new Map<string, Basket[]>();
  for (const [customer, orders] of Object.entries(shop))
    baskets.set(
      customer,
      Object.entries(orders).map(([at, letters]) => ({ products: [...letters], time: 1.7e12 + Number(at) * day })),
    );
  return datasetOfBaskets(baskets);
}

test('intervals are the days between orders, and between purchases of a product by the same customer', () => {
  const dataset = datasetOfDays({ anna: { 0: 'ab', 10: 'b', 30: 'ab' }, bert: { 5: 'c' } });
  const { customerIntervals, productIntervals } = finish(repeatSignalsOf(dataset));
  assert.equal([...customerIntervals], [15, 0]);
  // a: once after 30 days; b: after 10 and 20; the average of all three is 20, and counts five times.
  assert.equal([...productIntervals], [(30 + 100) / 6, (30 + 100) / 7, 20].map(Math.fround));
});

test('without times, intervals are counted in orders', () => {
  const { customerIntervals, productIntervals } = finish(
    repeatSignalsOf(datasetOfLetters({ anna: ['a', 'b', 'b', 'a'] })),
  );
  assert.equal([...customerIntervals], [1]);
  assert.equal([...productIntervals], [(3 + 10) / 6, (1 + 10) / 6].map(Math.fround));
});

test('successors tell what follows the last order: how often orders with its products were followed by each', () => {
  const dataset = datasetOfLetters({ anna: ['a', 'b', 'a'], bert: ['a', 'b'], carl: ['a', 'c'], dora: ['bc'] });
  const { successors } = finish(repeatSignalsOf(dataset));
  const share = (value: number) => Math.round(255 * Math.sqrt(value));
  // Three orders with an a had one after them: b twice, c once. Anna bought an a last, having bought an a and a b.
  const [ofA, ofB] = [0, share(2 / (3 + 5))];
  assert.equal([...successors.subarray(0, 2)], [ofA, ofB]);
  // Bert bought a b last, which was followed by an a once.
  assert.equal([...successors.subarray(2, 4)], [share(1 / (1 + 5)), 0]);
  // What follows a c is unknown; Dora's last order has two products.
  assert.equal([...successors.subarray(4)], [0, 0, 0, 0]);
});

test('popularity counts the orders of 14 and of 30 days', () => {
  const dataset = datasetOfDays({ anna: { 0: 'a', 75: 'b' }, bert: { 80: 'a', 95: 'ab' }, carl: { 94: 'a' } });
  const { popularity14, popularity30 } = finish(repeatSignalsOf(dataset));
  assert.equal([...popularity14], [2, 1]);
  assert.equal([...popularity30], [3, 2]);
});

test('orders without a time, and shops without a history, have no intervals', () => {
  const some = datasetOfBaskets(
    new Map([
      ['anna', [{ products: ['a'] }, { products: ['a'], time: 1.7e12 }, { products: ['a'], time: 1.7e12 + day }]],
    ]),
  );
  assert.equal([...finish(repeatSignalsOf(some)).customerIntervals], [1]);
  const { history: _, ...none } = some;
  for (const values of Object.values(finish(repeatSignalsOf(none)))) assert.ok(!values.some(Boolean));
});

test.run();
