import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { readOrders } from '../../../src/dataset/read.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import type { Recommender } from '../../../src/recommending/types.ts';
import { boughtTogetherAnswer, recommendAnswer, similarAnswer } from '../../../src/server/answers/answers.ts';
import { createApp } from '../../../src/server/app.ts';
import { lookUp, maxNamed } from '../../../src/server/requests/ids.ts';
import { fit } from '../../../src/training/fit.ts';
import { fakeRecommender } from '../fake.ts';

const test = suite<{ recommender: Recommender }>('ids of requests');

test.before(async (context) => {
  const orders = ['10276.0', 'Anna@Shop.example', 'ben'].flatMap((customer) =>
    ['tea', 'cup', 'pot'].map((product) => ({ customer, product, quantity: 1 })),
  );
  const model = await fit(await readOrders(orders), { factors: 4, iterations: 2, threads: 1 });
  context.recommender = createRecommender(model, { threads: 1 });
});
test.after(({ recommender }) => recommender.close());

// biome-ignore lint/suspicious/noExplicitAny: answers are read at any depth
async function ask(recommender: Recommender, path: string, body: object): Promise<any> {
  const headers = { 'content-type': 'application/json' };
  const request = { method: 'POST', headers, body: JSON.stringify(body) };
  const response = await createApp({ recommender }).request(path, request);
  assert.is(response.status, 200);
  return response.json();
}

test('an answer names the ids that the model does not know, by field', async () => {
  const recommender = fakeRecommender();
  const some = await ask(recommender, '/recommend', {
    user_id: 'nobody',
    basket: ['P1', 'P9', { product: 99, quantity: 2 }],
    allow: ['P1', 'Q1'],
    deny: ['P2', 'Q2', 'Q3', 'Q2'],
  });
  assert.equal(some.unknown, { user_id: ['nobody'], basket: ['P9', '99'], allow: ['Q1'], deny: ['Q2', 'Q3'] });
  assert.equal(v.parse(recommendAnswer, some), some);
  assert.equal((await ask(recommender, '/recommend', { basket: ['P1', 'P9'] })).unknown, { basket: ['P9'] });

  const filters = { product_id: 'P1', allow: ['P2', 'Q1'], deny: ['P3', 'Q2'] };
  const similar = await ask(recommender, '/similar', filters);
  assert.equal(similar.unknown, { allow: ['Q1'], deny: ['Q2'] });
  assert.equal(v.parse(similarAnswer, similar), similar);
  const together = await ask(recommender, '/bought-together', filters);
  assert.equal(together.unknown, { allow: ['Q1'], deny: ['Q2'] });
  assert.equal(v.parse(boughtTogetherAnswer, together), together);
});

test('there is no such field if the model knows them all', async () => {
  const recommender = fakeRecommender();
  for (const [path, body] of [
    ['/recommend', { user_id: 10000, deny: ['P1'] }],
    ['/recommend', { user_id: 'anna', explain: true }],
    ['/recommend', { basket: ['P1'], allow: [] }],
    ['/similar', { product_id: 'P1' }],
    ['/bought-together', { product_id: 'P1', deny: ['P1'] }],
  ] as const)
    assert.not.ok('unknown' in (await ask(recommender, path, body)), path);
});

test('an explained answer has the field too', async () => {
  const body = { user_id: 'nobody', basket: ['P1', 'a "b"\n'], explain: true };
  const answer = await ask(fakeRecommender(), '/recommend', body);
  assert.equal(Object.keys(answer), ['user_id', 'recommendations', 'recommendation_id', 'source', 'unknown', 'model']);
  assert.equal(answer.unknown, { user_id: ['nobody'], basket: ['a "b"\n'] });
});

test('of many, the first are named and the others counted, each once', () => {
  const ids = Array.from({ length: 10_000 }, (_, i) => `Q${i % 5000}`);
  const { unknown } = lookUp({ user_id: 'anna', allow: ids.slice(0, maxNamed), deny: ids }, fakeRecommender());
  assert.equal(unknown, {
    allow: ids.slice(0, maxNamed),
    deny: ids.slice(0, maxNamed),
    more: { deny: 5000 - maxNamed },
  });
});

test('an id is known however it is written', async ({ recommender }) => {
  for (const id of [10276, '10276', '10276.0', ' 10276.0 ', '10276\n', '="10276"', 'ANNA@SHOP.EXAMPLE', '\u200bben']) {
    const answer = await ask(recommender, '/recommend', { user_id: id });
    assert.is(answer.user_id, String(id));
    assert.is(answer.source, 'personal-new', String(id));
    assert.not.ok('unknown' in answer, String(id));
  }
  const basket = [' tea ', { product: 'tea\u00a0' }, 'Tea'];
  const answer = await ask(recommender, '/recommend', { user_id: 'BEN', basket });
  assert.equal(answer.unknown, { user_id: ['BEN'], basket: ['Tea'] });
  assert.is((await ask(recommender, '/similar', { product_id: '\ttea' })).product_id, '\ttea');
  assert.is((await ask(recommender, '/similar-customers', { user_id: '10276.00' })).user_id, '10276.00');
});

test.run();
