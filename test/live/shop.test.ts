import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { createShop } from '../../src/live/shop.ts';
import { openSqliteStore } from '../../src/live/store/sqlite/sqlite.ts';
import type { Shop } from '../../src/live/types.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import type { Recommendation } from '../../src/recommending/types.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { fit } from '../../src/training/fit.ts';
import { afterThisTest } from '../support/after-this-test.ts';
import { endcapErrorOf } from '../support/errors.ts';
import { until } from '../support/until.ts';
import { withoutId } from '../support/without-id.ts';

const test = suite<{ path: string; folder: string }>('shop');
const model = await fit(await readOrders(sampleOrders({ lines: 2000 })), { factors: 8, iterations: 3, threads: 1 });
const { customers, products } = model;
const end = model.metadata.account.lastPurchase!;

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-shop-'));
  context.path = join(context.folder, 'shop.db');
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const open = (store?: string) => createShop({ model, threads: 1, ...(store && { store }) });

/** What `use` returns, of a shop that is closed afterwards. */
async function within<T>(path: string, use: (shop: Shop) => Promise<T>): Promise<T> {
  const shop = await open(path);
  try {
    return await use(shop);
  } finally {
    await shop.close();
  }
}

const idsOf = (items: readonly Recommendation[]) => items.map(({ product }) => product);
const list = async (shop: Shop, customer: string) => (await shop.recommend(customer, { n: 8 })).items;
const soon = afterThisTest();
const line = (product: string, given: object = {}) => ({
  customer: 'new',
  time: soon,
  order: 'w1',
  product,
  quantity: 1,
  ...given,
});

test('without a store, lists are those of the model, and the catalogue is in memory', async () => {
  const shop = await open();
  const recommender = createRecommender(model, { threads: 1 });
  for (const customer of [customers[0], 'nobody']) {
    assert.equal(withoutId(await shop.recommend(customer)), await recommender.recommend(customer));
    assert.equal(withoutId(shop.recommendSync(customer)), recommender.recommendSync(customer));
  }
  const [first] = await list(shop, customers[0]);
  await shop.patchProducts([{ product: first.product, available: false, name: 'Other' }]);
  assert.not.ok(idsOf(await list(shop, customers[0])).includes(first.product));
  await shop.patchProducts([{ product: first.product, available: true }]);
  assert.is((await list(shop, customers[0]))[0].name, 'Other');
  await shop.patchProducts([{ product: first.product, name: null }]);
  assert.equal((await list(shop, customers[0]))[0], first);
  for (const call of [shop.recordPurchases([line(products[0])]), shop.eraseCustomer('new')])
    assert.match((await endcapErrorOf(call)).message, /need a store/);
  assert.equal(shop.status().store, undefined);
  await shop.close();
  await recommender.close();
});

test('new products keep their order across restarts, also if they are said again', async ({ path }) => {
  const listed = async (shop: Shop) => (await shop.newProducts()).items.map(({ product, score }) => [product, score]);
  const before = await within(path, async (shop) => {
    for (const product of ['N1', 'N2', 'N3']) {
      await shop.putProducts([{ product }]);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    await shop.patchProducts([{ product: 'N1', price: 3 }]);
    return listed(shop);
  });
  assert.equal(
    before.map(([product]) => product),
    ['N3', 'N2', 'N1'],
  );
  await within(path, async (shop) => {
    assert.equal(await listed(shop), before);
    await shop.putProducts([{ product: 'N2', price: 1 }]);
    assert.equal(await listed(shop), before);
  });
});

test('a product that is sold out is in no list, until it is back, also after a restart', async ({ path }) => {
  const gone = await within(path, async (shop) => {
    const [first] = await list(shop, customers[0]);
    assert.equal(await shop.putProducts([{ product: ` ${first.product} `, available: false, category: ['A', 'B'] }]), {
      accepted: 1,
      unknownProducts: [],
    });
    assert.not.ok(idsOf(await list(shop, customers[0])).includes(first.product));
    const unknown = await shop.putProducts([{ product: 'not in the model', available: false }]);
    assert.equal(unknown, { accepted: 1, unknownProducts: ['not in the model'] });
    return first.product;
  });
  await within(path, async (shop) => {
    assert.not.ok(idsOf(await list(shop, customers[0])).includes(gone));
    assert.equal(shop.status().catalogue, { products: 2, unavailable: 1, unknown: 1, notInFile: 0 });
    await shop.patchProducts([{ product: gone, available: null }]);
    const [first] = await list(shop, customers[0]);
    assert.equal([first.product, first.category], [gone, 'A']);
  });
});

test('a stranger is personal once they bought something, also after a restart', async ({ path }) => {
  const [a, b, c] = products;
  const before = await within(path, async (shop) => {
    assert.is((await shop.recommend('new')).source, 'popular');
    const receipt = await shop.recordPurchases([line(a), line('unheard of'), line(b, { quantity: 3 })]);
    assert.equal(receipt, { accepted: 3, duplicates: 0, unknownProducts: ['unheard of'] });
    assert.is((await shop.recommend(' new ')).source, 'personal');
    const only = await shop.recommend('new', { purchased: 'only' });
    assert.equal(idsOf(only.items).sort(), [a, b].sort());
    assert.equal(await shop.recordPurchases([line(a)]), { accepted: 0, duplicates: 1, unknownProducts: [] });
    await shop.recordPurchases([line(c, { order: 'w2' })], { key: 'k' });
    assert.is((await endcapErrorOf(shop.recordPurchases([line(a)], { key: 'k' }))).code, 'conflict');
    return withoutId(await shop.recommend('new', { n: 20, explain: true }));
  });
  assert.ok(before.items.some(({ explanation }) => /of your last 2 orders/.test(explanation!.text)));
  await within(path, async (shop) => {
    assert.equal(withoutId(await shop.recommend('new', { n: 20, explain: true })), before);
    assert.equal(await shop.recordPurchases([line(c, { order: 'w2' })], { key: 'k' }), {
      accepted: 0,
      duplicates: 1,
      unknownProducts: [],
    });
  });
});

test('lines of an order join it, and late orders are put in their place', async ({ path, folder }) => {
  const [a, b, c] = products;
  const at = (second: number) => soon + second * 1000;
  const listsOf = async (store: string, ...requests: object[][]) =>
    within(store, async (shop) => {
      for (const lines of requests) await shop.recordPurchases(lines as never);
      return [await list(shop, customers[3]), await list(shop, 'new')];
    });
  const lines = (customer: string) => [
    line(a, { customer, order: `${customer} 1`, time: at(1) }),
    line(b, { customer, order: `${customer} 1`, time: at(1) }),
    line(c, { customer, order: `${customer} 2`, time: at(2) }),
  ];
  const [known, stranger] = [lines(customers[3]), lines('new')];
  const expected = await listsOf(path, known, stranger);
  const mixed = [[known[2], stranger[2]], [stranger[1]], [known[0]], [stranger[0], known[1]]];
  assert.equal(await listsOf(join(folder, 'other.db'), ...mixed), expected);
});

test('what the model has does not count twice', async ({ path }) => {
  await within(path, async (shop) => {
    const before = await list(shop, customers[4]);
    const bought = products[model.purchases.products[model.purchases.offsets[4]]];
    const own = { customer: customers[4], quantity: 9 };
    await shop.recordPurchases([line(bought, { ...own, order: 'old', time: end })]);
    assert.equal(await list(shop, customers[4]), before);
    await shop.recordPurchases([line(bought, { ...own, order: 'new' })]);
    assert.not.equal(await list(shop, customers[4]), before);
  });
});

test('a return takes back what was bought', async ({ path }) => {
  const [a, b] = products;
  await within(path, async (shop) => {
    await shop.recordPurchases([line(a), line(b, { quantity: 2 })]);
    await shop.recordPurchases([line(b, { quantity: -1 }), line(a, { quantity: -1, order: 'back' })]);
    assert.equal(idsOf((await shop.recommend('new', { purchased: 'only' })).items), [b]);
    const others = await shop.recommend('new', { purchased: 'exclude', n: products.length });
    assert.not.ok(idsOf(others.items).some((product) => product === a || product === b));
  });
});

test('who is erased is a stranger, here and after a restart, and leaves no list behind', async ({ path }) => {
  const [gone, other] = customers;
  await within(path, async (shop) => {
    await shop.recordPurchases([line(products[0], { customer: gone })]);
    assert.equal((await shop.customerData(gone))!.purchases.length, 1);
    assert.equal((await shop.customerData(gone))!.model!.version, model.metadata.version);
    assert.equal(await shop.eraseCustomer(gone), { purchases: 1, inModel: true });
    assert.is(shop.customerRow(gone), undefined);
    await shop.recordPurchases([line(products[0])]);
    assert.equal(await shop.eraseCustomer('new'), { purchases: 1, inModel: false });
    assert.is((await shop.recommend('new')).source, 'popular');
  });
  for (let restart = 0; restart < 2; restart++)
    await within(path, async (shop) => {
      assert.is((await shop.recommend(gone)).source, 'popular');
      assert.equal(withoutId(await shop.recommend(gone)), withoutId(await shop.recommend('nobody at all')));
      assert.is(await shop.customerData(gone), undefined);
      assert.not.ok((await shop.similarCustomers(other, { n: 10_000 })).some(({ customer }) => customer === gone));
      const listed = [];
      for await (const { customer } of shop.recommendAll({ n: 1 })) listed.push(customer);
      assert.equal(listed, customers.slice(1));
      assert.is(shop.status().erasedCustomers, 2);
    });
});

test('all lists at once have what was bought and what is sold out', async ({ path }) => {
  await within(path, async (shop) => {
    await shop.recordPurchases([line(products[2], { customer: customers[1] })]);
    await shop.putProducts(products.filter((_, row) => row % 2).map((product) => ({ product, available: false })));
    for await (const { customer, items } of shop.recommendAll({ n: 6 }))
      assert.equal(idsOf(items), idsOf((await shop.recommend(customer, { n: 6 })).items), customer);
  });
});

test('what sells counts in all lists by the next minute, also of other servers and after a restart', async ({
  path,
}) => {
  const now = Date.UTC(2026, 0, 2, 12, 0, 30);
  mock.timers.enable({ apis: ['Date', 'setTimeout'], now });
  try {
    const listsOf = async (shop: Shop) => {
      const lists = [customers[0], 'nobody'].map((customer) => shop.recommend(customer, { n: 20, explain: true }));
      return (await Promise.all(lists)).map(withoutId);
    };
    let hint = () => {};
    const watch = (changed: () => void) => {
      hint = changed;
      return () => {};
    };
    const store = { ...(await openSqliteStore(path)), watch };
    const open = () => createShop({ model, threads: 1, store });
    const [other, shop] = [await open(), await open()];
    const before = await listsOf(shop);
    const product = before[0].items.at(-1)!.product;
    const lines = Array.from({ length: 300 }, (_, i) =>
      line(product, { customer: `c${i}`, order: `o${i}`, time: now - 90_000 * (i % 2) }),
    );
    await shop.recordPurchases(lines);
    // What was told late waits for the minute, too, so that counting costs as much however often the store says something.
    hint();
    await until(() => shop.status().seq >= lines.length, 0);
    await new Promise(setImmediate);
    mock.timers.tick(29_000);
    assert.equal(await listsOf(shop), before);
    mock.timers.tick(1000);
    const isCounted = async (shop: Shop) => (await shop.recommend('nobody')).items[0].product === product;
    await until(async () => (await isCounted(shop)) && (await isCounted(other)), 0);
    const after = await listsOf(shop);
    const placeIn = ([{ items }]: typeof before) => idsOf(items).indexOf(product);
    assert.ok(placeIn(after) < placeIn(before));
    assert.match(after[0].items[placeIn(after)].explanation!.text, /popular/i);
    assert.equal(await listsOf(other), after);
    await other.close();
    await shop.recordPurchases([line(products[1], { order: 'w2', time: Date.now() })]);
    await shop.close();
    const again = await open();
    assert.equal(await listsOf(again), after);
    await again.close();
    await store.close();
  } finally {
    mock.timers.reset();
  }
});

test('what sells counts by the next minute of a clock that was set back, too', async ({ path }) => {
  let now = Date.UTC(2026, 0, 2, 12, 0, 30);
  const clock = mock.method(Date, 'now', () => now);
  let hint = () => {};
  const watch = (changed: () => void) => {
    hint = changed;
    return () => {};
  };
  const store = { ...(await openSqliteStore(path)), watch };
  const shop = await createShop({ model, threads: 1, store });
  try {
    const best = async () => (await shop.recommend('nobody')).items[0].product;
    const product = (await shop.recommend('nobody')).items.at(-1)!.product;
    now -= 2 * 3_600_000;
    const lines = Array.from({ length: 300 }, (_, i) =>
      line(product, { customer: `c${i}`, order: `o${i}`, time: now - 90_000 }),
    );
    await shop.recordPurchases(lines);
    hint();
    for (let turns = 0; turns < 2000 && (await best()) !== product; turns++) await new Promise(setImmediate);
    assert.is(await best(), product);
  } finally {
    await shop.close();
    await store.close();
    clock.mock.restore();
  }
});

test('a store of your own stays open, and one that fails keeps no list from being made', async ({ path }) => {
  const store = await openSqliteStore(path);
  const shop = await createShop({ model, store, threads: 1 });
  await shop.recordPurchases([line(products[0])]);
  await shop.close();
  assert.is((await store.purchasesOf('new')).length, 1);
  let isBroken = true;
  const flaky = {
    ...store,
    purchasesOf: async (id: string) => (isBroken ? Promise.reject(new Error()) : store.purchasesOf(id)),
  };
  const second = await createShop({ model, store: flaky, threads: 1 });
  assert.is((await second.recommend('new')).source, 'popular');
  assert.ok(second.status().isFailing);
  isBroken = false;
  assert.is((await second.recommend('new')).source, 'popular');
  await second.close();
  await store.close();
});

test('what another server writes counts here, once the store says that there is something', async ({ path }) => {
  const store = await openSqliteStore(path);
  let hint = () => {};
  const watch = (changed: () => void) => {
    hint = changed;
    return () => {};
  };
  const watched = { ...store, watch };
  const here = await createShop({ model, store: watched, threads: 1 });
  const there = await createShop({ model, store, threads: 1 });
  const [{ product: sold }] = await list(here, customers[0]);
  const before = await list(here, customers[1]);
  assert.is((await here.recommend('new')).source, 'popular');
  await there.putProducts([{ product: sold, available: false }]);
  await there.recordPurchases([line(products[5]), line(products[5], { customer: customers[1], order: 'w2' })]);
  await there.eraseCustomer(customers[2]);
  await there.putScenarios({ scenarios: { short: { n: 2 } } });
  hint();
  hint();
  const isRead = async () => {
    const { erasedCustomers, catalogue } = here.status();
    if (erasedCustomers === 0 || catalogue.unavailable === 0 || !here.scenarios().scenarios.short) return false;
    if ((await here.recommend('new')).source !== 'personal') return false;
    return JSON.stringify(await list(here, customers[1])) !== JSON.stringify(before);
  };
  for (let tries = 0; !(await isRead()); ) {
    if (++tries > 20_000) throw new Error('nothing was read');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  assert.is((await here.recommend('new', { scenario: 'short' })).items.length, 2);
  assert.is((await here.recommend('new')).source, 'personal');
  assert.not.ok(idsOf(await list(here, customers[0])).includes(sold));
  assert.equal(await list(here, customers[1]), await list(there, customers[1]));
  assert.is((await here.recommend(customers[2])).source, 'popular');
  await here.close();
  await there.close();
  await store.close();
});

test('a hint that comes while the store is read is not lost', async ({ path }) => {
  const store = await openSqliteStore(path);
  let hint = () => {};
  let release = () => {};
  let gate = Promise.resolve();
  const slow = {
    ...store,
    watch: (changed: () => void) => {
      hint = changed;
      return () => {};
    },
    async purchasesAfter(seq: number, limit: number) {
      const page = await store.purchasesAfter(seq, limit);
      await gate;
      return page;
    },
  };
  const shop = await createShop({ model, store: slow, threads: 1 });
  const before = JSON.stringify(await list(shop, customers[1]));
  gate = new Promise((resolve) => {
    release = resolve;
  });
  hint();
  // What it reads is from before this.
  await new Promise((resolve) => setTimeout(resolve, 50));
  await store.append({
    purchases: [{ customer: customers[1], order: 'w', product: products[5], quantity: 1, time: Date.now() }],
  });
  hint();
  release();
  for (let tries = 0; JSON.stringify(await list(shop, customers[1])) === before; ) {
    if (++tries > 20_000) throw new Error('it was lost');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await shop.close();
  await store.close();
});

test('what is no model is refused, whatever it is', async ({ path }) => {
  const broken = [undefined, null, 7, {}, [], { ...model, metadata: undefined }, { ...model, customers: 5 }];
  for (const other of broken) {
    const given = { model: other as never, store: path, threads: 1 };
    assert.is((await endcapErrorOf(createShop(given))).code, 'model_unreadable');
  }
  await within(path, async (shop) => assert.is((await list(shop, customers[0])).length, 8));
});

test('what cannot be opened is said, and nothing stays open', async ({ path, folder }) => {
  assert.is(
    (await endcapErrorOf(createShop({ model, store: join(folder, 'no', 'shop.db') }))).code,
    'store_unreadable',
  );
  assert.is((await endcapErrorOf(createShop({ model, store: 3 as never }))).code, 'invalid_options');
  assert.is((await endcapErrorOf(createShop({ model, stock: path } as never))).code, 'invalid_options');
  assert.is((await endcapErrorOf(createShop({ model, store: path, isa: 'no such' } as never))).code, 'invalid_options');
  await (await openSqliteStore(path)).close();
});

test('of two files each is read, whatever is wrong with the other, and all that is wrong is said', async ({
  folder,
}) => {
  const [catalogue, scenarios] = [join(folder, 'products.csv'), join(folder, 'scenarios.json')];
  const write = (price: string, home: object) => {
    writeFileSync(catalogue, price && `sku,price\n${products[0]},${price}\n`);
    writeFileSync(scenarios, JSON.stringify({ scenarios: { home } }));
  };
  write('1', { n: 1 });
  const shop = await createShop({ model, threads: 1, catalogue, scenarios });
  const failing = () => endcapErrorOf(shop.reload());
  const price = async () => (await shop.recommend('nobody', { fields: ['price'] })).items[0].price;
  try {
    write('2', { n: 'many' });
    assert.match((await failing()).message, /^\S+scenarios\.json: scenarios\.home\.n: [^\n]*$/);
    assert.equal([await price(), shop.status().files.catalogue?.changed], [2, 1]);
    write('', { n: 4 });
    assert.is((await failing()).code, 'catalogue_unreadable');
    assert.equal(shop.scenarios().scenarios?.home, { n: 4 });
    write('', { n: 'many' });
    const { code, message } = await failing();
    assert.is(code, 'scenarios_unreadable');
    assert.match(message, /scenarios\.home\.n: .*\n.*products\.csv/);
  } finally {
    await shop.close();
  }
});

test.run();
