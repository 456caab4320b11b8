/** Lists of a shop with filters, next to those of another that is told which products it may list. */
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createShop } from '../../../src/live/shop.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import type { Condition } from '../../../src/recommending/serving/options.ts';
import type { BatchOptions, ListOptions, RecommendOptions } from '../../../src/recommending/types.ts';
import { fit } from '../../../src/training/fit.ts';
import { shopWithHistory } from '../../recommending/shop.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { conditions, type Entry, entries, meets } from './entries.ts';

const test = suite('lists with filters');
const history = shopWithHistory();
const model = await fit(history, { factors: 8, iterations: 4, threads: 1, together: 20 });
const { customers, products, productInfo } = model;
const recommender = await createShop({ model, threads: 1 });
const shop = await createShop({ model, threads: 1 });
test.after(async () => {
  await recommender.close();
  await shop.close();
});

/** What the shop says, by row. */
const said: Entry[] = products.map(() => ({}));
async function put(row: number, entry: Entry): Promise<void> {
  said[row] = entry;
  await shop.putProducts([{ product: products[row], ...entry }]);
  const { name, category } = entry;
  await recommender.putProducts([{ product: products[row], ...(name && { name }), ...(category && { category }) }]);
}
for (const [row, entry] of fc.sample(entries, { numRuns: products.length, seed: 1 }).entries()) await put(row, entry);
await put(0, { attributes: { a: 'x', b: 1, c: true, d: 'x' } });
await put(1, { attributes: { d: 2 } });

const eligible = (condition: Parameters<typeof meets>[0] | undefined) =>
  products.filter((_, row) => {
    const entry = { ...productInfo[row], ...said[row] };
    return said[row].available !== false && (!condition || meets(condition, entry));
  });

const ids = fc.subarray([...products], { minLength: 0, maxLength: 40 });
const requests: fc.Arbitrary<RecommendOptions> = fc.record(
  {
    n: fc.integer({ min: 1, max: 20 }),
    filter: conditions,
    allow: ids,
    deny: ids,
    purchased: fc.constantFrom('allow', 'exclude'),
    diversity: fc.constantFrom(0, 0.4),
    perCategory: fc.integer({ min: 1, max: 3 }),
    mix: fc.constant(1),
    explain: fc.boolean(),
  },
  { requiredKeys: ['n', 'filter'] },
);

/** The same request of somebody who knows which products meet the filter. */
function told<Options extends ListOptions>({ filter, allow, ...options }: Options) {
  const met = eligible(filter);
  return { ...options, allow: allow ? met.filter((id) => allow.includes(id)) : met };
}

const listed = ({ items }: { items: readonly { row: number; score: number }[] }) =>
  items.map(({ row, score }) => ({ row, score }));

test('every list holds the best products that pass the filter, whatever else is asked', async () => {
  const questions = fc.tuple(requests, fc.nat(customers.length), fc.nat(products.length - 1), fc.nat(69), entries);
  await fc.assert(
    fc.asyncProperty(questions, async ([options, who, what, changed, entry]) => {
      // A product changes while masks of earlier filters are kept.
      if (changed > 1) await put(changed, entry);
      const customer = customers[who] ?? 'nobody';
      const basket = [products[what]];
      const [asked, plain] = [options, told(options)];
      const personal = listed(await recommender.recommend(customer, plain));
      assert.equal(listed(await shop.recommend(customer, asked)), personal);
      assert.equal(listed(shop.recommendSync(customer, asked)), personal);
      const forBasket = listed(await recommender.recommendForBasket(basket, plain));
      assert.equal(listed(await shop.recommendForBasket(basket, asked)), forBasket);
      assert.equal(listed(shop.recommendForBasketSync(basket, asked)), forBasket);
      const [few, fewPlain] = [
        { n: options.n, filter: options.filter },
        told({ n: options.n, filter: options.filter }),
      ];
      const similar = listed({ items: await recommender.similarProducts(basket[0], fewPlain) });
      assert.equal(listed({ items: await shop.similarProducts(basket[0], few) }), similar);
      assert.equal(listed({ items: shop.similarProductsSync(basket[0], few) }), similar);
      const rowsOf = (items: readonly { row: number }[]) => items.map(({ row }) => row);
      const together = rowsOf(await recommender.boughtTogether(basket[0], fewPlain));
      assert.equal(rowsOf(await shop.boughtTogether(basket[0], few)), together);
      assert.equal(rowsOf(shop.boughtTogetherSync(basket[0], few)), together);
    }),
    { numRuns: 150 },
  );
});

test('batches are the lists of their customers', async () => {
  for (const [filter] of fc.sample(fc.tuple(conditions), { numRuns: 12, seed: 3 })) {
    for (const options of [
      { n: 5 },
      { n: 12, mix: 2 },
      { n: 6, diversity: 0.4 },
      { n: 4, purchased: 'only' },
    ] as const) {
      const asked: BatchOptions = { ...options, filter };
      const batch = [];
      for await (const list of shop.recommendAll(asked)) batch.push(listed(list));
      const one = await Promise.all(
        customers.map(async (id) => listed(await shop.recommend(id, { ...options, filter }))),
      );
      assert.equal(batch, one);
    }
  }
});

test('requests of one turn have filters of their own', async () => {
  const filters: Condition[] = fc.sample(conditions, { numRuns: 30, seed: 4 });
  const together = await Promise.all(filters.map((filter) => shop.recommend(customers[1], { filter })));
  for (const [i, filter] of filters.entries())
    assert.equal(listed(together[i]), listed(shop.recommendSync(customers[1], { filter })));
  assert.ok(new Set(together.map(({ items }) => JSON.stringify(items))).size > 5);
});

test('a batch of which nobody reads on gives its mask back', async () => {
  const filter = { field: 'price', max: 2 } as const;
  shop.recommendBlocks({ filter });
  for await (const _ of shop.recommendBlocks({ filter })) break;
  assert.ok((await shop.recommend(customers[0], { filter })).items.length > 0);
});

test('a product that sells out is in no list, although the mask of the filter is kept', async () => {
  const filter = { field: 'attributes.kept', equals: true } as const;
  for (const row of products.keys()) await put(row, { attributes: { kept: true } });
  const [first] = (await shop.recommend(customers[0], { filter })).items;
  await put(first.row, { available: false, attributes: { kept: true } });
  assert.not.ok((await shop.recommend(customers[0], { filter, n: 100 })).items.some(({ row }) => row === first.row));
  await put(first.row, { attributes: { kept: true } });
  assert.is((await shop.recommend(customers[0], { filter })).items[0].row, first.row);
  await put(first.row, { attributes: { kept: false } });
  assert.not.ok((await shop.recommend(customers[0], { filter, n: 100 })).items.some(({ row }) => row === first.row));
});

test('what is wrong with a filter is an error of every question', async () => {
  const options = { filter: { field: 'price', min: 'cheap' } } as never;
  const message = /^filter\.min: expected a number, since price is a number$/;
  for (const work of [
    shop.recommend(customers[0], options),
    shop.recommendForBasket([products[0]], options),
    shop.similarProducts(products[0], options),
    shop.boughtTogether(products[0], options),
  ])
    assert.match((await endcapErrorOf(work)).message, message);
  for (const call of [
    () => shop.recommendSync(customers[0], options),
    () => shop.similarProductsSync(products[0], options),
    () => shop.recommendBlocks(options),
    () => shop.recommendAll(options),
  ])
    assert.throws(call, message);
});

test('without a shop, there are no filters', async () => {
  const recommender = createRecommender(model, { threads: 1 });
  const options: ListOptions = { filter: { field: 'price', max: 3 } };
  const message = /^filter: needs a running shop.*createShop/;
  const refused = [
    recommender.recommend(customers[0], options),
    recommender.recommendForBasket([products[0]], options),
    recommender.similarProducts(products[0], options),
    recommender.boughtTogether(products[0], options),
  ];
  for (const { message: text } of await Promise.all(refused.map(endcapErrorOf))) assert.match(text, message);
  assert.throws(() => recommender.recommendSync(customers[0], options), message);
  assert.throws(() => recommender.recommendBlocks(options), message);
  await recommender.close();
});

test.run();
