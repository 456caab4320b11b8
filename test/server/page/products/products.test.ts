import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fit } from '../../../../src/training/fit.ts';
import { type Basket, datasetOfBaskets } from '../../../support/baskets.ts';
import { randomShop } from '../../../support/random-shop.ts';
import { openPages } from './page-text.ts';

const test = suite('the pages that products are found on');
const options = { factors: 4, iterations: 2, threads: 1 } as const;

/** What is between two headings of a page. */
const between = (text: string, from: string, to: string) => text.slice(text.lastIndexOf(from), text.lastIndexOf(to));

test('without a search, it shows what sells best, what rises, and what is new', async () => {
  const baskets = new Map<string, Basket[]>();
  /** Sells on these days of a quarter, once each. */
  const sell = (product: string, days: readonly number[]) => {
    for (const number of days) {
      const customer = `c${baskets.size}`;
      baskets.set(customer, [{ products: [product], time: Date.UTC(2025, 0, number, 12) }]);
    }
  };
  const range = (from: number, to: number, step = 1) =>
    Array.from({ length: Math.ceil((to - from) / step) }, (_, i) => from + i * step);
  sell('steady', range(1, 91));
  sell('rising', [...range(40, 63, 8), ...range(63, 91, 2)]);
  sell('falling', [...range(40, 63, 2), ...range(63, 91, 8)]);
  sell('young', [88, 89]);
  const { read, shop, errors, close } = await openPages(await fit(datasetOfBaskets(baskets), options));
  await shop.putProducts([{ product: 'unsold', name: 'Not sold yet' }]);
  const { status, text, links } = await read('/products');
  assert.is(status, 200);
  assert.match(
    between(text, 'What sells best', 'What sells more'),
    /By orders of the last \d+ days Product Orders steady/,
  );
  const rising = between(text, 'What sells more than before', 'What is new');
  assert.match(rising, /Orders of the last 28 days, .* Product Orders Before rising 14 3/);
  assert.not.match(rising, /falling|young/);
  assert.match(
    text.slice(text.lastIndexOf('What is new')),
    /Not sold yet 20\d\d-.*Sold for the shortest time .* young 2025-03-29/,
  );
  for (const id of ['steady', 'rising', 'young', 'unsold']) assert.ok(links.includes(`/explorer/products/${id}`), id);
  assert.equal(errors, []);
  await close();
});

test('a search lists what matches and says how much more there is, or that there is nothing', async () => {
  const model = await fit(randomShop({ customers: 60 }), options);
  const { read, close } = await openPages(model, { isShop: false });
  const some = await read('/products?q=P1');
  assert.match(some.text, /Products for “P1”/);
  assert.ok(some.links.includes('/explorer/products/p10') && !some.links.includes('/explorer/products/p2'));
  assert.match((await read('/products?q=%3Cb%3E')).text, /No product is called “<b>”/);
  assert.match((await read('/products?q=p')).text, /Orders lately/);
  await close();
  const ids = Array.from({ length: 61 }, (_, i) => `x${i}`);
  const baskets = new Map([['ann', [{ products: ids }]]]);
  const info = new Map(ids.map((id) => [id, { name: 'One name' }]));
  const many = await openPages(await fit(datasetOfBaskets(baskets, info), options), { isShop: false });
  assert.match((await many.read('/products?q=one')).text, /And 11 more: type more of the name/);
  await many.close();
});

test('without times there is nothing to say of what rises or is new', async () => {
  const { read, close } = await openPages(await fit(randomShop({ customers: 12, times: false }), options), {
    isShop: false,
  });
  const { text } = await read('/products');
  for (const words of [
    'By orders of all times',
    'The model does not know what sold when',
    'The model does not know since when products are sold',
  ])
    assert.ok(text.includes(words), words);
  await close();
});

test.run();
