import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import * as v from 'valibot';
import { failureAnswer, recommendAnswer } from '../../../src/server/answers/answers.ts';
import { createApp } from '../../../src/server/app.ts';
import { recommendRequest } from '../../../src/server/requests/requests.ts';
import { fakeRecommender } from '../fake.ts';
import { type Body, isFailure, posting, unexpected } from '../posting.ts';

const test = suite('bodies of requests for lists');

const fieldsOf = (json: Body): string[] => json.error.details.fields.map(({ field }: { field: string }) => field);

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
  const known = Object.keys(recommendRequest.entries);
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
      assert.equal(v.parse(shape, json), json);
      seen[status as 200 | 400]++;
    }),
    { numRuns: 1000 },
  );
  assert.ok(seen[200] > 50 && seen[400] > 50, `both outcomes occur: ${JSON.stringify(seen)}`);
});

test.run();
