import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import type { EndcapError } from '../../src/errors.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import { fit } from '../../src/training/fit.ts';
import { shopWithHistory } from './shop.ts';

const test = suite('similar products and customers');
const model = await fit(shopWithHistory(), { factors: 4, iterations: 2, threads: 1 });
const recommender = createRecommender(model, { threads: 1 });
const { customers, products, productFactors, factors } = model;

function cosine(a: number, b: number): number {
  const [x, y] = [a, b].map((row) => productFactors.subarray(row * factors, (row + 1) * factors));
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, k) => sum + value * y[k], 0);
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}

test('similar products are all others, ordered by the cosine of their factors', () => {
  const items = recommender.similarProductsSync(products[3], { n: 2000 });
  assert.is(items.length, products.length - 1);
  items.forEach(({ row, score }, i) => {
    assert.is.not(row, 3);
    assert.ok(Math.abs(score - cosine(3, row)) < 1e-5);
    assert.ok(i === 0 || items[i - 1].score >= score);
  });
  const allowed = recommender.similarProductsSync(products[3], { n: 3, allow: products.slice(3, 5) });
  assert.equal(
    allowed.map(({ row }) => row),
    [4],
  );
});

test('ranking plays no part in similarity', () => {
  const ranking = { ...model.metadata.ranking!, trend: 50, habit: 50 };
  const other = createRecommender({ ...model, metadata: { ...model.metadata, ranking } }, { threads: 1 });
  assert.equal(other.similarProductsSync(products[3]), recommender.similarProductsSync(products[3]));
});

test('what is compared is made between other work, and by whoever needs it at once', async () => {
  const expected = recommender.similarCustomersSync(customers[3]);
  const other = createRecommender(model, { threads: 1 });
  let turns = 0;
  let isDone = false;
  const count = () => {
    turns++;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  const asked = [0, 1].map(() => other.similarCustomers(customers[3]));
  assert.equal(await Promise.all(asked), [expected, expected]);
  isDone = true;
  assert.ok(turns > 2, String(turns));
  const first = other.similarProducts(products[3]);
  await new Promise<void>((resolve) => setImmediate(resolve));
  assert.equal(other.similarProductsSync(products[3]), recommender.similarProductsSync(products[3]));
  assert.equal(await first, recommender.similarProductsSync(products[3]));
  await other.close();
});

test('a recommender that is closed meanwhile does not go on', async () => {
  const other = createRecommender(model, { threads: 1 });
  const asked = other.similarProducts(products[3]);
  await other.close();
  await asked.then(
    () => assert.unreachable(),
    (error: EndcapError) => assert.match(error.message, 'is closed'),
  );
});

test('similar products share the taste that bought them', async () => {
  const rows = [];
  for (let c = 0; c < 60; c++)
    for (let p = 0; p < 20; p++)
      if ((c + p) % 2 === 0 && (c * p) % 5 !== 1) rows.push({ customer: c, product: p, quantity: 1 });
  const checkered = await fit(await readOrders(rows), { factors: 4, threads: 1 });
  const view = createRecommender(checkered, { threads: 1 });
  for (const product of checkered.products)
    for (const similar of view.similarProductsSync(product, { n: 5 }))
      assert.is(Number(similar.product) % 2, Number(product) % 2);
});

test('similar customers share their taste and leave the customer out', () => {
  let alike = 0;
  let all = 0;
  for (const [row, customer] of customers.entries()) {
    const similar = recommender.similarCustomersSync(customer, { n: 5 });
    assert.is(similar.length, 5);
    assert.ok(similar.every((one, i) => one.row !== row && one.score <= (similar[i - 1]?.score ?? 1.000001)));
    assert.ok(similar.every((one) => one.customer === customers[one.row]));
    alike += similar.filter((one) => one.row % 2 === row % 2).length;
    all += similar.length;
  }
  assert.ok(alike > 0.8 * all, `${alike} of ${all}`);
  assert.is(recommender.similarCustomersSync(customers[0], { n: 100 }).length, customers.length - 1);
});

test('unknown products and customers are errors that name them', () => {
  assert.throws(
    () => recommender.similarProductsSync('no such product'),
    (error: EndcapError) => error.code === 'unknown_product' && error.message.includes("'no such product'"),
  );
  assert.throws(
    () => recommender.similarCustomersSync('nobody'),
    (error: EndcapError) => error.code === 'unknown_customer' && error.message.includes("'nobody'"),
  );
});

test.run();
