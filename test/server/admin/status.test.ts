import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createShop } from '../../../src/live/shop.ts';
import { openSqliteStore } from '../../../src/live/store/sqlite/sqlite.ts';
import type { Shop } from '../../../src/live/types.ts';
import { createKey } from '../../../src/server/access/keys.ts';
import { createApp } from '../../../src/server/app.ts';
import { version } from '../../../src/version.ts';
import { fakeRecommender } from '../fake.ts';

const test = suite('GET /admin/status');
const folder = mkdtempSync(join(tmpdir(), 'endcap-status-'));
const { model } = fakeRecommender();
const taste = { ...model, metadata: { ...model.metadata, ranking: undefined } };
const store = await openSqliteStore(join(folder, 'shop.db'));
/** Purchases reach the store once this is resolved. */
let gate = Promise.resolve();
const slow = {
  ...store,
  append: (request: Parameters<typeof store.append>[0]) => gate.then(() => store.append(request)),
};
let shop: Shop | undefined;
const [admin, writing] = [await createKey(['admin']), await createKey(['write', 'read'])];
const records = [admin.record, writing.record];
const keys = { find: (id: string) => records.find((record) => record.id === id), count: records.length };
const app = createApp({ shop: () => shop, access: { keys } });

test.after(async () => {
  await shop?.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

async function statusAs(key: string) {
  const response = await app.request('/admin/status', { headers: { authorization: `Bearer ${key}` } });
  const text = await response.text();
  // biome-ignore lint/suspicious/noExplicitAny: read at any depth
  return { status: response.status, text, json: JSON.parse(text) as any };
}

test('needs an admin', async () => {
  assert.is((await app.request('/admin/status')).status, 401);
  assert.is((await statusAs(writing.key)).status, 403);
});

test('answers before there is a model', async () => {
  const { status, json } = await statusAs(admin.key);
  assert.is(status, 200);
  const { uptime_seconds: uptime, ...rest } = json;
  assert.ok(uptime >= 0);
  assert.equal(rest, { status: 'loading', endcap: version, keys: 2 });
});

test('says what is served, in numbers', async () => {
  shop = await createShop({ model: taste, store: slow, threads: 1 });
  const line = { customer: 'secret-customer', order: 'secret-order', product: 'secret-product' };
  await shop.recordPurchases([{ ...line, quantity: 1 }]);
  await shop.recordPurchases([{ ...line, product: 'P1', quantity: 1 }]);
  await shop.putProducts([{ product: 'P1', available: false }, { product: 'secret-product' }]);
  await shop.eraseCustomer('erased');
  await shop.recommend('secret-customer');
  let open = () => {};
  gate = new Promise((resolve) => {
    open = resolve;
  });
  const pending = shop.recordPurchases([{ ...line, product: 'P2', quantity: 1 }]);
  const { json, text } = await statusAs(admin.key);
  open();
  await pending;
  assert.is(json.status, 'ready');
  assert.is(json.model.version, model.metadata.version);
  assert.equal([json.model.customers, json.model.products], [2, 8]);
  assert.ok(json.kernel.isa);
  assert.is(json.store.kind, 'sqlite');
  assert.is(json.store.failing, false);
  assert.is(json.store.queue, 1);
  assert.equal(json.catalogue, { products: 2, unavailable: 1, unknown: 1, not_in_file: 0 });
  assert.is(json.customers.erased, 1);
  assert.not.match(text, /secret/);
  assert.not.ok(text.includes(admin.record.id));
  assert.is((await statusAs(admin.key)).json.store.queue, 0);
});

test('says since when the model answers, and why another one does not', async () => {
  const before = (await statusAs(admin.key)).json.model;
  assert.equal([before.swaps, before.rollbacks, before.refusals, before.refused], [0, 0, 0, undefined]);
  const other = { ...taste, customers: ['secret-1', 'secret-2'] };
  await shop!.useModel(other).catch(() => {});
  const refused = (await statusAs(admin.key)).json.model;
  assert.equal([refused.since, refused.refusals], [before.since, 1]);
  assert.match(refused.refused.reason, /knows .* 0 of the 2 customers/);
  assert.ok(Date.parse(refused.refused.at) >= Date.parse(before.since));
  await shop!.useModel({ ...taste, metadata: { ...taste.metadata, version: 'b' } }, { acceptLoss: true });
  const { version, swaps, since, refused: none } = (await statusAs(admin.key)).json.model;
  assert.equal([version, swaps, none], ['b', 1, undefined]);
  assert.ok(Date.parse(since) > Date.parse(before.since));
});

test('tells up to which place the purchases of the store were read', async () => {
  await shop!.close();
  shop = await createShop({ model: taste, store: slow, threads: 1 });
  const last = (await store.purchasesAfter(0, 100)).at(-1)!;
  assert.is((await statusAs(admin.key)).json.store.seq, last.seq);
});

test.run();
