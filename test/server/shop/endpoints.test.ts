import { Hono } from 'hono';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRecommender } from '../../../src/recommending/create.ts';
import { createKey } from '../../../src/server/access/keys.ts';
import { createApp, type RequestLog } from '../../../src/server/app.ts';
import { openShopApp } from './open-shop-app.ts';

const test = suite('shop over HTTP');
const { model, shop, app, send, line, list, close } = await openShopApp();
const [a, b] = model.products;
test.after(close);

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
  assert.equal([json.user_id, json.source, json.model], [null, 'new', model.metadata.version]);
  assert.equal(Object.keys(json), ['user_id', 'recommendations', 'recommendation_id', 'source', 'model']);
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
  assert.is((await mounted.request('/shop/customers/never-seen')).status, 404);
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
    ['GET', '/customers//ann'],
    ['GET', '/Customers/ann'],
  ]) {
    await app.request(path, { method });
  }
  assert.equal(
    seen.map(({ path }) => path),
    ['/customers/{id}', '/customers/{id}', '/customers/{id}', '/customers/{id}', '/customers//{id}', '/Customers/{id}'],
  );
  assert.not.match(JSON.stringify(seen), /ann/);
});

test.run();
