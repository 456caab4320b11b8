import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { ProductInfo } from '../../../../src/dataset/dataset.ts';
import type { Model } from '../../../../src/model/model.ts';
import { idCleaning } from '../../../../src/orders/cleaning/ids.ts';
import { addressOf } from '../../../../src/server/page/links.ts';
import { buyersText } from '../../../../src/server/page/products/buyers-section.ts';
import { fit } from '../../../../src/training/fit.ts';
import { type Basket, datasetOfBaskets } from '../../../support/baskets.ts';
import { randomShop } from '../../../support/random-shop.ts';
import { openPages } from './page-text.ts';

const test = suite('the page of a product');
const options = { factors: 4, iterations: 2, threads: 1 } as const;

/** A day of 2024, by its number. */
const day = (number: number) => Date.UTC(2024, 0, number, 12);

/**
 * Six customers buy bread and butter together each week, three of them for the second time; cups are bought alone. Of six weeks,
 * the last one has nothing but cups.
 */
function breadAndButter() {
  const baskets = new Map<string, Basket[]>();
  for (let c = 0; c < 6; c++)
    baskets.set(`ann${c}`, [
      { products: { bread: 1, butter: 2 }, time: day(1 + 7 * c) },
      ...(c < 3 ? [{ products: { bread: 1, butter: 1 }, time: day(22 + 7 * c) }] : []),
    ]);
  for (let c = 0; c < 9; c++) baskets.set(`bob${c}`, [{ products: ['cup'], time: day(30 + 3 * c) }]);
  const info = new Map<string, ProductInfo>([
    ['bread', { name: 'Rye bread', category: 'Bakery', price: 2.5 }],
    ['butter', { name: 'Butter' }],
  ]);
  return datasetOfBaskets(baskets, info);
}

const model = await fit(breadAndButter(), options);

test('it says what the product is, who buys it and how often again, when, and what is in the same orders', async () => {
  const { read, errors, close } = await openPages(model);
  const { status, text, html, links } = await read('/products/bread');
  assert.is(status, 200);
  for (const words of [
    'Rye bread',
    'Category Bakery',
    'Price 2.50 when it was last bought',
    'In lists Yes',
    'First sold 2024-01-01',
    '6 customers bought it in 9 orders: 9 units in all. 50% of them bought it again.',
    'ann2 2 2 2024-02-05',
    '9 orders from 2023-12-30 to 2024-02-23, in 6 of 8 weeks; most, 2, in the week from 2024-01-20.',
    '4 in the last 28 days, 5 in as many before.',
    'Butter 9 2 times as often',
  ])
    assert.ok(text.includes(words), `${words}\n${text}`);
  assert.match(html, /<svg [^>]*role="img"/);
  assert.ok(links.includes('/explorer/products/butter') && links.includes('/explorer/customers/ann2'));
  assert.match((await read('/products/cup')).text, /None of them bought it again.* clearly more often than by chance/);
  assert.equal(errors, []);
  await close();
});

test('the days until it is bought again are said if the model knows them and enough customers did', () => {
  const repeatTrees = { productIntervals: Float32Array.of(21, 21, 21) } as Model['repeatTrees'];
  const counts = { buyers: 210, again: 71, orders: 300, units: 300, top: [] };
  assert.match(
    buyersText({ ...model, repeatTrees }, 0, counts),
    /34% of them bought it again, on average after 21 days/,
  );
  assert.match(buyersText({ ...model, repeatTrees }, 0, { ...counts, again: 4 }), /1\.9% of them bought it again\.$/);
  assert.match(buyersText(model, 0, counts), /34% of them bought it again\.$/);
});

test('stock, prices, and what is listed follow the catalogue, and products that only it has have a page', async () => {
  const metadata = { ...model.metadata, idCleaning };
  const { read, shop, errors, close } = await openPages({ ...model, metadata, unlisted: Uint32Array.of(2) });
  await shop.putProducts([
    {
      product: 'bread',
      name: 'Dark rye',
      category: ['Bread', 'Vegan'],
      price: 3,
      available: false,
      attributes: { size: '500 g' },
    },
    { product: 'jam/1', name: 'Jam', url: 'https://shop.example/jam' },
  ]);
  const bread = (await read('/products/bread')).text;
  for (const words of [
    'Dark rye',
    'Category Bread, Vegan',
    'Price 3 ',
    'Stock Sold out',
    'In lists No: the catalogue says that it cannot be bought now',
    'size 500 g',
    '6 customers bought it',
  ])
    assert.ok(bread.includes(words), `${words}\n${bread}`);
  const jam = await read('/products/jam%2F1');
  assert.match(
    jam.text,
    /Jam .*In lists Only in lists of new products.*No order that the model was trained on holds it/,
  );
  assert.ok(jam.links.includes('https://shop.example/jam'));
  assert.match((await read('/products/%20%E2%80%AEjam%2F1')).text, /Jam .*In lists Only in lists of new products/);
  assert.match((await read('/products/cup')).text, /In lists No: in the orders it looks like postage/);
  const none = await read('/products/jam');
  assert.equal([none.status, /No such product.*“jam”/.test(none.text)], [404, true]);
  assert.equal(errors, []);
  await close();
});

test('a recommender without a shop, and a model without times, or without what is bought together, have all that is left', async () => {
  const dataset = randomShop({ customers: 12, times: false });
  const timeless = await fit(dataset, { ...options, together: 0 });
  const { read, errors, close } = await openPages(timeless, { isShop: false });
  const { status, text } = await read(`/products/${dataset.products[0]}`);
  assert.is(status, 200);
  for (const words of ['The orders have no times', 'trained without what is bought together', 'Similar products'])
    assert.ok(text.includes(words), words);
  assert.not.match(text, /Last bought|First sold|days/);
  assert.is((await read('/products/nothing')).status, 404);
  assert.equal(errors, []);
  await close();
  const { sales: _, metadata, ...rest } = model;
  const { sales: __, ...older } = metadata;
  const old = await openPages({ ...rest, metadata: older }, { isShop: false });
  assert.match((await old.read('/products/bread')).text, /of an earlier version of Endcap/);
  await old.close();
});

test('ids and names of any kind stay text and have a page that their links lead to', async () => {
  const ids = [
    ...['a/b', '100%', '..', '.', '🧀', 'a b', '?q=1', '#', '%2F', '%', "'", '&amp;', '\u202Eevil', '__proto__'],
    ...['<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', 'x'.repeat(300), 'ü'.repeat(300), '\ud83d'],
  ];
  const baskets = new Map<string, Basket[]>(
    [0, 1, 2, 3, 4, 5].map((c) => [`<b>${c}</b>`, [{ products: ids, time: day(1 + c) }]]),
  );
  const info = new Map(ids.map((id): [string, ProductInfo] => [id, { name: `Name of ${id}`, category: `of ${id}` }]));
  const hostile = await fit(datasetOfBaskets(baskets, info), options);
  const { read, errors, close } = await openPages(hostile);
  for (const id of ids) {
    const address = addressOf('', 'products', id);
    if (id === '\ud83d') assert.is(address, undefined);
    else {
      const { status, html, text } = await read(address!);
      assert.is(status, 200, id);
      assert.not.match(html, /<script>|<img|<b>/, id);
      assert.ok(text.includes(`Name of ${id}`.replace(/\s+/g, ' ').slice(0, 50)), id);
    }
    if (address === undefined) continue;
    const found = await read(`/products?q=${encodeURIComponent(id)}`);
    assert.is(found.status, 200, id);
    assert.not.match(found.html, /<script>|<img|<b>/, id);
    assert.ok(found.links.includes(`/explorer${address}`), id);
  }
  assert.equal(errors, []);
  await close();
});

test('numbers of a hostile model are no reason to fail', async () => {
  const { lastPurchase } = model.purchases;
  const strange: Model = {
    ...model,
    purchases: { ...model.purchases, lastPurchase: new Float64Array(lastPurchase!.length).fill(1e300) },
    signals: { ...model.signals!, firstSales: Float64Array.of(-1e300, Number.NaN, 8.64e15) },
    productInfo: [{ price: 1e308 }, { price: -1 }, {}],
    metadata: { ...model.metadata, sales: { from: 4e15, periodDays: 800_000, periods: 52 } },
  };
  const { read, errors, close } = await openPages(strange, { isShop: false });
  for (const path of ['/products', ...model.products.map((id) => `/products/${id}`)])
    assert.is((await read(path)).status, 200, path);
  assert.equal(errors, []);
  await close();
});

test.run();
