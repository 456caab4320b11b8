import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { OpenKernel } from '../../../src/kernel/kernel.ts';
import type { Memory } from '../../../src/kernel/memory.ts';
import { openKernel } from '../../../src/kernel/open.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import { recommendWith } from '../../../src/recommending/serving/prepare.ts';
import type { Recommendation } from '../../../src/recommending/types.ts';
import { fit } from '../../../src/training/fit.ts';
import { randomModel, zipfDataset } from '../../bench/data.ts';
import { shopWithHistory } from '../shop.ts';

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

test('the best of a rare category is found behind hundreds of a common one', () => {
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

/** A shop of 3,000 products in ten categories, the first of which has most of them, and a few without. */
const plainModel = randomModel(zipfDataset(20, 3000, 100), 8);
const sizesOf = new Map<number, number>();
const infoOfMany = plainModel.products.map((_, row) => {
  const category = row % 3 === 0 ? 0 : row % 97 === 1 ? 10 : row % 10;
  sizesOf.set(category, (sizesOf.get(category) ?? 0) + 1);
  return category === 10 ? {} : { category: `category ${category}` };
});
const many = { ...plainModel, productInfo: infoOfMany };
/** Length of the longest list with a limit per category. */
const longest = (limit: number) =>
  [...sizesOf].reduce((sum, [category, size]) => sum + (category === 10 ? size : Math.min(size, limit)), 0);

test('what one request asks of the kernel is bounded, however short the limit leaves its list', async () => {
  const kernel = openKernel({ threads: 1 });
  const asked: string[] = [];
  const operations: OpenKernel['operations'] = {
    ...kernel.operations,
    topN: (args) => {
      asked.push(`topN of ${args.n} from 0`);
      return kernel.operations.topN(args);
    },
  };
  const run: OpenKernel['run'] = (operation, args, bounds, control) => {
    const { pool = 0, n, steps = 0 } = args as { pool?: number; n?: number; steps?: number };
    asked.push(`${operation} of ${n} from ${pool}`);
    assert.ok(pool * steps * 16 <= 2e7, 'a slice is short');
    return kernel.run(operation, args, bounds, control);
  };
  const recommender = recommendWith({ ...kernel, operations, run }, many);
  const { items } = await recommender.recommend(many.customers[0], { n: 1000, diversity: 0.5, perCategory: 60 });
  assert.is(items.length, longest(60));
  assert.equal([...new Set(asked)], [`topN of ${longest(120)} from 0`, `diversify of 1000 from ${longest(120)}`]);
  asked.length = 0;
  await recommender.recommend(many.customers[0], { n: 1000, perCategory: 60 });
  assert.equal(asked, [`topN of ${longest(60)} from 0`]);
  asked.length = 0;
  await recommender.recommend('nobody', { n: 1000, diversity: 0.5 });
  assert.equal([...new Set(asked)], ['diversify of 1000 from 2000']);
  await recommender.close();
});

test('long diverse lists are as long as the limit leaves them, though their pool is short', () => {
  const recommender = createRecommender(many, { threads: 1 });
  for (const customer of [many.customers[0], 'nobody'])
    for (const n of [400, 600, 700, 1000])
      for (const perCategory of [40, 90, 200, 1000]) {
        const { items } = recommender.recommendSync(customer, { n, perCategory, diversity: 0.3 });
        assert.is(items.length, Math.min(n, longest(perCategory)), `${customer}, ${n}, ${perCategory} per category`);
        assert.is(new Set(items.map(({ row }) => row)).size, items.length);
      }
});

test('long diverse requests answer as their twins do, on one thread and on two', async () => {
  for (const threads of [1, 2]) {
    const recommender = createRecommender(many, { threads });
    const asked = [many.customers[0], 'nobody'].map((customer) => {
      const options = { n: 800, diversity: 0.4, perCategory: 90 };
      return {
        expected: recommender.recommendSync(customer, options),
        answer: recommender.recommend(customer, options),
      };
    });
    await recommender.close();
    for (const { expected, answer } of asked) assert.equal(await answer, expected);
  }
});

test('one at a time, batched and for all customers the lists are the same', async () => {
  for (const options of [
    { diversity: 0.3 },
    { perCategory: 2 },
    { diversity: 0.7, perCategory: 1, n: 30 },
    { perCategory: 3, n: 80 },
  ]) {
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

test('requests made together each have their own limit', async () => {
  const asked = [{}, { perCategory: 1 }, { perCategory: 2 }, { perCategory: 2, diversity: 0.5 }, { diversity: 0.2 }];
  const answers = await Promise.all(asked.map((options) => recommender.recommend(customers[5], options)));
  assert.equal(
    answers,
    asked.map((options) => recommender.recommendSync(customers[5], options)),
  );
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

test('memory is given back if the kernel fails while it makes a diverse list', async () => {
  const kernel = openKernel({ threads: 1 });
  const live = new Set<unknown>();
  const memory: Memory = {
    ...kernel.memory,
    allocate(type, length) {
      const array = kernel.memory.allocate(type, length);
      live.add(array);
      return array;
    },
    free(...arrays) {
      for (const array of arrays) live.delete(array);
      kernel.memory.free(...arrays);
    },
  };
  let isBroken = false;
  const operations: OpenKernel['operations'] = {
    ...kernel.operations,
    diversify(args) {
      if (isBroken) throw new Error('the kernel failed');
      return kernel.operations.diversify(args);
    },
  };
  const failing = recommendWith({ ...kernel, memory, operations }, model);
  const askDiverse = () => failing.recommendSync(customers[0], { n: 5, diversity: 0.5 });
  askDiverse();
  const before = live.size;
  isBroken = true;
  assert.throws(askDiverse, /the kernel failed/);
  assert.is(live.size, before);
  await failing.close();
});

test.run();
