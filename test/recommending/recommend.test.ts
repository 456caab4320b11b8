import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { EndcapError } from '../../src/errors.ts';
import type { Model } from '../../src/model/model.ts';
import { bonusesOf, createBonus, trendsOf } from '../../src/ranking/formula.ts';
import { createRecommender } from '../../src/recommending/create.ts';
import type { Recommendation, RecommendOptions } from '../../src/recommending/types.ts';
import { sampleOrders } from '../../src/sample/sample.ts';
import { fit } from '../../src/training/fit.ts';
import { backends } from '../kernel/backends.ts';

const test = suite('recommend');
const dataset = await readOrders(sampleOrders({ lines: 3000 }));
const model = await fit(dataset, { factors: 12, iterations: 4, threads: 1 });
const recommender = createRecommender(model, { threads: 1 });
const { customers, products } = model;
const trends = trendsOf(model.signals!, model.metadata.ranking!);
const bonusOf = createBonus(model.signals!, model.metadata.ranking!, trends);
const bonuses = bonusesOf(model.purchases, model.signals!, bonusOf);

const boughtBy = (customer: string) => {
  const row = customers.indexOf(customer);
  const { offsets, products: rows } = model.purchases;
  return row < 0 ? new Set<number>() : new Set(rows.subarray(offsets[row], offsets[row + 1]));
};

/** Scores in f64 of every product that may be in the list, best first. */
function plainList(of: Model, customer: string, options: RecommendOptions): { row: number; score: number }[] {
  const row = of.customers.indexOf(customer);
  const bought = boughtBy(customer);
  return of.products
    .map((product, p) => ({ product, row: p }))
    .filter(({ product }) => !options.allow || options.allow.includes(product))
    .filter(({ product }) => !options.deny?.includes(product))
    .filter(({ row: p }) => options.purchased !== 'exclude' || !bought.has(p))
    .filter(({ row: p }) => options.purchased !== 'only' || bought.has(p))
    .map(({ row: p }) => {
      let dot = 0;
      for (let k = 0; k < of.factors; k++)
        dot += of.customerFactors[row * of.factors + k] * of.productFactors[p * of.factors + k];
      const pair = of.purchases.products.indexOf(p, of.purchases.offsets[row]);
      const bonus = pair >= 0 && pair < of.purchases.offsets[row + 1] ? bonuses[pair] : 0;
      return { row: p, score: 2 * Math.sqrt(Math.max(0, dot)) + trends.fresh[p] + bonus };
    })
    .sort((a, b) => b.score - a.score || a.row - b.row);
}

function checkOrder(items: Recommendation[]): void {
  for (let i = 1; i < items.length; i++) {
    const [before, item] = [items[i - 1], items[i]];
    assert.ok(
      before.score > item.score || (before.score === item.score && before.row < item.row),
      'best first, ties to the lower row',
    );
  }
}

const filters = fc.record(
  {
    n: fc.integer({ min: 1, max: 40 }),
    purchased: fc.constantFrom('allow' as const, 'exclude' as const, 'only' as const),
    allow: fc.array(fc.constantFrom(...products, 'no such product'), { maxLength: 30 }),
    deny: fc.array(fc.constantFrom(...products, 'no such product'), { maxLength: 30 }),
  },
  { requiredKeys: [] },
);

test('a list has exactly min(n, eligible) products, none filtered, as a full sort would rank them', () => {
  fc.assert(
    fc.property(fc.constantFrom(...customers), filters, (customer, options) => {
      const { items, source } = recommender.recommendSync(customer, options);
      const expected = plainList(model, customer, options).slice(0, options.n ?? 10);
      assert.is(source, 'personal');
      assert.is(items.length, expected.length);
      checkOrder(items);
      items.forEach((item, i) => {
        assert.is(products[item.row], item.product);
        assert.ok(Math.abs(item.score - expected[i].score) < 1e-4);
      });
      const eligible = new Set(plainList(model, customer, options).map(({ row }) => row));
      assert.ok(items.every(({ row }) => eligible.has(row)));
    }),
  );
});

test('unknown customers get what most orders of the last days hold, under the same filters', () => {
  fc.assert(
    fc.property(filters, (options) => {
      const { items, source } = recommender.recommendSync('nobody', options);
      assert.is(source, 'popular');
      const eligible = products.filter(
        (product) => (!options.allow || options.allow.includes(product)) && !options.deny?.includes(product),
      );
      assert.is(items.length, options.purchased === 'only' ? 0 : Math.min(options.n ?? 10, eligible.length));
      assert.ok(items.every(({ product }) => eligible.includes(product)));
      assert.ok(items.every(({ score }, i) => i === 0 || items[i - 1].score >= score));
    }),
  );
  const { popularity } = model.signals!;
  const [first] = recommender.recommendSync('nobody').items;
  assert.is(first.score, popularity[first.row]);
  assert.is(first.score, Math.max(...popularity));
});

test('a number and its digits are the same customer, and items carry what the orders said of the product', () => {
  const numeric = customers.find((id) => /^\d+$/.test(id))!;
  assert.equal(recommender.recommendSync(Number(numeric)), recommender.recommendSync(numeric));
  const [item] = recommender.recommendSync(numeric).items;
  assert.is(item.name, model.productInfo[item.row].name);
  assert.is(item.category, model.productInfo[item.row].category);
});

test('options that are undefined are options not given', () => {
  const options = { n: undefined, purchased: undefined, allow: undefined, deny: undefined };
  assert.equal(recommender.recommendSync(customers[0], options), recommender.recommendSync(customers[0]));
});

test('options that cannot be are refused by name', () => {
  for (const [options, name] of [
    [{ n: 0 }, 'n'],
    [{ n: 2.5 }, 'n'],
    [{ n: 1e9 }, 'n'],
    [{ purchased: 'maybe' }, 'purchased'],
    [{ allow: 'p1' }, 'allow'],
    [{ limit: 5 }, 'limit'],
  ] as const) {
    try {
      recommender.recommendSync(customers[0], options as never);
      assert.unreachable(`took ${JSON.stringify(options)}`);
    } catch (error) {
      assert.instance(error, EndcapError);
      assert.is((error as EndcapError).code, 'invalid_options');
      assert.match((error as EndcapError).message, new RegExp(`^${name}`));
    }
  }
});

test('similar products leave the product out, score at most 1, and unknown products are an error', () => {
  const items = recommender.similarProductsSync(products[3], { n: 2000 });
  assert.is(items.length, products.length - 1);
  checkOrder(items);
  assert.ok(items.every(({ row, score }) => row !== 3 && score <= 1 + 1e-6 && score >= -1 - 1e-6));
  assert.equal(recommender.similarProductsSync(products[3], { n: 3, allow: products.slice(3, 5) }).length, 1);
  try {
    recommender.similarProductsSync('no such product');
    assert.unreachable();
  } catch (error) {
    assert.is((error as EndcapError).code, 'unknown_product');
    assert.match((error as EndcapError).message, /no such product/);
  }
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

test('every backend gives the same lists but for near-ties', () => {
  const expected = customers.slice(0, 50).map((customer) => recommender.recommendSync(customer, { n: 20 }).items);
  for (const { options, absent, name } of backends) {
    if (absent) continue;
    const other = createRecommender(model, { ...options, threads: 1 });
    customers.slice(0, 50).forEach((customer, c) => {
      other.recommendSync(customer, { n: 20 }).items.forEach((item, i) => {
        assert.ok(Math.abs(item.score - expected[c][i].score) < 1e-5, `${name}: ${customer} place ${i}`);
      });
    });
  }
});

test('after closing it says so', async () => {
  const closed = createRecommender(model, { threads: 1 });
  await closed.close();
  assert.throws(() => closed.recommendSync(customers[0]), /closed/);
});

test('a model whose parts do not fit is refused before a kernel sees it', () => {
  const { purchases } = model;
  for (const broken of [
    { customerFactors: model.customerFactors.subarray(1) },
    { factors: 11 },
    { purchases: { ...purchases, products: purchases.products.map(() => products.length) } },
    { purchases: { ...purchases, offsets: purchases.offsets.map((offset) => offset * 2) } },
  ])
    assert.throws(
      () => createRecommender({ ...model, ...broken }, { threads: 1 }),
      (error: unknown) => error instanceof EndcapError && error.code === 'model_unreadable',
    );
});

test('factors whose products would not be finite are refused', () => {
  for (const value of [1e30, Number.NaN, Number.POSITIVE_INFINITY]) {
    const customerFactors = model.customerFactors.slice().fill(value);
    const productFactors = model.productFactors.slice().fill(value);
    assert.throws(
      () => createRecommender({ ...model, customerFactors, productFactors }, { threads: 1 }),
      (error: unknown) => error instanceof EndcapError && error.code === 'model_unreadable',
    );
  }
});

test.run();
