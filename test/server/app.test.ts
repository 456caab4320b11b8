import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRecommender } from '../../src/recommending/create.ts';
import type { Recommender } from '../../src/recommending/types.ts';
import { failureAnswer, recommendAnswer } from '../../src/server/answers/answers.ts';
import { type AppOptions, createApp } from '../../src/server/app.ts';
import type { RequestLog } from '../../src/server/observing.ts';
import { recommendRequest } from '../../src/server/requests/requests.ts';
import { randomModel, zipfDataset } from '../bench/data.ts';
import { type Asked, fakeRecommender } from './fake.ts';

const test = suite('server app');

// biome-ignore lint/suspicious/noExplicitAny: answers are read at any depth
type Body = Record<string, any>;

/** Posts `body` as JSON, or as it is if it is text. */
function posting(options: Partial<AppOptions> = {}) {
  const app = createApp({ recommender: fakeRecommender(), onError: unexpected, ...options });
  return async (
    path: string,
    body: unknown,
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const answer = await app.request(path, { method: 'POST', headers, body: text });
    return { status: answer.status, headers: answer.headers, json: (await answer.json()) as Body };
  };
}

function unexpected(error: unknown): never {
  throw error;
}

function isFailure(answer: { status: number; json: Body }, status: number, code: string): void {
  assert.is(answer.status, status, JSON.stringify(answer.json));
  assert.equal(failureAnswer.parse(answer.json), answer.json, 'exactly the shape of failures');
  assert.is(answer.json.error.code, code);
}

const fieldsOf = (json: Body): string[] => json.error.details.fields.map(({ field }: { field: string }) => field);

test('recommends five products to a customer by default', async () => {
  const post = posting();
  const { status, headers, json } = await post('/recommend', { user_id: '10000' });
  assert.is(status, 200);
  assert.match(headers.get('content-type') ?? '', /^application\/json/);
  assert.equal(json, {
    user_id: '10000',
    recommendations: [
      { product: 'P1', name: 'Product 0', category: 'Things', score: 8 },
      { product: 'P2', score: 7 },
      { product: 'P3', name: 'Product 2', category: 'Things', score: 6 },
      { product: 'P4', score: 5 },
      { product: 'P5', name: 'Product 4', category: 'Things', score: 4 },
    ],
    source: 'personal',
    model: '0123456789abcdef',
  });
  assert.is((await post('/recommend', { user_id: 'anna', num_recommendations: 2 })).json.recommendations.length, 2);
});

test('a number and its digits are the same customer', async () => {
  const post = posting();
  assert.equal(
    (await post('/recommend', { user_id: 10000 })).json,
    (await post('/recommend', { user_id: '10000' })).json,
  );
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

const wrongBodies: [body: unknown, fields: string[]][] = [
  [{}, ['user_id']],
  [[], ['body']],
  ['null', ['body']],
  ['"text"', ['body']],
  ['5', ['body']],
  [{ user_id: null }, ['user_id']],
  [{ user_id: '' }, ['user_id']],
  [{ user_id: 1.5 }, ['user_id']],
  [{ user_id: 2 ** 53 }, ['user_id']],
  ['{"user_id": 1e400}', ['user_id']],
  [{ user_id: ['a'] }, ['user_id']],
  [{ user_id: 'a', num_recommendation: 3 }, ['num_recommendation']],
  ['{"user_id": "a", "__proto__": {"deny": []}}', ['__proto__']],
  [{ user_id: 'a', constructor: 1, toString: 2 }, ['constructor', 'toString']],
  [{ user_id: 'a', num_recommendations: 0 }, ['num_recommendations']],
  [{ user_id: 'a', num_recommendations: 1001 }, ['num_recommendations']],
  [{ user_id: 'a', num_recommendations: 2.5 }, ['num_recommendations']],
  [{ user_id: 'a', num_recommendations: '5' }, ['num_recommendations']],
  [{ user_id: 'a', num_recommendations: null }, ['num_recommendations']],
  [{ user_id: 'a', purchased: 'never' }, ['purchased']],
  [{ user_id: 'a', allow: 'P1', deny: {} }, ['allow', 'deny']],
  [{ user_id: 'a', deny: ['P1', null, ''] }, ['deny[1]', 'deny[2]']],
  [{ user_id: 'a', allow: Array(10_001).fill('P1') }, ['allow']],
  [{ basket: Array(1001).fill('P1') }, ['basket']],
  [{ basket: 'P1' }, ['basket']],
  [{ basket: [[]] }, ['basket[0]']],
  [{ basket: ['P1', { product: 'P2', quantity: 0 }] }, ['basket[1].quantity']],
  [{ basket: [{ product: 'P2', quantity: 'two' }] }, ['basket[0].quantity']],
  [{ basket: [{ product: 'P2', quantity: 1e300 }] }, ['basket[0].quantity']],
  [{ basket: [{ quantity: 2 }] }, ['basket[0].product']],
  [{ basket: [{ product: 'P2', qty: 2 }] }, ['basket[0].qty']],
];

for (const [body, fields] of wrongBodies) {
  const shown = typeof body === 'string' ? body : JSON.stringify(body);
  test(`400 names ${fields.join(' and ')} in ${shown.slice(0, 60)}`, async () => {
    const answer = await posting()('/recommend', body);
    isFailure(answer, 400, 'invalid_request');
    assert.equal(fieldsOf(answer.json), fields);
    assert.ok(answer.json.error.message.startsWith(fields[0]), answer.json.error.message);
    assert.match(answer.json.error.message, 'expected');
  });
}

test('the message for a mistyped field lists the known fields', async () => {
  const { json } = await posting()('/recommend', { user_id: 'a', num_recommendation: 3 });
  const known = Object.keys(recommendRequest.shape);
  for (const field of ['user_id', 'num_recommendations', 'explain']) assert.ok(known.includes(field));
  assert.is(json.error.message, `num_recommendation is not a known field: expected one of ${known.join(', ')}`);
});

test('the answer to a body full of wrong fields is short', async () => {
  const many = await posting()('/recommend', { user_id: 'a', deny: Array(5000).fill(null) });
  assert.is(many.json.error.details.fields.length, 20);
  const long = await posting()('/recommend', { user_id: 'a', ['x'.repeat(100_000)]: 1 });
  assert.ok(JSON.stringify(long.json).length < 1000);
});

test('400 for what is not JSON', async () => {
  for (const body of ['', '{', '{"user_id": NaN}', "{'user_id': 1}", '{"user_id": 1} x', `${'['.repeat(400_000)}`]) {
    isFailure(await posting()('/recommend', body), 400, 'invalid_json');
  }
});

test('400 for a body that ends too early', async () => {
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('{"user_'));
      controller.error(new Error('hung up'));
    },
  });
  const app = createApp({ recommender: fakeRecommender(), onError: unexpected });
  const headers = { 'content-type': 'application/json' };
  const request = new Request('http://localhost/recommend', {
    method: 'POST',
    headers,
    body,
    duplex: 'half',
  } as RequestInit);
  const answer = await app.request(request);
  isFailure({ status: answer.status, json: (await answer.json()) as Body }, 400, 'invalid_json');
});

test('the last of duplicate keys counts, and deep nesting is only a wrong field', async () => {
  const post = posting();
  assert.is((await post('/recommend', '{"user_id": "a", "user_id": "anna"}')).json.user_id, 'anna');
  const deep = `{"user_id": ${'['.repeat(60_000)}${']'.repeat(60_000)}}`;
  isFailure(await post('/recommend', deep), 400, 'invalid_request');
});

test('415 unless the body is uncompressed JSON', async () => {
  const post = posting();
  const body = { user_id: 'anna' };
  const wrong: Record<string, string>[] = [
    { 'content-type': 'text/plain' },
    { 'content-type': 'application/x-www-form-urlencoded' },
    { 'content-type': 'application/jsonx' },
    { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  ];
  for (const headers of wrong) isFailure(await post('/recommend', body, headers), 415, 'unsupported_media_type');
  const app = createApp({ recommender: fakeRecommender() });
  const untyped = await app.request('/recommend', { method: 'POST', body: new TextEncoder().encode('{}') });
  assert.is(untyped.status, 415);
  for (const type of ['application/json; charset=utf-8', 'Application/JSON', 'application/problem+json']) {
    assert.is((await post('/recommend', body, { 'content-type': type })).status, 200, type);
  }
});

test('413 over the limit, by the declared length or by counting', async () => {
  const post = posting({ maxBodyBytes: 100 });
  const json = { 'content-type': 'application/json' };
  const body = JSON.stringify({ user_id: 'x'.repeat(100) });
  isFailure(await post('/recommend', body, { ...json, 'content-length': String(body.length) }), 413, 'body_too_large');
  isFailure(await post('/similar', body), 413, 'body_too_large');
  assert.is((await post('/recommend', JSON.stringify({ user_id: 'x' }).padEnd(100))).status, 200);
  isFailure(await posting()('/recommend', ' '.repeat(1024 * 1024 + 1)), 413, 'body_too_large');
  assert.throws(
    () => createApp({ recommender: fakeRecommender(), maxBodyBytes: Number.NaN }),
    /maxBodyBytes: NaN cannot be used/,
  );
});

test('options of a wrong type are errors when the app is made, not at the first request', () => {
  const wrong = { recommender: {}, log: true, onError: 'x', cors: [7], basePath: {}, maxConcurrentRequests: '5' };
  for (const [option, value] of Object.entries(wrong)) {
    const options = { recommender: fakeRecommender(), [option]: value } as never;
    assert.throws(() => createApp(options), new RegExp(`^${option}: .* cannot be used; expected`));
  }
  assert.throws(() => createApp({} as never), /^recommender: undefined/);
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

test('a request is logged under an id that its answer has, the client may choose, and no log can be broken with', async () => {
  const seen: RequestLog[] = [];
  const app = createApp({ recommender: fakeRecommender(), log: (request) => seen.push(request) });
  const idOf = async (headers: Record<string, string>) => {
    const answer = await app.request('/recommend', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"user_id":"anna"}',
    });
    const { id, ...rest } = seen.pop()!;
    assert.is(answer.headers.get('x-request-id'), id);
    return { id, ...rest };
  };
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const chosen = await idOf({ 'x-request-id': 'web-1/2', traceparent });
  assert.is(chosen.id, 'web-1/2');
  assert.is(chosen.traceparent, traceparent);
  assert.equal([chosen.route, chosen.source, chosen.asked], ['/recommend', 'personal', 5]);
  for (const bad of ['x'.repeat(129), 'a b', 'a"b', '']) {
    const made = await idOf({ 'x-request-id': bad, traceparent: 'nonsense' });
    assert.match(made.id, /^[0-9a-f-]{36}$/);
    assert.is(made.traceparent, undefined);
  }
  assert.not.match(JSON.stringify(chosen), /anna/);
});

test('logs method, path, status and time of every request', async () => {
  const seen: RequestLog[] = [];
  const post = posting({ log: (request) => seen.push(request), onError: () => {} });
  await post('/recommend?token=1', { user_id: 'anna' });
  await post('/recommend', {});
  await post('/recommend', { user_id: 'broken' });
  await post('/nothing', {});
  assert.equal(
    seen.map(({ method, path, status }) => `${method} ${path} ${status}`),
    ['POST /recommend 200', 'POST /recommend 400', 'POST /recommend 500', 'POST /nothing 404'],
  );
  assert.ok(seen.every(({ ms }) => ms >= 0));
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

test('no JSON body crashes it', async () => {
  const post = posting();
  const wild = fc.jsonValue();
  const mostly = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof({ weight: 15, arbitrary }, wild);
  const id = mostly(fc.oneof(fc.string({ minLength: 1 }), fc.integer(), fc.constantFrom('P1', 'anna', '__proto__')));
  const line = fc.oneof(id, fc.record({ product: id, quantity: mostly(fc.integer({ min: 1, max: 3 })) }));
  const near = fc.record(
    {
      user_id: id,
      num_recommendations: mostly(fc.integer({ min: 1, max: 1000 })),
      basket: mostly(fc.array(line, { maxLength: 3 })),
      purchased: mostly(fc.constantFrom('allow', 'exclude', 'only')),
      allow: mostly(fc.array(id, { maxLength: 3 })),
      deny: mostly(fc.array(id, { maxLength: 3 })),
    },
    { requiredKeys: [] },
  );
  const seen = { 200: 0, 400: 0 };
  await fc.assert(
    fc.asyncProperty(fc.oneof(wild, near), async (body) => {
      const { status, json } = await post('/recommend', JSON.stringify(body));
      assert.ok(status === 200 || status === 400, `${status} ${JSON.stringify(json)}`);
      const shape = status === 200 ? recommendAnswer : failureAnswer;
      assert.equal(shape.parse(json), json);
      seen[status as 200 | 400]++;
    }),
    { numRuns: 1000 },
  );
  assert.ok(seen[200] > 50 && seen[400] > 50, `both outcomes occur: ${JSON.stringify(seen)}`);
});

test.run();
