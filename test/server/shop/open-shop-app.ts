/** A shop over a small model, and its app, for tests of what it says over HTTP. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOrders } from '../../../src/dataset/read.ts';
import { createShop } from '../../../src/live/shop.ts';
import { bounded } from '../../../src/live/store/group.ts';
import { openSqliteStore } from '../../../src/live/store/sqlite/sqlite.ts';
import type { PurchaseRequest } from '../../../src/live/store/store.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { createApp } from '../../../src/server/app.ts';
import { fit } from '../../../src/training/fit.ts';

export async function openShopApp() {
  const folder = mkdtempSync(join(tmpdir(), 'endcap-shop-http-'));
  const model = await fit(await readOrders(sampleOrders({ lines: 2000 })), { factors: 8, iterations: 2, threads: 1 });
  const store = await openSqliteStore(join(folder, 'shop.db'));
  let disk = Promise.resolve();
  const append = bounded((request: PurchaseRequest) => disk.then(() => store.append(request)));
  const shop = await createShop({ model, store: { ...store, append }, threads: 1 });
  /** What the app could not explain. */
  const errors: unknown[] = [];
  const app = createApp({ shop, onError: (error) => errors.push(error) });

  async function send(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
    const response = await app.request(path, {
      method,
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: answers are read at any depth
    return { status: response.status, headers: response.headers, json: (await response.json()) as any };
  }

  return {
    ...{ folder, model, shop, errors, app, send },
    line: (given: object = {}) => ({
      ...{ user_id: 'new', order_id: 'w1', product_id: model.products[0], quantity: 1 },
      ...given,
    }),
    buy: (lines: unknown[], key?: string) =>
      send('POST', '/purchases', { purchases: lines }, key === undefined ? {} : { 'idempotency-key': key }),
    list: async (user_id: string) => (await send('POST', '/recommend', { user_id, num_recommendations: 20 })).json,
    /** Purchases wait until the function that is returned is called. */
    holdDisk() {
      let release = () => {};
      disk = new Promise((resolve) => {
        release = resolve;
      });
      return release;
    },
    async close() {
      await shop.close();
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
