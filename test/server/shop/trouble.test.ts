/** What clients see while the store of a shop is in trouble. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { createShop } from '../../../src/live/shop.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { createApp } from '../../../src/server/app.ts';
import { createMetrics } from '../../../src/server/metrics.ts';
import { fit } from '../../../src/training/fit.ts';
import { startOwnPostgres } from '../../support/postgres.ts';
import { testUnless } from '../../support/skip.ts';

const test = suite('a store in trouble, over HTTP');
const model = await fit(await readOrders(sampleOrders({ lines: 2000 })), { factors: 8, iterations: 2, threads: 1 });
const [known] = model.customers;

async function openApp(store: string) {
  const shop = await createShop({ model, store, threads: 1 });
  const app = createApp({ shop, metrics: createMetrics(() => shop), onError: () => {} });
  let orders = 0;
  const post = async (path: string, body: object) =>
    app.request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  return {
    close: () => shop.close(),
    /** Buys so many products in an order of their own. */
    buy(products = 1) {
      const order = `o${orders++}`;
      const product = (place: number) => model.products[place] ?? `product ${place}`;
      const purchases = Array.from({ length: products }, (_, place) => {
        return { user_id: 'ann', order_id: order, product_id: product(place), quantity: 1 };
      });
      return post('/purchases', { purchases });
    },
    /** Whether lists are made, what /health/ready says of the store, and the metric. */
    async health() {
      const list = await post('/recommend', { user_id: known });
      const ready = await app.request('/health/ready');
      const [, failing] = /^endcap_store_failing (\d)$/m.exec(await (await app.request('/metrics')).text())!;
      return [list.status, ready.status, ((await ready.json()) as { store: string }).store, failing];
    },
  };
}

async function checkRefused(response: Response): Promise<void> {
  assert.is(response.status, 503);
  assert.is(response.headers.get('retry-after'), '1');
  assert.is(((await response.json()) as { error: { code: string } }).error.code, 'store_failed');
}

const works = [200, 200, 'works', '0'];
const fails = [200, 200, 'fails', '1'];

const folder = mkdtempSync(join(tmpdir(), 'endcap-trouble-'));
const disk = join(folder, 'disk');
let cannotMount: string | undefined;
try {
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' });
} catch {
  cannotMount = 'this process may not mount a small disk';
}

testUnless(test, cannotMount, 'on a full disk lists go on, purchases are a 503, and ready says so', async () => {
  const { buy, health, close } = await openApp(join(disk, 'shop.db'));
  assert.is((await buy()).status, 200);
  assert.equal(await health(), works);
  writeFileSync(join(disk, 'other'), Buffer.alloc(600_000));
  let response = await buy(1000);
  for (let tries = 0; response.status === 200 && tries < 20; tries++) response = await buy(1000);
  await checkRefused(response);
  assert.equal(await health(), fails);
  rmSync(join(disk, 'other'));
  assert.is((await buy()).status, 200);
  assert.equal(await health(), works);
  await close();
});

const started = await startOwnPostgres();
const noPostgres = typeof started === 'string' ? started : undefined;
const server = () => started as Exclude<typeof started, string>;

testUnless(
  test,
  noPostgres,
  'while the database is away lists go on, purchases are a 503, and it comes back',
  async () => {
    const { buy, health, close } = await openApp(await server().newDatabase());
    assert.is((await buy()).status, 200);
    assert.equal(await health(), works);
    const crash = server().crash();
    let response = await buy();
    while (response.status === 200) response = await buy();
    await checkRefused(response);
    assert.equal(await health(), fails);
    await crash;
    assert.is((await buy()).status, 200);
    assert.equal(await health(), works);
    await close();
  },
);

test.after(async () => {
  if (cannotMount === undefined) execFileSync('umount', [disk]);
  rmSync(folder, { recursive: true, force: true });
  if (noPostgres === undefined) await server().stop();
});

test.run();
