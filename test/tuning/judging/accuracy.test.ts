import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CustomerScores, gainOf } from '../../../src/tuning/judging/accuracy.ts';

const test = suite('accuracy');

test('a gain is the mean of paired differences, with its standard error, over both questions', () => {
  const scores = (all: number[], explore: number[]): CustomerScores => ({
    all: new Map(all.entries()),
    explore: new Map(explore.entries()),
  });
  const { mean, error } = gainOf(scores([3, 5], [1, 1, 4]), scores([2, 2], [1, 1, 1]));
  assert.is(mean, 2 + 1);
  assert.ok(Math.abs(error - Math.sqrt(1 + 1)) < 1e-12);
  assert.equal(gainOf(scores([1], []), scores([1], [])), { mean: 0, error: 0 });
});

test.run();
