import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../../src/dataset/read.ts';
import { createShop } from '../../../../src/live/shop.ts';
import { createRecommender } from '../../../../src/recommending/create.ts';
import { sampleOrders } from '../../../../src/sample/sample.ts';
import { blocksInOrder, countLists, type Lists, type Pace } from '../../../../src/server/page/catalogue/counting.ts';
import {
  type Coverage,
  coverageOf,
  emptyCoverage,
  listsOf,
  withheldBy,
} from '../../../../src/server/page/catalogue/coverage.ts';
import type { Answering } from '../../../../src/server/page/page.ts';
import { fit } from '../../../../src/training/fit.ts';
import { filesOf } from '../../../dataset/files.ts';
import { afterThisTest } from '../../../support/after-this-test.ts';
import { until } from '../../../support/until.ts';

const test = suite('coverage');
const model = await fit(await readOrders(sampleOrders({ lines: 2500 })), { factors: 8, iterations: 3, threads: 1 });
const { customers, products } = model;
const { folder } = filesOf(test);
const buyer = (row: number) => customers[row % customers.length];

const atOnce: Pace = { budgetMs: Number.POSITIVE_INFINITY, rest: 4, now: () => 0, wait: async () => {} };

async function counted(answering: Answering, pace = atOnce, lists = listsOf(answering)): Promise<Coverage> {
  const coverage = emptyCoverage(answering.model);
  await countLists(coverage, lists, pace);
  return coverage;
}

async function ended(coverage: Coverage): Promise<void> {
  await until(() => coverage.state !== 'running');
}

/** Counts by asking for the list of each customer. */
async function plainCounts(answering: Answering, of: readonly string[] = customers): Promise<Uint32Array> {
  const lists = new Uint32Array(products.length);
  for (const customer of of) for (const { row } of (await answering.recommend(customer, { n: 10 })).items) lists[row]++;
  return lists;
}

test('a recommender’s lists are counted as each customer gets them', async () => {
  const recommender = createRecommender(model, { threads: 1 });
  const coverage = coverageOf(recommender);
  assert.is(coverage.state, 'running');
  assert.is(coverageOf(recommender), coverage);
  await ended(coverage);
  assert.is(coverage.state, 'done', coverage.problem);
  assert.equal([coverage.counted, coverage.customers, coverage.empty], [customers.length, customers.length, 0]);
  assert.is(coverage.version, model.metadata.version);
  assert.equal(coverage.lists, await plainCounts(recommender));
  assert.ok(coverage.withoutStock.every((lists) => lists === 0));
  assert.is(coverageOf(recommender), coverage);
  await recommender.close();
});

test('a shop’s lists are counted with what was bought since and without what is sold out, which is counted apart', async () => {
  const all = createRecommender(model, { threads: 1 });
  const favourites = Array.from(await plainCounts(all), (lists, row) => ({ lists, row }))
    .sort((a, b) => b.lists - a.lists)
    .slice(0, 6)
    .map(({ row }) => row);
  const shop = await createShop({ model, threads: 1, store: join(folder(), 'shop.db') });
  for (const row of [3, 70, 141])
    await shop.recordPurchases([
      {
        customer: buyer(row),
        order: `w${row}`,
        product: products[row % products.length],
        quantity: 2,
        time: afterThisTest(),
      },
    ]);
  const stocked = await plainCounts(shop);
  await shop.patchProducts(favourites.map((row) => ({ product: products[row], available: false })));

  const coverage = await counted(shop);
  assert.is(coverage.state, 'done', coverage.problem);
  assert.equal(coverage.lists, await plainCounts(shop));
  assert.is(withheldBy(shop)!.count(), 6);
  for (const row of products.keys()) {
    assert.is(withheldBy(shop)!.has(row), favourites.includes(row));
    assert.is(coverage.withoutStock[row], favourites.includes(row) ? stocked[row] : 0, products[row]);
  }
  assert.ok(coverage.withoutStock[favourites[0]] > 0);

  await shop.eraseCustomer(buyer(3));
  await shop.patchProducts(products.map((product) => ({ product, available: false })));
  const nothing = await counted(shop);
  assert.equal([nothing.state, nothing.empty], ['done', customers.length]);
  assert.ok(nothing.lists.every((lists) => lists === 0));
  await shop.close();
  await all.close();
});

test('another model is counted anew, and what was begun of the one before ends', async () => {
  const shop = await createShop({ model, threads: 1 });
  const before = coverageOf(shop);
  await ended(before);
  const next = { ...model, metadata: { ...model.metadata, version: 'feedfeedfeedfeed' } };
  // Swapped after the first block of twelve.
  const swapped = { ...atOnce, wait: async () => void (await shop.useModel(next, { acceptLoss: true })) };
  const lists = listsOf(shop);
  const first = await counted(shop, swapped, { ...lists, size: { ...lists.size, products: 2_000_000 } });
  assert.equal([first.state, first.counted], ['ended', 12]);
  assert.is(before.state, 'done');
  const second = coverageOf(shop);
  assert.is(second.version, 'feedfeedfeedfeed');
  await ended(second);
  assert.is(second.state, 'done');
  await shop.close();
});

test('a shop that is closed ends it, and a list that cannot be made is told', async () => {
  const recommender = createRecommender(model, { threads: 1 });
  const coverage = coverageOf(recommender);
  await recommender.close();
  await ended(coverage);
  assert.is(coverage.state, 'failed');
  assert.match(coverage.problem!, /closed/);
});

test('when the budget ends first, the customers of the first blocks in the fixed order are counted', async () => {
  const recommender = createRecommender(model, { threads: 1 });
  const size = { customers: customers.length, products: 2_000_000, factors: 8 };
  const { length, firsts } = blocksInOrder(size);
  assert.is(length, 12);
  assert.equal(firsts, blocksInOrder(size).firsts);
  assert.equal(
    [...firsts].sort((a, b) => a - b),
    Array.from({ length: Math.ceil(customers.length / 12) }, (_, i) => 12 * i),
  );
  assert.not.equal([...firsts].slice(0, 3), [0, 12, 24]);
  // Each block takes a second, of which four are rest.
  let time = 0;
  const waited: number[] = [];
  const lists: Lists = {
    ...listsOf(recommender),
    size,
    blocks(from, to) {
      time += 1000;
      return recommender.recommendBlocks({ n: 10, from, to });
    },
  };
  const pace = { ...atOnce, budgetMs: 5000, now: () => time, wait: async (ms: number) => void waited.push(ms) };
  const coverage = await counted(recommender, pace, lists);
  assert.is(coverage.state, 'sampled');
  assert.equal(waited, [4000, 4000, 4000, 4000, 4000]);
  const sample = [...firsts.subarray(0, 5)].flatMap((first) => customers.slice(first, first + length));
  assert.is(coverage.counted, sample.length);
  assert.equal(coverage.lists, await plainCounts(recommender, sample));
  await recommender.close();
});

test('blocks are small, and smaller where products are many', () => {
  const lengthOf = (products: number, factors = 64) => blocksInOrder({ customers: 1000, products, factors }).length;
  assert.equal([lengthOf(0), lengthOf(1000), lengthOf(200_000), lengthOf(10_000_000)], [60, 60, 12, 12]);
  assert.equal(blocksInOrder({ customers: 0, products: 5, factors: 8 }).firsts.length, 0);
});

test.run();
