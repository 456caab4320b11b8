import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import type { Model } from '../../../src/model/model.ts';
import { createRandom } from '../../../src/random.ts';
import type { RecentOrders } from '../../../src/ranking/popularity.ts';
import { openServed } from '../../../src/recommending/create.ts';
import { rankedAt } from '../../../src/recommending/scoring/scorer.ts';
import type { Served } from '../../../src/recommending/serving/served.ts';
import type { Recommendation, RecommendOptions } from '../../../src/recommending/types.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';
import { fast } from '../../bench/limits.ts';

const test = suite('live trend');
// Enough products for several panels of candidates, and a trend that matters.
const model = await fit(await readOrders(sampleOrders({ lines: 3000, products: 300 })), {
  factors: 8,
  iterations: 4,
  threads: 1,
  blend: { trend: 0.7 },
});
const { customers, products } = model;

/** What sells now, as whole orders by product. */
function soldNow(seed: number): Required<Pick<RecentOrders, 'popularity' | 'uptake'>> {
  const random = createRandom(seed);
  const popularity = Float32Array.from(products, () => random.below(40) ** 2);
  return { popularity, uptake: Float32Array.from(products, () => random.uniform() ** 3) };
}

function* inPieces<T>(orders: T): Generator<undefined, T> {
  yield;
  return orders;
}

/** The same model, as if these orders were those of its window. */
const modelOf = (orders: RecentOrders): Model => ({ ...model, signals: { ...model.signals!, ...orders } });

/** Each backend, on this thread and on others. */
const kinds = ['native', 'wasm'].flatMap((backend) => {
  const { name, options } = fast.find((each) => each.options.backend === backend) ?? fast[0];
  return [1, 2].map((threads) => ({ name: `${name}, ${threads} threads`, options: { ...options, threads } }));
});
const asked: RecommendOptions[] = [
  { n: 12, explain: true },
  { n: 12, purchased: 'exclude' },
  { n: 5, purchased: 'only' },
  { n: 6, diversity: 0.3 },
  { n: 9, perCategory: 1 },
];

function isNear(a: readonly Recommendation[], b: readonly Recommendation[], message?: string): void {
  assert.is(a.length, b.length, message);
  for (const [i, { score, row }] of a.entries()) {
    assert.ok(Math.abs(score - b[i].score) < 1e-4 * Math.max(1, Math.abs(score)), `${message}: ${score}`);
    // Of two that are as good, either may come first.
    if (row !== b[i].row)
      assert.ok(
        b.some((other) => Math.abs(other.score - score) < 1e-4),
        message,
      );
  }
}

for (const { name, options } of kinds)
  test(`lists are those of a model with the trend of now, whichever way they are asked for (${name})`, async () => {
    const now = soldNow(2);
    const { recommender, controls } = await openServed(model, false, options);
    const { recommender: expected } = await openServed(modelOf(now), false, options);
    const before = recommender.recommendSync(customers[0], { n: 12 });
    await controls.sell(inPieces(soldNow(1)));
    await controls.sell(inPieces(now));
    assert.not.equal(recommender.recommendSync(customers[0], { n: 12 }), before);
    for (const given of asked) {
      const message = `${name} ${JSON.stringify(given)}`;
      const all = customers.slice(0, 30);
      const single = await Promise.all(all.map((customer) => recommender.recommend(customer, given)));
      for (const [i, customer] of all.entries()) {
        const { items } = single[i];
        assert.equal(recommender.recommendSync(customer, given).items, items, message);
        isNear(items, expected.recommendSync(customer, given).items, message);
        for (const { score, explanation } of items)
          if (explanation) {
            const sum = Object.values(explanation.parts).reduce((sum, part) => sum + part, 0);
            assert.ok(Math.abs(sum - score) < 1e-5);
          }
      }
      const { explain: _, ...batched } = given;
      for await (const block of recommender.recommendBlocks({ ...batched, to: 30 }))
        for (let c = 0; c < block.customers; c++)
          assert.equal(
            rankedAt(block, c, given.n!),
            single[block.firstCustomer + c].items.map(({ row, score }) => ({ row, score })),
            message,
          );
      const basket = products.slice(4, 7);
      isNear(
        (await recommender.recommendForBasket(basket, given)).items,
        expected.recommendForBasketSync(basket, given).items,
        message,
      );
    }
    isNear(recommender.recommendSync('nobody').items, expected.recommendSync('nobody').items);
    await Promise.all([recommender.close(), expected.close()]);
  });

test('the trend of an explanation is that of now, for what was bought as for what was not', async () => {
  const { recommender, controls } = await openServed(model, false, { threads: 1 });
  const now = soldNow(4);
  await controls.sell(inPieces(now));
  const { trend } = model.metadata.ranking!;
  const share = (orders: Float32Array, row: number) => orders[row] / Math.max(...orders);
  const bought = new Set(model.purchases.products.subarray(0, model.purchases.offsets[1]));
  const { items } = await recommender.recommend(customers[0], { n: products.length, explain: true });
  for (const { row, explanation } of items) {
    const sold = share(bought.has(row) ? now.popularity : now.uptake, row);
    assert.ok(Math.abs(explanation!.parts.trend - trend * Math.log(sold + 1e-3)) < 1e-5);
    for (const reason of explanation!.reasons)
      if (reason.kind === 'trend') assert.is(reason.orders, now.popularity[row]);
  }
  assert.ok(items.some(({ explanation }) => explanation!.reasons.some(({ kind }) => kind === 'trend')));
  await recommender.close();
});

test('a list that is under way keeps to the trend with which it began', async () => {
  const { recommender, controls } = await openServed(model, false, { threads: 2 });
  const before = recommender.recommendSync(customers[0], { n: 20 }).items;
  const many = customers.slice(0, 50);
  // Diverse lists take a while, and the batch is left in the middle.
  const waiting = Promise.all(many.map((customer) => recommender.recommend(customer, { n: 20, diversity: 0.2 })));
  const blocks = recommender.recommendBlocks({ n: 20 })[Symbol.asyncIterator]();
  const block = (await blocks.next()).value!;
  const selling = [1, 2, 3].reduce(
    (last, seed) => last.then(() => controls.sell(inPieces(soldNow(seed)))),
    Promise.resolve(),
  );
  await Promise.all([waiting, selling]);
  assert.equal(
    rankedAt(block, 0, 20),
    before.map(({ row, score }) => ({ row, score })),
  );
  await blocks.return!(undefined);
  assert.not.equal(recommender.recommendSync(customers[0], { n: 20 }).items, before);
  await recommender.close();
});

test('trends whose arrays are used again change no list that is under way, and each batch has that of now', async () => {
  const { recommender, controls } = await openServed(model, false, { threads: 2 });
  const blockOf = async (of: typeof recommender) => {
    for await (const block of of.recommendBlocks({ n: 20, to: 30 })) return block.scores;
    throw new Error('no block');
  };
  await controls.sell(inPieces(soldNow(1)));
  const { items: before } = recommender.recommendSync(customers[0], { n: 20 });
  const blocks = recommender.recommendBlocks({ n: 20 })[Symbol.asyncIterator]();
  const begun = blocks.next();
  for (const seed of [2, 3, 4, 5]) {
    const now = soldNow(seed);
    await controls.sell(inPieces(now));
    const { recommender: expected } = await openServed(modelOf(now), false, { threads: 1 });
    const [scores, right] = [await blockOf(recommender), await blockOf(expected)];
    assert.ok(scores.every((score, at) => Math.abs(score - right[at]) < 1e-4 * Math.max(1, Math.abs(score))));
    isNear(recommender.recommendSync('nobody').items, expected.recommendSync('nobody').items);
    await expected.close();
  }
  assert.equal(
    rankedAt((await begun).value!, 0, 20),
    before.map(({ row, score }) => ({ row, score })),
  );
  await blocks.return!(undefined);
  await recommender.close();
});

test('sales change what everybody buys also if the model has no ranking', async () => {
  const { signals: _, ...plain } = model;
  const { ranking: __, ...metadata } = model.metadata;
  const { recommender, controls } = await openServed({ ...plain, metadata }, false, { threads: 1 });
  const before = recommender.recommendSync(customers[0]);
  const { popularity } = soldNow(1);
  await controls.sell(inPieces({ popularity }));
  assert.equal(recommender.recommendSync(customers[0]), before);
  const [first] = recommender.recommendSync('nobody').items;
  assert.is(first.score, Math.max(...popularity));
  await recommender.close();
});

test('what was computed of customers keeps no trend of earlier minutes in memory', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  /** Bytes of arrays that somebody refers to; they are given back some turns after the collection. */
  const inMemory = async () => {
    for (let round = 0; round < 5; round++) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return process.memoryUsage().arrayBuffers;
  };
  const strangers: Served[] = [];
  const served = (id: string | number) => {
    strangers[Number(id)] ??= { customer: undefined, orders: [new Map([[0, 1]])], sentBack: new Map() };
    return strangers[Number(id)];
  };
  const options = { ...kinds[0].options, threads: 1 };
  const { recommender, controls } = await openServed(model, false, options, { served, isChanged: () => false });
  let before = 0;
  for (let minute = 0; minute < 300; minute++) {
    await controls.sell(inPieces(soldNow(minute)));
    assert.is(recommender.recommendSync(`${minute}`, { n: 3 }).source, 'personal');
    if (minute === 50) before = await inMemory();
  }
  const grown = (await inMemory()) - before;
  assert.ok(grown < 250 * 4 * products.length, `${grown} bytes`);
  assert.is(strangers.length, 300);
  await recommender.close();
});

test.run();
