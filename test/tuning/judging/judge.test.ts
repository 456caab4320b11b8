import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { OpenKernel } from '../../../src/kernel/kernel.ts';
import { openKernel } from '../../../src/kernel/open.ts';
import { strideOf } from '../../../src/kernel/operations/operations.ts';
import { metricsOf } from '../../../src/measuring/metrics.ts';
import type { Model } from '../../../src/model/model.ts';
import { createRandom } from '../../../src/random.ts';
import { type Blend, defaultBlend } from '../../../src/ranking/weights.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import { fit } from '../../../src/training/fit.ts';
import { neighboursOf } from '../../../src/training/neighbours/walk.ts';
import { accuracyOf, type CustomerScores, scoresOf } from '../../../src/tuning/judging/accuracy.ts';
import { type HeldOutSample, holdOutSample } from '../../../src/tuning/judging/held-out.ts';
import { createJudge, halfOf, type Judge, listLength } from '../../../src/tuning/judging/judge.ts';
import { sampleFactors } from '../../../src/tuning/picking/sampled-factors.ts';
import { finish } from '../../../src/turns.ts';
import { countedKernel } from '../../support/counted-kernel.ts';
import { randomShop } from '../../support/random-shop.ts';

const test = suite('judge');

const factors = 5;
const window = { decay: 0.8, windowDays: 60 };
const blends: Blend[] = [
  defaultBlend,
  { taste: 2, habit: 1, trend: 0, bought: -1, repeat: 0, neighbours: 0 },
  { taste: 1, habit: 3, trend: 0.4, bought: 0.5, repeat: -0.4, neighbours: 0 },
  { taste: 1, habit: 1, trend: -0.1, bought: -0.5, repeat: 0, neighbours: 2 },
];

/** A model of the training part whose factors are random, or all the same. */
async function modelOf({ heldOut: { train } }: HeldOutSample, draw: () => number): Promise<Model> {
  const model = await fit(train, { factors, iterations: 1, ...window, threads: 1 });
  const fill = (values: Float32Array) => values.map(draw);
  return {
    ...model,
    customerFactors: fill(model.customerFactors),
    productFactors: fill(model.productFactors),
    neighbours: await neighboursOf(train),
  };
}

function judgeOf(kernel: OpenKernel, sample: HeldOutSample, model: Model): Judge {
  const [customerFactors, productFactors] = [padded(model.customerFactors), padded(model.productFactors)];
  const sampled = sampleFactors(kernel, sample, { factors, customerFactors, productFactors }, model.neighbours);
  // The judge must not need them any more.
  customerFactors.fill(0);
  productFactors.fill(0);
  return createJudge(kernel, sample, sampled, window);
}

function padded(values: Float32Array): Float32Array {
  const rows = new Float32Array((values.length / factors) * strideOf(factors));
  for (let at = 0; at < values.length; at++)
    rows[Math.floor(at / factors) * strideOf(factors) + (at % factors)] = values[at];
  return rows;
}

/** Recall + NDCG of the lists that a recommender gives the customers of the sample. */
async function scoresOfLists({ kind, heldOut, sample }: HeldOutSample, model: Model, blend: Blend) {
  const metadata = { ...model.metadata, ranking: { ...blend, ...window } };
  const recommender = createRecommender({ ...model, metadata }, { threads: 1 });
  const scores = { all: new Map<number, number>(), explore: new Map<number, number>() };
  sample.forEach((place) => {
    const c = heldOut.customers[place];
    const { offsets, products } = heldOut.train.purchases;
    const before = new Set(products.subarray(offsets[c], offsets[c + 1]));
    const targets = [...heldOut.products.subarray(heldOut.offsets[place], heldOut.offsets[place + 1])];
    const scoreOf = (purchased: 'allow' | 'exclude', wanted: number[]) => {
      const { items } = recommender.recommendSync(model.customers[c], { n: listLength, purchased });
      const hits = items.map(({ row }) => wanted.includes(row));
      const { recall, ndcg } = metricsOf(hits, listLength, wanted.length);
      return recall + ndcg;
    };
    if (kind === 'orders') scores.all.set(c, scoreOf('allow', targets));
    const fresh = targets.filter((row) => !before.has(row));
    if (fresh.length > 0) scores.explore.set(c, scoreOf('exclude', fresh));
  });
  await recommender.close();
  return scores;
}

function assertNear(a: CustomerScores, b: CustomerScores): void {
  for (const question of ['all', 'explore'] as const) {
    assert.equal([...a[question].keys()].sort(), [...b[question].keys()].sort());
    for (const [place, value] of a[question])
      assert.ok(Math.abs(value - b[question].get(place)!) < 1e-9, `${question} of customer ${place}`);
  }
}

for (const orders of [1, 4]) {
  test(`measures the lists that the recommender gives, for customers with ${orders} orders`, async () => {
    const sample = finish(holdOutSample(randomShop({ orders, customers: orders === 1 ? 200 : 90 }), factors))!;
    assert.is(sample.kind, orders === 1 ? 'products' : 'orders');
    const random = createRandom(7);
    const model = await modelOf(sample, () => random.normal());
    const kernel = openKernel({ threads: 1 });
    const judge = judgeOf(kernel, sample, model);
    for (const blend of blends) {
      const expected = await scoresOfLists(sample, model, blend);
      const scores = await scoresOf(judge, blend);
      assertNear(scores, expected);
      const { value } = await accuracyOf(judge, blend);
      const means = [expected.all, expected.explore].map((map) => {
        const values = [...map.values()];
        return values.length === 0 ? 0 : values.reduce((sum, each) => sum + each, 0) / values.length;
      });
      assert.ok(Math.abs(value - means[0] - means[1]) < 1e-9);
      const halves = [await scoresOf(judge, blend, { half: 0 }), await scoresOf(judge, blend, { half: 1 })];
      assert.ok([...halves[0].explore.keys()].every((customer) => halfOf(customer) === 0));
      assert.is(halves[0].explore.size + halves[1].explore.size, scores.explore.size);
    }
    await kernel.close();
  });
}

test('of products bought before it measures the lists that hold only these, if asked', async () => {
  const sample = finish(holdOutSample(randomShop(), factors))!;
  const random = createRandom(8);
  const model = await modelOf(sample, () => random.normal());
  const kernel = openKernel({ threads: 1 });
  const judge = judgeOf(kernel, sample, model);
  const { heldOut } = sample;
  for (const blend of blends) {
    const metadata = { ...model.metadata, ranking: { ...blend, ...window } };
    const recommender = createRecommender({ ...model, metadata }, { threads: 1 });
    const expected: (readonly [customer: number, recall: number, ndcg: number])[] = [];
    for (const place of sample.sample) {
      const c = heldOut.customers[place];
      const { items } = recommender.recommendSync(model.customers[c], { n: 100, purchased: 'only' });
      const targets = heldOut.products.subarray(heldOut.offsets[place], heldOut.offsets[place + 1]);
      const hits = items.map(({ row }) => targets.includes(row));
      const wanted = hits.filter(Boolean).length;
      if (wanted === 0) continue;
      const { recall, ndcg } = metricsOf(hits, listLength, wanted);
      expected.push([c, recall, ndcg]);
    }
    const reported: typeof expected = [];
    const questions = ['repeat'] as const;
    await judge.measure(blend, (question, ...each) => question === 'repeat' && reported.push(each), { questions });
    assert.ok(expected.length > 30);
    assert.equal(
      reported.sort(([a], [b]) => a - b),
      expected,
    );
    await recommender.close();
  }
  await kernel.close();
});

test('breaks ties as the recommender does: the lower row comes first', async () => {
  const sample = finish(holdOutSample(randomShop(), factors))!;
  const model = await modelOf(sample, () => 0);
  const kernel = openKernel({ threads: 1 });
  const judge = judgeOf(kernel, sample, model);
  const nothing = { taste: 1, habit: 0, trend: 0, bought: 0, repeat: 0, neighbours: 0 };
  // All products tie; those that were bought; and those that were bought in the same orders.
  for (const blend of [nothing, { ...nothing, bought: 1 }, { ...nothing, bought: -1 }, { ...nothing, habit: 1 }])
    assertNear(await scoresOf(judge, blend), await scoresOfLists(sample, model, blend));
  await kernel.close();
});

test('what is asked of one half of the customers is ranked for these alone', async () => {
  const kernel = openKernel({ threads: 1 });
  const sample = finish(holdOutSample(randomShop({ customers: 300 }), factors))!;
  let ranked = 0;
  const counted: OpenKernel = {
    ...kernel,
    run(operation, shared, bounds, control) {
      if (operation === 'topN') ranked += bounds[bounds.length - 1];
      return kernel.run(operation, shared, bounds, control);
    },
  };
  const judge = judgeOf(counted, sample, await modelOf(sample, () => 1));
  for (const half of [0, 1] as const) {
    ranked = 0;
    await scoresOf(judge, defaultBlend, { half });
    const own = Array.from(sample.sample, (place) => sample.heldOut.customers[place]);
    assert.is(ranked, own.filter((customer) => halfOf(customer) === half).length);
  }
  ranked = 0;
  await scoresOf(judge, defaultBlend);
  assert.is(ranked, 0, 'both are known');
  await kernel.close();
});

test('what neighbours add is summed once for each half of the customers, whatever the weights', async () => {
  const kernel = openKernel({ threads: 1 });
  const sample = finish(holdOutSample(randomShop({ customers: 300 }), factors))!;
  let sums = 0;
  const counted: OpenKernel = {
    ...kernel,
    run(operation, shared, bounds, control) {
      sums += Number(operation === 'neighbourBonuses');
      return kernel.run(operation, shared, bounds, control);
    },
  };
  const judge = judgeOf(counted, sample, await modelOf(sample, () => 1));
  await scoresOf(judge, { ...defaultBlend, neighbours: 0 });
  assert.is(sums, 0);
  for (const neighbours of [1, 2, 4]) await scoresOf(judge, { ...defaultBlend, neighbours, trend: neighbours / 10 });
  assert.is(sums, 2);
  await kernel.close();
});

test('ranking by another trend leaves no memory behind', async () => {
  const kernel = countedKernel();
  const sample = finish(holdOutSample(randomShop(), factors))!;
  const judge = judgeOf(kernel, sample, await modelOf(sample, () => 1));
  const before = kernel.bytes();
  for (const trend of [0, 0.1, 0.2]) await scoresOf(judge, { ...defaultBlend, trend });
  assert.is(kernel.bytes(), before);
  await kernel.close();
});

test.run();
