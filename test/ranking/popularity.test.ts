import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { readOrders } from '../../src/dataset/read.ts';
import { createRandom } from '../../src/random.ts';
import { popularityOf, recentOrdersOf, withOrdersOf } from '../../src/ranking/popularity.ts';
import { type Basket, datasetOfBaskets } from '../support/baskets.ts';
import { resultOf } from '../support/pieces.ts';
import { day, linesOf, orders } from './orders.ts';

const test = suite('popularity');

// Products: x, y, z.

test('popularity counts the orders of the window', async () => {
  const dataset = await readOrders(orders);
  // Of the days 30 to 40.
  assert.equal([...recentOrdersOf(dataset, 10).popularity], [1, 2, 1]);
  assert.equal([...recentOrdersOf(dataset, 1000).popularity], [3, 3, 1]);
});

/** What orders weigh together by their ages in days: e times less for every half of the window. */
const weightOf = (ages: number[], windowDays: number) =>
  ages.reduce((sum, age) => sum + Math.exp((-2 * age) / windowDays), 0);
const isNear = (actual: number, expected: number) =>
  assert.ok(Math.abs(actual - expected) < 1e-5 * expected, `${actual}, not ${expected}`);

test('uptake counts what customers buy for the first time, not in their first order, and a fifth of every order', async () => {
  const dataset = await readOrders(orders);
  for (const days of [10, 1000]) {
    const [x, y, z] = recentOrdersOf(dataset, days).uptake!;
    isNear(x, 0.2 * weightOf([39, 38, 10], days));
    isNear(y, 0.2 * weightOf([39, 9, 0], days));
    // Only Ann's z came later than in a first order.
    isNear(z, 1.2 * weightOf([10], days));
  }
});

/** Two customers who ordered long before buy the products, one letter each, on the days. */
async function uptakeOf(sold: Record<string, number[]>, days = 28) {
  const early = ['ann', 'bob', 'cyd', 'dan', 'eve'].flatMap((customer) => linesOf(customer, day(-100), 'a'));
  const lines = Object.entries(sold).flatMap(([product, when]) =>
    when.flatMap((n, i) => linesOf(['ann', 'bob', 'cyd', 'dan', 'eve'][i], day(n), product)),
  );
  const dataset = await readOrders([...early, ...lines, ...linesOf('zoe', day(100), 'a')]);
  const { uptake } = recentOrdersOf(dataset, days);
  return Object.fromEntries(dataset.products.map((id, row) => [id, uptake![row]]));
}

test('a product that has not been sold for long counts by its pace since it was first sold, and for more while it is new', async () => {
  const { b, c } = await uptakeOf({ b: [-60, -10, 84, 92, 99], c: [92, 94, 96, 98, 99] });
  const since = (age: number) => 1 - Math.exp(-age / 14);
  /** Of five orders, four since the first one; two days are always added to ages, and five orders to the four. */
  const newness = (age: number) => {
    const pace = Math.max(1, (0.8 * since(202)) / since(age + 2));
    return (pace * (1 + (4 / 9) * 2 * Math.exp(-age / 45))) / (1 + (4 / 9) * 2 * Math.exp(-200 / 45));
  };
  isNear(b, 1.2 * weightOf([160, 110, 16, 8, 1], 28) * newness(160));
  isNear(c, 1.2 * weightOf([8, 6, 4, 2, 1], 28) * newness(8));
  assert.ok(newness(160) < 1.05 && newness(8) > 2.5);
});

test('a single order of yesterday is no pace, and at no pace a product counts for less than it sold', async () => {
  const { b, c } = await uptakeOf({ b: [99], c: [-60, -40] });
  isNear(b, 1.2 * weightOf([1], 28));
  assert.ok(c >= 1.2 * weightOf([160, 140], 28));
});

test('in a shop younger than the window, no product is younger than its first order says', async () => {
  // Everything was sold from the first day on: nothing is new.
  const lines = [1, 3, 5].flatMap((n) => linesOf(`c${n}`, day(n), 'xy'));
  const { uptake } = recentOrdersOf(await readOrders(lines), 60);
  for (const each of uptake!) isNear(each, weightOf([4, 2, 0], 60) / 5);
});

test('without times but in a sequence, what many customers take up now is what they took up in their last orders', () => {
  const shopOf = (customers: number, columns: Record<string, string>) =>
    datasetOfBaskets(
      new Map(
        Array.from({ length: customers }, (_, c): [string, Basket[]] => [
          `c${c}`,
          [{ products: ['x'] }, { products: ['x', 'y'] }, { products: ['y', 'z'] }],
        ]),
      ),
      new Map(),
      columns,
    );
  const sequence = { customer: 'customer', order: 'order' };
  const each = (customers: number, columns: Record<string, string>) => {
    const { popularity, uptake } = recentOrdersOf(shopOf(customers, columns), 30);
    return [popularity, uptake!].map((orders) => [...orders].map((one) => Math.round((10 * one) / customers) / 10));
  };
  const all = [
    [2, 2, 1],
    [0.4, 1.4, 1.2],
  ];
  assert.equal(each(2000, sequence), [all[0], [0, 0.2, 1.2]]);
  assert.equal(each(1999, sequence), all, 'of few customers all orders count');
  assert.equal(each(2000, { customer: 'customer' }), all, 'nothing says which order was the last');
});

test('without times every order counts; with some, those without one are not recent', async () => {
  const timeless = await readOrders(orders, { columns: { time: false } });
  assert.equal([...recentOrdersOf(timeless, 1).popularity], [3, 3, 1]);
  const some = await readOrders([...orders, ...linesOf('eve', '', 'zz')]);
  assert.equal([...recentOrdersOf(some, 1000).popularity], [3, 3, 1]);
});

test('where no order that is left has a time, every order counts', async () => {
  const { history, ...dataset } = await readOrders(orders);
  const times = history!.times!.map(() => Number.NaN);
  const { popularity, uptake } = recentOrdersOf({ ...dataset, history: { ...history!, times } }, 10);
  assert.equal([...popularity], [3, 3, 1]);
  isNear(uptake![2], 1.2);
});

test('without a history all orders of the pairs count, and there is no uptake', async () => {
  const { history: _, ...dataset } = await readOrders(orders);
  const { popularity, uptake } = recentOrdersOf(dataset, 10);
  assert.equal([...popularity], [3, 3, 1]);
  assert.is(uptake, undefined);
});

test('counting does not stop at 2^24, where floats do', () => {
  const count = 2 ** 24 + 4;
  const starts = new Uint32Array(count + 1);
  for (let order = 0; order <= count; order++) starts[order] = order;
  const dataset = {
    products: ['x'],
    purchases: { offsets: Uint32Array.of(0, 2), products: Uint32Array.of(0, 0), orders: Uint32Array.of(count - 1, 1) },
    history: { offsets: Uint32Array.of(0, count), starts, products: new Uint32Array(count) },
    account: { columns: {} },
  } as unknown as Dataset;
  const { popularity, uptake } = recentOrdersOf(dataset, 60);
  assert.is(popularity[0], count);
  assert.is(uptake![0], Math.fround(count / 5));
  assert.is(recentOrdersOf({ ...dataset, history: undefined }, 60).popularity[0], count);
});

test('an order of a mistyped year is not in the window, and does not move it', async () => {
  const many = Array.from({ length: 30 }, (_, i) => linesOf(`c${i}`, day(1 + i), i < 19 ? 'x' : 'y')).flat();
  const popularity = [...recentOrdersOf(await readOrders(many), 10).popularity];
  // The window has its first day and its last.
  assert.equal(popularity, [0, 11]);
  const dataset = await readOrders([...many, ...linesOf('eve', '2052-01-30', 'xy')]);
  assert.equal([...recentOrdersOf(dataset, 10).popularity], popularity);
  assert.is(dataset.account.lastPurchase, Date.UTC(2052, 0, 30));
});

test('products are ranked by the orders of the window, then by all, then by row; the top are 2 %', async () => {
  const dataset = await readOrders(orders);
  assert.equal([...popularityOf(dataset).ranking], [0, 1, 2]);
  const signals = recentOrdersOf(dataset, 10);
  const { ranking, isTop } = popularityOf({ ...dataset, signals });
  assert.equal([...ranking], [1, 0, 2]);
  assert.equal([0, 1, 2].filter(isTop), [1]);
});

test('counts are ranked as all numbers are', () => {
  const random = createRandom(2);
  const products = Array.from({ length: 500 }, (_, row) => String(row));
  const none = { offsets: Uint32Array.of(0), products: new Uint32Array(), quantities: new Float32Array() };
  for (const scale of [1, 0.5, 1e6, 1e30]) {
    const popularity = Float32Array.from(products, () => scale * random.below(60));
    const { ranking } = popularityOf({ products, purchases: none, signals: { popularity } });
    const expected = [...products.keys()].sort((a, b) => popularity[b] - popularity[a]);
    assert.equal([...ranking], expected);
  }
});

test('what ties is ranked by all orders, whose sums may be larger than 32 bits hold', () => {
  const random = createRandom(4);
  const products = Array.from({ length: 300 }, (_, row) => String(row));
  const pairs = 3000;
  const purchases = {
    offsets: Uint32Array.of(0, pairs),
    products: Uint32Array.from({ length: pairs }, () => random.below(300)),
    orders: Uint32Array.from({ length: pairs }, () => (random.uniform() < 0.5 ? 1 : 2 ** 31 - 1 - random.below(3))),
  };
  const ever = new Float64Array(300);
  for (const [pair, product] of purchases.products.entries()) ever[product] += purchases.orders[pair];
  assert.ok(Math.max(...ever) > 2 ** 32);
  const byEver = (a: number, b: number) => ever[b] - ever[a] || a - b;
  assert.equal([...popularityOf({ products, purchases }).ranking], [...products.keys()].sort(byEver));
  const popularity = Float32Array.from(products, () => [0, -0, 0.25, 7][random.below(4)]);
  assert.equal(
    [...popularityOf({ products, purchases, signals: { popularity } }).ranking],
    [...products.keys()].sort((a, b) => popularity[b] - popularity[a] || byEver(a, b)),
  );
});

test('other orders give the ranking that sorting gives, and products tie as before', () => {
  const random = createRandom(3);
  const products = Array.from({ length: 120 }, (_, row) => `p${row}`);
  const popularity = Float32Array.from(products, () => random.below(6));
  const purchases = { offsets: Uint32Array.of(0), products: new Uint32Array(0) };
  const before = popularityOf({ purchases, products, signals: { popularity } });
  const places = new Map(Array.from(before.ranking, (row, place) => [row, place]));
  for (const most of [1, 5, 70_000, 2 ** 31]) {
    const orders = Float32Array.from(products, () => (random.uniform() < 0.3 ? 2 : random.below(most)));
    const { ranking, isTop } = resultOf(withOrdersOf(before, orders));
    const expected = [...products.keys()].sort((a, b) => orders[b] - orders[a] || places.get(a)! - places.get(b)!);
    assert.equal([...ranking], expected);
    assert.ok(isTop(ranking[0]));
    assert.not.ok(isTop(ranking[119]));
  }
  assert.equal(resultOf(withOrdersOf(before, popularity)).ranking, before.ranking);
});

test('how often and since when each product was sold is kept, if orders have times', async () => {
  const { sales, firstSales } = recentOrdersOf(await readOrders([...orders, ...linesOf('eve', '', 'z')]), 10);
  assert.equal([...sales!], [3, 3, 2]);
  assert.equal([...firstSales!], [day(1).getTime(), day(1).getTime(), Number.NaN]);
  assert.is(recentOrdersOf(await readOrders(orders, { columns: { time: false } }), 10).firstSales, undefined);
});

test.run();
