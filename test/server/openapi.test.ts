import { readFile } from 'node:fs/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createKey } from '../../src/server/access/keys.ts';
import { createApp } from '../../src/server/app.ts';
import { createMetrics } from '../../src/server/metrics.ts';
import { fakeRecommender } from './fake.ts';

const test = suite('OpenAPI document');

// biome-ignore lint/suspicious/noExplicitAny: a document is read at any depth
type Json = any;

const metrics = createMetrics(() => undefined);
const app = createApp({ recommender: fakeRecommender(), metrics, onError: () => {} });
const document: Json = await (await app.request('/openapi.json')).json();

const follow = (node: Json): Json => {
  if (node?.$ref === undefined) return node;
  assert.match(node.$ref, /^#\//);
  const target = node.$ref
    .slice(2)
    .split('/')
    .reduce((at: Json, step: string) => at?.[step], document);
  assert.ok(target, `${node.$ref} is in the document`);
  return follow(target);
};

const operations: { path: string; method: string; operation: Json }[] = Object.entries<Json>(document.paths).flatMap(
  ([path, item]) => Object.entries<Json>(item).map(([method, operation]) => ({ path, method, operation })),
);

/** Why `value` does not fit the schema; undefined if it does. Knows the keywords that this document uses. */
function misfit(schema: Json, value: Json, at = '$'): string | undefined {
  schema = follow(schema);
  const type = value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;
  const types = schema.type === undefined ? [] : [schema.type].flat();
  const whole = type === 'number' && Number.isInteger(value);
  if (types.length > 0 && !types.includes(type) && !(whole && types.includes('integer'))) return `${at} is ${type}`;
  if (schema.const !== undefined && schema.const !== value) return `${at} is not ${schema.const}`;
  if (schema.enum && !schema.enum.includes(value)) return `${at} is none of ${schema.enum}`;
  if (type === 'number' && (value < schema.minimum || value > schema.maximum)) return `${at} is out of range`;
  if (type === 'string' && value.length < schema.minLength) return `${at} is too short`;
  if (schema.anyOf?.every((one: Json) => misfit(one, value, at))) return `${at} fits no alternative`;
  if (type === 'array') {
    if (value.length > schema.maxItems) return `${at} is too long`;
    return value.map((item: Json, i: number) => misfit(schema.items ?? {}, item, `${at}[${i}]`)).find(Boolean);
  }
  if (type === 'object') {
    const missing = schema.required?.find((key: string) => !(key in value));
    if (missing) return `${at}.${missing} is missing`;
    for (const [key, inner] of Object.entries(value)) {
      const rest = schema.additionalProperties ?? {};
      const known = schema.properties?.[key] ?? rest;
      if (known === false) return `${at}.${key} is not a field`;
      const reason = misfit(known, inner, `${at}.${key}`);
      if (reason) return reason;
    }
  }
}

test('is OpenAPI 3.1 with every operation described', () => {
  assert.match(document.openapi, /^3\.1\.\d$/);
  assert.type(document.info.title, 'string');
  assert.type(document.info.version, 'string');
  assert.equal(
    operations.map(({ method, path }) => `${method} ${path}`),
    [
      'post /recommend',
      'post /similar',
      'post /bought-together',
      'post /similar-customers',
      'get /model',
      'get /health/live',
      'get /health/ready',
      'get /admin/status',
      'get /metrics',
    ],
  );
  assert.is(new Set(operations.map(({ operation }) => operation.operationId)).size, operations.length);
  for (const { operation, method } of operations) {
    assert.type(operation.summary, 'string');
    assert.is(operation.requestBody !== undefined, method === 'post');
    for (const [status, response] of Object.entries(operation.responses)) {
      assert.match(status, /^\d{3}$/);
      assert.type(follow(response).description, 'string');
      assert.ok(Object.values<Json>(follow(response).content)[0].schema);
    }
  }
});

test('every reference resolves, and every schema and response is referenced', () => {
  const referred = new Set<string>();
  JSON.stringify(document, (key, value) => {
    if (key === '$ref') {
      follow({ $ref: value });
      referred.add(value);
    }
    return value;
  });
  const { schemas, responses } = document.components;
  const defined = [
    ...Object.keys(schemas).map((name) => `#/components/schemas/${name}`),
    ...Object.keys(responses).map((name) => `#/components/responses/${name}`),
  ];
  assert.equal([...referred].sort(), defined.sort());
});

test('its examples fit its schemas, and the server accepts its example bodies', async () => {
  for (const [name, schema] of Object.entries<Json>(document.components.schemas)) {
    for (const example of schema.examples ?? []) assert.is(misfit(schema, example), undefined, name);
  }
  for (const response of Object.values<Json>(document.components.responses)) {
    const { schema, example } = response.content['application/json'];
    assert.is(misfit(schema, example), undefined, response.description);
  }
  for (const { path, operation } of operations.filter(({ method }) => method === 'post')) {
    const { examples } = follow(operation.requestBody.content['application/json'].schema);
    assert.ok(examples.length > 0, path);
    for (const example of examples) {
      assert.not.equal((await send(path, 'post', JSON.stringify(example))).status, 400);
    }
  }
});

async function send(
  path: string,
  method: string,
  body?: string | ReadableStream,
  type = 'application/json',
  on = app,
  key = '',
) {
  const headers = { 'content-type': type, ...(key && { authorization: `Bearer ${key}` }) };
  const answer = await on.request(path, { method: method.toUpperCase(), body, headers, duplex: 'half' } as RequestInit);
  const isJson = /json/.test(answer.headers.get('content-type') ?? '');
  const json: Json = isJson ? await answer.json() : await answer.text();
  return { status: answer.status, json, type: isJson ? 'application/json' : 'text/plain' };
}

test('the answers of the server fit the document, including failures', async () => {
  const empty = createApp({ recommender: () => undefined, metrics });
  const failing = createApp({
    recommender: () => {
      throw new Error('no door');
    },
    metrics: { ...metrics, text: () => Promise.reject(new Error('no door')) },
    onError: () => {},
  });
  const hurried = createApp({ recommender: fakeRecommender(), deadlineMs: 1 });
  const { key, record } = await createKey(['write']);
  const keys = { find: (id: string) => (id === record.id ? record : undefined) };
  const locked = createApp({ recommender: fakeRecommender(), metrics, access: { keys } });
  const slow = createApp({ recommender: fakeRecommender(), metrics, access: { perSecond: 1e-9, burst: 1 } });
  const good: Record<string, string> = {
    '/recommend': '{"user_id": 1, "explain": true}',
    '/similar': '{"product_id": "P1"}',
    '/bought-together': '{"product_id": "P1"}',
    '/similar-customers': '{"user_id": 10000}',
  };
  for (const { path, method, operation } of operations) {
    const body = good[path];
    const on = (app: typeof empty, key?: string) => send(path, method, body, undefined, app, key);
    const seen = [
      await on(app),
      await on(empty),
      await on(locked),
      await on(locked, key),
      await on(slow),
      await on(slow),
    ];
    if (body) {
      seen.push(
        await send(path, method, '{'),
        await send(path, method, '{"product_id": "P99", "user_id": 1}'),
        await send(path, method, '{"product_id": "P99"}'),
        await send(path, method, '{"user_id": "nobody"}'),
        await send(path, method, ' '.repeat(2 ** 20 + 1)),
        await send(path, method, body, 'text/plain'),
        await send(path, method, new ReadableStream(), undefined, hurried),
      );
    }
    if (operation.responses[500]) seen.push(await on(failing));
    for (const { status, json, type } of seen) {
      const response = follow(operation.responses[status]);
      assert.ok(response, `${method} ${path} may answer ${status}`);
      assert.is(misfit(response.content[type].schema, json), undefined, `${path} ${status}`);
    }
    assert.equal(
      [...new Set(seen.map(({ status }) => String(status)))].sort(),
      Object.keys(operation.responses).sort(),
      `${method} ${path} gives every documented answer`,
    );
  }
});

test('a key is needed as the server needs it: not for health, and for nothing if there are none', async () => {
  const { record } = await createKey(['read']);
  const keys = { find: () => record };
  const locked = createApp({ recommender: fakeRecommender(), metrics, access: { keys } });
  const withKeys: Json = await (await locked.request('/openapi.json')).json();
  for (const { path, method, operation } of operations) {
    assert.is(operation.security, undefined);
    const needed = path.startsWith('/health/') ? undefined : [{ key: [] }];
    assert.equal(withKeys.paths[path][method].security, needed, path);
  }
});

test('the request schemas reject what the server rejects', async () => {
  const bodies: Json[] = [
    {},
    { user_id: 'a', num_recommendation: 5 },
    { user_id: '' },
    { user_id: 1.5 },
    { user_id: 'a', num_recommendations: 1001 },
    { basket: [{ product: 'P1', quantity: 0 }] },
    { basket: [{ product: 'P1', qty: 1 }] },
    { basket: ['P1', 2, { product: 3, quantity: 4 }] },
    { user_id: 1, purchased: 'never' },
    { user_id: 1, diversity: 1.5 },
    { user_id: 1, per_category: 0 },
    { user_id: 1, mix: -1 },
    { user_id: 1, mix: 2 },
    { user_id: 1, mix: 2, purchased: 'only' },
    { user_id: 1, mix: 0, purchased: 'only' },
    { user_id: 1, mix: 50, num_recommendations: 2 },
    { user_id: 1, explain: 'yes' },
    { user_id: 1, diversity: 0.5, per_category: 1, explain: true },
    { user_id: 1, allow: Array(10_001).fill(1) },
    { basket: [] },
  ];
  const { schema } = document.paths['/recommend'].post.requestBody.content['application/json'];
  for (const body of bodies) {
    const taken = (await send('/recommend', 'post', JSON.stringify(body))).status === 200;
    assert.is(misfit(schema, body) === undefined, taken, JSON.stringify(body).slice(0, 80));
  }
});

test('the reference names every endpoint, field, failure and limit of the document', async () => {
  const reference = await readFile(new URL('../../src/server/README.md', import.meta.url), 'utf8');
  const named = (text: string) => assert.ok(reference.includes(text), `${text} is in src/server/README.md`);
  for (const { method, path } of operations) named(`\`${method.toUpperCase()} ${path}\``);
  for (const [name, { properties }] of Object.entries<Json>(document.components.schemas)) {
    if (name.endsWith('Request')) for (const field of Object.keys(properties)) named(`\`${field}\``);
  }
  const texts = [document.info, ...Object.values<Json>(document.components.responses)].map(
    ({ description, content }) =>
      `${description} \`${content?.['application/json'].example.error.code ?? 'internal'}\``,
  );
  for (const [code] of texts.join().matchAll(/`[a-z]+(_[a-z]+)*`/g)) named(code);
  JSON.stringify(document, (key, value) => {
    const isLimit = ['maximum', 'maxItems'].includes(key) && value > 1 && value < Number.MAX_SAFE_INTEGER;
    if (isLimit) named(value.toLocaleString('en-US'));
    return value;
  });
});

test.run();
