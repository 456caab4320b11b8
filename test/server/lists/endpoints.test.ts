import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRecommendationId } from '../../../src/live/attribution/ids.ts';
import { type Asked, fakeRecommender } from '../fake.ts';
import { isFailure, posting } from '../posting.ts';

const test = suite('lists over HTTP');

test('recommends five products to a customer by default', async () => {
  const post = posting();
  const { status, headers, json } = await post('/recommend', { user_id: '10000' });
  assert.is(status, 200);
  assert.match(headers.get('content-type') ?? '', /^application\/json/);
  const { recommendation_id } = json;
  assert.is(parseRecommendationId(recommendation_id)!.kind, 'recommend');
  assert.equal(json, {
    user_id: '10000',
    recommendations: [
      { product: 'P1', name: 'Product 0', category: 'Things', score: 8 },
      { product: 'P2', score: 7 },
      { product: 'P3', name: 'Product 2', category: 'Things', score: 6 },
      { product: 'P4', score: 5 },
      { product: 'P5', name: 'Product 4', category: 'Things', score: 4 },
    ],
    recommendation_id,
    source: 'personal',
    model: '0123456789abcdef',
  });
  assert.is((await post('/recommend', { user_id: 'anna', num_recommendations: 2 })).json.recommendations.length, 2);
});

test('a number and its digits are the same customer', async () => {
  const post = posting();
  const listOf = async (user_id: string | number) => {
    const { recommendation_id, ...list } = (await post('/recommend', { user_id })).json;
    return list;
  };
  assert.equal(await listOf(10000), await listOf('10000'));
});

test('an unknown customer gets what sells best', async () => {
  const { status, json } = await posting()('/recommend', { user_id: 'nobody' });
  assert.is(status, 200);
  assert.is(json.source, 'popular');
  assert.is(json.user_id, 'nobody');
});

test('a mix of more products than the list may hold is all of them', async () => {
  const asked: Asked = [];
  await posting({ recommender: fakeRecommender({ asked }) })('/recommend', {
    user_id: 7,
    num_recommendations: 2,
    mix: 9,
  });
  assert.is((asked[0].options as { mix: number }).mix, 2);
});

test('passes every option on, with the ids that the model knows', async () => {
  const asked: Asked = [];
  const post = posting({ recommender: fakeRecommender({ asked }) });
  const filters = { num_recommendations: 3, purchased: 'exclude', allow: ['P1', 2], deny: ['P3', 3] };
  const spread = { diversity: 0.5, per_category: 2, mix: 1, explain: true };
  await post('/recommend', { user_id: 7, ...filters, ...spread });
  await post('/recommend', {
    user_id: 7,
    basket: ['P1', 4, { product: 'P5' }, { product: 'P6', quantity: 2 }],
    ...filters,
  });
  await post('/similar', { product_id: 'P8', num_recommendations: 3, allow: ['P1', 2], deny: ['P3', 3] });
  await post('/bought-together', { product_id: 8, num_recommendations: 3, allow: ['P1', 2], deny: ['P3', 3] });
  await post('/similar-customers', { user_id: 10000, num_customers: 3 });
  const options = { n: 3, allow: ['P1'], deny: ['P3'] };
  const lines = [
    { product: 'P1', quantity: 1 },
    { product: 'P5', quantity: 1 },
    { product: 'P6', quantity: 2 },
  ];
  assert.equal(asked, [
    {
      call: 'recommend',
      subject: '7',
      options: { ...options, purchased: 'exclude', diversity: 0.5, perCategory: 2, mix: 1, explain: true },
    },
    {
      call: 'recommendForBasket',
      subject: lines,
      options: {
        ...options,
        purchased: 'exclude',
        diversity: undefined,
        perCategory: undefined,
        mix: undefined,
        explain: undefined,
        customer: '7',
      },
    },
    { call: 'similarProducts', subject: 'P8', options },
    { call: 'boughtTogether', subject: '8', options },
    { call: 'similarCustomers', subject: '10000', options: { n: 3 } },
  ]);
});

test('a basket needs no customer, and an empty one is the same as none', async () => {
  const post = posting();
  const basket = await post('/recommend', { basket: ['P1'] });
  assert.is(basket.json.source, 'basket');
  assert.is(basket.json.user_id, null);
  assert.is((await post('/recommend', { basket: [] })).json.source, 'popular');
  assert.is((await post('/recommend', { basket: [], user_id: 'anna' })).json.source, 'personal');
});

test('lists similar products; an unknown product, or one without products bought together, is a 404', async () => {
  const post = posting();
  const { status, json } = await post('/similar', { product_id: 'P1', num_recommendations: 2 });
  assert.is(status, 200);
  assert.is(json.product_id, 'P1');
  assert.is(json.recommendations[0].product, 'P2');
  assert.is(json.model, '0123456789abcdef');
  isFailure(await post('/similar', { product_id: 99 }), 404, 'unknown_product');
  isFailure(await post('/bought-together', { product_id: 'P8' }), 404, 'no_bought_together');
});

test('each list has an id of its own, also without a shop; whom a list of products is shown to changes nothing', async () => {
  const asked: Asked = [];
  const post = posting({ recommender: fakeRecommender({ asked }) });
  const ids = [];
  for (const [path, kind] of [
    ['/similar', 'similar'],
    ['/bought-together', 'bought-together'],
  ] as const) {
    for (const userId of [undefined, 'nobody']) {
      const { status, json } = await post(path, { product_id: 'P1', user_id: userId });
      assert.equal([status, json.unknown], [200, undefined]);
      assert.is(parseRecommendationId(json.recommendation_id)!.kind, kind);
      ids.push(json.recommendation_id);
    }
    const [plain, shown] = asked.splice(0);
    assert.equal(plain, shown);
  }
  for (const body of [{ user_id: 'anna' }, { user_id: 'anna' }, { basket: ['P1'] }])
    ids.push((await post('/recommend', body)).json.recommendation_id);
  assert.is(new Set(ids).size, 7);
});

test.run();
