/** How many products each list of a shop has, with all that may leave some out. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { createShop } from '../../src/live/shop.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { fit } from '../../src/training/fit.ts';
import { afterThisTest } from '../support/after-this-test.ts';

const test = suite('lengths of a shop’s lists');
const model = await fit(await readOrders(sampleOrders({ lines: 6000 })), { factors: 8, iterations: 2, threads: 1 });
const { customers, products, purchases, returned, boughtTogether } = model;
const folder = mkdtempSync(join(tmpdir(), 'endcap-lengths-'));
const shop = await createShop({ model, store: join(folder, 'shop.db'), threads: 1 });
test.after(async () => {
  await shop.close();
  rmSync(folder, { recursive: true });
});

const customer = customers[3];
const stranger = 'new';
const filter = { not: { field: 'attributes.shelf', equals: 'back' } } as const;
const isBehind = (row: number) => row % 3 === 0;
const isSoldOut = (row: number) => row % 4 === 1;
const [basket, denied] = [products[8], products[10]];
/** Bought since the model: by both, and two of them that a filter or the stock takes away. */
const bought = [1, 2, 3, 14].map((row) => products[row]);

await shop.putProducts(
  products.map((product, row) => ({
    product,
    available: !isSoldOut(row),
    attributes: { shelf: isBehind(row) ? 'back' : 'front' },
  })),
);
const time = afterThisTest();
for (const who of [customer, stranger])
  await shop.recordPurchases(
    bought.map((product) => ({ customer: who, order: `order of ${who}`, product, quantity: 1, time })),
  );

const listable = products.filter(
  (product, row) => !isBehind(row) && !isSoldOut(row) && product !== denied && product !== basket,
);
const rowsOf = (lists: { offsets: ArrayLike<number>; products: Uint32Array } | undefined, row: number) =>
  row < 0 || !lists ? [] : Array.from(lists.products.subarray(lists.offsets[row], lists.offsets[row + 1]));
const boughtBy = (who: string) =>
  new Set([...bought, ...rowsOf(purchases, customers.indexOf(who)).map((row) => products[row])]);
/** What was sent back in full is left out with what was bought, and is nothing to buy again. */
const sentBackBy = (who: string) => new Set(rowsOf(returned, customers.indexOf(who)).map((row) => products[row]));

type Items = readonly { product: string }[];

/** Lists of every length hold exactly the products that may be in them, as many as there are. */
async function check(eligible: readonly string[], list: (n: number) => Promise<Items>, what: string): Promise<void> {
  assert.ok(eligible.length > 0, what);
  for (const n of [1, 3, eligible.length - 1, eligible.length, eligible.length + 1, 500].filter((n) => n > 0)) {
    const ids = (await list(n)).map(({ product }) => product);
    assert.is(ids.length, Math.min(n, eligible.length), `${what}, n ${n}`);
    assert.is(new Set(ids).size, ids.length, what);
    assert.ok(
      ids.every((id) => eligible.includes(id)),
      `${what}, n ${n}`,
    );
  }
}

const options = { filter, deny: [denied, basket] };

test('personal and popular lists have as many products as there are, and all at once the same', async () => {
  for (const who of [customer, stranger, 'nobody'])
    for (const purchased of ['allow', 'exclude', 'only'] as const) {
      const has = who === 'nobody' ? new Set<string>() : boughtBy(who);
      const back = sentBackBy(who);
      const eligible = listable.filter((id) => {
        if (purchased === 'allow') return true;
        return purchased === 'only' ? has.has(id) : !has.has(id) && !back.has(id);
      });
      if (who === 'nobody' && purchased === 'only') continue;
      for (const more of [{}, { diversity: 0.4 }, { explain: true }]) {
        const what = `${who}, ${purchased}, ${JSON.stringify(more)}`;
        const list = async (n: number) => (await shop.recommend(who, { ...options, purchased, ...more, n })).items;
        await check(eligible, list, what);
        const batch = async (n: number) => {
          for await (const { customer, items } of shop.recommendAll({ ...options, purchased, ...more, n }))
            if (customer === who) return items;
          throw new Error(`no list of ${who}`);
        };
        if (who === customer && !('explain' in more)) await check(eligible, batch, `${what}, all at once`);
      }
    }
});

test('so have lists for a basket and of products', async () => {
  const forBasket = async (n: number) => (await shop.recommendForBasket([basket], { ...options, n })).items;
  await check(listable, forBasket, 'basket');
  await check(listable, async (n) => shop.similarProducts(basket, { ...options, n }), 'similar');
  const withOf = (row: number) => rowsOf(boughtTogether, row).map((other) => products[other]);
  const leftOf = (row: number) => listable.filter((id) => withOf(row).includes(id));
  const from = products.findIndex((_, row) => leftOf(row).length > 0 && leftOf(row).length < withOf(row).length);
  const eligible = leftOf(from);
  await check(eligible, async (n) => shop.boughtTogether(products[from], { ...options, n }), 'bought together');
});

test('what a known customer buys and sends back counts at once', async () => {
  const who = customers[5];
  const idsOf = async (purchased: 'exclude' | 'only') =>
    (await shop.recommend(who, { purchased, n: 500 })).items.map(({ product }) => product);
  const row = customers.indexOf(who);
  const [from, to] = [purchases.offsets[row], purchases.offsets[row + 1]];
  const pair = Array.from({ length: to - from }, (_, i) => from + i).find((i) => !isSoldOut(purchases.products[i]))!;
  const [owned, units] = [products[purchases.products[pair]], purchases.quantities![pair]];
  const [fresh] = await idsOf('exclude');
  const buy = (product: string, quantity: number, order: string) =>
    shop.recordPurchases([{ customer: who, order, product, quantity }]);
  const places = async () => {
    const [only, others] = [await idsOf('only'), await idsOf('exclude')];
    return [owned, fresh].map((id) => [only.includes(id), others.includes(id)]);
  };
  assert.equal(await places(), [[true, false], [false, true]]); // biome-ignore format: a pair each
  await buy(fresh, 2, 'n1');
  assert.equal(await places(), [[true, false], [true, false]]); // biome-ignore format: a pair each
  await buy(fresh, -1, 'n1');
  assert.equal(await places(), [[true, false], [true, false]]); // biome-ignore format: a pair each
  await buy(fresh, -1, 'n2');
  await buy(owned, -units, 'n3');
  // What was sent back was bought all the same, and is nothing to buy again.
  assert.equal(await places(), [[false, false], [false, false]]); // biome-ignore format: a pair each
});

test.run();
