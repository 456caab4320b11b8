import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Model } from '../../src/model/model.ts';
import { repeatFeatures } from '../../src/ranking/repeat-features.ts';
import { repeatSignalsOf } from '../../src/ranking/repeat-signals.ts';
import { treeDepth, treeLeaves } from '../../src/ranking/trees.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import type { Recommender } from '../../src/recommending/types.ts';
import { fit } from '../../src/training/fit.ts';
import { finish } from '../../src/turns.ts';
import { endcapErrorOf } from '../support/errors.ts';
import { shopWithHistory } from './shop.ts';

const test = suite('bonuses of pairs');
const day = 86_400_000;
const dataset = shopWithHistory();
const plain = await fit(dataset, { factors: 8, iterations: 5, threads: 1 });
const asOf = Math.max(...dataset.history!.times!);

/** Adds 3 to the score of a pair whose last purchase is more than so many days ago, and the line 0.25 per score. */
function agingModel(days: number): Model {
  const tree = {
    features: new Uint8Array(treeDepth).fill(repeatFeatures.indexOf('daysSince')),
    thresholds: Float32Array.of(days, Infinity, Infinity, Infinity, Infinity),
    leaves: Float32Array.from({ length: treeLeaves }, (_, leaf) => (leaf === treeLeaves / 2 ? 3 : 0)),
    slopes: Float32Array.of(0.25, 0, 0, 0, 0, 0, 0, 0, 0),
  };
  const tried = { kept: true, customers: 60, gain: 0.1, error: 0.01, repeatGain: 0.1, asOf };
  return {
    ...plain,
    repeatTrees: { ...tree, ...finish(repeatSignalsOf(dataset)) },
    metadata: { ...plain.metadata, repeatTrees: tried },
  };
}

/** The scores of what a customer bought, by product row. */
function scoresOf(recommender: Recommender, customer: string): Map<number, number> {
  const { items } = recommender.recommendSync(customer, { n: 70, purchased: 'only' });
  return new Map(items.map(({ row, score }) => [row, score]));
}

const { offsets, products, lastPurchase } = plain.purchases;
const pairsOf = (c: number) =>
  Array.from(products.subarray(offsets[c], offsets[c + 1]), (row, i) => ({
    row,
    ago: (asOf - lastPurchase![offsets[c] + i]) / day,
  }));

test('a pair has the bonus of the formula and the correction, as of the last order, alone and in batches', async () => {
  const [recommender, formula] = [
    createRecommender(agingModel(40), { threads: 1 }),
    createRecommender(plain, { threads: 1 }),
  ];
  const lists = new Map<string, Map<number, number>>();
  for await (const { customer, items } of recommender.recommendAll({ n: 70, purchased: 'only' }))
    lists.set(customer, new Map(items.map(({ row, score }) => [row, score])));
  dataset.customers.forEach((customer, c) => {
    const [corrected, before] = [scoresOf(recommender, customer), scoresOf(formula, customer)];
    for (const { row, ago } of pairsOf(c)) {
      const expected = 1.25 * before.get(row)! + (ago > 40 ? 3 : 0);
      assert.ok(Math.abs(corrected.get(row)! - expected) < 1e-4);
      assert.ok(Math.abs(lists.get(customer)!.get(row)! - corrected.get(row)!) < 1e-5);
    }
  });
  await Promise.all([recommender.close(), formula.close()]);
});

test('refreshing ages pairs to a time, at most 30 days past the last order, and never back', async () => {
  const recommender = createRecommender(agingModel(40), { threads: 1 });
  const formula = createRecommender(plain, { threads: 1 });
  const check = async (later: number) => {
    const lists = new Map<string, Map<number, number>>();
    for await (const { customer, items } of recommender.recommendAll({ n: 70, purchased: 'only' }))
      lists.set(customer, new Map(items.map(({ row, score }) => [row, score])));
    let older = 0;
    dataset.customers.forEach((customer, c) => {
      const [corrected, before] = [scoresOf(recommender, customer), scoresOf(formula, customer)];
      for (const { row, ago } of pairsOf(c)) {
        const isOld = ago + later > 40;
        if (isOld) older++;
        assert.ok(Math.abs(corrected.get(row)! - (1.25 * before.get(row)! + (isOld ? 3 : 0))) < 1e-4);
        assert.ok(Math.abs(lists.get(customer)!.get(row)! - corrected.get(row)!) < 1e-5);
      }
    });
    return older;
  };
  const now = await check(0);
  await recommender.refresh(asOf + 10 * day);
  const soon = await check(10);
  assert.ok(soon > now);
  await recommender.refresh(new Date(asOf + 900 * day));
  assert.ok((await check(30)) > soon);
  await recommender.refresh(asOf - 50 * day);
  assert.is(await check(0), now);
  // Now is long after the shop's last order.
  await recommender.refresh();
  await check(30);
  await Promise.all([recommender.close(), formula.close()]);
});

test('refreshing refuses what is no time, whether or not there are trees, and does nothing without', async () => {
  const recommender = createRecommender(plain, { threads: 1 });
  const before = recommender.recommendSync(dataset.customers[0]);
  await recommender.refresh();
  assert.equal(recommender.recommendSync(dataset.customers[0]), before);
  for (const wrong of [Number.NaN, new Date(Number.NaN), 'today', 1e17]) {
    const { code, message } = await endcapErrorOf(recommender.refresh(wrong as never));
    assert.is(code, 'invalid_options');
    assert.match(message, /now/);
  }
  await recommender.close();
  assert.match((await endcapErrorOf(recommender.refresh())).message, /closed/);
});

test('the parts of an explanation sum to the score, and habit has the correction', async () => {
  const recommender = createRecommender(agingModel(40), { threads: 1 });
  const formula = createRecommender(plain, { threads: 1 });
  for (const customer of dataset.customers) {
    const options = { n: 70, purchased: 'only', explain: true } as const;
    const before = new Map(formula.recommendSync(customer, options).items.map((item) => [item.row, item]));
    for (const { row, score, explanation } of recommender.recommendSync(customer, options).items) {
      const { parts } = explanation!;
      assert.ok(Math.abs(Object.values(parts).reduce((sum, part) => sum + part, 0) - score) < 1e-4);
      const other = before.get(row)!;
      assert.ok(Math.abs(parts.habit - other.explanation!.parts.habit - (score - other.score)) < 1e-4);
      assert.ok(Math.abs(parts.taste - other.explanation!.parts.taste) < 1e-4);
    }
  }
  await Promise.all([recommender.close(), formula.close()]);
});

test('with a basket, what was bought before keeps its bonus, and what is only in the basket has that of the formula', async () => {
  const recommender = createRecommender(agingModel(40), { threads: 1 });
  const [customer] = dataset.customers;
  const bought = new Set(pairsOf(0).map(({ row }) => row));
  const other = plain.products.findIndex((_, row) => !bought.has(row));
  const options = { n: 70, purchased: 'only', explain: true } as const;
  const alone = recommender.recommendSync(customer, options).items;
  const basket = recommender.recommendForBasketSync([plain.products[other]], { customer, ...options }).items;
  const habits = new Map(basket.map(({ row, explanation }) => [row, explanation!.parts.habit]));
  for (const { row, explanation } of alone) assert.ok(Math.abs(habits.get(row)! - explanation!.parts.habit) < 1e-5);
  const formula = createRecommender(plain, { threads: 1 });
  const plainBasket = formula.recommendForBasketSync([plain.products[other]], { customer, ...options }).items;
  const expected = plainBasket.find(({ row }) => row === other)!.explanation!.parts.habit;
  assert.ok(Math.abs(habits.get(other)! - expected) < 1e-5);
  await Promise.all([recommender.close(), formula.close()]);
});

test.run();
