import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRecommender } from '../../src/recommending/create.ts';
import type { Recommender } from '../../src/recommending/types.ts';
import { type AppOptions, createApp } from '../../src/server/app.ts';
import { randomModel, zipfDataset } from '../bench/data.ts';
import { fakeRecommender } from './fake.ts';
import { type Body, isFailure, posting } from './posting.ts';

const test = suite('server app');

test('options of a wrong type are errors when the app is made, not at the first request', () => {
  const wrong = { recommender: {}, log: true, onError: 'x', cors: [7], basePath: {}, maxConcurrentRequests: '5' };
  for (const [option, value] of Object.entries(wrong)) {
    const options = { recommender: fakeRecommender(), [option]: value } as never;
    assert.throws(() => createApp(options), new RegExp(`^${option}: .* cannot be used; expected`));
  }
  assert.throws(() => createApp({} as never), /^recommender: it is missing/);
  const { customerRow, productRow, ...remote } = fakeRecommender();
  assert.throws(
    () => createApp({ recommender: remote } as never),
    /^recommender: .*expected a recommender of this thread/,
  );
});

test('404 for an unknown path, 405 with Allow for an unknown method, OPTIONS lists the methods', async () => {
  const app = createApp({ recommender: fakeRecommender() });
  const ask = async (method: string, path: string) => {
    const answer = await app.request(path, { method });
    const text = await answer.text();
    return { status: answer.status, allow: answer.headers.get('allow'), json: text === '' ? {} : JSON.parse(text) };
  };
  for (const path of ['/nothing', '/recommend/', '//recommend', '/%', '/recommend%00', `/${'x'.repeat(5000)}`]) {
    isFailure(await ask('GET', path), 404, 'not_found');
  }
  const wrongMethod = await ask('GET', '/recommend');
  isFailure(wrongMethod, 405, 'method_not_allowed');
  assert.is(wrongMethod.allow, 'POST, OPTIONS');
  assert.is((await ask('DELETE', '/model')).allow, 'GET, HEAD, OPTIONS');
  assert.equal(await ask('OPTIONS', '/recommend'), { status: 204, allow: 'POST, OPTIONS', json: {} });
  assert.equal(await ask('HEAD', '/health/live'), { status: 200, allow: null, json: {} });
});

test('GET / lists the endpoints', async () => {
  const answer = await createApp({ recommender: fakeRecommender() }).request('/');
  const { name, openapi, endpoints } = (await answer.json()) as Body;
  assert.equal([name, openapi], ['endcap', '/openapi.json']);
  assert.is(
    endpoints.join(),
    'POST /recommend,POST /similar,POST /bought-together,POST /similar-customers,GET /model,GET /health/live,GET /health/ready,GET /admin/status,GET /openapi.json,GET /',
  );
});

test('each of many simultaneous requests gets its own answer', async () => {
  const model = randomModel(zipfDataset(100, 300, 1000), 8);
  const recommender = createRecommender(model, { threads: 1 });
  const post = posting({ recommender, maxConcurrentRequests: 101 });
  const asked = [...model.customers, 'nobody'].map((user_id, i) => ({ user_id, num_recommendations: 1 + (i % 7) }));
  const answers = await Promise.all(asked.map((body) => post('/recommend', body)));
  for (const [i, { user_id, num_recommendations }] of asked.entries()) {
    const { items, source } = recommender.recommendSync(user_id, { n: num_recommendations });
    const recommendations = items.map(({ product, name, score }) => ({ product, name, score }));
    assert.equal([answers[i].json.user_id, answers[i].json.source], [user_id, source]);
    assert.equal(answers[i].json.recommendations, recommendations);
  }
  await recommender.close();
});

test('503 while there is no model, and the next request uses the model that has arrived', async () => {
  let current: Recommender | undefined;
  const app = createApp({ recommender: () => current });
  const ask = async (path: string, body?: unknown) => {
    const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
    const answer = await app.request(path, body === undefined ? {} : post);
    return { status: answer.status, json: (await answer.json()) as Body };
  };
  isFailure(await ask('/recommend', { user_id: 'anna' }), 503, 'model_not_loaded');
  isFailure(await ask('/similar', { product_id: 'P1' }), 503, 'model_not_loaded');
  isFailure(await ask('/model'), 503, 'model_not_loaded');
  isFailure(await ask('/health/ready'), 503, 'model_not_loaded');
  assert.equal(await ask('/health/live'), { status: 200, json: { status: 'live' } });

  for (const version of ['first', 'second']) {
    current = fakeRecommender({ version });
    assert.equal(await ask('/health/ready'), { status: 200, json: { status: 'ready', model: version } });
    assert.is((await ask('/recommend', { user_id: 'anna' })).json.model, version);
    assert.is((await ask('/model')).json.version, version);
  }
});

test('a function that returns the recommender is called once per request', async () => {
  let calls = 0;
  const recommender = fakeRecommender();
  const post = posting({
    recommender: () => {
      calls++;
      return recommender;
    },
  });
  assert.is((await post('/recommend', { user_id: 'anna' })).status, 200);
  assert.is((await post('/similar', { product_id: 'P1' })).status, 200);
  assert.is(calls, 2);
});

test('GET /model is in snake_case and contains no order data', async () => {
  const answer = await createApp({ recommender: fakeRecommender() }).request('/model');
  const text = await answer.text();
  assert.not.match(text, 'secret');
  const json = JSON.parse(text);
  assert.equal(json.options, { factors: 2, unobserved_weight: 0.1, confidence: 'orders', exact: false });
  assert.equal(json.account, {
    read: 6,
    kept: 4,
    purchases: 3,
    returns: 1,
    dropped: { missing_customer: 2 },
    columns: { customer: 'CustomerID', order_id: 'InvoiceNo' },
    first_purchase: '2026-01-01T00:00:00.000Z',
    last_purchase: '2026-01-02T00:00:00.000Z',
  });
  assert.equal(json.kernel, {
    training: { backend: 'native', isa: 'avx2', threads: 2 },
    serving: { backend: 'wasm', isa: 'simd', threads: 1 },
  });
  assert.equal([json.customers, json.products, json.pairs], [2, 8, 3]);
  assert.is(json.ranking.window_days, 60);
  assert.equal(json.choice, {
    held_out: 'orders',
    customers: 40,
    tried: [{ regularization: 8, unobserved_weight: 0.2, all: { recall: 0.2, ndcg: 0.3 } }],
    beats_defaults: false,
    learned: false,
  });
  assert.equal(json.losses, [3.5, 1.25]);
  assert.equal(json.imported, { from: 'spark', customers: 2, products: 7, weights: 'kept' });
});

test('what the caller can fix is reported; anything else is a 500 without details and goes to onError', async () => {
  const errors: unknown[] = [];
  const post = posting({ onError: (error) => errors.push(error) });
  const picky = await post('/recommend', { user_id: 'picky' });
  isFailure(picky, 400, 'invalid_options');
  assert.equal(picky.json.error.details, { why: 'picky' });
  assert.is(errors.length, 0);

  for (const customer of ['broken', 'closed']) {
    const answer = await post('/recommend', { user_id: customer });
    isFailure(answer, 500, 'internal');
    assert.not.match(JSON.stringify(answer.json), /secret|workers/);
  }
  assert.equal(
    errors.map((error) => (error as Error).message),
    ['secret path /srv/model', 'the workers have gone'],
  );
});

test('callbacks that throw or reject do not break the answer', async () => {
  const printed: unknown[] = [];
  const { error } = console;
  console.error = (thrown) => printed.push(thrown);
  const failing = new Error('the disk of the log is full');
  const throwing = () => {
    throw failing;
  };
  const rejecting = () => Promise.reject(failing);
  try {
    for (const callback of [throwing, rejecting]) {
      const post = posting({ log: callback, onError: callback });
      assert.is((await post('/recommend', { user_id: 'anna' })).status, 200);
      isFailure(await post('/recommend', { user_id: 'broken' }), 500, 'internal');
      await new Promise((resolve) => setImmediate(resolve));
      assert.equal(printed.splice(0), [failing, failing, failing]);
    }
  } finally {
    console.error = error;
  }
});

test('pages of other origins may call only if allowed', async () => {
  const ask = (options: Partial<AppOptions>, method: string) =>
    createApp({ recommender: fakeRecommender(), ...options }).request('/recommend', {
      method,
      headers: { origin: 'https://shop.example', 'access-control-request-method': 'POST' },
    });
  const header = 'access-control-allow-origin';
  assert.is((await ask({}, 'OPTIONS')).headers.get(header), null);
  assert.is((await ask({ cors: 'https://shop.example' }, 'OPTIONS')).headers.get(header), 'https://shop.example');
  assert.is((await ask({ cors: ['https://other.example'] }, 'OPTIONS')).headers.get(header), null);
  assert.is((await ask({ cors: '*' }, 'POST')).headers.get(header), '*', 'failures can be read too');
});

test('a browser may ask what it may send without a key, also with one and to write', async () => {
  const keys = { find: () => undefined };
  const app = createApp({ recommender: fakeRecommender(), cors: 'https://shop.example', access: { keys } });
  const headers = ['authorization', 'content-type', 'idempotency-key', 'x-request-id', 'traceparent'];
  const preflight = await app.request('/recommend', {
    method: 'OPTIONS',
    headers: {
      origin: 'https://shop.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': headers.join(', '),
    },
  });
  assert.is(preflight.status, 204);
  const listOf = (name: string) => preflight.headers.get(name)!.toLowerCase().split(/, ?/);
  for (const header of headers) assert.ok(listOf('access-control-allow-headers').includes(header), header);
  for (const method of ['get', 'post', 'put', 'patch', 'delete'])
    assert.ok(listOf('access-control-allow-methods').includes(method), method);
  const refused = await app.request('/model', { headers: { origin: 'https://shop.example' } });
  assert.equal([refused.status, refused.headers.get('access-control-allow-origin')], [401, 'https://shop.example']);
  assert.is(refused.headers.get('access-control-expose-headers')?.toLowerCase(), 'retry-after,x-request-id');
});

test.run();
