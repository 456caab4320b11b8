import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { createShop } from '../../../src/live/shop.ts';
import { openSqliteStore } from '../../../src/live/store/sqlite/sqlite.ts';
import type { Shop } from '../../../src/live/types.ts';
import { loadModel, saveModel } from '../../../src/model/file/file.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';
import { afterThisTest } from '../../support/after-this-test.ts';
import { until } from '../../support/until.ts';
import { withoutId } from '../../support/without-id.ts';

const test = suite<{ folder: string; path: string; store: string }>('erasing customers of a shop');

const records = [...sampleOrders({ lines: 1500 })];
/** Ids that nothing else looks like. */
const orders = records.map((record) => ({ ...record, customer_id: `shopper-${record.customer_id}@example.com` }));
const model = await fit(await readOrders(orders), { factors: 8, iterations: 2, threads: 1 });
const { customers, products } = model;
const [first, gone, other, last] = [customers[0], customers[7], customers[8], customers.at(-1)!];
const soon = afterThisTest();

test.before.each(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-erasing-'));
  context.path = join(context.folder, 'model.safetensors');
  context.store = join(context.folder, 'shop.db');
  await saveModel(model, context.path);
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

/** The files of a folder that hold these bytes. */
const filesWith = (folder: string, text: string) =>
  readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(text));

const listsOf = (shop: Shop, of = customers) =>
  Promise.all(of.map(async (id) => withoutId(await shop.recommend(id, { n: 5, explain: true }))));
const others = (...erased: string[]) => customers.filter((id) => !erased.includes(id));

test('nothing of a customer is left in the files and in memory, and all others have the lists they had', async (context) => {
  const { folder, path, store } = context;
  const shop = await createShop({ model: path, store, attributionDays: 0, threads: 1 });
  const line = { customer: gone, order: 'w1', product: products[0], quantity: 1, time: soon };
  await shop.recordPurchases([line, { ...line, customer: other, order: 'w2' }]);
  const before = await listsOf(shop, others(gone));
  assert.equal(await shop.eraseCustomer(gone), { purchases: 1, inModel: false });
  assert.equal(filesWith(folder, gone), []);
  assert.equal(filesWith(folder, first), ['model.safetensors']);
  assert.not.ok(shop.model.customers.includes(gone));
  assert.equal(await listsOf(shop, others(gone)), before);
  assert.is((await shop.recommend(gone)).source, 'popular');
  assert.is(await shop.customerData(gone), undefined);
  for (const { customer } of await shop.similarCustomers(other, { n: 1000 })) assert.is.not(customer, gone);
  assert.equal(await shop.eraseCustomer(gone), { purchases: 0, inModel: false });
  assert.equal(shop.status().modelFile, { pending: 0 });
  await shop.close();
  const again = await createShop({ model: path, store, threads: 1 });
  assert.equal(await listsOf(again, others(gone)), before);
  assert.is(again.model.customers.length, customers.length - 1);
  await again.close();
});

test('whoever comes back after that is a stranger who bought something', async ({ path, store }) => {
  const shop = await createShop({ model: path, store, threads: 1 });
  await shop.eraseCustomer(gone);
  await shop.recordPurchases([{ customer: gone, order: 'w1', product: products[0], quantity: 1, time: soon }]);
  assert.is((await shop.recommend(gone)).source, 'personal');
  assert.equal((await shop.customerData(gone))!.model, undefined);
  await shop.close();
});

test('a customer whom the model does not know is in no example of a dropped record any more', async (context) => {
  const { folder, path, store } = context;
  const stranger = 'dropped-shopper@example.com';
  const examples = { 'missing product': [{ line: 7, value: stranger }] };
  const quoting = { ...model.metadata, account: { ...model.metadata.account, examples } };
  await saveModel({ ...model, metadata: quoting }, path);
  const shop = await createShop({ model: path, store, threads: 1 });
  assert.equal(filesWith(folder, stranger), ['model.safetensors']);
  assert.equal(await shop.eraseCustomer('nobody-at-all@example.com'), { purchases: 0, inModel: false });
  assert.equal(filesWith(folder, stranger), ['model.safetensors']);
  const before = await listsOf(shop);
  assert.equal(await shop.eraseCustomer(stranger), { purchases: 0, inModel: false });
  assert.equal(filesWith(folder, stranger), []);
  assert.equal(shop.model.metadata.account.examples, {});
  assert.equal(await listsOf(shop), before);
  await shop.close();
});

test('erasures at once, of neighbours, and of the first and the last', async ({ folder, path, store }) => {
  const shop = await createShop({ model: path, store, threads: 1 });
  const erased = [other, gone, first, last];
  const before = await listsOf(shop, others(...erased));
  for (const { inModel } of await Promise.all(erased.map((id) => shop.eraseCustomer(id)))) assert.is(inModel, false);
  for (const id of erased) assert.equal(filesWith(folder, id), []);
  assert.equal(await listsOf(shop, others(...erased)), before);
  await shop.close();
});

test('a shop whose customers are all erased goes on', async ({ path, store }) => {
  const shop = await createShop({ model: path, store, threads: 1 });
  const erased = await Promise.all(customers.map((id) => shop.eraseCustomer(id)));
  assert.not.ok(erased.some(({ inModel }) => inModel));
  await shop.close();
  const again = await createShop({ model: path, store, threads: 1 });
  assert.equal(again.model.customers, []);
  await again.recordPurchases([{ customer: first, order: 'w1', product: products[0], quantity: 1, time: soon }]);
  assert.is((await again.recommend(first)).source, 'personal');
  await again.close();
});

test('what a server did not get to is done by the next one', async ({ folder, path, store }) => {
  const opened = await openSqliteStore(store);
  await opened.erase(gone);
  await opened.close();
  const shop = await createShop({ model: path, store, threads: 1 });
  assert.is((await shop.recommend(gone)).source, 'popular');
  await until(() => shop.status().modelFile!.pending === 0, 10);
  assert.equal(filesWith(folder, gone), []);
  await shop.close();
});

test('a file that cannot be written is told, and the customer is barred all the same', async ({ path, store }) => {
  const shop = await createShop({ model: path, store, threads: 1 });
  rmSync(path);
  mkdirSync(path);
  assert.equal(await shop.eraseCustomer(gone), { purchases: 0, inModel: true });
  assert.equal(await shop.eraseCustomer(gone), { purchases: 0, inModel: true });
  const { pending, problem } = shop.status().modelFile!;
  assert.is(pending, 1);
  assert.match(problem!, 'it is a directory');
  assert.is((await shop.recommend(gone)).source, 'popular');
  await shop.close();
});

test('a model that was trained meanwhile is not lost', async ({ path, store }) => {
  const shop = await createShop({ model: path, store, threads: 1 });
  const newer = await fit(await readOrders(orders), { factors: 8, iterations: 1, threads: 1 });
  await saveModel(newer, path);
  assert.is((await shop.eraseCustomer(gone)).inModel, false);
  const { metadata, customers: left } = await loadModel(path);
  assert.equal([metadata.version, left.includes(gone)], [newer.metadata.version, false]);
  await shop.close();
});

test('a model that was given as an object is as it was', async ({ store }) => {
  const shop = await createShop({ model, store, threads: 1 });
  const before = structuredClone(model);
  assert.is((await shop.eraseCustomer(gone)).inModel, true);
  assert.equal(model.customers, before.customers);
  assert.equal(model.customerFactors, before.customerFactors);
  assert.equal(model.purchases.products, before.purchases.products);
  assert.is(shop.status().modelFile, undefined);
  await shop.close();
});

test.run();
