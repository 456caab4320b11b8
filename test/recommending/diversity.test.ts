import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRecommender } from '../../src/recommending/create.ts';
import { choose } from '../../src/recommending/diversity.ts';
import type { Recommendation } from '../../src/recommending/types.ts';
import { fit } from '../../src/training/fit.ts';
import { randomModel, zipfDataset } from '../bench/data.ts';
import { shopWithHistory } from './shop.ts';

const test = suite('diversity');
const model = await fit(shopWithHistory(), { factors: 8, iterations: 8, threads: 1 });
const recommender = createRecommender(model, { threads: 1 });
const { customers, products, productInfo } = model;

/** Mean cosine over the pairs of a list. */
function likeness(items: Recommendation[]): number {
  const rows = items.map(({ row }) => model.productFactors.subarray(row * 8, (row + 1) * 8));
  const dot = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, k) => sum + value * b[k], 0);
  let sum = 0;
  for (const [i, a] of rows.entries())
    for (const b of rows.slice(i + 1)) sum += dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
  return sum / ((rows.length * (rows.length - 1)) / 2);
}

test('it chooses by the definition of maximal marginal relevance', () => {
  const anyPool = fc.array(fc.float({ min: -5, max: 5, noNaN: true }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(anyPool, fc.constantFrom(0, 0.1, 0.5, 1), fc.integer({ min: 1, max: 25 }), (values, diversity, n) => {
      const scores = values.sort((a, b) => b - a);
      const rows = scores.map((_, i) => (i * 7) % 20);
      const cosine = (a: number, b: number) => Math.cos(a * b + a + b);
      const chosen: number[] = [];
      while (chosen.length < Math.min(n, scores.length)) {
        let best = -1;
        let most = -Infinity;
        for (let i = 0; i < scores.length; i++) {
          if (chosen.includes(i)) continue;
          const range = scores[0] - scores[scores.length - 1];
          const relevance = range > 0 ? 1 - (scores[0] - scores[i]) / range : 1;
          const closest = chosen.length > 0 ? Math.max(...chosen.map((c) => cosine(rows[c], rows[i]))) : 0;
          const value = (1 - diversity) * relevance - diversity * closest;
          if (value > most) [best, most] = [i, value];
        }
        chosen.push(best);
      }
      const infos = Array.from({ length: 20 }, () => ({}));
      assert.equal(choose({ rows, scores }, n, { diversity, perCategory: Infinity }, infos, cosine), chosen);
    }),
  );
});

test('more diversity makes products less similar, at the cost of their scores', () => {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const at = (diversity: number) => {
    const lists = customers.map((customer) => recommender.recommendSync(customer, { n: 8, diversity }).items);
    return { likeness: mean(lists.map(likeness)), score: mean(lists.flat().map(({ score }) => score)) };
  };
  const [none, some, all] = [at(0), at(0.4), at(1)];
  assert.ok(none.likeness > some.likeness && none.likeness > all.likeness);
  assert.ok(none.score > some.score && some.score > all.score);
});

test('a list has min(n, what the limit per category leaves) products, even with fewer categories than places', () => {
  const wishes = fc.record({
    n: fc.integer({ min: 1, max: 90 }),
    perCategory: fc.integer({ min: 1, max: 20 }),
    diversity: fc.constantFrom(0, 0.3),
    purchased: fc.constantFrom('allow' as const, 'exclude' as const, 'only' as const),
    deny: fc.constantFrom([], products.slice(0, 20)),
  });
  fc.assert(
    fc.property(fc.constantFrom(...customers, 'nobody'), wishes, (customer, options) => {
      const { perCategory, diversity: _, ...plain } = options;
      const all = recommender.recommendSync(customer, { ...plain, n: products.length }).items;
      const left = new Map<string | undefined, number>();
      const under = all.filter(({ category }) => {
        left.set(category, (left.get(category) ?? 0) + 1);
        return category === undefined || left.get(category)! <= perCategory;
      });
      const { items } = recommender.recommendSync(customer, options);
      assert.is(items.length, Math.min(options.n, under.length));
      if (options.diversity === 0) assert.equal(items, under.slice(0, options.n));
      const counts = new Map<string, number>();
      for (const { row } of items) {
        const { category } = productInfo[row];
        if (category) counts.set(category, (counts.get(category) ?? 0) + 1);
      }
      assert.ok([...counts.values()].every((count) => count <= perCategory));
    }),
  );
});

test('a diverse list that is longer than the catalogue holds every product once', () => {
  const { items } = recommender.recommendSync(customers[0], { diversity: 0.5, n: 1000 });
  assert.equal(
    items.map(({ row }) => row).sort((a, b) => a - b),
    [...products.keys()],
  );
});

test('full categories make it look beyond the first pool', () => {
  const large = randomModel(zipfDataset(20, 700, 100), 8);
  const [customer] = large.customers;
  const all = createRecommender(large, { threads: 1 }).recommendSync(customer, { n: 700 }).items;
  const rare = all[699].row;
  const productInfo = large.products.map((_, row) => ({ category: row === rare ? 'rare' : 'common' }));
  const wide = createRecommender({ ...large, productInfo }, { threads: 1 });
  for (const options of [{ perCategory: 1 }, { perCategory: 1, diversity: 0.5 }]) {
    const { items } = wide.recommendSync(customer, { n: 2, ...options });
    assert.equal(
      items.map(({ row }) => row),
      [all[0].row, rare],
    );
  }
});

test('one at a time, batched and for all customers the lists are the same', async () => {
  for (const options of [{ diversity: 0.3 }, { perCategory: 2 }, { diversity: 0.7, perCategory: 1, n: 30 }]) {
    const expected = customers.map((customer) => recommender.recommendSync(customer, options).items);
    const answers = await Promise.all(customers.map((customer) => recommender.recommend(customer, options)));
    assert.equal(
      answers.map(({ items }) => items),
      expected,
    );
    const all = [];
    for await (const { items } of recommender.recommendAll(options)) all.push(items);
    assert.equal(all, expected);
  }
  const basket = recommender.recommendForBasketSync([products[3]], { perCategory: 1, n: 10 });
  assert.equal(await recommender.recommendForBasket([products[3]], { perCategory: 1, n: 10 }), basket);
});

test('options out of range are refused by name', () => {
  for (const [options, name] of [
    [{ diversity: -0.1 }, 'diversity'],
    [{ diversity: Number.NaN }, 'diversity'],
    [{ perCategory: 0 }, 'perCategory'],
    [{ perCategory: 1.5 }, 'perCategory'],
    [{ diversity: 0.1, n: 1001 }, 'n'],
  ] as const)
    assert.throws(() => recommender.recommendSync(customers[0], options), new RegExp(`^${name}: `));
  assert.throws(() => recommender.similarProductsSync(products[0], { diversity: 0.1 } as never), /^diversity/);
});

test.run();
