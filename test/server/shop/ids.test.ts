/** An id is the same id however it is written, wherever a shop takes one, as it is in files of orders. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { createShop } from '../../../src/live/shop.ts';
import { createApp } from '../../../src/server/app.ts';
import { fit } from '../../../src/training/fit.ts';

const test = suite('ids of a shop over HTTP');
const folder = mkdtempSync(join(tmpdir(), 'endcap-shop-ids-'));
const lines = ['order,customer,product,quantity'];
for (let order = 0; order < 60; order++)
  for (let i = 0; i < 3; i++) lines.push(`${order},${700 + (order % 20)},${10_000 + ((order + i * i) % 12)},1`);
const orders = join(folder, 'orders.csv');
writeFileSync(orders, lines.join('\n'));
const model = await fit(await readOrders(orders), { factors: 4, iterations: 2, threads: 1 });
const catalogue = join(folder, 'products.csv');
writeFileSync(catalogue, `product id,title\n${model.products.map((id) => ` ${id}.0 ,No. ${id}`).join('\n')}\n`);
const shop = await createShop({ model, store: join(folder, 'shop.db'), catalogue, threads: 1 });
const app = createApp({ shop });

test.after(async () => {
  await shop.close();
  rmSync(folder, { recursive: true });
});

async function send(method: string, path: string, body?: object) {
  const response = await app.request(path, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: answers are read at any depth
  const json = (await response.json()) as any;
  assert.is(response.status, 200, JSON.stringify(json));
  return json;
}

const listed = async (body: object) =>
  (await send('POST', '/recommend', { user_id: 'nobody', num_recommendations: 50, ...body })).recommendations.map(
    ({ product }: { product: string }) => product,
  );

test('in a product file', () => {
  assert.equal(shop.status().catalogue, { products: 12, unavailable: 0, unknown: 0, notInFile: 0 });
});

test('of products that are written and changed', async () => {
  const sold = await send('PUT', '/products', { products: [{ product_id: ' 10000.0 ', available: false }] });
  assert.equal(sold, { accepted: 1, unknown_products: [] });
  assert.not.ok((await listed({})).includes('10000'));
  await send('PATCH', '/products', { products: [{ product_id: 10000, available: true }] });
  assert.ok((await listed({})).includes('10000'));
});

test('of customers, orders, and products that are bought', async () => {
  const line = { user_id: ' 700.0', order_id: 'w1 ', product_id: "'10001", quantity: 1 };
  assert.equal(await send('POST', '/purchases', { purchases: [line] }), {
    ...{ accepted: 1, duplicates: 0, unknown_products: [] },
  });
  const same = { user_id: 700, order_id: 'w1', product_id: ' 10001.0 ', quantity: 1 };
  assert.equal(await send('POST', '/purchases', { purchases: [same] }), {
    ...{ accepted: 0, duplicates: 1, unknown_products: [] },
  });
  const { user_id, purchases, model: known } = await send('GET', `/customers/${encodeURIComponent(' 700.0 ')}`);
  assert.equal([user_id, purchases[0].order_id, purchases[0].product_id], ['700', 'w1', '10001']);
  assert.ok(known.products.length > 0);
});

test('in pins, of scenarios and of requests', async () => {
  const pin = [{ product_id: ' 10007.0 ', position: 1 }];
  assert.is((await listed({ pin }))[0], '10007');
  await send('PUT', '/scenarios', { scenarios: { front: { pin } }, rules: {} });
  assert.is((await listed({ scenario: 'front' }))[0], '10007');
});

test('of whoever is erased', async () => {
  const erased = await send('DELETE', `/customers/${encodeURIComponent("'700.0")}`);
  assert.equal([erased.purchases, erased.in_model], [1, true]);
  assert.is((await send('POST', '/recommend', { user_id: 700 })).source, 'popular');
  for (const id of ['700', ' 700 ', '700.0'])
    assert.is((await app.request(`/customers/${encodeURIComponent(id)}`)).status, 404);
});

test.run();
