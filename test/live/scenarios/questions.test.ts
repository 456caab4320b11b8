import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { createShop } from '../../../src/live/shop.ts';
import { noRow } from '../../../src/recommending/types.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { withoutId } from '../../support/without-id.ts';

const test = suite('questions to a shop');
const model = await fit(await readOrders(sampleOrders({ lines: 2000 })), { factors: 8, iterations: 2, threads: 1 });
const shop = await createShop({ model, threads: 1 });
const [customer] = model.customers;
const { offsets, products } = model.boughtTogether!;
const from = offsets.findIndex((offset, row) => offsets[row + 1] > offset);
const [other, product] = [model.products[from], model.products[products[offsets[from]]]];
test.after(() => shop.close());

test('products of every list have the fields asked for, in both forms, and are the same otherwise', async () => {
  await shop.putProducts([
    { product, price: 2.5, imageUrl: '/tea.png', available: true, attributes: { organic: true } },
  ]);
  const options = { n: 1000 };
  const lists = [
    (more: object) => shop.recommend(customer, { ...options, purchased: 'allow', ...more }),
    (more: object) => shop.recommendSync(customer, { ...options, purchased: 'allow', ...more }),
    (more: object) => shop.recommendForBasket([other], { ...options, ...more }),
    (more: object) => shop.recommendForBasketSync([other], { ...options, ...more }),
    (more: object) => shop.similarProducts(other, { ...options, ...more }),
    (more: object) => shop.similarProductsSync(other, { ...options, ...more }),
    (more: object) => shop.boughtTogether(other, { ...options, ...more }),
    (more: object) => shop.boughtTogetherSync(other, { ...options, ...more }),
  ];
  for (const list of lists) {
    const items = async (more: object) => {
      const answer = await list(more);
      return 'items' in answer ? answer.items : answer;
    };
    const plain = await items({});
    const said = { price: 2.5, imageUrl: '/tea.png', attributes: { organic: true } };
    const expected = plain.map((item) => {
      const { price } = model.productInfo[item.row];
      return { ...item, ...(price !== undefined && { price }), ...(item.product === product && said) };
    });
    assert.equal(await items({ fields: ['price', 'url', 'imageUrl', 'attributes'] }), expected);
    assert.not.equal(expected, plain);
    assert.equal(await items({ fields: [] }), plain);
  }
});

test('what is said later is in the next list', async () => {
  const find = async () =>
    (await shop.recommend(customer, { n: 1000, purchased: 'allow', fields: ['price'] })).items.find(
      (item) => item.product === product,
    );
  await shop.patchProducts([{ product, price: 3 }]);
  assert.is((await find())?.price, 3);
  await shop.patchProducts([{ product, price: null }]);
  assert.is((await find())?.price, model.productInfo[model.products.indexOf(product)].price);
  assert.type((await find())?.price, 'number');
});

test('fields that no catalogue has are refused, as are options that nobody has', async () => {
  for (const fields of [['colour'], ['image_url'], 'price', null]) {
    const error = await endcapErrorOf(shop.recommend(customer, { fields: fields as never }));
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, /^fields: .*price, url, imageUrl, attributes, available/);
    assert.throws(() => shop.similarProductsSync(other, { fields: fields as never }), /^fields: /);
  }
  const error = await endcapErrorOf(shop.recommend(customer, { fields: ['price'], field: 1 } as never));
  assert.is(error.details.option, 'field');
});

test('what the model does not know is in `new` alone, newest first, with what the shop says of it', async () => {
  const all = async (customerId: string) => (await shop.recommend(customerId, { n: 1000 })).items;
  await shop.putProducts([{ product: 'N1', name: 'Tin', price: 3, category: ['Tins', 'Sale'] }]);
  await new Promise((resolve) => setTimeout(resolve, 2));
  await shop.putProducts([{ product: 'N2' }, { product: 'N3', available: false }]);
  const { items, source } = await shop.newProducts({ fields: ['price'] });
  assert.is(source, 'new');
  assert.equal(
    items.map(({ score: _, ...item }) => item),
    [
      { product: 'N2', row: noRow },
      { product: 'N1', row: noRow, name: 'Tin', category: 'Tins', price: 3 },
    ],
  );
  assert.ok(items[0].score > items[1].score && Math.abs(items[0].score - Date.now()) < 60_000);
  for (const id of [customer, 'nobody'])
    assert.equal(
      (await all(id)).filter(({ product }) => product.startsWith('N')),
      [],
    );
  assert.is(shop.status().catalogue.unknown, 3);
  const listed = async (options: object) => (await shop.newProducts(options)).items.map(({ product }) => product);
  assert.equal(await listed({ n: 1 }), ['N2']);
  assert.equal(await listed({ deny: [' N2 '] }), ['N1']);
  assert.equal(await listed({ allow: ['N1', 'N3', 'unheard of'] }), ['N1']);
  await shop.patchProducts([{ product: 'N1', available: false }]);
  assert.equal(await listed({}), ['N2']);
  await shop.patchProducts([{ product: 'N1', available: null }]);
  assert.equal(await listed({}), ['N2', 'N1']);
});

test('the scenario new is the same for everybody, whatever is asked', async () => {
  const expected = withoutId(await shop.newProducts({ n: 2 }));
  const options = { scenario: 'new', n: 2 };
  assert.equal(
    withoutId(await shop.recommend(customer, { ...options, signal: new AbortController().signal })),
    expected,
  );
  assert.equal(withoutId(await shop.recommendForBasket([other], { ...options, customer })), expected);
  assert.equal(withoutId(shop.recommendSync('nobody', options)), expected);
  assert.equal(withoutId(shop.recommendForBasketSync([], options)), expected);
  const refused = async (options: object) => (await endcapErrorOf(shop.recommend(customer, options))).details.option;
  assert.is(await refused({ scenario: 'new', purchased: 'exclude' }), 'purchased');
  assert.is(await refused({ scenario: 'new', n: 0 }), 'n');
  assert.is(await refused({ scenario: 'new', deny: 'N1' }), 'deny');
  assert.is(await refused({ scenario: 'nwe' }), 'scenario');
});

test('with a product file, new lists what it has, and what others say can be bought', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'endcap-new-'));
  const catalogue = join(folder, 'products.csv');
  const lines = [...model.products.slice(0, 30), 'F1', 'F2'].map((id) => `${id},${id === 'F2' ? 0 : 1}`);
  writeFileSync(catalogue, `sku,stock\n${lines.join('\n')}\n`);
  const own = await createShop({ model, catalogue, threads: 1 });
  const listed = async () => (await own.newProducts()).items.map(({ product }) => product).sort();
  assert.equal(await listed(), ['F1']);
  await own.putProducts([{ product: 'P1' }, { product: 'P2', available: true }]);
  assert.equal(await listed(), ['F1', 'P2']);
  writeFileSync(catalogue, `sku,stock\n${lines.slice(0, 30).join('\n')}\n`);
  await own.reload();
  assert.equal(await listed(), ['P2']);
  await own.close();
  rmSync(folder, { recursive: true });
});

test('a scenario says what its lists are like, unless the request does', async () => {
  const idsOf = (items: { product: string }[]) => items.map(({ product }) => product);
  const bought = new Set((await shop.recommend(customer, { n: 1000, purchased: 'only' })).items.map(({ row }) => row));
  const isBought = ({ row }: { row: number }) => bought.has(row);
  assert.ok((await shop.recommend(customer, { scenario: 'buy-again', n: 1000 })).items.every(isBought));
  const home = (await shop.recommend(customer, { scenario: 'home', n: 5 })).items;
  assert.ok(home.filter((item) => !isBought(item)).length >= 3);
  assert.equal(home, shop.recommendSync(customer, { scenario: 'home', n: 5 }).items);
  assert.equal(
    withoutId(await shop.recommendForBasket([other], { scenario: 'cart', customer })),
    withoutId(await shop.recommendForBasket([other], { customer })),
  );

  await shop.putProducts([{ product, price: 9, attributes: { sale: true } }]);
  const onSale = { field: 'attributes.sale', equals: true };
  const rules = { sale: { filter: onSale }, over: { filter: { not: onSale }, until: 1000 } };
  const scenarios = { sale: { n: 3, explain: true, fields: ['price' as const], rules: ['sale', 'over'] } };
  await shop.putScenarios({ scenarios, rules });
  assert.equal(shop.scenarios().rules, rules);
  const options = { scenario: 'sale', purchased: 'allow' as const };
  const [only, ...others] = (await shop.recommend(customer, options)).items;
  assert.equal([only.product, only.price, others], [product, 9, []]);
  assert.ok(only.explanation);
  assert.not.ok((await shop.recommend(customer, { ...options, explain: false })).items[0].explanation);
  assert.equal(idsOf((await shop.recommend(customer, { purchased: 'allow', rules: ['sale'] })).items), [product]);
  const none = { ...options, filter: { field: 'price', max: 8 } };
  assert.equal((await shop.recommend(customer, none)).items, []);
  for (const similar of [
    await shop.similarProducts(other, { scenario: 'sale' }),
    shop.similarProductsSync(other, { scenario: 'sale' }),
  ])
    assert.equal(
      similar.map(({ product, price }) => [product, price]),
      [[product, 9]],
    );
  for (const together of [
    await shop.boughtTogether(other, { scenario: 'sale' }),
    shop.boughtTogetherSync(other, { scenario: 'sale' }),
  ])
    assert.equal(idsOf(together), [product]);
  // An attribute that no product has any more is no error of who asks.
  await shop.patchProducts([{ product, attributes: null }]);
  assert.equal((await shop.recommend(customer, options)).items, []);
  for (const question of [
    shop.similarProducts(other, { scenario: 'new' }),
    shop.boughtTogether(other, { scenario: 'new' }),
  ])
    assert.match((await endcapErrorOf(question)).message, /^scenario: expected one of home, cart, buy-again, sale/);
});

test('scenarios boost and pin, also by attributes that no product has any more', async () => {
  const [pinned] = model.products.slice(-1);
  const sale = { field: 'attributes.sale', equals: true };
  await shop.putScenarios({
    scenarios: { home: { n: 5, purchased: 'allow', boost: [{ filter: sale, by: 100 }] } },
    rules: { top: { pin: [{ product: pinned, position: 2 }] } },
  });
  const first = async (options: object = {}) =>
    (await shop.recommend(customer, { scenario: 'home', ...options })).items.map(({ product }) => product).slice(0, 2);
  const [best, second] = await first();
  const last = (await shop.recommend(customer, { n: 1000, purchased: 'allow' })).items.at(-1)!.product;
  await shop.patchProducts([{ product: last, attributes: { sale: true } }]);
  assert.equal(await first(), [last, best]);
  assert.equal(await first({ rules: ['top'] }), [last, pinned]);
  await shop.patchProducts([{ product: last, attributes: null }]);
  assert.equal(await first(), [best, second]);
});

test('new keeps to its settings and to filters', async () => {
  await shop.putProducts([
    { product: 'M1', price: 5, category: ['A', 'B'] },
    { product: 'M2', price: 50, category: 'B' },
  ]);
  await shop.putScenarios({
    scenarios: { new: { n: 1, fields: ['price'], filter: { field: 'category', equals: 'B' } } },
    rules: { cheap: { filter: { field: 'price', max: 10 } } },
  });
  const listed = async (options: object) =>
    (await shop.newProducts(options)).items.map(({ product, price }) => [product, price]);
  assert.is((await listed({})).length, 1);
  assert.equal(await listed({ n: 9, deny: ['M1'] }), [['M2', 50]]);
  assert.equal(await listed({ n: 9, rules: ['cheap'] }), [['M1', 5]]);
  assert.equal(await listed({ n: 9, filter: { field: 'price', min: 10 }, fields: [] }), [['M2', undefined]]);
  const error = await endcapErrorOf(shop.newProducts({ filter: { field: 'colour', equals: 1 } }));
  assert.is(error.details.option, 'filter.field');
});

test('the lists of everybody are made by a scenario and rules, as single ones are', async () => {
  await shop.putScenarios({
    scenarios: { mail: { n: 4, purchased: 'exclude', fields: ['price'], explain: true, rules: ['spring'] } },
    rules: { spring: { pin: [{ product, position: 2 }] } },
  });
  const asked = { scenario: 'mail', explain: false, fields: [] };
  const all = shop.recommendAll({ scenario: 'mail', to: 5 });
  for await (const { customer, items } of all)
    assert.equal(items, (await shop.recommend(customer, asked)).items, customer);
  for await (const block of shop.recommendBlocks({ rules: ['spring'], n: 3, to: 2 }))
    assert.is(block.rows[1], model.products.indexOf(product));
  for (const scenario of ['new', 'missing']) {
    const error = await endcapErrorOf((async () => shop.recommendAll({ scenario }))());
    assert.is(error.details.option, 'scenario');
  }
});

test.run();
