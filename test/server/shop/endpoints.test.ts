import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hono } from 'hono';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { EndcapError } from '../../../src/errors.ts';
import { createShop } from '../../../src/live/shop.ts';
import { openSqliteStore } from '../../../src/live/store/sqlite.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { createKey } from '../../../src/server/access/keys.ts';
import { createApp, type RequestLog } from '../../../src/server/app.ts';
import { fit } from '../../../src/training/fit.ts';

const test = suite('shop over HTTP');
const folder = mkdtempSync(join(tmpdir(), 'endcap-shop-http-'));
const model = await fit(await readOrders(sampleOrders({ lines: 2000 })), { factors: 8, iterations: 2, threads: 1 });
const shop = await createShop({ model, store: join(folder, 'shop.db'), threads: 1 });
const errors: unknown[] = [];
const app = createApp({ shop, onError: (error) => errors.push(error) });
const [a, b] = model.products;

test.after(async () => {
  await shop.close();
  rmSync(folder, { recursive: true, force: true });
});

async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const response = await app.request(path, {
    method,
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers are read at any depth
  return { status: response.status, headers: response.headers, json: (await response.json()) as any };
}

const line = (given: object = {}) => ({ user_id: 'new', order_id: 'w1', product_id: a, quantity: 1, ...given });
const buy = (lines: unknown[], key?: string) =>
  send('POST', '/purchases', { purchases: lines }, key === undefined ? {} : { 'idempotency-key': key });
const list = async (user_id: string) => (await send('POST', '/recommend', { user_id, num_recommendations: 20 })).json;

test('what is sold out is in no list, and what it is called is in all', async () => {
  const product = (await list('nobody')).recommendations[0].product;
  const sold = await send('PUT', '/products', {
    products: [
      { product_id: product, available: false, name: 'Tea', image_url: '/tea.png' },
      { product_id: 77, category: ['A'] },
    ],
  });
  assert.is(sold.status, 200);
  assert.equal(sold.json, { accepted: 2, unknown_products: ['77'] });
  const listed = async () =>
    (await list('nobody')).recommendations.filter((each: { product: string }) => each.product === product);
  assert.equal(await listed(), []);
  const back = await send('PATCH', '/products', { products: [{ product_id: product, available: null }] });
  assert.equal(back.json, { accepted: 1, unknown_products: [] });
  assert.is((await listed())[0].name, 'Tea');
});

test('every list says of its products what it is asked for, as far as the shop says it', async () => {
  const { offsets, products } = model.boughtTogether!;
  const from = offsets.findIndex((offset, row) => offsets[row + 1] > offset);
  const [other, product] = [model.products[from], model.products[products[offsets[from]]]];
  await send('PUT', '/products', {
    products: [{ product_id: product, price: 2.5, image_url: '/tea.png', attributes: { organic: true } }],
  });
  const fields = ['price', 'url', 'image_url', 'attributes', 'available'];
  const find = async (path: string, body: object) => {
    const { status, json } = await send('POST', path, { ...body, fields, num_recommendations: 1000 });
    assert.is(status, 200, path);
    return json.recommendations.find((each: { product: string }) => each.product === product);
  };
  for (const [path, body] of [
    ['/recommend', { user_id: 'nobody' }],
    ['/recommend', { user_id: model.customers[0], purchased: 'allow', explain: true }],
    ['/recommend', { basket: [other] }],
    ['/similar', { product_id: other }],
    ['/bought-together', { product_id: other }],
  ] as const) {
    const { price, url, image_url, attributes, available } = await find(path, body);
    assert.equal(
      { price, url, image_url, attributes, available },
      {
        ...{ price: 2.5, url: undefined, image_url: '/tea.png', attributes: { organic: true }, available: undefined },
      },
    );
  }
  assert.not.ok('price' in (await list('nobody')).recommendations[0], 'only if asked for');
});

test('fields that no catalogue has are refused, and all of them where there is no shop', async () => {
  const recommender = createRecommender(model, { threads: 1 });
  for (const [path, body] of [
    ['/recommend', { user_id: 'a' }],
    ['/similar', { product_id: a }],
    ['/bought-together', { product_id: a }],
  ] as const) {
    const { status, json } = await send('POST', path, { ...body, fields: ['price', 'colour'] });
    assert.is(status, 400);
    assert.equal(json.error.details.fields, [
      { field: 'fields[1]', expected: 'one of price, url, image_url, attributes, available' },
    ]);
    const refused = await createApp({ recommender }).request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...body, fields: ['price'] }),
    });
    assert.is(refused.status, 400);
    assert.match(await refused.text(), /fields: only a running shop/);
  }
  await recommender.close();
});

test('lists hold what passes the filter, and a wrong one is named by its place', async () => {
  await send('PATCH', '/products', {
    products: [a, b].map((id) => ({ product_id: id, attributes: { fair: true } })),
  });
  const filter = { and: [{ field: 'attributes.fair', equals: true }, { not: { field: 'price', max: -1 } }] };
  const listOf = async (path: string, body: object) => (await send('POST', path, { ...body, filter })).json;
  const rows = ({ recommendations }: { recommendations: { product: string }[] }) =>
    recommendations.map(({ product }) => product).sort();
  assert.equal(rows(await listOf('/recommend', { user_id: 'nobody' })), [a, b].sort());
  assert.equal(rows(await listOf('/recommend', { basket: [a] })), [b]);
  assert.equal(rows(await listOf('/similar', { product_id: a })), [b]);
  assert.ok(rows(await listOf('/bought-together', { product_id: a })).every((id) => id === b));
  for (const [wrong, place] of [
    [{ field: 'attributes.fare', equals: true }, 'filter.field'],
    [{ and: [{ field: 'price', max: 'x' }] }, 'filter.and[0].max'],
    ['price', 'filter'],
    [`${'['.repeat(9)}${']'.repeat(9)}`, 'filter'],
  ] as const) {
    for (const path of ['/recommend', '/similar', '/bought-together']) {
      const body = path === '/recommend' ? { user_id: 'nobody' } : { product_id: a };
      const { status, json } = await send('POST', path, { ...body, filter: wrong });
      assert.is(status, 400, path);
      assert.ok(json.error.message.startsWith(`${place}: expected`), json.error.message);
    }
  }
  const nested = `{"user_id": "nobody", "filter": ${'{"not":'.repeat(10_000)}1${'}'.repeat(10_000)}}`;
  const deep = await app.request('/recommend', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: nested,
  });
  assert.is(deep.status, 400);
});

test('new lists what the model does not know, to whoever asks', async () => {
  await send('PUT', '/products', {
    products: [
      { product_id: 'N1', price: 3 },
      { product_id: 'N2', available: false },
    ],
  });
  const ask = (body: object) => send('POST', '/recommend', { scenario: 'new', allow: ['N1', 'N2'], ...body });
  const { status, json } = await ask({ fields: ['price'] });
  assert.is(status, 200);
  const [{ score, ...item }] = json.recommendations;
  assert.equal(item, { product: 'N1', price: 3 });
  assert.ok(score > 1e12);
  assert.equal(
    { ...json, recommendations: 1 },
    {
      ...{ user_id: null, recommendations: 1, source: 'new', model: model.metadata.version },
    },
  );
  assert.is((await ask({ user_id: 'ann' })).json.user_id, 'ann');
  assert.equal((await ask({ user_id: 'ann', deny: ['N1'], basket: [a] })).json.recommendations, []);
  const wrong = await ask({ explain: true });
  assert.equal([wrong.status, wrong.json.error.details.option], [400, 'explain']);
  const other = await send('POST', '/recommend', { scenario: 'nwe' });
  assert.equal([other.status, other.json.error.details.fields[0].field], [400, 'user_id']);
});

test('boosts lift, pins stand where they should, and wrong ones are named', async () => {
  await send('PATCH', '/products', { products: [{ product_id: b, attributes: { season: 'now' } }] });
  const boost = [{ filter: { field: 'attributes.season', equals: 'now' }, by: 5 }];
  const pin = [
    { product_id: a, position: 2 },
    { product_id: 'unheard of', position: 1 },
  ];
  for (const [path, body] of [
    ['/recommend', { user_id: 'nobody', explain: true }],
    ['/recommend', { user_id: 'nobody' }],
    ['/similar', { product_id: model.products[2] }],
  ] as const) {
    const { status, json } = await send('POST', path, { ...body, boost, pin });
    assert.is(status, 200);
    const [first, second] = json.recommendations;
    assert.equal([first.product, second.product, json.recommendations.length], [b, a, 5]);
    assert.equal(json.unknown.pin, ['unheard of']);
    if ('explain' in body) assert.ok(first.explanation.parts.boost > 0 && second.explanation.parts.boost === 0);
  }
  const together = await send('POST', '/bought-together', { product_id: model.products[2], pin });
  assert.ok(together.json.recommendations.some(({ product }: { product: string }) => product === a));
  for (const [wrong, field] of [
    [{ boost: [{ filter: { field: 'price' }, by: 1 }] }, 'boost[0].filter'],
    [{ boost: [{ filter: { field: 'price', max: 3 }, by: 'more' }] }, 'boost[0].by'],
    [{ pin: [{ product_id: a, position: 0 }] }, 'pin[0].position'],
    [{ pin: [{ product: a, position: 1 }] }, 'pin[0].product'],
    [{ pin: a }, 'pin'],
  ] as const) {
    const { status, json } = await send('POST', '/recommend', { user_id: 'nobody', ...wrong });
    assert.is(status, 400);
    assert.ok(JSON.stringify(json.error).includes(`${field}`), JSON.stringify(json.error));
  }
});

test('purchases count in the next list, and whoever made them is not unknown', async () => {
  assert.equal((await list('new')).unknown, { user_id: ['new'] });
  const { status, json } = await buy([line(), line({ product_id: 'unheard of', quantity: 2 })]);
  assert.is(status, 200);
  assert.equal(json, { accepted: 2, duplicates: 0, unknown_products: ['unheard of'] });
  const { source, unknown } = await list('new');
  assert.equal([source, unknown], ['personal', undefined]);
  assert.equal((await buy([line()])).json, { accepted: 0, duplicates: 1, unknown_products: [] });
});

test('a request with a key counts once, and stands for nothing else', async () => {
  const lines = [line({ order_id: 'w2', product_id: b })];
  assert.is((await buy(lines, 'k1')).json.accepted, 1);
  assert.equal((await buy(lines, 'k1')).json, { accepted: 0, duplicates: 1, unknown_products: [] });
  for (const other of [await buy([line({ order_id: 'w3' })], 'k1'), await buy([line({ user_id: 'other' })])]) {
    assert.is(other.status, 409);
    assert.is(other.json.error.code, 'conflict');
  }
});

test('what is wrong is named by its place, and nothing is written', async () => {
  const before = (await send('GET', '/customers/new')).json.purchases.length;
  for (const [lines, field] of [
    [[line(), line(), line(), line({ quantity: 0 })], 'purchases[3].quantity'],
    [[line({ time: Date.now() + 6 * 60_000 })], 'purchases[0].time'],
    [[line({ time: '2026-01-31T12:00:00' })], 'purchases[0].time'],
    [[line({ user_id: 'NULL' })], 'purchases[0].user_id'],
    [[line({ order_id: '  ' })], 'purchases[0].order_id'],
    [[line({ price: 3 })], 'purchases[0].price'],
    [[{}], 'purchases[0].user_id'],
    [[], 'purchases'],
    [new Array(1001).fill(line()), 'purchases'],
  ] as const) {
    const { status, json } = await buy([...lines]);
    assert.is(status, 400, field);
    assert.is(json.error.code, 'invalid_request');
    assert.is(json.error.details.fields[0].field, field);
    assert.ok(json.error.message.startsWith(field), json.error.message);
  }
  assert.is(
    (await buy([line({ order_id: 'w9' })], 'x'.repeat(300))).json.error.details.fields[0].field,
    'idempotency-key',
  );
  for (const [products, field] of [
    [[{ product_id: a, available: 'no' }], 'products[0].available'],
    [[{ product_id: a }, { product_id: b, image_url: 'javascript:1' }], 'products[1].image_url'],
    [[{ product_id: a, stock: 3 }], 'products[0].stock'],
    [[{ product_id: 'null' }], 'products[0].product_id'],
    [[{ product_id: a, name: null }], 'products[0].name'],
  ] as const)
    assert.is((await send('PUT', '/products', { products })).json.error.details.fields[0].field, field);
  assert.is((await send('GET', '/customers/new')).json.purchases.length, before);
});

test('a customer is shown, erased, and unknown afterwards', async () => {
  const [known] = model.customers;
  const shown = await send('GET', `/customers/${encodeURIComponent(known)}`);
  assert.is(shown.status, 200);
  assert.is(shown.json.model.version, model.metadata.version);
  assert.ok(shown.json.model.products.length > 0);
  await buy([line({ user_id: 'A B/ü', order_id: 'w4', time: '2026-01-31T12:00:00+01:00', recommendation_id: 'r1' })]);
  const path = `/customers/${encodeURIComponent('A B/ü')}`;
  assert.equal((await send('GET', path)).json, {
    user_id: 'A B/ü',
    purchases: [
      { order_id: 'w4', product_id: a, quantity: 1, time: '2026-01-31T11:00:00.000Z', recommendation_id: 'r1' },
    ],
  });
  assert.equal((await send('DELETE', path)).json, { user_id: 'A B/ü', purchases: 1, in_model: false });
  assert.is((await send('GET', path)).json.error.code, 'unknown_customer');
  assert.equal((await send('DELETE', `/customers/${known}`)).json, { user_id: known, purchases: 0, in_model: true });
  const { source, unknown } = await list(known);
  assert.equal([source, unknown], ['popular', { user_id: [known] }]);
  for (const method of ['GET', 'DELETE']) assert.is((await send(method, `/customers/${'x'.repeat(501)}`)).status, 400);
});

test('paths and methods are told apart', async () => {
  const put = await send('PUT', '/customers/ann');
  assert.is(put.status, 405);
  assert.is(put.headers.get('allow'), 'GET, DELETE, HEAD, OPTIONS');
  assert.is((await send('POST', '/products', {})).headers.get('allow'), 'PUT, PATCH, OPTIONS');
  assert.is((await send('GET', '/customers/')).status, 404);
  const endpoints = (await send('GET', '/')).json.endpoints;
  for (const endpoint of ['PUT /products', 'POST /purchases', 'DELETE /customers/{id}'])
    assert.ok(endpoints.includes(endpoint));
  const mounted = new Hono().route('/shop', app);
  assert.is((await mounted.request('/shop/customers/nobody')).status, 404);
  const { json: document } = await send('GET', '/openapi.json');
  assert.equal(Object.keys(document.paths['/customers/{id}']), ['get', 'delete']);
  const { schemas } = document.components;
  for (const [path, method] of [
    ['/products', 'put'],
    ['/products', 'patch'],
    ['/purchases', 'post'],
  ] as const) {
    const { $ref } = document.paths[path][method].requestBody.content['application/json'].schema;
    const { examples } = schemas[$ref.split('/').at(-1)];
    assert.ok(examples.length > 0);
    for (const example of examples) assert.is((await send(method.toUpperCase(), path, example)).status, 200);
  }
  const plain = await createApp({ recommender: shop }).request('/openapi.json');
  assert.not.match(await plain.text(), /recordPurchases/);
});

test('a store that is busy or fails is a 503 that says when to try again', async () => {
  for (const code of ['store_busy', 'store_failed'] as const) {
    const failing = { ...shop, recordPurchases: () => Promise.reject(new EndcapError(code, 'not now')) };
    const heard: unknown[] = [];
    const response = await createApp({ shop: failing, onError: (error) => heard.push(error) }).request('/purchases', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ purchases: [line()] }),
    });
    assert.is(response.status, 503);
    assert.is(response.headers.get('retry-after'), '1');
    assert.ok((await response.text()).includes(code));
    assert.is(heard.length, code === 'store_failed' ? 1 : 0);
  }
  assert.equal(errors, []);
});

test('writing takes a key that may write, and customers one that may do everything; logs say what came of it', async () => {
  const made = await Promise.all((['read', 'write', 'admin'] as const).map((scope) => createKey([scope])));
  const keys = { find: (id: string) => made.map(({ record }) => record).find((record) => record.id === id) };
  const logged: RequestLog[] = [];
  const guarded = createApp({ shop, access: { keys }, log: (request) => logged.push(request) });
  const statusOf = async (method: string, path: string, body: object | undefined, key?: string) => {
    const headers = { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) };
    return (await guarded.request(path, { method, headers, body: body && JSON.stringify(body) })).status;
  };
  const requests: [string, string, object | undefined, number[]][] = [
    ['PUT', '/products', { products: [{ product_id: b }] }, [401, 403, 200, 200]],
    ['PATCH', '/products', { products: [{ product_id: b }] }, [401, 403, 200, 200]],
    ['POST', '/purchases', { purchases: [line({ order_id: 'k', user_id: 'keyed' })] }, [401, 403, 200, 200]],
    ['GET', '/customers/keyed', undefined, [401, 403, 403, 200]],
    ['DELETE', '/customers/keyed', undefined, [401, 403, 403, 200]],
  ];
  for (const [method, path, body, expected] of requests) {
    const statuses = [];
    for (const key of [undefined, ...made.map(({ key }) => key)])
      statuses.push(await statusOf(method, path, body, key));
    assert.equal(statuses, expected, `${method} ${path}`);
  }
  assert.equal(
    logged.filter(({ purchases }) => purchases).map(({ purchases }) => purchases),
    [
      { accepted: 1, duplicates: 0, unknown: 0 },
      { accepted: 0, duplicates: 1, unknown: 0 },
    ],
  );
});

test('an app has a shop or a recommender', () => {
  assert.throws(() => createApp({ shop: {} as never }), /shop|recommender/);
  assert.throws(() => createApp({ shop, recommender: () => shop }), /^shop/);
  assert.throws(() => createApp({}), /recommender/);
});

test('no log has the id of a customer', async () => {
  const seen: RequestLog[] = [];
  const app = createApp({ shop, log: (request) => seen.push(request), onError: () => {} });
  for (const [method, path] of [
    ['GET', '/customers/ann%40shop.example'],
    ['DELETE', '/customers/ann'],
    ['POST', '/customers/ann'],
    ['GET', '/customers/ann/more'],
  ]) {
    await app.request(path, { method });
  }
  assert.equal(
    seen.map(({ path }) => path),
    ['/customers/{id}', '/customers/{id}', '/customers/{id}', '/customers/{id}/more'],
  );
  assert.not.match(JSON.stringify(seen), /ann/);
});

test('readiness says whether the store can be written; lists go on meanwhile', async () => {
  const own = await openSqliteStore(join(folder, 'own.db'));
  let isFull = true;
  const append: typeof own.append = (request) =>
    isFull ? Promise.reject(new EndcapError('store_failed', 'the disk is full')) : own.append(request);
  const live = await createShop({ model, store: { ...own, append }, threads: 1 });
  const app = createApp({ shop: live, onError: () => {} });
  const ready = async () => (await (await app.request('/health/ready')).json()) as { status: string; store?: string };
  const post = (path: string, body: unknown) =>
    app.request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  assert.is((await ready()).store, 'works');
  const refused = await post('/purchases', { purchases: [line()] });
  assert.equal([refused.status, refused.headers.get('retry-after')], [503, '1']);
  assert.equal([(await ready()).status, (await ready()).store], ['ready', 'fails']);
  assert.is((await post('/recommend', { user_id: 'new' })).status, 200);
  isFull = false;
  assert.is((await post('/purchases', { purchases: [line()] })).status, 200);
  assert.is((await ready()).store, 'works');
  await live.close();
  await own.close();
});

test.run();
