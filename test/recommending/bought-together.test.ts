import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndcapError } from '../../src/errors.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import { fit } from '../../src/training/fit.ts';
import { shopWithHistory } from './shop.ts';

const test = suite('bought together');
const dataset = shopWithHistory();
const model = await fit(dataset, { factors: 4, iterations: 2, threads: 1, together: 3 });
const recommender = createRecommender(model, { threads: 1 });
const { products } = model;

test('products in the same orders are listed with names and filtered, at most as many as training kept', () => {
  const items = recommender.boughtTogetherSync('p10');
  assert.is(items[0].product, 'p12');
  assert.is(items[0].name, 'Product 12');
  assert.ok(items[0].lift > 1 && items[0].orders >= 5 && items.length <= 3);
  assert.equal(recommender.boughtTogetherSync('p10', { deny: ['p12'] }), items.slice(1));
  assert.equal(recommender.boughtTogetherSync('p10', { n: 1 }), items.slice(0, 1));
  assert.equal(recommender.boughtTogetherSync('p10', { allow: ['p11'] }).length, 0);
  assert.throws(
    () => recommender.boughtTogetherSync('nothing'),
    (error: EndcapError) => error.code === 'unknown_product',
  );
});

test('a model trained without says how to train with', async () => {
  const { history: _, ...unordered } = dataset;
  for (const without of [
    await fit(dataset, { factors: 4, iterations: 1, threads: 1, together: 0 }),
    await fit(unordered, { factors: 4, iterations: 1, threads: 1 }),
  ]) {
    assert.is(without.boughtTogether, undefined);
    const view = createRecommender(without, { threads: 1 });
    assert.throws(
      () => view.boughtTogetherSync(products[0]),
      (error: EndcapError) =>
        error.code === 'no_bought_together' && /algorithm als and the option together above 0/.test(error.message),
    );
  }
});

test.run();
