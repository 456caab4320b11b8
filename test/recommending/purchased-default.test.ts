import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import { fit } from '../../src/training/fit.ts';
import { datasetOfBaskets } from '../support/baskets.ts';
import { randomShop } from '../support/random-shop.ts';

const test = suite('default of purchased');

/** Every customer buys six of twelve products, one an order. */
function shopWithoutRepeats(): Dataset {
  const baskets = Array.from({ length: 40 }, (_, c): [string, { products: string[] }[]] => [
    `c${c}`,
    Array.from({ length: 6 }, (_, i) => ({ products: [`p${(c + i * (1 + (c % 2) * 4)) % 12}`] })),
  ]);
  return datasetOfBaskets(new Map(baskets), new Map(), { customer: 'customer', order: 'order' });
}

const small = { factors: 4, iterations: 2, threads: 1 };

/** Of each way to ask: the source, and how many products of the list the customer had bought. */
async function asked(dataset: Dataset, purchased?: 'allow' | 'exclude') {
  const model = await fit(dataset, small);
  const recommender = createRecommender(model, { threads: 1 });
  const [customer] = model.customers;
  const own = new Set(model.purchases.products.subarray(0, model.purchases.offsets[1]));
  const boughtIn = (items: { row: number }[]) => items.filter(({ row }) => own.has(row)).length;
  const options = { n: 100, purchased };
  const one = recommender.recommendSync(customer, options);
  const { items: later } = await recommender.recommend(customer, options);
  const basketOf = (row: number) => [model.products[row]];
  const other = model.products.findIndex((_, row) => !own.has(row));
  const basket = recommender.recommendForBasketSync(basketOf(other), { ...options, customer });
  const all = [];
  for await (const each of recommender.recommendAll({ ...options, to: 1 })) all.push(each.items);
  await recommender.close();
  return {
    source: one.source,
    bought: [one.items, later, all[0]].map(boughtIn),
    own: own.size,
    basket: {
      source: basket.source,
      bought: boughtIn(basket.items),
      itself: basket.items.some(({ row }) => row === other),
    },
  };
}

test('where nobody buys a product twice, lists of every kind leave out what was bought, and the source says so', async () => {
  const { source, bought, basket } = await asked(shopWithoutRepeats());
  assert.is(source, 'personal-new');
  assert.equal(bought, [0, 0, 0]);
  assert.equal(basket, { source: 'basket', bought: 0, itself: false });
});

test('an explicit value decides there, too', async () => {
  const { source, bought, own, basket } = await asked(shopWithoutRepeats(), 'allow');
  assert.is(source, 'personal');
  assert.equal(bought, [own, own, own]);
  assert.equal(basket, { source: 'basket', bought: own, itself: true });
  assert.is((await asked(shopWithoutRepeats(), 'exclude')).source, 'personal');
});

test('where customers buy again, what they bought is listed, and a basket leaves out itself only', async () => {
  const { source, bought, own, basket } = await asked(randomShop());
  assert.is(source, 'personal');
  assert.equal(bought, [own, own, own]);
  assert.equal(basket, { source: 'basket', bought: own, itself: false });
});

test.run();
