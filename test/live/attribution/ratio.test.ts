import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { addRatio, noRatioSums, ratioOf } from '../../../src/live/attribution/ratio.ts';

const test = suite('ratios');
const near = (value: number, expected: number, tolerance = 1e-9) =>
  assert.ok(Math.abs(value - expected) <= tolerance * Math.abs(expected), `${value} is not ${expected}`);
const sumsOf = (values: readonly (readonly [number, number])[]) => {
  const sums = noRatioSums();
  for (const [y, x] of values) addRatio(sums, y, x);
  return sums;
};

test('a mean has its standard error', () => {
  const { value, standardError } = ratioOf(sumsOf([2, 4, 4, 4, 5, 5, 7, 9].map((y) => [y, 1] as const)));
  assert.is(value, 5);
  near(standardError!, Math.sqrt(32 / 7 / 8));
});

test('the error of a ratio is that of many shops in which it is measured', () => {
  let seed = 1;
  const uniform = () => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return (seed + 0.5) / 2 ** 32;
  };
  const values: number[] = [];
  let errors = 0;
  for (let shop = 0; shop < 1000; shop++) {
    const sums = noRatioSums();
    for (let i = 0; i < 200; i++) {
      const taste = uniform();
      const bought = Math.floor(8 * uniform());
      let hits = 0;
      for (let j = 0; j < bought; j++) if (uniform() < taste / 2) hits++;
      addRatio(sums, hits, bought);
    }
    const { value, standardError } = ratioOf(sums);
    values.push(value!);
    errors += standardError! / 1000;
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  near(mean, 0.25, 0.01);
  near(errors, spread, 0.08);
});

test('without customers, purchases, or differences between customers nothing is known of the error', () => {
  assert.equal(ratioOf(noRatioSums()), { value: null, standardError: null });
  assert.equal(ratioOf(sumsOf([[0, 0]])), { value: null, standardError: null });
  assert.equal(ratioOf(sumsOf([[1, 2]])), { value: 0.5, standardError: null });
  assert.equal(
    ratioOf(
      sumsOf([
        [0.1, 1],
        [0.1, 1],
        [0.1, 1],
      ]),
    ).standardError,
    null,
  );
});

test.run();
