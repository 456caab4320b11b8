import { Hono } from 'hono';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Shop } from '../../src/live/types.ts';
import { createApp } from '../../src/server/app.ts';
import { fakeRecommender } from './fake.ts';

const test = suite('health');
const version = '0123456789abcdef';

/** A shop of which only the status is asked. */
const shopWith = (store: 'sqlite' | undefined, isFailing = false): Shop => ({
  ...fakeRecommender(),
  ...({ recordPurchases: () => Promise.reject(new Error('not asked')) } as unknown as Shop),
  status: () => ({
    ...{ store, seq: 0, newPurchases: 0, isFailing, waitingPurchases: 0, keptCustomers: 0, erasedCustomers: 0 },
    catalogue: { products: 0, unavailable: 0, unknown: 0, notInFile: 0 },
    attribution: {
      days: 0,
      waiting: 0,
      kept: 0,
      dropped: 0,
      attributed: { recommend: 0, similar: 0, 'bought-together': 0 },
    },
    files: {},
    model: { version: 'a', since: 0, swaps: 3, rollbacks: 1, refusals: 2, swapSeconds: 0.5 },
    scenarios: { scenarios: 4, rules: 0, experiments: 0 },
  }),
});

async function ready(app: Hono, env?: object) {
  const response = await app.request('/health/ready', {}, env);
  const retryAfter = response.headers.get('retry-after');
  assert.is(retryAfter !== null, response.status === 503);
  // biome-ignore lint/suspicious/noExplicitAny: two shapes
  return { status: response.status, json: (await response.json()) as any };
}

test('a shop that is being opened is live and not ready, and takes nothing', async () => {
  let shop: Shop | undefined;
  const app = createApp({ shop: () => shop });
  const opening = await ready(app);
  assert.is(opening.status, 503);
  assert.is(opening.json.error.code, 'model_not_loaded');
  assert.equal(opening.json.error.details, { model: false, store: false });
  assert.is((await app.request('/health/live')).status, 200);
  const headers = { 'content-type': 'application/json' };
  const line = { user_id: 'a', order_id: 'b', product_id: 'c', quantity: 1 };
  const refused = [
    await app.request('/purchases', { method: 'POST', headers, body: JSON.stringify({ purchases: [line] }) }),
    await app.request('/products', { method: 'PUT', headers, body: '{"products": [{"product_id": 1}]}' }),
    await app.request('/products', { method: 'PATCH', headers, body: '{"products": [{"product_id": 1}]}' }),
    await app.request('/customers/a'),
    await app.request('/customers/a', { method: 'DELETE' }),
  ];
  assert.equal(
    refused.map(({ status }) => status),
    [503, 503, 503, 503, 503],
  );

  shop = shopWith('sqlite');
  assert.equal(await ready(app), { status: 200, json: { status: 'ready', model: version, store: 'works' } });
});

test('a store that fails leaves lists to be asked for, and no store is not mentioned', async () => {
  const failing = await ready(createApp({ shop: shopWith('sqlite', true) }));
  assert.equal(failing, { status: 200, json: { status: 'ready', model: version, store: 'fails' } });
  const none = { status: 200, json: { status: 'ready', model: version } };
  assert.equal(await ready(createApp({ shop: shopWith(undefined) })), none);
  assert.equal(await ready(createApp({ recommender: fakeRecommender() })), none);
  const absent = await ready(createApp({ recommender: () => undefined }));
  assert.equal(absent.json.error.details, { model: false });
});

test('a server that is stopping is not ready, also for an app that is mounted', async () => {
  let stops = false;
  const app = new Hono().route('/shop', createApp({ shop: shopWith('sqlite', true) }));
  const ask = async () => app.request('/shop/health/ready', {}, { isDraining: () => stops });
  assert.is((await ask()).status, 200);
  stops = true;
  const response = await ask();
  assert.is(response.status, 503);
  const { error } = (await response.json()) as { error: { code: string; details: object } };
  assert.equal([error.code, error.details], ['draining', { model: true, store: false }]);
});

test.run();
