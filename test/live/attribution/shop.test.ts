import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseRecommendationId } from '../../../src/live/attribution/ids.ts';
import { createShop } from '../../../src/live/shop.ts';
import { openSqliteStore } from '../../../src/live/store/sqlite/sqlite.ts';
import type { ShopStore } from '../../../src/live/store/store.ts';
import type { Shop, ShopOptions } from '../../../src/live/types.ts';
import { smallModel } from '../../model/models.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { until } from '../../support/until.ts';

const test = suite<{ folder: string }>('attribution in a shop');
test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-attribution-'));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const options = (folder: string, given: Partial<ShopOptions> = {}): ShopOptions => ({
  ...{ model: smallModel(), store: join(folder, 'shop.db'), threads: 1, ...given },
});

/** The shop again, with all lists written. */
async function reopened(shop: Shop, given: ShopOptions): Promise<Shop> {
  await shop.close();
  return createShop(given);
}

test('a list has an id, by which a purchase names it, and the report counts both', async ({ folder }) => {
  const given = options(folder);
  let shop = await createShop(given);
  const { recommendationId, items } = await shop.recommend('ann', { scenario: 'home' });
  const basket = await shop.recommendForBasket([], { customer: 'bob', n: 1 });
  const others = [shop.recommendSync('10'), shop.recommendForBasketSync([]), await shop.newProducts()];
  const ids = [recommendationId, basket.recommendationId, ...others.map((list) => list.recommendationId)];
  assert.is(new Set(ids).size, 5);
  for (const id of ids) assert.is(parseRecommendationId(id)!.kind, 'recommend');
  const similar = await shop.similarProducts(items[0].product);
  const similarId = shop.recordShown({ kind: 'similar', customer: 'bob', items: similar });
  shop = await reopened(shop, given);
  await shop.putProducts([{ product: items[0].product, price: 2.5 }]);
  const line = { order: 'w1', product: items[0].product, quantity: 3 };
  await shop.recordPurchases([{ ...line, customer: 'ann', recommendation: recommendationId }]);
  // Another customer's list, and a forged one.
  await shop.recordPurchases([{ ...line, customer: 'dan', order: 'w2', recommendation: recommendationId }]);
  await shop.recordPurchases([
    { ...line, customer: 'bob', order: 'w3', product: similar[0].product, recommendation: 'forged' },
  ]);
  const { total, byKind, byScenario, bySource, byModel } = await shop.attribution();
  // That of the basket without a customer, and of new products, are nobody's.
  assert.equal([total.lists, total.customers, total.boughtFrom, total.products, total.newProducts], [4, 3, 2, 2, 2]);
  assert.equal([byScenario.home.boughtFrom, byScenario.home.units, byScenario.home.revenue], [1, 3, 7.5]);
  assert.equal([byKind.similar.lists, byKind.similar.boughtFrom], [1, 1]);
  assert.equal(Object.keys(bySource), ['personal', 'popular']);
  assert.equal(Object.keys(byModel), [shop.model.metadata.version]);
  // It is the same for a minute.
  assert.is((await shop.attribution({ days: 7 })).until, (await shop.attribution()).until);
  const { lists } = (await shop.customerData('bob'))!;
  assert.equal(
    lists.map(({ id, kind, products }) => [id, kind, products]).sort(),
    [
      [similarId, 'similar', similar.map(({ product }) => product)],
      [basket.recommendationId, 'recommend', basket.items.map(({ product }) => product)],
    ].sort(),
  );
  await shop.close();
});

test('a list that somebody looks at is as the customer gets it, and counts nowhere', async ({ folder }) => {
  const given = options(folder);
  let shop = await createShop(given);
  const arms = { popular: { share: 99, scenario: 'cart' }, other: { share: 1 } };
  await shop.putScenarios({ experiments: { taste: { arms, control: 'popular' } } });
  const before = shop.status();
  const looked = await shop.preview.recommend('10', { n: 2, explain: true, fields: ['price'] });
  await shop.preview.recommendForBasket(['tea'], { customer: '10' });
  assert.equal([looked.experiment?.name, 'recommendationId' in looked], ['taste', false]);
  const { recommendationId: _, ...shown } = await shop.recommend('Zoë', { n: 2, explain: true, fields: ['price'] });
  assert.equal(await shop.preview.recommend('Zoë', { n: 2, explain: true, fields: ['price'] }), shown);
  assert.equal(before.attribution.waiting, 0);
  shop = await reopened(shop, given);
  assert.is((await shop.attribution()).total.lists, 1);
  assert.is((await shop.customerData('Zoë'))!.lists.length, 1);
  assert.equal((await shop.customerData('Zoë', { lists: 0 }))!.lists, []);
  assert.equal((await shop.customerData('10'))!.lists, []);
  await shop.close();
});

test('whoever is erased has no lists any more, also none that waits', async ({ folder }) => {
  const given = options(folder);
  let shop = await createShop(given);
  await shop.recommend('ann');
  shop = await reopened(shop, given);
  assert.is((await shop.customerData('ann'))!.lists.length, 1);
  await shop.recommend('ann', { n: 2 });
  assert.equal(await shop.eraseCustomer('ann'), { purchases: 0, inModel: false });
  await shop.recommend('ann', { n: 3 });
  shop = await reopened(shop, given);
  assert.is(await shop.customerData('ann'), undefined);
  await shop.close();
});

test('without days, without a store, and with one that keeps no lists, there are ids and nothing else', async ({
  folder,
}) => {
  const store = await openSqliteStore(join(folder, 'own.db'));
  const { recordShown: _, ...lacking } = store;
  let calls = 0;
  const counted: ShopStore = { ...store, recordShown: async () => void calls++ };
  for (const [given, reason] of [
    [options(folder, { attributionDays: 0 }), /attribution needs a store and days/],
    [options(folder, { store: undefined }), /attribution needs a store and days/],
    [options(folder, { store: counted, attributionDays: 0 }), /attribution needs a store and days/],
    [options(folder, { store: lacking }), /the store has no recordShown/],
  ] as const) {
    const shop = await createShop(given);
    assert.ok(parseRecommendationId((await shop.recommend('ann')).recommendationId));
    const { code, message } = await endcapErrorOf(shop.attribution());
    assert.is(code, 'invalid_options');
    assert.match(message, reason);
    const { days, waiting, problem } = shop.status().attribution;
    assert.equal([days, waiting, problem !== undefined], [0, 0, given.store === lacking]);
    await shop.close();
  }
  assert.is(calls, 0);
  const refused = await endcapErrorOf(createShop(options(folder, { store: lacking, attributionDays: 3 })));
  assert.match(refused.message, /^attributionDays: .* the store has no recordShown/);
  await store.close();
});

test('what is wrong is named', async ({ folder }) => {
  for (const attributionDays of [-1, 1.5, 366, '30', null])
    assert.match(
      (await endcapErrorOf(createShop(options(folder, { attributionDays } as never)))).message,
      /^attributionDays: .* expected a whole number from 0 to 365/,
    );
  assert.match(
    (await endcapErrorOf(createShop(options(folder, { store: undefined, attributionDays: 30 })))).message,
    /^attributionDays: .* none where purchases are not kept/,
  );
  const shop = await createShop(options(folder, { attributionDays: 10 }));
  for (const days of [0, 11, 1.5, Number.NaN])
    assert.match((await endcapErrorOf(shop.attribution({ days }))).message, /^days: .* a whole number from 1 to 10/);
  assert.throws(() => shop.recordShown({ kind: 'cart', items: [] } as never), /^kind: /);
  assert.throws(() => shop.recordShown({ kind: 'similar', customer: '', items: [] }), /^customer: expected an id/);
  assert.throws(() => shop.recordShown({ kind: 'similar', items: [{}] } as never), /^items\[0\]: /);
  assert.throws(() => shop.recordShown({ kind: 'similar', items: 'tea' } as never), /^items: /);
  assert.throws(() => shop.recordShown({ kind: 'similar', items: [], scenario: 'no name' }), /^scenario: /);
  await shop.close();
});

test('purchases that followed a list are counted a little later, once', async ({ folder }) => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() });
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  try {
    const shop = await createShop(options(folder));
    const { items } = await shop.recommend('ann');
    const line = { customer: 'ann', order: 'w1', product: items[0].product, quantity: 1 };
    mock.timers.tick(1000);
    await until(() => shop.status().attribution.kept > 0, 0);
    await shop.recordPurchases([line, { ...line, product: 'not listed' }]);
    await shop.recordPurchases([line]);
    mock.timers.tick(5000);
    await until(() => shop.status().attribution.attributed.recommend > 0, 0);
    // The same line again counts no more.
    await shop.recordPurchases([line]);
    mock.timers.tick(5000);
    for (let i = 0; i < 20; i++) await settled();
    assert.equal(shop.status().attribution.attributed, { recommend: 1, similar: 0, 'bought-together': 0 });
    mock.timers.reset();
    await shop.close();
  } finally {
    mock.timers.reset();
  }
});

test.run();
