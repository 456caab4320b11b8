import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { rateOf, shareInterval } from '../../../src/live/attribution/interval.ts';
import { addRatio, noRatioSums } from '../../../src/live/attribution/ratio.ts';
import { createRandom } from '../../../src/random.ts';

const test = suite('how sure a rate is');

const sumsOf = (groups: readonly (readonly [of: number, hits: number])[]) => {
  const sums = noRatioSums();
  for (const [of, hits] of groups) addRatio(sums, hits, of);
  return sums;
};

test('of independent observations it is the interval of Wilson', () => {
  const groups = Array.from({ length: 400 }, (_, i) => [1, Number(i < 40)] as const);
  const { rate, interval } = rateOf(sumsOf(groups))!;
  assert.is(rate, 0.1);
  // 40 of 400: https://en.wikipedia.org/wiki/Binomial_proportion_confidence_interval#Wilson_score_interval
  assert.ok(Math.abs(interval[0] - 0.0743) < 2e-4 && Math.abs(interval[1] - 0.1333) < 2e-4, String(interval));
});

test('without any hit, or without anything else, there is an interval all the same; without observations there is none', () => {
  const none = rateOf(sumsOf(Array.from({ length: 50 }, () => [3, 0] as const)))!;
  assert.equal([none.rate, none.interval[0]], [0, 0]);
  assert.ok(none.interval[1] > 0.05 && none.interval[1] < 0.1);
  const all = rateOf(
    sumsOf([
      [2, 2],
      [2, 2],
    ]),
  )!;
  assert.ok(all.rate === 1 && all.interval[0] < 0.5 && all.interval[1] === 1);
  const [low, high] = rateOf(sumsOf([[9, 3]]))!.interval;
  assert.ok(low < 0.1 && high > 0.8);
  assert.is(rateOf(noRatioSums()), undefined);
});

test('it holds the true rate nineteen times of twenty, also if some customers see many lists and buy from most', () => {
  const random = createRandom(7);
  let held = 0;
  const trials = 1000;
  // A tenth of the customers see ten lists and buy from half of them; the others see one and buy from one of twenty.
  const truth = (0.1 * 10 * 0.5 + 0.9 * 0.05) / (0.1 * 10 + 0.9);
  for (let trial = 0; trial < trials; trial++) {
    const groups = Array.from({ length: 300 }, () => {
      const [of, rate] = random.uniform() < 0.1 ? [10, 0.5] : [1, 0.05];
      return [of, Array.from({ length: of }, () => Number(random.uniform() < rate)).reduce((a, b) => a + b)] as const;
    });
    const [low, high] = rateOf(sumsOf(groups))!.interval;
    if (low <= truth && truth <= high) held++;
  }
  assert.ok(held > 0.92 * trials && held < 0.98 * trials, `${held} of ${trials}`);
});

test('shares have intervals within 0 and 1, also of nobody and of all', () => {
  // Wilson's interval of 10 of 50, as the textbooks have it.
  const [low, high] = shareInterval(10, 50, 1.959963984540054);
  assert.ok(Math.abs(low - 0.112437) < 1e-5 && Math.abs(high - 0.330368) < 1e-5, `${low} to ${high}`);
  assert.equal(shareInterval(0, 0, 2), [0, 1]);
  assert.is(shareInterval(0, 100, 2)[0], 0);
  assert.ok(shareInterval(0, 100, 2)[1] > 0.03);
  assert.is(shareInterval(100, 100, 2)[1], 1);
});

test.run();
