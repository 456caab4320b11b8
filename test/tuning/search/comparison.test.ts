import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { CustomerScores } from '../../../src/tuning/judging/accuracy.ts';
import { compare, withTrees } from '../../../src/tuning/search/comparison.ts';

const test = suite('comparison of lists');

/** Scores of twenty customers: the same for all, or less for some. */
const scores = (all: number, explore: number, spread = 0): CustomerScores => ({
  all: new Map(Array.from({ length: 20 }, (_, c) => [c, all + (c % 2 === 0 ? spread : -spread)])),
  explore: new Map(Array.from({ length: 20 }, (_, c) => [c, explore])),
});

test('the gain is of both kinds of lists', () => {
  const { gain, worse } = compare({ scores: scores(0.5, 0.4) }, { scores: scores(0.4, 0.4) });
  assert.ok(Math.abs(gain.mean - 0.1) < 1e-9);
  assert.is(worse, undefined);
});

test('it says which lists find less by more than a standard error, whatever the others gain', () => {
  const others = { scores: scores(0.4, 0.4), newest: scores(0.4, 0.4) };
  assert.equal(compare({ scores: scores(0.3, 0.9), newest: scores(0.4, 0.4) }, others).worse, ['all']);
  assert.equal(compare({ scores: scores(0.9, 0.3), newest: scores(0.4, 0.4) }, others).worse, ['explore']);
  assert.equal(compare({ scores: scores(0.5, 0.5), newest: scores(0.1, 0.4) }, others).worse, ['newest']);
  assert.is(compare({ scores: scores(0.39, 0.4, 0.2) }, others).worse, undefined, 'within the noise');
});

test('what trees add counts for lists of all products', () => {
  const found = withTrees({ scores: scores(0.5, 0.4) }, new Map([[3, 0.25]]));
  assert.is(found.scores.all.get(3), 0.75);
  assert.is(found.scores.all.get(4), 0.5);
  assert.is(found.scores.explore.get(3), 0.4);
});

test.run();
