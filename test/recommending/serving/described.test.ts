/** What the catalogue says of products counts in what lists are made of. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import type { Model } from '../../../src/model/model.ts';
import { createRandom } from '../../../src/random.ts';
import { openServed } from '../../../src/recommending/create.ts';
import { rankedAt } from '../../../src/recommending/scoring/scorer.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';

const test = suite('described products');
// Few enough categories for products to be packed by category.
const sample = await fit(await readOrders(sampleOrders({ lines: 4000, products: 2500 })), {
  factors: 8,
  iterations: 2,
  threads: 1,
});
const model: Model = { ...sample, productInfo: sample.productInfo.map((info) => ({ ...info, category: 'all' })) };
const { customers, products, productInfo } = model;
const open = (given: Model, threads = 1) => openServed(given, false, { threads });
const rowsOf = (items: readonly { row: number }[]) => items.map(({ row }) => row);

/** Other names and categories for a share of the products, and the model as if orders had said so. */
function described(share: number, seed: number) {
  const random = createRandom(seed);
  const changes = new Map<number, { name?: string; category?: string }>();
  for (const row of products.keys())
    if (random.uniform() < share)
      changes.set(row, { name: `Sunny ${row}`, ...(random.below(3) && { category: `category ${random.below(9)}` }) });
  const info = productInfo.map((each, row) => ({ ...each, ...changes.get(row) }));
  return { changes, model: { ...model, productInfo: info } };
}

const asked = [
  { n: 12, perCategory: 2 },
  { n: 20, perCategory: 1 },
  { n: 12, perCategory: 2, diversity: 0.4 },
  { n: 10, mix: 4 },
  { n: 12 },
];

// So few that products stay packed by category, and many.
for (const share of [0.004, 0.6])
  test(`lists are those of a model of these names and categories, if ${100 * share} % are others`, async () => {
    const { changes, model: other } = described(share, 3);
    for (const threads of [1, 2]) {
      const { recommender, controls } = await open(model, threads);
      const { recommender: expected } = await open(other, threads);
      await recommender.recommend(customers[0], asked[0]);
      for (const [row, info] of changes) controls.describe(row, info);
      for (const options of asked) {
        const lists = await Promise.all(customers.slice(0, 12).map((id) => recommender.recommend(id, options)));
        for (const [c, { items }] of lists.entries()) {
          assert.equal(items, (await expected.recommend(customers[c], options)).items);
          assert.equal(recommender.recommendSync(customers[c], options).items, items);
        }
        assert.equal(await recommender.recommend('nobody', options), await expected.recommend('nobody', options));
        for await (const block of recommender.recommendBlocks({ ...options, to: 12 }))
          for (let c = 0; c < block.customers; c++)
            assert.equal(rowsOf(rankedAt(block, c, options.n)), rowsOf(lists[block.firstCustomer + c].items));
      }
      for (const row of changes.keys()) controls.describe(row, {});
      const { recommender: first } = await open(model, threads);
      for (const options of asked)
        assert.equal(await recommender.recommend(customers[1], options), await first.recommend(customers[1], options));
      await Promise.all([recommender, expected, first].map((each) => each.close()));
    }
  });

test('a list that is under way keeps to the categories with which it began', async () => {
  const { recommender, controls } = await open(model, 2);
  const options = { n: 30, perCategory: 30 };
  const blocks = recommender.recommendBlocks({ ...options, to: 40 })[Symbol.asyncIterator]();
  const waiting = customers.slice(0, 40).map((id) => recommender.recommend(id, { ...options, perCategory: 1 }));
  const first = blocks.next();
  for (let change = 0; change < 5; change++) {
    for (const row of products.keys()) controls.describe(row, { category: `${(row + change) % 7}` });
    assert.is(recommender.recommendSync(customers[0], { n: 30, perCategory: 1 }).items.length, 7);
    await new Promise(setImmediate);
  }
  for (const list of waiting) assert.is((await list).items.length, 1);
  const block = (await first).value!;
  assert.is(rankedAt(block, 0, 30).length, 30);
  await blocks.return!(undefined);
  await recommender.close();
});

test.run();
