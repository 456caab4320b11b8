/** The whole way from real orders to answers: read, train, recommend, serve. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRecommender, decodeModel, encodeModel, readOrders, train } from '../src/index.ts';
import { createApp } from '../src/server/app.ts';
import { sharedData, testUnless } from './support/skip.ts';

const test = suite('real orders');
const seed = sharedData('ecommerce-first-2000-rows.csv');
const retail = sharedData('online-retail.csv.gz');

testUnless(test, seed.absent, "the original system's orders work with its algorithm and its request", async () => {
  const dataset = await readOrders(seed.path, { lines: true });
  assert.is(dataset.account.kept, 1998);
  const model = await train(dataset, { algorithm: 'quantity', threads: 1 });
  assert.ok(model.metadata.losses[9] < model.metadata.losses[0] / 10, `losses ${model.metadata.losses}`);
  const recommender = createRecommender(await decodeModel(Buffer.concat(await encodeModel(model))), { threads: 1 });
  const app = createApp({ recommender });
  const ask = async (body: object) => {
    const headers = { 'content-type': 'application/json' };
    const response = await app.request('/recommend', { method: 'POST', headers, body: JSON.stringify(body) });
    assert.is(response.status, 200);
    const { recommendation_id: id, ...list } = (await response.json()) as {
      recommendation_id: string;
      user_id: string;
      source: string;
      recommendations: { product: string; score: number }[];
    };
    assert.match(id, /^[\w-]{20}$/);
    return list;
  };
  const asText = await ask({ user_id: '37077', num_recommendations: 5 });
  assert.is(asText.source, 'personal');
  assert.is(asText.recommendations.length, 5);
  assert.ok(
    asText.recommendations.every(({ product, score }) => dataset.products.includes(product) && Number.isFinite(score)),
  );
  assert.equal(await ask({ user_id: 37077 }), asText);
  assert.is((await ask({ user_id: 'nobody' })).source, 'popular');
});

testUnless(
  test,
  retail.absent,
  'in a gift shop, similar products are those that a shopkeeper would put next to each other',
  async () => {
    const dataset = await readOrders(retail.path);
    // With these options given, train has none to pick, which takes most of the time.
    const blend = { taste: 2, habit: 4, trend: 0.1 };
    const options = { factors: 64, regularization: 8, unobservedWeight: 0.05, tasteDecay: 0.9, blend };
    const model = await train(dataset, { ...options, threads: 2 });
    const { losses } = model.metadata;
    assert.ok(
      losses.every((loss, i) => i === 0 || loss < losses[i - 1]),
      `losses ${losses}`,
    );
    const recommender = createRecommender(model, { threads: 1 });
    const names = recommender.similarProductsSync('22423', { n: 5 }).map(({ name }) => name);
    assert.ok(
      names.filter((name) => name?.includes('REGENCY')).length >= 3,
      `similar to REGENCY CAKESTAND 3 TIER: ${names}`,
    );
    const clocks = recommender.recommendForBasketSync(['22726', '22727'], { n: 5 }).items.map(({ name }) => name);
    assert.ok(
      clocks.filter((name) => name?.includes('ALARM CLOCK')).length >= 2,
      `with two alarm clocks in the basket: ${clocks}`,
    );
  },
);

test.run();
