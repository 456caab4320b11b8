import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { createBonus, trendsOf } from '../../src/ranking/formula.ts';
import { createRepeatFeatures, repeatFeatures } from '../../src/ranking/repeat-features.ts';
import { repeatSignalsOf } from '../../src/ranking/repeat-signals.ts';
import { createSignals } from '../../src/ranking/signals.ts';
import { defaultBlend } from '../../src/ranking/weights.ts';
import { finish } from '../../src/turns.ts';
import { type Basket, datasetOfBaskets, datasetOfLetters } from '../support/baskets.ts';

const test = suite('features of repeats');
const day = 86_400_000;
const start = 1.7e12;
const ranking = { ...defaultBlend, decay: 0.9, windowDays: 60 };

function featuresOf(dataset: Dataset) {
  const signals = createSignals(dataset).signals(ranking.decay, ranking.windowDays);
  const trends = trendsOf(signals, ranking);
  const bonusOf = createBonus(signals, ranking, trends);
  const stride = 2;
  const features = createRepeatFeatures({
    purchases: dataset.purchases,
    signals,
    repeatSignals: finish(repeatSignalsOf(dataset)),
    ranking,
    fresh: trends.fresh,
    bonusOf,
    customerFactors: new Float32Array(dataset.customers.length * stride).fill(0.5),
    productFactors: new Float32Array(dataset.products.length * stride).fill(0.25),
    stride,
  });
  /** Features of a range of customers, by name, as plain numbers. */
  const named = (from: number, to: number, now: number) => {
    const { columns, rows } = features(from, to, now);
    return Object.fromEntries(repeatFeatures.map((name, k) => [name, [...columns[k].subarray(0, rows)]]));
  };
  return { named, signals, trends, bonusOf };
}

const baskets = new Map<string, Basket[]>([
  [
    'anna',
    [
      { products: ['a', 'b'], time: start },
      { products: ['a'], time: start + 10 * day },
      { products: ['a', 'c', 'd'], time: start + 20 * day },
    ],
  ],
  ['bert', [{ products: ['b'], time: start + 30 * day }]],
]);
const dataset = datasetOfBaskets(baskets);

test('days are counted to the time that is asked for, and what came later just happened', () => {
  const { named } = featuresOf(dataset);
  const soon = named(0, 1, start + 22 * day);
  assert.equal(soon.daysSince, [2, 22, 2, 2]);
  assert.equal(soon.daysSinceOrder, [2, 2, 2, 2]);
  assert.equal(soon.customerInterval, [10, 10, 10, 10]);
  assert.equal(soon.intervalsSinceOrder, new Array(4).fill(Math.fround(2 / 11)));
  const early = named(0, 1, start + 5 * day);
  assert.equal(early.daysSince, [0, 5, 0, 0]);
  assert.equal(early.daysSinceOrder, [0, 0, 0, 0]);
});

test('orders, patterns and rates are those of the customer', () => {
  const { named } = featuresOf(dataset);
  const anna = named(0, 1, start + 20 * day);
  assert.equal(anna.lastOrders, [0b11100000, 0b00100000, 0b10000000, 0b10000000]);
  assert.equal(anna.orders, [3, 1, 1, 1]);
  assert.equal(anna.orderSize, [2, 2, 2, 2]);
  assert.equal(anna.lastOrderSize, [3, 3, 3, 3]);
  assert.equal(anna.repeatRate, new Array(4).fill(Math.fround(1 - 4 / 6)));
  assert.equal(anna.customerOrders, [3, 3, 3, 3]);
  assert.equal(anna.customerProducts, [4, 4, 4, 4]);
});

test('the score is that of the formula', () => {
  const { named, signals, trends, bonusOf } = featuresOf(dataset);
  const { score, taste } = named(0, 2, start);
  const pairs = [...dataset.purchases.products];
  pairs.forEach((row, pair) => {
    const customer = pair < 4 ? 0 : 1;
    assert.is(taste[pair], Math.fround(Math.sqrt(0.25)));
    const bonus = bonusOf(row, signals.recency[pair], signals.orders[customer]);
    assert.is(score[pair], Math.fround(ranking.taste * Math.sqrt(0.25) + trends.fresh[row] + bonus));
  });
});

test('a range of customers has the features that each has alone', () => {
  const { named } = featuresOf(dataset);
  const now = start + 33 * day;
  const both = named(0, 2, now);
  const alone = [named(0, 1, now), named(1, 2, now)];
  for (const name of repeatFeatures) assert.equal(both[name], [...alone[0][name], ...alone[1][name]], name);
});

test('without times, what is long ago is counted in orders', () => {
  const { named } = featuresOf(datasetOfLetters({ anna: ['x', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'hi', 'i'] }));
  const features = named(0, 1, Number.NaN);
  // a to i, and x.
  assert.equal(features.daysSince, [8, 7, 6, 5, 4, 3, 2, 1, 0, 8]);
  for (const name of repeatFeatures) assert.ok(features[name].every(Number.isFinite), name);
  assert.ok(features.daysSinceOrder.every((days) => days === -1));
});

test.run();
