import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { createShop } from '../../../src/live/shop.ts';
import { saveModel } from '../../../src/model/file/file.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { createKey } from '../../../src/server/access/keys.ts';
import { createApp } from '../../../src/server/app.ts';
import { fit } from '../../../src/training/fit.ts';

const test = suite('reloading over HTTP');
const folder = mkdtempSync(join(tmpdir(), 'endcap-reload-http-'));
const file = join(folder, 'products.csv');
const model = await fit(await readOrders(sampleOrders({ lines: 2000 })), { factors: 8, iterations: 2, threads: 1 });
const sold = model.products.slice(0, 30);
const write = (ids: readonly string[]) => writeFileSync(file, `sku,price\n${ids.map((id) => `${id},5\n`).join('')}`);
write(sold);
const shop = await createShop({ model, catalogue: file, threads: 1 });
const app = createApp({ shop });

test.after(async () => {
  await shop.close();
  rmSync(folder, { recursive: true, force: true });
});

async function reload(query = '', on = app, headers: Record<string, string> = {}) {
  const response = await on.request(`/admin/reload${query}`, { method: 'POST', headers });
  // biome-ignore lint/suspicious/noExplicitAny: answers are read at any depth
  return { status: response.status, json: (await response.json()) as any };
}

test('the answer says what was read, and what changed', async () => {
  writeFileSync(
    file,
    `sku,price,stock\n${sold.map((id, i) => `${id},${i === 1 ? 'free' : 5},${i}`).join('\n')}\n,1,1\n`,
  );
  const { status, json } = await reload();
  assert.is(status, 200);
  assert.equal(json.catalogue, {
    columns: { product: ['sku'], price: ['price'], stock: ['stock'] },
    records: 31,
    products: 30,
    known: 30,
    listed: 29,
    changed: 30,
    removed: 0,
    not_in_file: model.products.length - 30,
    faults: {
      'unreadable price': { records: 1, examples: [{ line: 3, value: 'free' }] },
      'missing product': { records: 1, examples: [{ line: 32, value: '' }] },
    },
  });
  assert.is((await reload()).json.catalogue.changed, 0);
});

test('a wrong file is refused, and half a file unless it is accepted', async () => {
  write(['X']);
  const wrong = await reload();
  assert.is(wrong.status, 422);
  assert.is(wrong.json.error.code, 'catalogue_unreadable');
  assert.match(wrong.json.error.message, `no column of ${file} has the ids of the model's products`);
  write(sold.slice(0, 3));
  const lost = await reload();
  assert.is(lost.status, 409);
  assert.equal(lost.json.error.details, { file, before: 29, after: 3 });
  assert.is(shop.status().catalogue.notInFile, model.products.length - 30);
  assert.is((await reload('?accept_loss=perhaps')).status, 400);
  assert.is((await reload('?accept_loss=true')).json.catalogue.removed, 27);
});

test('another model in the file is taken, and a damaged one, or that of another shop, is refused', async () => {
  const path = join(folder, 'model.safetensors');
  const { version } = model.metadata;
  const next = await fit(await readOrders(sampleOrders({ lines: 2000 })), { factors: 8, iterations: 1, threads: 1 });
  const foreign = { ...next, customers: next.customers.map((id) => `x${id}`) };
  await saveModel(model, path);
  const shop = await createShop({ model: path, threads: 1 });
  const on = createApp({ shop });
  assert.equal((await reload('', on)).json, {});
  writeFileSync(path, 'no model');
  const damaged = await reload('', on);
  assert.equal([damaged.status, damaged.json.error.code], [422, 'model_unreadable']);
  await saveModel(foreign, path);
  const lost = await reload('', on);
  assert.equal([lost.status, lost.json.error.code, lost.json.error.details.customers.known], [409, 'model_lost', 0]);
  await saveModel(next, path);
  assert.equal((await reload('', on)).json, { model: { version: next.metadata.version, before: version } });
  assert.is(shop.model.metadata.version, next.metadata.version);
  await shop.close();
});

test('it takes a key with the scope admin, and a file', async () => {
  const { key, record } = await createKey(['read', 'write']);
  const keys = { find: (id: string) => (id === record.id ? record : undefined) };
  const locked = createApp({ shop, access: { keys } });
  assert.is((await reload('', locked)).status, 401);
  assert.is((await reload('', locked, { authorization: `Bearer ${key}` })).status, 403);
  assert.is((await reload('', createApp({ shop: () => undefined }))).status, 503);
  const without = await createShop({ model, threads: 1 });
  const { status, json } = await reload('', createApp({ shop: without }));
  assert.is(status, 400);
  assert.match(json.error.message, 'no file to read again');
  await without.close();
});

test.run();
