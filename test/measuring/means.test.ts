import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { add, meanOf, meanOfClusters, merge, noSums, verdictOf } from '../../src/measuring/means.ts';

const test = suite('means');

function sumsOf(...values: number[]) {
  const sums = noSums();
  for (const value of values) add(sums, value);
  return sums;
}

test('the standard error is the standard deviation with n - 1, divided by the root of n', () => {
  const { mean, standardError } = meanOf(sumsOf(1, 2, 3, 6));
  assert.is(mean, 3);
  assert.ok(Math.abs(standardError! - Math.sqrt((4 + 1 + 0 + 9) / 3 / 4)) < 1e-12);
});

test('the standard error of one value is unknown, and the mean of no values is a number', () => {
  assert.equal(meanOf(sumsOf(0.5)), { mean: 0.5, standardError: null });
  assert.equal(meanOf(noSums()), { mean: 0, standardError: null });
});

test('equal values have no standard error, not a negative variance from rounding', () => {
  assert.is(meanOf(sumsOf(0.1, 0.1, 0.1)).standardError, 0);
});

test('merged sums are the sums over all values', () => {
  assert.equal(merge([sumsOf(1, 2), noSums(), sumsOf(3, 6)]), sumsOf(1, 2, 3, 6));
});

test('values of a cluster count as one draw: what they have in common is not averaged out', () => {
  const mixed = [sumsOf(1, 3), sumsOf(2, 2)];
  assert.is(meanOfClusters(mixed).mean, 2);
  assert.is(meanOfClusters(mixed).standardError, 0);
  // Four values that are two are as uncertain as these two.
  const doubled = meanOfClusters([sumsOf(1, 1), sumsOf(4, 4)]);
  assert.equal(doubled, meanOf(sumsOf(1, 4)));
  const single = [1, 2, 3, 6].map((value) => sumsOf(value));
  assert.equal(meanOfClusters(single), meanOf(sumsOf(1, 2, 3, 6)));
  assert.equal(meanOfClusters([sumsOf(1, 2)]), { mean: 1.5, standardError: null });
  assert.equal(meanOfClusters([]), { mean: 0, standardError: null });
});

test('a difference of up to two standard errors is a tie', () => {
  assert.is(verdictOf({ mean: 0.2, standardError: 0.1 }), 'tie');
  assert.is(verdictOf({ mean: -0.2, standardError: 0.1 }), 'tie');
  assert.is(verdictOf({ mean: 0.21, standardError: 0.1 }), 'better');
  assert.is(verdictOf({ mean: -0.21, standardError: 0.1 }), 'worse');
  assert.is(verdictOf({ mean: 0.9, standardError: null }), 'tie');
});

test.run();
