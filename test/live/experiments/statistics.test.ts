import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  addRatio,
  chiSquareTail,
  customersFor,
  detectable,
  mismatchOf,
  noRatioSums,
  ratioOf,
  reachOf,
  shareError,
  shareInterval,
} from '../../../src/live/experiments/statistics.ts';

const test = suite('statistics of experiments');
const near = (value: number, expected: number, tolerance = 1e-9) =>
  assert.ok(Math.abs(value - expected) <= tolerance * Math.abs(expected), `${value} is not ${expected}`);
const sumsOf = (values: readonly (readonly [number, number])[]) => {
  const sums = noRatioSums();
  for (const [y, x] of values) addRatio(sums, y, x);
  return sums;
};

test('the tail of chi-square is that of the tables', () => {
  for (const [x, freedom, expected] of [
    [3.841458820694124, 1, 0.05],
    [10.827566170662733, 1, 0.001],
    [0.454936423119572, 1, 0.5],
    [5.991464547107979, 2, 0.05],
    [13.815510557964274, 2, 0.001],
    [7.814727903251179, 3, 0.05],
    [16.26623619623813, 3, 0.001],
    [9.487729036781154, 4, 0.05],
    [16.918977604620448, 9, 0.05],
    [27.877164871256568, 9, 0.001],
  ])
    near(chiSquareTail(x, freedom), expected);
  for (const freedom of [1, 2, 5]) assert.is(chiSquareTail(0, freedom), 1);
  assert.ok(chiSquareTail(1e4, 3) < 1e-300);
});

test('a split is as unlikely as Pearson says, also by shares that are no percentages', () => {
  // (10 / 50)^2 * 50 * 2 = 4: two-sided 2 standard deviations.
  near(mismatchOf([60, 40], [50, 50]), 0.04550026389635842);
  near(mismatchOf([60, 40], [1, 1]), 0.04550026389635842);
  assert.is(mismatchOf([90, 10], [90, 10]), 1);
  assert.is(mismatchOf([0, 0], [50, 50]), 1);
  assert.ok(mismatchOf([5300, 4700], [50, 50]) < 1e-8);
});

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

test('shares have intervals within 0 and 1, also of nobody and of all', () => {
  // Wilson's interval of 10 of 50, as the textbooks have it.
  const [low, high] = shareInterval(10, 50, 1.959963984540054);
  near(low, 0.112437, 1e-5);
  near(high, 0.330368, 1e-5);
  assert.equal(shareInterval(0, 0, 2), [0, 1]);
  assert.is(shareInterval(0, 100, 2)[0], 0);
  assert.ok(shareInterval(0, 100, 2)[1] > 0.03);
  assert.is(shareInterval(100, 100, 2)[1], 1);
  assert.ok(shareError({ y: 0, customers: 100 }) > 0.009);
});

test('the reach is that of the equation, above the one of a single look, and grows slowly', () => {
  const rho = (-2 * Math.log(0.05) + Math.log(-2 * Math.log(0.05)) + 1) / 5000;
  for (const n of [200, 5000, 1e6])
    near(reachOf(n, 0.05), Math.sqrt(((2 * (n * rho + 1)) / (n * rho)) * Math.log(Math.sqrt(n * rho + 1) / 0.05)));
  for (const [n, most] of [
    [500, 4.2],
    [5000, 3.1],
    [1e5, 3.6],
    [1e6, 3.9],
  ])
    assert.ok(reachOf(n, 0.05) > 2.9 && reachOf(n, 0.05) < most, `${n}: ${reachOf(n, 0.05)}`);
  assert.ok(reachOf(1000, 0.01) > reachOf(1000, 0.05));
});

test('what can be found with the customers that it takes is what was asked for', () => {
  for (const difference of [0.001, 0.01, 0.1]) {
    const customers = customersFor(difference, 0.004, 3000, 0.05);
    near(detectable(0.004 * Math.sqrt(3000 / customers), customers, 0.05), difference, 5e-3);
  }
});

test.run();
