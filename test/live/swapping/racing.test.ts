import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { createShop } from '../../../src/live/shop.ts';
import { openSqliteStore } from '../../../src/live/store/sqlite/sqlite.ts';
import type { ShopStore } from '../../../src/live/store/store.ts';
import type { Shop } from '../../../src/live/types.ts';
import { saveModel } from '../../../src/model/file/file.ts';
import { createRandom } from '../../../src/random.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { createApp } from '../../../src/server/app.ts';
import { fit } from '../../../src/training/fit.ts';
import { afterThisTest } from '../../support/after-this-test.ts';
import { until } from '../../support/until.ts';
import { withoutId } from '../../support/without-id.ts';

const test = suite<{ folder: string }>('swaps among requests');

/** Ids that nothing else looks like. The second model knows other products and customers, too. */
const modelOf = async (lines: number, seed: number) => {
  const records = [...sampleOrders({ lines })].map((record) => ({
    ...record,
    customer_id: `shopper-${record.customer_id}@example.com`,
  }));
  return fit(await readOrders(records), { factors: 8, iterations: 2, threads: 1, seed });
};
const models = [await modelOf(1200, 1), await modelOf(1500, 2)];
const [first, second] = models;
const customers = [...new Set([...first.customers.slice(0, 12), ...second.customers.slice(-12)])];
const products = [...new Set([...first.products.slice(0, 6), ...second.products.slice(0, 12)])];
const soon = afterThisTest();

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-racing-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const someTurns = async (count: number) => {
  for (let i = 0; i < count; i++) await new Promise(setImmediate);
};

test('over HTTP no request fails, and each answer is whole: its version is that of its list', async () => {
  const requests: [string, object][] = [
    ...customers.map((user_id): [string, object] => [
      '/recommend',
      { user_id, explain: true, deny: products.slice(0, 2) },
    ]),
    ...customers.slice(0, 6).map((user_id): [string, object] => ['/recommend', { user_id }]),
    ['/recommend', { basket: products.slice(0, 3), per_category: 1 }],
    ...first.products.slice(0, 4).map((product_id): [string, object] => ['/similar', { product_id }]),
    ['/bought-together', { product_id: products[0] }],
    // Whoever one of the models does not know has no answer that says which one it was.
    ['/similar-customers', { user_id: first.customers.find((id) => second.customers.includes(id)) }],
  ];
  const ask = async (app: ReturnType<typeof createApp>, [path, body]: [string, object]) => {
    const headers = { 'content-type': 'application/json' };
    const response = await app.request(path, { method: 'POST', headers, body: JSON.stringify(body) });
    // Each list has an id of its own.
    return `${response.status} ${(await response.text()).replace(/"recommendation_id":"[^"]+",/, '')}`;
  };
  const expected = new Map<string, string[]>();
  for (const model of models) {
    const recommender = createRecommender(model, { threads: 1 });
    const app = createApp({ recommender });
    const answers = await Promise.all(requests.map((request) => ask(app, request)));
    expected.set(model.metadata.version, answers);
    await recommender.close();
  }
  const shop = await createShop({ model: first, threads: 1 });
  const app = createApp({ shop });
  let isDone = false;
  let answered = 0;
  const seen = new Set<string>();
  const client = async (offset: number) => {
    for (let i = offset; !isDone || i < requests.length; i++) {
      const place = i % requests.length;
      const answer = await ask(app, requests[place]);
      const [version] = [...expected.keys()].filter((version) => answer.includes(`"model":"${version}"`));
      assert.is(answer, expected.get(version)?.[place]);
      seen.add(version);
      answered++;
    }
  };
  const clients = Promise.all([0, 3, 9, 17].map(client)).finally(() => {
    isDone = true;
  });
  // It is awaited below.
  clients.catch(() => {});
  for (let swap = 1; swap <= 8; swap++) {
    const before = answered;
    await shop.useModel(models[swap % 2], { acceptLoss: true });
    while (answered < before + 5 && !isDone) await someTurns(1);
  }
  isDone = true;
  await clients;
  assert.is(seen.size, 2);
  await shop.close();
});

test('what was begun is answered by the model that was asked: batches, too, and those that are left', async () => {
  const shop = await createShop({ model: first, threads: 1 });
  const listed = async (batch: ReturnType<Shop['recommendAll']>, after = async () => {}) => {
    const lists = [];
    for await (const list of batch) {
      if (lists.push(list) === 3) await after();
    }
    return lists;
  };
  const whole = await listed(shop.recommendAll({ n: 3 }));
  const blocks = shop.recommendBlocks({ n: 2 });
  const left = shop.recommendAll({ n: 3 });
  assert.equal((await left.next()).value, whole[0]);
  const lists = await listed(shop.recommendAll({ n: 3 }), async () => {
    await shop.useModel(second, { acceptLoss: true });
    assert.is(shop.recommendSync(second.customers[0], { n: 1 }).items[0].row < second.products.length, true);
  });
  assert.equal(lists, whole);
  assert.equal((await left.next()).value, whole[1]);
  await left.return(undefined);
  const { value } = await blocks.next();
  assert.is(value!.customers, Math.min(value!.customers, first.customers.length));
  assert.equal([value!.firstCustomer, shop.model], [0, second]);
  for await (const _ of blocks);
  await shop.close();
});

test('what is written while the next model reads the store counts in its first lists', async ({ folder }) => {
  const database = await openSqliteStore(join(folder, 'shop.db'));
  /** Keeps the next pages of purchases from being answered. */
  let gate: Promise<void> | undefined;
  let reads = 0;
  const purchasesAfter: ShopStore['purchasesAfter'] = async (...place) => {
    const page = await database.purchasesAfter(...place);
    reads++;
    await gate;
    return page;
  };
  const path = join(folder, 'model.safetensors');
  await saveModel(first, path);
  const shop = await createShop({ model: path, store: { ...database, purchasesAfter }, threads: 1 });
  const [gone, buyer] = first.customers.filter((id) => second.customers.includes(id));
  let open = () => {};
  gate = new Promise((resolve) => {
    open = resolve;
  });
  const before = reads;
  await saveModel(second, path);
  const reloading = shop.reload({ acceptLoss: true });
  while (reads === before) await someTurns(1);
  const [bought, soldOut] = second.products;
  await shop.recordPurchases([{ customer: buyer, order: 'w1', product: bought, quantity: 3, time: soon }]);
  await shop.putProducts([{ product: soldOut, available: false }, { product: 'N1' }]);
  await shop.eraseCustomer(gone);
  assert.is(shop.model.metadata.version, first.metadata.version);
  open();
  await reloading;
  const lists = await Promise.all([buyer, gone].map((id) => shop.recommend(id, { n: second.products.length })));
  assert.is(shop.model.metadata.version, second.metadata.version);
  assert.is((await shop.newProducts()).items[0].product, 'N1');
  assert.is(lists[1].source, 'popular');
  for (const { items } of lists) assert.not.ok(items.some(({ product }) => product === soldOut));
  const fresh = await createShop({ model: second, store: database, threads: 1 });
  assert.equal(withoutId(lists[0]), withoutId(await fresh.recommend(buyer, { n: second.products.length })));
  await fresh.close();
  await shop.close();
  await database.close();
});

/** A store each of whose answers takes another number of turns. */
function slowed(store: ShopStore, seed: number): ShopStore {
  const random = createRandom(seed);
  const slow = <A extends unknown[], R>(ask: (...args: A) => Promise<R>) => {
    return async (...args: A): Promise<R> => {
      await someTurns(random.uniform() * 4);
      const answer = await ask(...args);
      await someTurns(random.uniform() * 4);
      return answer;
    };
  };
  const asked = [
    'append',
    'purchasesAfter',
    'purchasesOf',
    'putProducts',
    'patchProducts',
    'productsAfter',
    'erase',
  ] as const;
  const slowly = Object.fromEntries(
    [...asked, 'erasuresAfter' as const].map((name) => [name, slow(store[name] as () => Promise<unknown>)]),
  );
  return { ...store, ...slowly };
}

/** All that a shop says of some customers and products. */
async function said(shop: Shop) {
  const ids = [...customers, 'stranger 1', 'stranger 2'];
  return {
    version: shop.model.metadata.version,
    lists: await Promise.all(
      ids.map(async (id) => withoutId(await shop.recommend(id, { n: 8, fields: ['price', 'available'] }))),
    ),
    cheap: withoutId(await shop.recommend('nobody', { filter: { field: 'price', max: 3 } })),
    added: (await shop.newProducts()).items.map(({ product }) => product).sort(),
    catalogue: shop.status().catalogue,
    erased: shop.status().erasedCustomers,
    seq: shop.status().seq,
  };
}

test('nothing that is written around a swap is lost, forgotten, or comes back', async ({ folder }) => {
  const path = join(folder, 'model.safetensors');
  for (let seed = 1; seed <= 4; seed++) {
    const random = createRandom(seed);
    const oneOf = <T>(list: readonly T[]): T => list[Math.floor(random.uniform() * list.length)];
    const database = await openSqliteStore(join(folder, `${seed}.db`));
    await saveModel(first, path);
    const shop = await createShop({ model: path, store: slowed(database, seed), threads: 1 });
    const erased = new Set<string>();
    // Whoever is erased buys nothing afterwards, or they would be known again.
    const [goers, buyers] = [customers.slice(0, 6), ['stranger 1', 'stranger 2', ...customers.slice(6)]];
    const early = goers.map((customer, i) => ({
      customer,
      order: `early ${i}`,
      product: products[i],
      quantity: 1,
      time: soon,
    }));
    await shop.recordPurchases(early);
    const write = async (i: number): Promise<void> => {
      const what = random.uniform();
      const product = oneOf([...products, 'new 1', 'new 2']);
      if (what < 0.5) {
        await shop.recordPurchases([{ customer: oneOf(buyers), order: `${i}`, product, quantity: 1, time: soon + i }]);
      } else if (what < 0.9) {
        await shop.patchProducts([
          { product, available: random.uniform() < 0.5, price: Math.ceil(random.uniform() * 6) },
        ]);
      } else if (erased.size < 3) {
        const customer = oneOf(goers.filter((id) => !erased.has(id)));
        erased.add(customer);
        await shop.eraseCustomer(customer);
      }
    };
    const writes: Promise<void>[] = [];
    const writing = (async () => {
      for (let i = 0; i < 40; i++) {
        writes.push(write(i));
        await someTurns(random.uniform() * 12);
      }
    })();
    await someTurns(random.uniform() * 50);
    await saveModel(second, path);
    await shop.reload({ acceptLoss: true });
    await writing;
    await Promise.all(writes);
    const status = shop.status();
    assert.equal([status.model.version, status.model.swaps], [second.metadata.version, 1]);
    // What another server writes is read at a hint, or after a minute; an erasure reads on, too.
    while (shop.status().seq < (await lastPurchaseOf(database))) await shop.eraseCustomer('nobody at all');
    const before = await said(shop);
    for (const id of erased) assert.not.ok(shop.model.customers.includes(id));
    await until(() => shop.status().modelFile!.pending === 0, 10);
    for (const id of erased)
      assert.equal(
        readdirSync(folder).filter((name) => readFileSync(join(folder, name)).includes(id)),
        [],
        `seed ${seed}`,
      );
    await shop.close();
    const again = await createShop({ model: path, store: database, threads: 1 });
    assert.equal(withoutRows(before), withoutRows(await said(again)), `seed ${seed}`);
    await again.close();
    await database.close();
    for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
  }
});

async function lastPurchaseOf(store: ShopStore): Promise<number> {
  return (await store.purchasesAfter(0, 1000)).at(-1)?.seq ?? 0;
}

/** The file without erased customers has other rows of customers, not of products. */
const withoutRows = ({ erased: _, ...rest }: Awaited<ReturnType<typeof said>>) => rest;

test.run();
