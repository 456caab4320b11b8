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
import { finish } from '../../src/turns.ts';
import { backends } from '../kernel/backends.ts';
import { endcapErrorOf } from '../support/errors.ts';

const test = suite('recommender');
const dataset = await readOrders(sampleOrders({ lines: 3000 }));
const model = await fit(dataset, { factors: 12, iterations: 4, threads: 1 });
const recommender = createRecommender(model, { threads: 1 });
const { customers, products } = model;
const trends = trendsOf(model.signals!, model.metadata.ranking!);
const bonusOf = createBonus(model.signals!, model.metadata.ranking!, trends);
const bonuses = finish(bonusesOf(model.purchases, model.signals!, bonusOf));

const boughtBy = (customer: string) => {
  const row = customers.indexOf(customer);
  const { offsets, products: rows } = model.purchases;
  return row < 0 ? new Set<number>() : new Set(rows.subarray(offsets[row], offsets[row + 1]));
};

/** What the customer bought, and what they returned in full. */
const knownBy = (customer: string) => {
  const row = customers.indexOf(customer);
  const { offsets, products: rows } = model.returned!;
  return new Set([...boughtBy(customer), ...(row < 0 ? [] : rows.subarray(offsets[row], offsets[row + 1]))]);
};

/** Scores in f64 of every product that may be in the list, best first. */
function plainList(of: Model, customer: string, options: RecommendOptions): { row: number; score: number }[] {
  const row = of.customers.indexOf(customer);
  const [bought, known] = [boughtBy(customer), knownBy(customer)];
  return of.products
    .map((product, p) => ({ product, row: p }))
    .filter(({ product }) => !options.allow || options.allow.includes(product))
    .filter(({ product }) => !options.deny?.includes(product))
    .filter(({ row: p }) => options.purchased !== 'exclude' || !known.has(p))
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
      // Unless asked for none, variety replaces a product of a list whose names share a word.
      const { items, source } = recommender.recommendSync(customer, { ...options, diversity: 0 });
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

test('a list of one is the start of the full list, and the full list holds every product', () => {
  for (const customer of [...customers.slice(0, 50), 'nobody']) {
    const full = recommender.recommendSync(customer, { n: 10_000 }).items;
    assert.is(new Set(full.map(({ row }) => row)).size, products.length);
    assert.equal(recommender.recommendSync(customer, { n: 1 }).items, full.slice(0, 1));
  }
});

test('a number and its digits are the same customer, and items carry the name and category from the orders', () => {
  const numeric = customers.find((id) => /^\d+$/.test(id))!;
  assert.equal(recommender.recommendSync(Number(numeric)), recommender.recommendSync(numeric));
  const [item] = recommender.recommendSync(numeric).items;
  assert.is(item.name, model.productInfo[item.row].name);
  assert.is(item.category, model.productInfo[item.row].category);
});

test('undefined options have their defaults', () => {
  const options = { n: undefined, purchased: undefined, allow: undefined, deny: undefined };
  assert.equal(recommender.recommendSync(customers[0], options), recommender.recommendSync(customers[0]));
});

/** Every way to ask, with its options. */
const forms: Record<string, (options: object) => unknown> = {
  recommend: (options) => recommender.recommend(customers[0], options),
  recommendSync: (options) => recommender.recommendSync(customers[0], options),
  recommendForBasket: (options) => recommender.recommendForBasket([products[0]], options),
  recommendForBasketSync: (options) => recommender.recommendForBasketSync([products[0]], options),
  similarProducts: (options) => recommender.similarProducts(products[0], options),
  similarProductsSync: (options) => recommender.similarProductsSync(products[0], options),
  boughtTogether: (options) => recommender.boughtTogether(products[0], options),
  boughtTogetherSync: (options) => recommender.boughtTogetherSync(products[0], options),
  similarCustomers: (options) => recommender.similarCustomers(customers[0], options),
  similarCustomersSync: (options) => recommender.similarCustomersSync(customers[0], options),
  recommendBlocks: (options) => recommender.recommendBlocks(options),
  recommendAll: (options) => recommender.recommendAll(options),
};

for (const [name, ask] of Object.entries(forms)) {
  test(`${name} refuses options that are unknown or out of range, by name`, async () => {
    const some = { similarCustomers: ['n'], similarProducts: ['n', 'allow'], boughtTogether: ['n', 'allow'] };
    const taken = some[name.replace('Sync', '') as keyof typeof some];
    for (const [option, value] of [
      ['limit', 5],
      ['n', 0],
      ['n', 2.5],
      ['n', 10_001],
      ['n', '5'],
      ['allow', 'p1'],
      ['purchased', 'maybe'],
      ['diversity', 2],
      ['perCategory', 0],
    ] as const) {
      const error = await endcapErrorOf((async () => ask({ [option]: value }))());
      assert.is(error.code, 'invalid_options');
      const isKnown = !taken || taken.includes(option as never);
      assert.match(error.message, isKnown ? new RegExp(`^${option}: `) : /^\w+: .* expected one of the options n/);
      assert.is(error.details.option, option);
    }
  });
}

test('the asynchronous form rejects; the synchronous one and the loops throw at the call', async () => {
  for (const [name, ask] of Object.entries(forms)) {
    if (/Sync$|Blocks$|All$/.test(name)) assert.throws(() => ask({ limit: 5 }), /^limit: /, name);
    else await endcapErrorOf(ask({ limit: 5 }) as Promise<unknown>);
  }
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

test('options that are no object, and signals and callbacks that are none, are refused', async () => {
  const noSignal = { signal: 'x' as never };
  for (const [name, ask] of Object.entries(forms)) {
    const wrong: unknown[] = [null, [], 5, 'x'];
    if (/^recommend(ForBasket|Blocks)?$|^similar\w+(?<!Sync)$/.test(name)) wrong.push(noSignal);
    if (name === 'recommendBlocks') wrong.push({ onProgress: 1 }, { inBackground: 1 });
    for (const options of wrong) {
      const error = await endcapErrorOf((async () => ask(options as never))());
      assert.is(error.code, 'invalid_options', `${name} ${JSON.stringify(options)}`);
    }
  }
});

test('a model without products answers with empty lists', async () => {
  const none = (rows: number) => ({ offsets: new Uint32Array(rows + 1), products: new Uint32Array() });
  const { ranking: _, sales: __, ...metadata } = model.metadata;
  const empty: Model = {
    ...{ algorithm: 'als', factors: 2, customers: ['a', 'b'], products: [], productInfo: [], metadata },
    ...{ customerFactors: Float32Array.of(1, 2, 3, 4), productFactors: new Float32Array(), purchases: none(2) },
  };
  for (const { options, absent, name } of backends) {
    if (absent) continue;
    const other = createRecommender(empty, { ...options, threads: 1 });
    for (const asked of [
      {},
      { purchased: 'only' },
      { allow: ['x'] },
      { diversity: 0.5 },
      { perCategory: 1 },
    ] as const) {
      assert.equal(other.recommendSync('a', asked).items, [], name);
      assert.equal((await other.recommend('a', asked)).items, [], name);
      for await (const { items } of other.recommendAll(asked)) assert.equal(items, [], name);
    }
    assert.is(other.similarCustomersSync('a').length, 1, name);
    await other.close();
  }
});

test('once closed it says so, whatever it is asked', async () => {
  const closed = createRecommender(model, { threads: 1 });
  await closed.close();
  assert.throws(() => closed.recommendSync(customers[0]), /this recommender is closed/);
  assert.throws(() => closed.boughtTogetherSync(products[0]), /closed/);
  assert.throws(() => closed.recommendBlocks(), /closed/);
  assert.match((await endcapErrorOf(closed.recommend(customers[0]))).message, 'closed');
  assert.match((await endcapErrorOf(closed.similarCustomers(customers[0]))).message, 'closed');
});

test('a broken model is refused before a kernel sees it', () => {
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

test.run();
