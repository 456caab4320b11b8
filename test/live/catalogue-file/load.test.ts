import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { EndcapError } from '../../../src/errors.ts';
import { createShop } from '../../../src/live/shop.ts';
import { openSqliteStore } from '../../../src/live/store/sqlite/sqlite.ts';
import type { Shop } from '../../../src/live/types.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite<{ folder: string; file: string; store: string }>('catalogue file: loading');
const model = await fit(await readOrders(sampleOrders({ lines: 2000 })), { factors: 8, iterations: 3, threads: 1 });
const { products } = model;
/** Of the model's products, those that the shop sells today. */
const sold = products.slice(0, 40);

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-catalogue-'));
  context.file = join(context.folder, 'products.csv');
  context.store = join(context.folder, 'shop.db');
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

type Line = { id: string; stock?: number | string; price?: number | string; name?: string };

function write(file: string, lines: readonly Line[]): void {
  const text = lines.map(({ id, stock = 5, price = 10, name = `Product ${id}` }) => `${id},${name},${price},${stock}`);
  writeFileSync(file, `sku,name,price,stock\n${text.join('\n')}\n`);
}

const selling = (...soldOut: string[]): Line[] => sold.map((id) => ({ id, stock: soldOut.includes(id) ? 0 : 5 }));

/** What any list holds. */
async function listed(shop: Shop): Promise<string[]> {
  const { items } = await shop.recommend('nobody', { n: 1000 });
  return items.map(({ product }) => product).sort();
}

async function within(options: { store?: string; catalogue?: string }, use: (shop: Shop) => Promise<void>) {
  const shop = await createShop({ model, threads: 1, ...options });
  try {
    await use(shop);
  } finally {
    await shop.close();
  }
}

for (const kept of [false, true]) {
  const where = kept ? 'in a store' : 'in memory';
  const open = (context: { store: string; file: string }, use: (shop: Shop) => Promise<void>) =>
    within({ catalogue: context.file, ...(kept && { store: context.store }) }, use);

  test(`${where}, lists hold what the file has and can be bought`, async (context) => {
    write(context.file, [...selling(sold[0]), { id: 'NEW' }]);
    await open(context, async (shop) => {
      assert.equal(await listed(shop), sold.slice(1));
      const { catalogue } = shop.status();
      assert.equal(catalogue, {
        products: sold.length + 1,
        unavailable: 1,
        unknown: 1,
        notInFile: products.length - sold.length,
      });
      const [first] = (await shop.recommend('nobody', { n: 1 })).items;
      assert.is(first.name, `Product ${first.product}`);
    });
  });

  test(`${where}, a reload writes what changed, and unlists what is gone`, async (context) => {
    write(context.file, selling());
    await open(context, async (shop) => {
      assert.is(shop.status().files.catalogue?.changed, sold.length);
      write(context.file, [...selling(sold[0]).slice(0, -1), { id: products[50] }]);
      const { catalogue } = await shop.reload();
      assert.is(catalogue?.changed, 2);
      assert.is(catalogue?.removed, 1);
      assert.is(catalogue?.notInFile, products.length - sold.length);
      assert.equal(await listed(shop), [...sold.slice(1, -1), products[50]].sort());
      write(context.file, selling());
      assert.is((await shop.reload()).catalogue?.changed, 2);
      assert.equal(await listed(shop), sold);
    });
  });

  test(`${where}, what was said after the file stays until its line changes`, async (context) => {
    write(context.file, selling());
    await open(context, async (shop) => {
      await shop.patchProducts([
        { product: sold[0], available: false, name: 'Renamed', url: '/kept' },
        { product: sold[1], name: 'Renamed', url: '/renamed' },
        { product: products[50], available: true },
        { product: products[51], price: 3 },
      ]);
      assert.is((await shop.reload()).catalogue?.changed, 0);
      assert.equal(await listed(shop), [...sold.slice(1), products[50]].sort());
      write(context.file, [{ id: sold[0], stock: 6, price: 11 }, ...selling().slice(1)]);
      assert.is((await shop.reload()).catalogue?.changed, 1);
      assert.equal(await listed(shop), [...sold, products[50]].sort());
      // What the file has no column for is as it was said.
      const { items } = await shop.recommend('nobody', { n: 1000, fields: ['url', 'price'] });
      const { name, url, price } = items.find(({ product }) => product === sold[0])!;
      assert.equal({ name, url, price }, { name: `Product ${sold[0]}`, url: '/kept', price: 11 });
      write(context.file, [{ id: sold[0], stock: 6, price: '' }, ...selling().slice(1)]);
      await shop.reload();
      const again = (await shop.recommend('nobody', { n: 1000, fields: ['price'] })).items;
      // Without a price, it is that of the orders.
      assert.is(again.find(({ product }) => product === sold[0])!.price, model.productInfo[0].price);
      await shop.putProducts([{ product: sold[2] }]);
      assert.is((await shop.reload()).catalogue?.changed, 0);
    });
  });

  test(`${where}, a file that is wrong or cut off changes nothing`, async (context) => {
    write(context.file, selling());
    await open(context, async (shop) => {
      for (const [content, code] of [
        ['sku,name,price,stock\n', 'catalogue_unreadable'],
        ['', 'catalogue_unreadable'],
        ['sku,name\nX1,One\nX2,Two\n', 'catalogue_unreadable'],
        [`sku,stock\n${sold.slice(0, 10).join(',1\n')},1\n`, 'catalogue_lost'],
      ]) {
        writeFileSync(context.file, content);
        const { message, code: found } = await endcapErrorOf(shop.reload());
        assert.is(found, code, message);
        assert.match(message, context.file);
        assert.equal(await listed(shop), sold);
      }
      rmSync(context.file);
      assert.is((await endcapErrorOf(shop.reload())).code, 'catalogue_unreadable');
      write(context.file, selling().slice(0, 10));
      assert.is((await shop.reload({ acceptLoss: true })).catalogue?.removed, 30);
      assert.equal(await listed(shop), sold.slice(0, 10));
    });
  });
}

test('after a restart, what was said after the file stays, and so does what it unlisted', async ({ file, store }) => {
  write(file, selling(sold[0]));
  await within({ catalogue: file, store }, async (shop) => {
    await shop.patchProducts([{ product: sold[0], available: true }]);
  });
  await within({ catalogue: file, store }, async (shop) => {
    assert.is(shop.status().files.catalogue?.changed, 0);
    assert.equal(await listed(shop), sold);
  });
  await within({ store }, async (shop) => assert.equal(await listed(shop), sold));
});

test('another server over the same store lists the same, without the file', async ({ file, store }) => {
  write(file, selling(sold[0]));
  const shared = await openSqliteStore(store);
  const other = await createShop({ model, store: shared, threads: 1 });
  const shop = await createShop({ model, store: shared, catalogue: file, threads: 1 });
  await other.patchProducts([{ product: sold[1], available: false }]);
  assert.equal(await listed(other), sold.slice(2));
  assert.is((await shop.reload()).catalogue?.changed, 0);
  assert.equal(await listed(shop), sold.slice(2));
  await Promise.all([shop.close(), other.close()]);
  await shared.close();
});

test('a store that fails in the middle of a file has the rest when it is read again', async ({ file, store }) => {
  const real = await openSqliteStore(store);
  let calls = 0;
  const failing = {
    ...real,
    patchProducts: (entries: Parameters<typeof real.patchProducts>[0]) =>
      ++calls === 2 ? Promise.reject(new EndcapError('store_failed', 'no room')) : real.patchProducts(entries),
  };
  const many = Array.from({ length: 1500 }, (_, i) => `NEW-${i},1\n`).join('');
  writeFileSync(file, `sku,price\n${many}${sold.map((id) => `${id},1\n`).join('')}`);
  assert.is(
    (await endcapErrorOf(createShop({ model, store: failing, catalogue: file, threads: 1 }))).code,
    'store_failed',
  );
  const again = await createShop({ model, store: failing, catalogue: file, threads: 1 });
  assert.is(again.status().files.catalogue?.changed, 540);
  assert.equal(await listed(again), sold);
  await again.close();
  await real.close();
});

test('closing ends a reload', async ({ file }) => {
  write(file, selling());
  const shop = await createShop({ model, catalogue: file, threads: 1 });
  const reloading = endcapErrorOf(shop.reload());
  await shop.close();
  assert.is((await reloading).code, 'aborted');
});

test('a shop without a file has nothing to read again', async () => {
  await within({}, async (shop) => {
    assert.match((await endcapErrorOf(shop.reload())).message, 'no file to read again');
  });
  const wrong = await endcapErrorOf(createShop({ model, catalogue: '-' }));
  assert.is(wrong.details.option, 'catalogue');
});

test('reloads that are asked for at once run after each other, the last of them once', async ({ file }) => {
  write(file, selling());
  await within({ catalogue: file }, async (shop) => {
    const first = shop.reload();
    await new Promise((resolve) => setImmediate(resolve));
    const others = [shop.reload(), shop.reload()];
    await first;
    const [one, other] = await Promise.all(others);
    assert.is(one, other);
    assert.is.not(one, await first);
  });
});

test.run();
