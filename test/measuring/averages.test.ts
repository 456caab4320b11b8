import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { averagesOf } from '../../src/measuring/averages.ts';
import { metrics } from '../../src/measuring/results.ts';
import type { Scores } from '../../src/measuring/scores.ts';

const test = suite('averages');

/** Every metric of a customer is the same number. */
function scored(window: Record<number, number>, first?: Scores, groups = new Uint8Array(10)) {
  const customers = Uint32Array.from(Object.keys(window), Number);
  const values = Float64Array.from(
    customers.length === 0 ? [] : [...customers].flatMap((c) => metrics.map(() => window[c])),
  );
  const scores: Scores = { customers, values, measure() {} };
  return { scores, groups, ...(first && { first }) };
}

test('every list counts once, and the error is that of drawing customers with all their lists', () => {
  const averages = averagesOf([scored({ 1: 0.2, 4: 0.6 }), scored({ 4: 0.6 })], 1);
  assert.is(averages.customers, 2);
  assert.is(averages.lists, 3);
  const { mean, standardError } = averages.meansAt(0).recall;
  assert.ok(Math.abs(mean - 1.4 / 3) < 1e-12);
  // Deviations of the sums: .2 - m and 1.2 - 2 m.
  const squares = (0.2 - mean) ** 2 + (1.2 - 2 * mean) ** 2;
  assert.ok(Math.abs(standardError! - Math.sqrt(2 * squares) / 3) < 1e-12);
});

test('the same lists in every window make nothing more certain', () => {
  const window = { 1: 0.1, 2: 0.5, 3: 0.3 };
  const once = averagesOf([scored(window)], 1).meansAt(0).ndcg;
  const thrice = averagesOf([scored(window), scored(window), scored(window)], 1).meansAt(0).ndcg;
  assert.ok(Math.abs(once.mean - thrice.mean) < 1e-12);
  assert.ok(Math.abs(once.standardError! - thrice.standardError!) < 1e-12);
});

test('differences are first minus the others, list by list', () => {
  const best = scored({ 1: 0.5, 2: 0.7 }).scores;
  const { mean, verdict } = averagesOf([scored({ 1: 0.1, 2: 0.3 }, best)], 1).differencesAt(0)!.map;
  assert.ok(Math.abs(mean - 0.4) < 1e-12);
  assert.is(verdict, 'better');
  assert.is(averagesOf([scored({ 1: 0.1 })], 1).differencesAt(0), undefined);
});

test('a customer may be in one group in one window and in another later', () => {
  const windows = [
    scored({ 1: 0.1 }, undefined, Uint8Array.of(0, 0)),
    scored({ 1: 0.9 }, undefined, Uint8Array.of(0, 1)),
  ];
  assert.is(averagesOf(windows, 1, 0).meansAt(0).mrr.mean, 0.1);
  assert.is(averagesOf(windows, 1, 1).meansAt(0).mrr.mean, 0.9);
  assert.is(averagesOf(windows, 1, 2).customers, 0);
});

test.run();
