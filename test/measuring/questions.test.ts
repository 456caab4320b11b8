import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { holdOutLast } from '../../src/dataset/split.ts';
import { type EvaluationQuestion, targetsOf } from '../../src/measuring/questions.ts';
import { finish } from '../../src/turns.ts';
import { datasetOfLetters } from '../support/baskets.ts';

const test = suite('questions');

const heldOut = finish(
  holdOutLast(datasetOfLetters({ anna: ['ab', 'ac'], bert: ['c', 'b'], carl: ['a', 'a'], dora: ['a'] })),
);

function targets(question: EvaluationQuestion): Record<string, string> {
  const { customers, offsets, products } = targetsOf(heldOut, question);
  const { train } = heldOut;
  const own = (i: number) => [...products.subarray(offsets[i], offsets[i + 1])].map((row) => train.products[row]);
  return Object.fromEntries([...customers].map((c, i) => [train.customers[c], own(i).join('')]));
}

test('every held-out product is a target of `all`', () => {
  assert.equal(targets('all'), { anna: 'ac', bert: 'b', carl: 'a' });
});

test('products bought before are targets of `repeat`, others of `explore`; customers without any are left out', () => {
  assert.equal(targets('explore'), { anna: 'c', bert: 'b' });
  assert.equal(targets('repeat'), { anna: 'a', carl: 'a' });
});

test.run();
