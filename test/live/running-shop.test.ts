import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { EndcapError } from '../../src/errors.ts';
import { createShop } from '../../src/live/shop.ts';
import { openSqliteStore } from '../../src/live/store/sqlite/sqlite.ts';
import type { ShopStore } from '../../src/live/store/store.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { fit } from '../../src/training/fit.ts';
import { endcapErrorOf } from '../support/errors.ts';
import { until } from '../support/until.ts';

const test = suite<{ folder: string; store: ShopStore }>('running shop');
const model = await fit(await readOrders(sampleOrders({ lines: 1000 })), { factors: 8, iterations: 2, threads: 1 });
const { products } = model;

test.before.each(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-shop-'));
  context.store = await openSqliteStore(join(context.folder, 'shop.db'));
});
test.after.each(async ({ folder, store }) => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const purchase = { customer: 'new', order: 'w1', product: products[0], quantity: 1 };

/** A store that says that there is something whenever `hint` is called. */
function hinting(store: ShopStore) {
  let hint = () => {};
  const watch = (changed: () => void) => {
    hint = changed;
    return () => {};
  };
  return { watched: { ...store, watch }, hint: () => hint() };
}

test('a store that can be written again is found to work, though the shop writes nothing', async ({ store }) => {
  const { watched, hint } = hinting(store);
  let isFull = false;
  const append: ShopStore['append'] = async (request) => {
    if (isFull) throw new EndcapError('store_failed', 'the disk is full');
    return store.append(request);
  };
  const shop = await createShop({ model, store: { ...watched, append }, threads: 1 });
  isFull = true;
  assert.is((await endcapErrorOf(shop.recordPurchases([purchase]))).code, 'store_failed');
  const { seq } = shop.status();
  const failsAfterHint = async () => {
    hint();
    for (let turn = 0; turn < 50 && shop.status().isFailing; turn++)
      await new Promise((resolve) => setTimeout(resolve, 5));
    return shop.status().isFailing;
  };
  assert.is(await failsAfterHint(), true);
  isFull = false;
  assert.is(await failsAfterHint(), false);
  assert.equal([shop.status().seq, await store.lastSeq()], [seq, seq]);
  await shop.close();
});

test('the status counts what the model has not learned, and nothing that it has', async ({ store }) => {
  const { watched, hint } = hinting(store);
  const shop = await createShop({ model, store: watched, threads: 1 });
  const before = model.metadata.account.lastPurchase! - 1;
  await shop.recordPurchases([purchase, { ...purchase, order: 'w2' }, { ...purchase, order: 'w0', time: before }]);
  hint();
  await until(() => shop.status().seq >= 3);
  assert.is(shop.status().newPurchases, 2);
  await shop.close();
});

test('a shop that is closed reads no store, whatever ends afterwards, and may be closed again', async ({ store }) => {
  const { watched, hint } = hinting(store);
  let isClosed = false;
  let readAfter = 0;
  let erase = () => {};
  const shop = await createShop({
    model,
    threads: 1,
    catalogue: undefined,
    store: {
      ...watched,
      erase: async (customer) => {
        await new Promise<void>((resolve) => {
          erase = resolve;
        });
        return store.erase(customer);
      },
      erasuresAfter: async (seq) => {
        if (isClosed) readAfter++;
        return store.erasuresAfter(seq);
      },
    },
  });
  const erasing = shop.eraseCustomer('somebody');
  await shop.close();
  isClosed = true;
  erase();
  await erasing;
  hint();
  await new Promise(setImmediate);
  assert.is(readAfter, 0);
  await shop.close();
});

test.run();
