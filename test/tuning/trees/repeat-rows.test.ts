import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openKernel } from '../../../src/kernel/open.ts';
import { defaultBlend } from '../../../src/ranking/weights.ts';
import { createRecommender } from '../../../src/recommending/create.ts';
import { trainAls } from '../../../src/training/als.ts';
import { fit } from '../../../src/training/fit.ts';
import { neighboursOf } from '../../../src/training/neighbours/walk.ts';
import { holdOutSample } from '../../../src/tuning/judging/held-out.ts';
import { sampleFactors } from '../../../src/tuning/picking/sampled-factors.ts';
import { repeatRowsOf } from '../../../src/tuning/trees/repeat-rows.ts';
import { finish } from '../../../src/turns.ts';
import { randomShop } from '../../support/random-shop.ts';

const test = suite('rows of repeats');

for (const neighbours of [0, 2]) {
  test(`the scores are those of the lists without trees, with neighbours that weigh ${neighbours}`, async () => {
    const sample = finish(holdOutSample(randomShop(), 4))!;
    const { train, customers } = sample.heldOut;
    const options = { factors: 4, iterations: 2, windowDays: 60, blend: { ...defaultBlend, neighbours } };
    const recommender = createRecommender(await fit(train, { ...options, threads: 1 }), { threads: 1 });
    const kernel = openKernel({ threads: 1 });
    const trained = await trainAls(kernel, train, options);
    const sampled = sampleFactors(kernel, sample, trained, await neighboursOf(train));
    const { customers: places, columns, near, n, freshScores } = await repeatRowsOf(kernel, sample, sampled, options);
    assert.is(
      near.some((each) => each > 0),
      neighbours > 0,
    );
    assert.ok(places.length > 80);
    for (const { row, place, begin, end } of places) {
      const scoresOf = (purchased: 'only' | 'exclude', n: number) =>
        recommender.recommendSync(train.customers[row], { n, purchased }).items.map(({ score }) => score);
      const bought = Array.from({ length: end - begin }, (_, i) => columns[0][begin + i] + near[begin + i]);
      const fresh = [...freshScores.subarray(place * n, (place + 1) * n)];
      for (const [own, listed] of [
        [bought, scoresOf('only', 100)],
        [fresh, scoresOf('exclude', n)],
      ]) {
        assert.is(own.length, listed.length);
        for (const [i, score] of listed.entries()) assert.ok(Math.abs(own[i] - score) < 1e-4, `${own} ${listed}`);
      }
      assert.is(customers[sample.sample[place]], row);
    }
    await recommender.close();
    await kernel.close();
  });
}

test.run();
