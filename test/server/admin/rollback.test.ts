import { mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { keepModel, keptModels } from '../../../src/live/models/kept.ts';
import { createShop } from '../../../src/live/shop.ts';
import { saveModel } from '../../../src/model/file/file.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { createKey } from '../../../src/server/access/keys.ts';
import { createApp } from '../../../src/server/app.ts';
import { fit } from '../../../src/training/fit.ts';

const test = suite('rolling back over HTTP');
const folder = mkdtempSync(join(tmpdir(), 'endcap-rollback-http-'));
const path = join(folder, 'm.safetensors');
const dataset = await readOrders(sampleOrders({ lines: 1000 }));
const [first, second] = await Promise.all(
  [1, 2].map((iterations) => fit(dataset, { factors: 8, iterations, threads: 1 })),
);
const [older, newer] = [first.metadata.version, second.metadata.version];
await saveModel({ ...first, metadata: { ...first.metadata, trainedAt: '2026-01-01T03:00:00.000Z' } }, path);
await keepModel(path);
await saveModel(second, path);
const shop = await createShop({ model: path, threads: 1 });
const app = createApp({ shop });

test.after(async () => {
  await shop.close();
  rmSync(folder, { recursive: true, force: true });
});

async function roll(body?: string, on = app, headers: Record<string, string> = {}, query = '') {
  const response = await on.request(`/admin/rollback${query}`, { method: 'POST', headers, body });
  // biome-ignore lint/suspicious/noExplicitAny: answers are read at any depth
  return { status: response.status, json: (await response.json()) as any };
}

const served = async () => {
  const response = await app.request('/model');
  return ((await response.json()) as { version: string }).version;
};

test('without a body the model before is served, and a version brings the other one back', async () => {
  assert.equal(await roll(), {
    status: 200,
    json: { version: older, before: newer, trained_at: '2026-01-01T03:00:00.000Z' },
  });
  assert.is(await served(), older);
  const { status, json } = await roll(JSON.stringify({ version: newer }));
  assert.equal([status, json.version, json.before], [200, newer, older]);
  assert.is(await served(), newer);
});

test('a version that is not kept is a 404 that lists those that are', async () => {
  const { status, json } = await roll(JSON.stringify({ version: 'nonsense' }));
  assert.is(status, 404);
  assert.is(json.error.code, 'unknown_version');
  assert.match(json.error.message, older);
});

test('a body that is wrong is a 400 that says where', async () => {
  for (const [body, code, message] of [
    ['{', 'invalid_json', 'the request body is not valid JSON'],
    ['{"version":1}', 'invalid_request', 'version: expected a version, as text of 1 to 100 characters'],
    ['{"to":"x"}', 'invalid_request', 'to is not a known field: expected one of version'],
    ['[]', 'invalid_request', 'body: expected an object with the fields version'],
  ]) {
    const { status, json } = await roll(body);
    assert.equal([status, json.error.code, json.error.message], [400, code, message]);
  }
  assert.is((await roll(`{"version":"${'x'.repeat(5000)}"}`)).status, 413);
});

test('a version in the query is a 400, and not another rollback than was asked for', async () => {
  const before = await served();
  const { status, json } = await roll(undefined, app, {}, `?version=${newer}`);
  assert.equal([status, json.error.code], [400, 'invalid_request']);
  assert.match(json.error.message, /^version: expected to be in the body, as \{"version": "\.\.\."\}/);
  assert.is(await served(), before);
});

test('it takes an admin key, and a model', async () => {
  const { key, record } = await createKey(['read', 'write']);
  const keys = { find: (id: string) => (id === record.id ? record : undefined) };
  assert.is(
    (await roll(undefined, createApp({ shop, access: { keys } }), { authorization: `Bearer ${key}` })).status,
    403,
  );
  const loading = createApp({ shop: () => undefined });
  assert.equal((await roll(undefined, loading)).json.error.code, 'model_not_loaded');
});

test('a damaged kept model is a 422, and what is served stays', async () => {
  const [{ file }] = await keptModels(path);
  truncateSync(file, 2000);
  const { status, json } = await roll(JSON.stringify({ version: older }));
  assert.is(status, 422);
  assert.is(json.error.code, 'model_unreadable');
  assert.is(await served(), newer);
});

test.run();
