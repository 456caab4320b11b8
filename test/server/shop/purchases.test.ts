import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../../src/errors.ts';
import { createShop } from '../../../src/live/shop.ts';
import { openSqliteStore } from '../../../src/live/store/sqlite/sqlite.ts';
import { maxRequestLines } from '../../../src/live/store/store.ts';
import { createApp } from '../../../src/server/app.ts';
import { openShopApp } from './open-shop-app.ts';

const test = suite('purchases and customers over HTTP');
const { folder, model, shop, errors, send, line, buy, list, holdDisk, close } = await openShopApp();
const [a, b] = model.products;
test.after(close);

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
    lists: [],
  });
  assert.equal((await send('DELETE', path)).json, { user_id: 'A B/ü', purchases: 1, in_model: false });
  assert.is((await send('GET', path)).json.error.code, 'unknown_customer');
  assert.equal((await send('DELETE', `/customers/${known}`)).json, { user_id: known, purchases: 0, in_model: true });
  const { source, unknown } = await list(known);
  assert.equal([source, unknown], ['popular', { user_id: [known] }]);
  for (const method of ['GET', 'DELETE']) assert.is((await send(method, `/customers/${'x'.repeat(501)}`)).status, 400);
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

test('of a thousand lines one that is wrong keeps out all, and so does one that is in conflict', async () => {
  const lines = Array.from({ length: maxRequestLines }, (_, i) =>
    line({ user_id: 'whole', order_id: 'whole', product_id: `p${i}` }),
  );
  const withLast = (last: object) => [...lines.slice(0, -1), { ...lines.at(-1), ...last }];
  assert.is((await buy([line({ user_id: 'other', order_id: 'taken' })])).status, 200);
  for (const key of [undefined, 'k-whole']) {
    const wrong = await buy(withLast({ quantity: 0 }), key);
    assert.equal([wrong.status, wrong.json.error.details.fields[0].field], [400, 'purchases[999].quantity']);
    assert.is((await buy(withLast({ order_id: 'taken' }), key)).status, 409);
    assert.is((await send('GET', '/customers/whole')).status, 404);
  }
  assert.equal((await buy(lines, 'k-whole')).json.accepted, maxRequestLines);
  assert.is((await buy(lines)).json.duplicates, maxRequestLines);
});

test('what there is of a customer comes a page at a time, each line once', async () => {
  const linesOf = (order_id: string, count: number) =>
    Array.from({ length: count }, (_, i) => line({ user_id: 'many', order_id, product_id: `p${i}` }));
  await buy(linesOf('m1', maxRequestLines));
  await buy(linesOf('m2', 5));
  const first = (await send('GET', '/customers/many')).json;
  assert.is(first.purchases.length, 1000);
  assert.equal([first.purchases[0].order_id, first.purchases[0].product_id], ['m2', 'p4']);
  const last = (await send('GET', `/customers/many?next=${first.next}`)).json;
  assert.equal(
    last.purchases.map(({ product_id }: { product_id: string }) => product_id),
    ['p4', 'p3', 'p2', 'p1', 'p0'],
  );
  assert.is(last.next, undefined);
  const wrong = await send('GET', '/customers/many?next=2');
  assert.equal([wrong.status, wrong.json.error.details.fields[0].field], [400, 'next']);
  await send('DELETE', '/customers/many');
});

test('a queue that is full is a 503 that says when to try again, and nothing of it is kept', async () => {
  const requests = Array.from({ length: 12 }, (_, i) =>
    Array.from({ length: maxRequestLines }, (_, product) =>
      line({ user_id: `q${i}`, order_id: `q${i}`, product_id: `p${product}` }),
    ),
  );
  const release = holdDisk();
  const pending = requests.map((lines) => buy(lines));
  // While the disk is held, only those that are refused are answered.
  await Promise.race(pending);
  release();
  const answers = await Promise.all(pending);
  const refused = answers.filter(({ status }) => status !== 200);
  assert.ok(refused.length > 0 && refused.length < requests.length);
  for (const { status, headers, json } of refused)
    assert.equal([status, headers.get('retry-after'), json.error.code], [503, '1', 'store_busy']);
  for (const [i, { status }] of answers.entries()) {
    const kept = await send('GET', `/customers/q${i}`);
    assert.is(kept.json.purchases?.length, status === 200 ? maxRequestLines : undefined);
    assert.is((await buy(requests[i])).json[status === 200 ? 'duplicates' : 'accepted'], maxRequestLines);
  }
});

test.run();
