import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../../src/dataset/read.ts';
import { createRecommender } from '../../../../src/recommending/create.ts';
import { sampleOrders } from '../../../../src/sample/sample.ts';
import { figuresIn } from '../../../../src/server/page/catalogue/figures.ts';
import { productsOf } from '../../../../src/server/page/catalogue/products.ts';
import { type Sold, soldOf } from '../../../../src/server/page/catalogue/sold.ts';
import { fit } from '../../../../src/training/fit.ts';
import { resultOf } from '../../../support/pieces.ts';

const test = suite('figures of the catalogue');

/** Products that sold so often, in as many orders as buyers. */
function soldAs(orders: number[]): Sold {
  const ranking = Uint32Array.from([...orders.keys()].sort((a, b) => orders[b] - orders[a] || a - b));
  const places = Uint32Array.from(orders, (_, row) => ranking.indexOf(row) + 1);
  return { orders: Uint32Array.from(orders), buyers: Uint32Array.from(orders), ranking, places };
}

const shopOf = (categories: (string | undefined)[], withheld: number[] = [], unlisted: number[] = []) => ({
  describe: (row: number) => ({ id: `p${row}` }),
  categoryOf: (row: number) => categories[row],
  isWithheld: (row: number) => withheld.includes(row),
  isOffered: (row: number) => !withheld.includes(row) && !unlisted.includes(row),
});

test('products are counted, ranked by lists and then by sales, and those that lists may not hold are left out', () => {
  const lists = Uint32Array.of(4, 0, 9, 4, 0, 0, 7);
  const withoutStock = Uint32Array.of(0, 0, 0, 0, 0, 3, 0);
  const categories = ['a', 'b', 'a', undefined, 'b', 'c', 'c'];
  const sold = soldAs([5, 8, 1, 6, 2, 9, 3]);
  const figures = resultOf(figuresIn({ lists, withoutStock }, sold, shopOf(categories, [5], [6])));
  assert.equal([figures.offered, figures.listed, figures.withheld], [5, 3, 1]);
  assert.equal(figures.mostListed, [2, 3, 0]);
  assert.equal(figures.neverListed, [1, 4]);
  assert.equal(figures.missed, [5]);
  assert.equal([figures.places.total, figures.orders.total], [17, 22]);
  assert.equal(figures.categories, [
    { name: 'b', others: 0, products: 2, places: 0, orders: 10 },
    { name: 'a', others: 0, products: 2, places: 13, orders: 6 },
    { name: undefined, others: 0, products: 1, places: 4, orders: 6 },
  ]);
});

test('many categories are cut after those that sold most', () => {
  const lists = new Uint32Array(50).fill(2);
  const categories = Array.from(lists, (_, row) => `category ${row}`);
  const sold = soldAs(categories.map((_, row) => 50 - row));
  const { categories: cut } = resultOf(figuresIn({ lists, withoutStock: lists }, sold, shopOf(categories)));
  assert.is(cut.length, 21);
  assert.equal(cut[20], { name: undefined, others: 30, products: 30, places: 60, orders: (30 * 31) / 2 });
});

test('what sold is what the orders say', async () => {
  const order = (customer: string, product: string, number: number) => ({
    ...{ customer, product, order: `${customer} ${number}`, quantity: 2, time: Date.UTC(2025, 1, number) },
  });
  const records = [
    ...Array.from({ length: 20 }, (_, i) => order(`c${i % 7}`, 'steady', i)),
    ...Array.from({ length: 9 }, (_, i) => order('c1', 'often', 30 + i)),
    ...Array.from({ length: 9 }, (_, i) => order(`c${i}`, 'wide', 50 + i)),
  ];
  const model = await fit(await readOrders(records), { factors: 2, iterations: 1, threads: 1 });
  const sold = await soldOf(model);
  assert.is(await soldOf(model), sold);
  const by = (values: ArrayLike<number>) =>
    ['steady', 'often', 'wide'].map((product) => values[model.products.indexOf(product)]);
  assert.equal(by(sold.orders), [20, 9, 9]);
  assert.equal(by(sold.buyers), [7, 1, 9]);
  assert.equal(by(sold.places), [1, 3, 2]);
});

test('without a shop, products are what the orders call them, and lists may hold all', async () => {
  const model = await fit(await readOrders(sampleOrders({ lines: 500 })), { factors: 2, iterations: 1, threads: 1 });
  const recommender = createRecommender(model, { threads: 1 });
  const { describe, isOffered, isWithheld } = productsOf(recommender);
  const { name, category } = model.productInfo[0];
  assert.equal(describe(0), { id: model.products[0], name, category, available: undefined });
  assert.equal([isOffered(0), isWithheld(0)], [true, false]);
  await recommender.close();
});

test.run();
