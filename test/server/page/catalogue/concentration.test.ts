import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { concentrationIn } from '../../../../src/server/page/catalogue/concentration.ts';
import { resultOf } from '../../../support/pieces.ts';

const test = suite('concentration');

const rankingOf = (amounts: readonly number[]) =>
  Uint32Array.from([...amounts.keys()].sort((a, b) => amounts[b] - amounts[a] || a - b));

const concentrationOf = (amounts: readonly number[], counts: (row: number) => boolean = () => true) =>
  resultOf(concentrationIn(amounts, rankingOf(amounts), counts));

/** Half of the mean difference of all pairs, relative to the mean. */
function plainGini(amounts: readonly number[]): number {
  const total = amounts.reduce((sum, each) => sum + each, 0);
  const differences = amounts.flatMap((a) => amounts.map((b) => Math.abs(a - b)));
  return differences.reduce((sum, each) => sum + each, 0) / (2 * amounts.length * total);
}

/** The share of the total that a share of the products has, largest first; a part of a product has that part of its amount. */
function plainShare(amounts: readonly number[], part: number): number {
  const total = amounts.reduce((sum, each) => sum + each, 0);
  const sorted = [...amounts].sort((a, b) => b - a);
  return sorted.reduce((sum, each, i) => sum + each * Math.min(1, Math.max(0, part * amounts.length - i)), 0) / total;
}

const near = (a: number, b: number) => Math.abs(a - b) < 1e-9;

test('curve and Gini coefficient are those of their definitions', () => {
  const amounts = fc
    .array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 250 })
    .filter((each) => each.some((amount) => amount > 0));
  fc.assert(
    fc.property(amounts, (each) => {
      const { total, shares, gini } = concentrationOf(each);
      assert.is(
        total,
        each.reduce((sum, amount) => sum + amount, 0),
      );
      assert.ok(near(gini, plainGini(each)), `${gini} is not ${plainGini(each)}`);
      assert.is(shares.length, 101);
      for (const [part, share] of shares.entries())
        assert.ok(near(share, plainShare(each, part / 100)), `${part}%: ${share}`);
    }),
  );
});

test('all the same is a Gini coefficient of 0; one of many that has all is near 1; nothing is none', () => {
  assert.ok(near(concentrationOf([3, 3, 3, 3]).gini, 0));
  assert.ok(near(concentrationOf([7]).gini, 0));
  assert.ok(near(concentrationOf([0, 9, ...new Array(98).fill(0)]).gini, 0.99));
  assert.is(concentrationOf([]).total, 0);
  assert.ok(Number.isNaN(concentrationOf([0, 0]).gini));
});

test('products that do not count are as if they were not there', () => {
  const some = concentrationOf([5, 100, 1, 100, 0], (row) => row % 2 === 0);
  assert.equal(some, concentrationOf([5, 1, 0]));
});

test.run();
