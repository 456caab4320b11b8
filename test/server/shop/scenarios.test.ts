import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { createShop } from '../../../src/live/shop.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { createKey } from '../../../src/server/access/keys.ts';
import { createApp } from '../../../src/server/app.ts';
import { fit } from '../../../src/training/fit.ts';

const test = suite('scenarios over HTTP');
const folder = mkdtempSync(join(tmpdir(), 'endcap-scenarios-http-'));
const model = await fit(await readOrders(sampleOrders({ lines: 2000 })), { factors: 8, iterations: 2, threads: 1 });
const open = () => createShop({ model, store: join(folder, 'shop.db'), threads: 1 });
let shop = await open();
let app = createApp({ shop });
const [userId] = model.customers;

test.after(async () => {
  await shop.close();
  rmSync(folder, { recursive: true, force: true });
});

async function send(method: string, path: string, body?: unknown, key?: string) {
  const response = await app.request(path, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...(key && { authorization: `Bearer ${key}` }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers are read at any depth
  return { status: response.status, json: (await response.json()) as any };
}

const builtIn = { home: { mix: 3 }, cart: {}, 'buy-again': { purchased: 'only' }, new: {} };

test('what is put is what lists are like, and is there after a restart', async () => {
  assert.equal((await send('GET', '/scenarios')).json, { scenarios: builtIn, rules: {}, experiments: {} });
  const [product] = model.products;
  await send('PUT', '/products', { products: [{ product_id: product, price: 0.1, image_url: '/a.png' }] });
  const settings = {
    scenarios: {
      home: { n: 7, fields: ['image_url'], explain: true },
      one: { rules: ['cheap'], fields: ['price'], purchased: 'allow', per_category: 9 },
    },
    rules: { cheap: { filter: { field: 'price', max: 0.1 }, from: '2026-01-31T12:00:00Z' } },
  };
  const put = await send('PUT', '/scenarios', settings);
  assert.is(put.status, 200);
  assert.equal(put.json, {
    ...{ scenarios: { ...builtIn, ...settings.scenarios }, rules: settings.rules, experiments: {} },
  });
  const check = async () => {
    assert.equal((await send('GET', '/scenarios')).json, put.json);
    const home = (await send('POST', '/recommend', { user_id: userId, scenario: 'home' })).json.recommendations;
    assert.is(home.length, 7);
    assert.ok(home[0].explanation);
    const own = { user_id: userId, scenario: 'home', num_recommendations: 2, explain: false };
    const { recommendations } = (await send('POST', '/recommend', own)).json;
    assert.equal([recommendations.length, recommendations[0].explanation], [2, undefined]);
    const only = (await send('POST', '/recommend', { user_id: userId, scenario: 'one' })).json.recommendations;
    assert.equal(
      only.map(({ product, price }: { product: string; price: number }) => [product, price]),
      [[product, 0.1]],
    );
    for (const path of ['/similar', '/bought-together']) {
      const { status, json } = await send('POST', path, { product_id: model.products[1], scenario: 'one' });
      assert.is(status, 200);
      assert.ok(json.recommendations.every((item: { product: string }) => item.product === product));
    }
    const byRule = { user_id: userId, purchased: 'allow', rules: ['cheap'] };
    assert.is((await send('POST', '/recommend', byRule)).json.recommendations.length, 1);
  };
  await check();
  await shop.close();
  shop = await open();
  app = createApp({ shop });
  await check();
  assert.equal((await send('PUT', '/scenarios', {})).json, { scenarios: builtIn, rules: {}, experiments: {} });
});

test('what is wrong is named by its place, and nothing changes', async () => {
  const before = (await send('GET', '/scenarios')).json;
  for (const [settings, field] of [
    [{ scenarios: { home: { size: 3 } } }, 'scenarios.home.size'],
    [{ scenarios: { home: { per_category: 0 } } }, 'scenarios.home.per_category'],
    [
      { scenarios: { home: { filter: { and: [{ field: 'colour', equals: 1 }] } } } },
      'scenarios.home.filter.and[0].field',
    ],
    [{ scenarios: { home: { rules: ['x'] } } }, 'scenarios.home.rules[0]'],
    [{ rules: { r: { from: 'now' } } }, 'rules.r.from'],
    [{ scenario: {} }, 'scenario'],
    [{ scenarios: Object.fromEntries(Array.from({ length: 150 }, (_, i) => [`s${i}`, {}])) }, 'scenarios'],
    [{ scenarios: { home: { rules: new Array(150).fill('r') } }, rules: { r: {} } }, 'scenarios.home.rules'],
    [[], 'body'],
  ] as const) {
    const { status, json } = await send('PUT', '/scenarios', settings);
    assert.is(status, 400, field);
    assert.is(json.error.code, 'invalid_request');
    assert.is(json.error.details.fields[0].field, field);
  }
  assert.equal((await send('GET', '/scenarios')).json, before);
  for (const [body, message] of [
    [{ user_id: userId, scenario: 'hom' }, /scenario: 'hom'.*home, cart, buy-again, new/],
    [{ user_id: userId, scenario: '' }, /^scenario: /],
    [{ user_id: userId, rules: ['x'] }, /rules\[0\]: expected no rule/],
    [{ scenario: 'home' }, /^user_id: /],
  ] as const) {
    const { status, json } = await send('POST', '/recommend', body);
    assert.is(status, 400);
    assert.match(json.error.message, message);
  }
  const recommender = createRecommender(model, { threads: 1 });
  const plain = createApp({ recommender });
  for (const body of [{ scenario: 'home' }, { rules: ['x'] }]) {
    const response = await plain.request('/recommend', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ user_id: userId, ...body }),
    });
    assert.is(response.status, 400);
    assert.match(await response.text(), /only a running shop/);
  }
  await recommender.close();
});

test('settings take a key that may do everything', async () => {
  const made = await Promise.all((['read', 'write', 'admin'] as const).map((scope) => createKey([scope])));
  const keys = { find: (id: string) => made.map(({ record }) => record).find((record) => record.id === id) };
  app = createApp({ shop, access: { keys } });
  for (const [method, body] of [['GET'], ['PUT', {}]] as const) {
    const statuses = [];
    for (const key of [undefined, ...made.map(({ key }) => key)])
      statuses.push((await send(method, '/scenarios', body, key)).status);
    assert.equal(statuses, [401, 403, 403, 200], method);
  }
  app = createApp({ shop });
});

test('the document has an example of settings, which the server takes', async () => {
  const { components, paths } = (await send('GET', '/openapi.json')).json;
  assert.equal(Object.keys(paths['/scenarios']), ['get', 'put']);
  const [example] = components.schemas.ScenarioSettings.examples;
  const { status, json } = await send('PUT', '/scenarios', example);
  assert.is(status, 200);
  assert.equal({ ...json, scenarios: { ...example.scenarios, cart: {}, new: {} } }, json);
});

test.run();
