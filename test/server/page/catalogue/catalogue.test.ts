import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../../src/dataset/read.ts';
import { createShop } from '../../../../src/live/shop.ts';
import { createRecommender } from '../../../../src/recommending/create.ts';
import { sampleOrders } from '../../../../src/sample/sample.ts';
import type { AppOptions } from '../../../../src/server/app.ts';
import { progressOf } from '../../../../src/server/page/catalogue/catalogue.ts';
import { coverageOf } from '../../../../src/server/page/catalogue/coverage.ts';
import { inTen } from '../../../../src/server/page/catalogue/sections.ts';
import { fit } from '../../../../src/training/fit.ts';
import { until } from '../../../support/until.ts';
import { asking, plainText } from '../asking.ts';

const test = suite('page of the catalogue');
const model = await fit(await readOrders(sampleOrders({ lines: 2500 })), { factors: 8, iterations: 3, threads: 1 });

/** Asks for a page, or for another path. */
function pageOf(of: Pick<AppOptions, 'recommender' | 'shop'>) {
  const { get } = asking({ recommender: undefined, ...of });
  return async (path = '/explorer/catalogue') => {
    const answer = await get(path);
    return { ...answer, html: answer.text, text: plainText(answer.text) };
  };
}

async function counted(answering: Parameters<typeof coverageOf>[0]): Promise<void> {
  const coverage = coverageOf(answering);
  await until(() => coverage.state !== 'running');
}

test('of a recommender it says how much of the catalogue lists hold, and how far it is counted', async () => {
  const recommender = createRecommender(model, { threads: 1 });
  const page = pageOf({ recommender });
  const first = await page();
  assert.is(first.status, 200);
  assert.match(first.text, /Counted( so far)?: the lists of /);
  await counted(recommender);
  const { html, text } = await page();
  assert.match(text, /(of 10 products are|Nearly every product is|Every product is) in somebody’s list/);
  assert.match(text, /The fifth of the products that most lists hold has \d+% of all places/);
  assert.match(text, /Gini coefficient/);
  for (const heading of ['In the most lists', 'In no list', 'Selling more than before', 'By category', 'As a file'])
    assert.ok(html.includes(`<h2>${heading}</h2>`), heading);
  assert.not.match(text, /Sold out/);
  assert.match(html, /data-live="progress"/);
  await recommender.close();
});

test('a shop says what is sold out and would be in lists; hostile names stay text', async () => {
  const hostile = `<script>alert(1)</script> ${'x'.repeat(300)}`;
  const shop = await createShop({ model, threads: 1 });
  const recommender = createRecommender(model, { threads: 1 });
  await counted(recommender);
  const { lists } = coverageOf(recommender);
  const top = lists.indexOf(Math.max(...lists));
  await shop.patchProducts([{ product: model.products[top], available: false, name: hostile }]);
  const page = pageOf({ shop });
  await counted(shop);
  const { html, text } = await page();
  assert.match(text, /Sold out, but would be in lists/);
  assert.not.ok(html.includes('<script>alert'));
  assert.ok(html.includes('&lt;script&gt;alert(1)&lt;/script&gt; x'));
  const csv = (await page('/explorer/catalogue.csv?only=withheld')).html.trimEnd().split('\r\n');
  assert.is(csv.length, 2);
  assert.ok(csv[1].startsWith(`${model.products[top]},`));
  const cells = csv[1].split(',');
  assert.equal([cells.at(-3), cells.at(-2), cells.at(-1)], ['no', 'no', String(lists[top])]);
  await shop.close();
  await recommender.close();
});

test('where nothing can be bought, and of one product, there is a page', async () => {
  const shop = await createShop({ model, threads: 1 });
  await shop.patchProducts(model.products.map((product) => ({ product, available: false })));
  await counted(shop);
  const page = pageOf({ shop });
  assert.match((await page()).text, /Lists are empty: .*All products are kept out of lists/);
  await shop.close();

  const orders = ['ann', 'bob'].map((customer) => ({ customer, product: 'tea', quantity: 1 }));
  const one = await fit(await readOrders(orders), { factors: 2, iterations: 1, threads: 1 });
  const recommender = createRecommender(one, { threads: 1 });
  await counted(recommender);
  const { status, text } = await pageOf({ recommender })();
  assert.is(status, 200);
  assert.match(text, /product is in somebody’s list|No product is in somebody’s list/);
  await recommender.close();
});

test('the file has a row for each product, and a part of them if asked for', async () => {
  const recommender = createRecommender(model, { threads: 1 });
  const page = pageOf({ recommender });
  await counted(recommender);
  const answer = await page('/explorer/catalogue.csv?cells=raw');
  assert.match(answer.header('content-type')!, /^text\/csv; charset=utf-8/);
  assert.is(answer.header('content-disposition'), 'attachment; filename="catalogue.csv"');
  assert.is(answer.header('cache-control'), 'no-store');
  const lines = answer.html.split('\r\n');
  assert.is(lines.length, model.products.length + 2);
  assert.equal(
    lines.slice(1, -1).map((line) => line.split(',')[0]),
    model.products,
  );
  const never = (await page('/explorer/catalogue.csv?only=never-listed')).html.trimEnd().split('\r\n');
  assert.is(never.length - 1, coverageOf(recommender).lists.filter((lists) => lists === 0).length);
  for (const query of ['only=__proto__', 'cells=x']) {
    const { status, text } = await page(`/explorer/catalogue.csv?${query}`);
    assert.is(status, 400);
    assert.match(text, /expected/);
  }
  await recommender.close();
});

test('shares are put in words that fit', () => {
  const words = (part: number, whole: number) => inTen(part, whole);
  assert.is(words(7, 10), '7 of 10 products are');
  assert.is(words(1, 10), '1 of 10 products is');
  assert.is(words(0, 10), 'No product is');
  assert.is(words(10, 10), 'Every product is');
  assert.is(words(1, 1), 'The only product is');
  assert.is(words(999, 1000), 'Nearly every product is');
  assert.is(words(20, 1000), '1 of 50 products is');
});

test('how far counting is, is said for each state', () => {
  const told = (given: object) =>
    plainText(
      String(
        progressOf({
          ...{ state: 'done', version: 'v', customers: 1_000_000, counted: 212_000, empty: 0, began: 0, ended: 60_000 },
          ...{ lists: new Uint32Array(1), withoutStock: new Uint32Array(1) },
          ...given,
        } as Parameters<typeof progressOf>[0]),
      ),
    );
  assert.match(told({ state: 'running' }), /so far: the lists of 212,000 of 1,000,000 customers/);
  assert.match(
    told({ state: 'sampled' }),
    /212,000 of 1,000,000 customers, picked at random, as all would take too long/,
  );
  assert.match(told({ counted: 1_000_000 }), /the lists of all 1,000,000 customers/);
  assert.match(told({ state: 'failed', problem: 'a thread died' }), /could not be made \(a thread died\)/);
  assert.match(told({ customers: 0, counted: 0 }), /knows no customers/);
});

test.run();
