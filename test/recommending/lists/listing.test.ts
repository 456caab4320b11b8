import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { OpenKernel } from '../../../src/kernel/kernel.ts';
import { openKernel } from '../../../src/kernel/open.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import { recommendWith } from '../../../src/recommending/serving/prepare.ts';
import type { SpreadOptions } from '../../../src/recommending/types.ts';
import { fit } from '../../../src/training/fit.ts';
import { shopWithHistory } from '../shop.ts';

const test = suite('listing');

/** Two words of every fifth name, which is not too many, fill the lists of the customers who like even or odd products. */
const kindOf = (row: number) => (row < 28 ? ['Jumbo bag', 'Paper lantern'][row % 2] : 'Thing');
const shop = shopWithHistory();
const model = await fit(
  {
    ...shop,
    productInfo: shop.productInfo.map((info, row) => ({ ...info, name: `${kindOf(row)} ${row}` })),
  },
  { factors: 8, iterations: 8, threads: 1, blend: { habit: 8 } },
);
const recommender = createRecommender(model, { threads: 1 });
const { customers, products, productInfo, purchases } = model;
const boughtBy = (c: number) => new Set(purchases.products.subarray(purchases.offsets[c], purchases.offsets[c + 1]));
const shares = products.length / 5;
const counts = (rows: readonly number[]) => {
  const found = new Map<string, number>();
  for (const row of rows)
    for (const word of productInfo[row].name!.split(' '))
      if (word.length >= 4) found.set(word, (found.get(word) ?? 0) + 1);
  return found;
};
const everywhere = new Set(
  [...counts([...products.keys()])].filter(([, count]) => count > shares).map(([word]) => word),
);
const most = (rows: readonly number[]) =>
  Math.max(0, ...[...counts(rows)].filter(([word]) => !everywhere.has(word)).map(([, count]) => count));

test('the shop has lists that the rules change', () => {
  const plain = customers.map((id) => recommender.recommendSync(id, { diversity: 0 }).items.map(({ row }) => row));
  assert.ok(plain.filter((rows) => most(rows) > 6).length > 0);
  assert.ok(plain.filter((rows, c) => rows.filter((row) => boughtBy(c).has(row)).length > 5).length > 5);
});

test('by default no more than six of ten names share a word; a diversity of 0 is the best alone', () => {
  let changed = 0;
  for (const id of customers) {
    const { items } = recommender.recommendSync(id);
    const best = recommender.recommendSync(id, { diversity: 0 }).items;
    assert.is(items.length, 10);
    assert.ok(most(items.map(({ row }) => row)) <= 6);
    if (most(best.map(({ row }) => row)) <= 6) assert.equal(items, best);
    else changed++;
  }
  assert.ok(changed > 0);
});

test('a mix has enough new products, the best ones, and otherwise the best bought ones', () => {
  for (const [c, id] of customers.entries()) {
    const own = boughtBy(c);
    const { items } = recommender.recommendSync(id, { n: 10, mix: 4, diversity: 0 });
    const [fresh, bought] = [items.filter(({ row }) => !own.has(row)), items.filter(({ row }) => own.has(row))];
    assert.is(items.length, 10);
    assert.ok(fresh.length >= 4);
    assert.equal(fresh, recommender.recommendSync(id, { n: fresh.length, purchased: 'exclude', diversity: 0 }).items);
    if (bought.length > 0)
      assert.equal(bought, recommender.recommendSync(id, { n: bought.length, purchased: 'only', diversity: 0 }).items);
    assert.equal(
      items.map(({ score }) => score),
      items.map(({ score }) => score).sort((a, b) => b - a),
    );
  }
});

test('if there are too few new products, bought ones fill the list', () => {
  const own = boughtBy(0);
  const fresh = products.filter((_, row) => !own.has(row)).slice(0, 2);
  const allow = [...fresh, ...products.filter((_, row) => own.has(row))];
  const { items } = recommender.recommendSync(customers[0], { n: allow.length, mix: allow.length, allow });
  assert.is(items.length, allow.length);
});

const wishes = fc.record({
  n: fc.integer({ min: 1, max: 60 }),
  perCategory: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
  diversity: fc.constantFrom(undefined, 0, 0.3),
  purchased: fc.constantFrom('allow' as const, 'exclude' as const),
  mixed: fc.double({ min: 0, max: 1, noNaN: true }),
  deny: fc.constantFrom([], products.slice(0, 20)),
});

test('rules never make a list shorter, and a mix holds wherever it can', () => {
  fc.assert(
    fc.property(fc.nat(customers.length - 1), wishes, (c, { mixed, ...options }) => {
      const mix = Math.floor(mixed * options.n);
      const plain = recommender.recommendSync(customers[c], { ...options, diversity: 0 }).items;
      const { items } = recommender.recommendSync(customers[c], { ...options, mix });
      assert.is(items.length, plain.length);
      assert.is(new Set(items.map(({ row }) => row)).size, items.length);
      const own = boughtBy(c);
      const isFresh = ({ row }: { row: number }) => !own.has(row);
      // Of new products in the same category as bought ones, diversity may choose either.
      if (options.diversity && options.perCategory) return;
      const possible = recommender.recommendSync(customers[c], { ...options, purchased: 'exclude', diversity: 0 });
      assert.ok(items.filter(isFresh).length >= Math.min(mix, possible.items.length));
    }),
  );
});

test('in batches, diverse lists with a mix score each customer for the two pools only, and are those of single requests', async () => {
  const kernel = openKernel({ threads: 1 });
  let scored = 0;
  const run: OpenKernel['run'] = (operation, args, bounds, control) => {
    if (operation === 'topN') scored += bounds[bounds.length - 1];
    return kernel.run(operation, args, bounds, control);
  };
  const counting = recommendWith({ ...kernel, run }, model);
  const wishes = { n: 6, mix: 2, diversity: 0.5 };
  const progress: number[] = [];
  const lists = [];
  const onProgress = ({ done }: { done: number }) => progress.push(done);
  for await (const { items } of counting.recommendAll({ ...wishes, onProgress })) lists.push(items);
  assert.is(scored, 2 * customers.length);
  assert.equal(progress, [customers.length]);
  for (const [c, items] of lists.entries()) {
    const single = recommender.recommendSync(customers[c], wishes).items;
    assert.equal(
      items.map(({ row }) => row),
      single.map(({ row }) => row),
    );
  }
  await counting.close();
});

test('of what everybody buys all is new, so a mix changes nothing', () => {
  for (const diversity of [0, 0.3]) {
    const { items, source } = recommender.recommendSync('nobody', { n: 6, diversity });
    assert.is(source, 'popular');
    assert.is(items.length, 6);
    assert.equal(recommender.recommendSync('nobody', { n: 6, diversity, mix: 4 }).items, items);
  }
});

test('batches make the same lists', async () => {
  await fc.assert(
    fc.asyncProperty(wishes, async ({ mixed, ...given }) => {
      const options: SpreadOptions = { ...given, mix: Math.floor(mixed * given.n) };
      let c = 0;
      for await (const { customer, items } of recommender.recommendAll(options)) {
        assert.is(customer, customers[c++]);
        assert.equal(items, recommender.recommendSync(customer, options).items);
      }
      assert.is(c, customers.length);
    }),
    { numRuns: 30 },
  );
});

test('what contradicts is refused', () => {
  const refused = (options: SpreadOptions) =>
    assert.throws(() => recommender.recommendSync(customers[0], options), { code: 'invalid_options' } as never);
  refused({ n: 5, mix: 6 });
  refused({ mix: -1 });
  refused({ mix: 1.5 });
  refused({ mix: 2, purchased: 'only' });
});

test.after(() => recommender.close());
test.run();
