import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../../src/dataset/read.ts';
import { createRecommender } from '../../../../src/recommending/create.ts';
import { sampleOrders } from '../../../../src/sample/sample.ts';
import { figuresIn } from '../../../../src/server/page/catalogue/figures.ts';
import { productsOf } from '../../../../src/server/page/catalogue/products.ts';
import { type Sold, soldIn } from '../../../../src/server/page/catalogue/sold.ts';
import { fit } from '../../../../src/training/fit.ts';
import { resultOf } from '../../../support/pieces.ts';

const test = suite('figures of the catalogue');

/** Products that sold so often, in as many orders as buyers; the last days of the orders had `lately`. */
function soldAs(orders: number[], lately?: Sold['lately']): Sold {
  const ranking = Uint32Array.from([...orders.keys()].sort((a, b) => orders[b] - orders[a] || a - b));
  const places = Uint32Array.from(orders, (_, row) => ranking.indexOf(row) + 1);
  return { orders: Uint32Array.from(orders), buyers: Uint32Array.from(orders), ranking, places, lately };
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
  assert.is(figures.rising, undefined);
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

test('a product rises if it sells more than before by more than chance', () => {
  const orders = [40, 12, 4, 30, 30, 6];
  const usual = Float64Array.of(10, 10, 0.1, 29, Number.NaN, 0);
  const sold = soldAs([90, 80, 70, 60, 50, 40], { days: 30, orders, usual });
  const lists = new Uint32Array(6);
  const { rising } = resultOf(figuresIn({ lists, withoutStock: lists }, sold, shopOf([], [], [])));
  assert.equal(rising, [0, 5]);
});

test('what sold is what the orders say', async () => {
  const day = 86_400_000;
  const end = Date.UTC(2025, 5, 30);
  const order = (customer: string, product: string, daysAgo: number) => ({
    customer,
    order: `${customer} ${daysAgo}`,
    product,
    time: new Date(end - daysAgo * day),
  });
  const records = [
    ...Array.from({ length: 30 }, (_, i) => order(`c${i % 7}`, 'steady', 10 * i)),
    ...Array.from({ length: 8 }, (_, i) => order(`c${i}`, 'new', i)),
    ...Array.from({ length: 9 }, (_, i) => order('c1', 'gone', 200 + 10 * i)),
  ];
  const dataset = await readOrders(records, { columns: { quantity: false } });
  const model = await fit(dataset, { factors: 2, iterations: 1, threads: 1, windowDays: 30 });
  const sold = resultOf(soldIn(model));
  const row = (product: string) => model.products.indexOf(product);
  const by = (values: ArrayLike<number>) => ['steady', 'new', 'gone'].map((product) => values[row(product)]);
  assert.equal(by(sold.orders), [30, 8, 9]);
  assert.equal(by(sold.buyers), [7, 8, 1]);
  assert.equal(by(sold.places), [1, 3, 2]);
  assert.is(sold.lately!.days, 30);
  assert.equal(by(sold.lately!.orders), [4, 8, 0]);
  const [steady, fresh, gone] = by(sold.lately!.usual);
  assert.ok(Math.abs(steady - 3) < 0.1, String(steady));
  assert.ok(Number.isNaN(fresh));
  assert.ok(gone > 0);
});

test('a model without times does not know what sells more than before', async () => {
  const model = await fit(await readOrders(sampleOrders({ lines: 500 })), { factors: 2, iterations: 1, threads: 1 });
  const { signals, ...rest } = model;
  const without = { ...rest, signals: { ...signals!, sales: undefined, firstSales: undefined } };
  assert.is(resultOf(soldIn(without)).lately, undefined);
  const recommender = createRecommender(model, { threads: 1 });
  const { describe, isOffered, isWithheld } = productsOf(recommender);
  assert.is(describe(0).id, model.products[0]);
  assert.equal([isOffered(0), isWithheld(0)], [true, false]);
  await recommender.close();
});

test.run();
