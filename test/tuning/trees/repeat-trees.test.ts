import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openKernel } from '../../../src/kernel/open.ts';
import { decodeModel, encodeModel } from '../../../src/model/file/format.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import { describePicked } from '../../../src/tuning/describe.ts';
import { freeSearched } from '../../../src/tuning/picking/sampled-factors.ts';
import { settleOptions } from '../../../src/tuning/settle.ts';
import { train } from '../../../src/tuning/train.ts';
import { learnTreesFor } from '../../../src/tuning/trees/repeat-trees.ts';
import { type Basket, datasetOfBaskets } from '../../support/baskets.ts';
import { countedKernel } from '../../support/counted-kernel.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { randomShop } from '../../support/random-shop.ts';
import { rotatingShop } from '../../support/rotating-shop.ts';

const test = suite('trees of repeats');

const small = { factors: 6, iterations: 3, threads: 1 };
const given = { ...small, regularization: 8, unobservedWeight: 0.1, tasteDecay: 0.7, blend: {} };

test('trees are kept where what comes next depends on more than how often and how recently it was bought', async () => {
  for (const times of [true, false]) {
    const shop = rotatingShop({ times });
    const model = await train(shop, given);
    const { kept, customers, gain, error, repeatGain, asOf } = model.metadata.repeatTrees!;
    assert.ok(kept && gain > 2 * error && repeatGain > 0);
    assert.is(customers, 120);
    assert.is(asOf, times ? Math.max(...shop.history!.times!) : undefined);
    assert.match(describePicked(model.metadata)!, /trees for products bought before, since lists are better with them/);
    const without = await train(shop, { ...given, trees: false });
    assert.is(without.repeatTrees, undefined);
    assert.is.not(without.metadata.version, model.metadata.version);

    // The products that are due lead the lists, as they did not before.
    const dueFirst = async (one: typeof model) => {
      const recommender = createRecommender(one, { threads: 1 });
      let first = 0;
      for (let c = 0; c < shop.customers.length; c++) {
        const { offsets, starts, products } = shop.history!;
        const due = offsets[c + 1] - 3;
        const [best] = recommender.recommendSync(shop.customers[c]).items;
        if (products.subarray(starts[due], starts[due + 1]).includes(best.row)) first++;
      }
      await recommender.close();
      return first;
    };
    assert.ok((await dueFirst(model)) > 90 && (await dueFirst(without)) < 60);
    const decoded = await decodeModel(Buffer.concat(await encodeModel(model)));
    assert.equal(decoded.repeatTrees, model.repeatTrees);
  }
});

test('trees are left out where they do not win, and not even tried if that is not wanted or makes no sense', async () => {
  const shop = randomShop({ customers: 150 });
  const model = await train(shop, given);
  assert.is(model.metadata.repeatTrees!.kept, false);
  assert.is(model.repeatTrees, undefined);
  assert.match(describePicked(model.metadata)!, /trees for products bought before, tried but not kept/);
  const tries = async (dataset: typeof shop, options = {}) =>
    (await train(dataset, { ...given, ...options })).metadata.repeatTrees !== undefined;
  assert.not(await tries(shop, { trees: false }));
  assert.not(await tries(shop, { fast: true }));
  assert.ok(await tries(shop, { fast: true, trees: true }));
  assert.not(await tries(randomShop({ customers: 60 })), 'few orders');
  const once = new Map<string, Basket[]>();
  for (let c = 0; c < 300; c++) once.set(`c${c}`, [{ products: [`p${c % 9}`] }, { products: [`p${(c + 1) % 9}`] }]);
  assert.not(await tries(datasetOfBaskets(once, new Map(), { order: 'order' })), 'nothing is bought twice');
  const error = await endcapErrorOf(train(shop, { ...given, trees: 'yes' } as never));
  assert.match(error.message, /trees is 'yes'; expected true or false|trees/);
});

test('trees after a search are those after a training with the options that it picked', async () => {
  const kernel = countedKernel();
  const shop = rotatingShop();
  const options = { ...small, solver: 'cg' } as const;
  const { searched, options: picked } = await settleOptions(kernel, shop, options);
  const settled = { ...options, ...picked };
  const held = kernel.bytes();
  assert.is(held, searched!.sampled.queries.byteLength + searched!.sampled.products.byteLength);
  const after = await learnTreesFor(kernel, shop, settled, searched);
  assert.is(kernel.bytes(), held);
  freeSearched(kernel, searched!);
  assert.ok(after!.trees);
  const { onSearched, ...found } = after!;
  assert.equal(await learnTreesFor(kernel, shop, settled), found);
  const { metadata } = await train(shop, { ...options, threads: 1 });
  const without = await train(shop, { ...options, threads: 1, trees: false });
  assert.equal([metadata.measured!.trees, without.metadata.measured!.trees], [true, undefined]);
  for (const question of ['all', 'repeat'] as const) {
    const [withTrees, plain] = [metadata, without.metadata].map(
      ({ measured }) => measured!.results.find((result) => result.question === question)!,
    );
    for (const [i, metric] of (['recall', 'ndcg'] as const).entries()) {
      const gains = [...onSearched![question].values()].reduce((sum, each) => sum + each[i], 0) / withTrees.customers;
      assert.ok(metric === 'recall' || gains > 0.1);
      assert.ok(Math.abs(withTrees.model[metric].mean - plain.model[metric].mean - gains) < 1e-9, question);
    }
  }
  assert.is(kernel.bytes(), 0);
  await kernel.close();
});

test('new products keep their scores, with and without trees', async () => {
  const shop = rotatingShop();
  const model = await train(shop, given);
  const { repeatTrees: _, ...without } = model;
  const lists = async (one: typeof model) => {
    const recommender = createRecommender(one, { threads: 1 });
    const items = shop.customers.map((id) => recommender.recommendSync(id, { purchased: 'exclude' }).items);
    await recommender.close();
    return items;
  };
  assert.equal(await lists(model), await lists(without));
});

test('the number of threads does not matter', async () => {
  const shop = rotatingShop({ customers: 70 });
  const [one, two] = [await train(shop, given), await train(shop, { ...given, threads: 2 })];
  assert.equal(one.repeatTrees, two.repeatTrees);
  assert.is(one.metadata.version, two.metadata.version);
});

test('whatever a shop is like, corrections are finite numbers', async () => {
  const times = fc.constantFrom(0, 1, 1.7e12, 1.7e12 + 1, -8e15, 8e15, Number.NaN);
  const order = fc.record({ products: fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 6 }), time: times });
  const orders = fc.array(order, { minLength: 1, maxLength: 9 });
  const kernel = openKernel({ threads: 1 });
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(orders, { minLength: 1, maxLength: 12 }), async (shop) => {
        const baskets = new Map<string, Basket[]>();
        for (let c = 0; c < 100; c++)
          baskets.set(
            `c${c}`,
            shop[c % shop.length]
              .map(({ products, time }) => ({ products: products.map((p) => `p${p}`), time }))
              .sort((a, b) => (Number.isNaN(a.time) ? -1 : Number.isNaN(b.time) ? 1 : a.time - b.time)),
          );
        const dataset = datasetOfBaskets(baskets, new Map(), { order: 'order' });
        const learned = await learnTreesFor(kernel, dataset, { ...given, iterations: 1 });
        if (learned === undefined) return;
        const { gain, error, repeatGain } = learned.tried;
        assert.ok([gain, error, repeatGain].every(Number.isFinite));
        if (!learned.trees) return;
        const { thresholds, leaves, slopes } = learned.trees;
        assert.ok([...leaves, ...slopes].every(Number.isFinite) && !thresholds.some(Number.isNaN));
      }),
      { numRuns: 12 },
    );
  } finally {
    await kernel.close();
  }
});

test.run();
