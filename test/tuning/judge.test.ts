import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openKernel } from '../../src/kernel/open.ts';
import { strideOf } from '../../src/kernel/operations.ts';
import { metricsOf } from '../../src/measuring/metrics.ts';
import { createRandom } from '../../src/random.ts';
import { logPopularity } from '../../src/ranking/formula.ts';
import { recencyOfAll, signalsOf } from '../../src/ranking/signals.ts';
import { type Blend, defaultBlend } from '../../src/ranking/weights.ts';
import { createValidation, type Validation } from '../../src/tuning/held-out.ts';
import { createJudge, listLength, sampleFactors } from '../../src/tuning/judge.ts';
import { qualityOf, type Scores, scoresOf } from '../../src/tuning/quality.ts';
import { randomShop } from '../support/random-shop.ts';

const test = suite('judge');

const factors = 5;
const decay = 0.8;
const stride = strideOf(factors);
const blends: Blend[] = [
  defaultBlend,
  { taste: 2, habit: 1, trend: 0, bought: -1, repeat: 0 },
  { taste: 1, habit: 3, trend: 0.4, bought: 0.5, repeat: -0.4 },
];

function randomFactors(rows: number, seed: number): Float32Array {
  const random = createRandom(seed);
  const values = new Float32Array(rows * stride);
  for (let row = 0; row < rows; row++) for (let k = 0; k < factors; k++) values[row * stride + k] = random.normal();
  return values;
}

/** The same by scoring and sorting all products. */
function plainScores({ kind, heldOut, sample }: Validation, x: Float32Array, y: Float32Array, blend: Blend): Scores {
  const { train, customers, offsets, products } = heldOut;
  const { recency, orders, popularity, uptake, repeatPropensity } = signalsOf(train, decay, 60);
  const logs = logPopularity(popularity);
  const freshLogs = logPopularity(uptake!);
  const scores = { all: new Map<number, number>(), explore: new Map<number, number>() };
  sample.forEach((place, i) => {
    const c = customers[place];
    const targets = new Set(products.subarray(offsets[place], offsets[place + 1]));
    const pairs = new Map<number, number>();
    for (let pair = train.purchases.offsets[c]; pair < train.purchases.offsets[c + 1]; pair++)
      pairs.set(train.purchases.products[pair], pair);
    const scored = train.products.map((_, row) => {
      let dot = 0;
      for (let k = 0; k < factors; k++) dot += x[c * stride + k] * y[row * stride + k];
      const pair = pairs.get(row);
      const own =
        pair === undefined
          ? 0
          : (blend.habit * recency[pair]) / (1 + recencyOfAll(orders[c], decay)) +
            blend.bought +
            blend.repeat * repeatPropensity[row];
      return {
        row,
        score:
          blend.taste * Math.sqrt(Math.max(0, dot)) + blend.trend * (pair === undefined ? freshLogs : logs)[row] + own,
      };
    });
    scored.sort((a, b) => b.score - a.score || a.row - b.row);
    const value = (rows: { row: number }[], wanted: Set<number>) => {
      const { recall, ndcg } = metricsOf(
        rows.map(({ row }) => wanted.has(row)).slice(0, listLength),
        listLength,
        wanted.size,
      );
      return recall + ndcg;
    };
    if (kind === 'orders') scores.all.set(i, value(scored, targets));
    const fresh = new Set([...targets].filter((row) => !pairs.has(row)));
    if (fresh.size > 0)
      scores.explore.set(
        i,
        value(
          scored.filter(({ row }) => !pairs.has(row)),
          fresh,
        ),
      );
  });
  return scores;
}

function assertNear(a: Scores, b: Scores): void {
  for (const question of ['all', 'explore'] as const) {
    assert.equal([...a[question].keys()], [...b[question].keys()]);
    for (const [place, value] of a[question]) assert.ok(Math.abs(value - b[question].get(place)!) < 1e-9);
  }
}

for (const orders of [1, 4]) {
  test(`ranks as scoring and sorting all products does, customers with ${orders} orders`, async () => {
    const validation = createValidation(randomShop({ orders, customers: orders === 1 ? 200 : 90 }), factors)!;
    assert.is(validation.kind, orders === 1 ? 'products' : 'orders');
    const { train } = validation.heldOut;
    const customerFactors = randomFactors(train.customers.length, 7);
    const productFactors = randomFactors(train.products.length, 8);
    const kernel = openKernel({ threads: 1 });
    const sampled = sampleFactors(kernel, validation, { factors, customerFactors, productFactors });
    const judge = createJudge(kernel, validation, sampled, signalsOf(train, decay, 60), decay);
    for (const blend of blends) {
      const expected = plainScores(validation, customerFactors, productFactors, blend);
      const scores = await scoresOf(judge, blend);
      assertNear(scores, expected);
      const { value } = await qualityOf(judge, blend);
      const means = [expected.all, expected.explore].map((map) => {
        const values = [...map.values()];
        return values.length === 0 ? 0 : values.reduce((sum, each) => sum + each, 0) / values.length;
      });
      assert.ok(Math.abs(value - means[0] - means[1]) < 1e-9);
      const halves = [await scoresOf(judge, blend, 0), await scoresOf(judge, blend, 1)];
      assert.ok([...halves[0].explore.keys()].every((place) => place % 2 === 0));
      assert.is(halves[0].explore.size + halves[1].explore.size, scores.explore.size);
    }
    judge.free();
    sampled.free();
    await kernel.close();
  });
}

test('judges factors that are not in kernel memory as they were when they were taken', async () => {
  const validation = createValidation(randomShop(), factors)!;
  const { train } = validation.heldOut;
  const customerFactors = randomFactors(train.customers.length, 7);
  const productFactors = randomFactors(train.products.length, 8);
  const kernel = openKernel({ threads: 1 });
  const sampled = sampleFactors(kernel, validation, { factors, customerFactors, productFactors });
  const expected = plainScores(validation, customerFactors, productFactors, defaultBlend);
  customerFactors.fill(0);
  productFactors.fill(0);
  const judge = createJudge(kernel, validation, sampled, signalsOf(train, decay, 60), decay);
  assertNear(await scoresOf(judge, defaultBlend), expected);
  await kernel.close();
});

test.run();
