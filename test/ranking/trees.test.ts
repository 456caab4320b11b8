import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRandom } from '../../src/random.ts';
import { sumTrees, type Trees, treeDepth, treeLeaves } from '../../src/ranking/trees.ts';

const test = suite('sums of trees');

/** Two trees of random splits of three features. */
function randomTrees(): Trees {
  const random = createRandom(3);
  const fill = (length: number) => Float32Array.from({ length }, () => random.normal());
  return {
    features: Uint8Array.from({ length: 2 * treeDepth }, () => random.below(3)),
    thresholds: fill(2 * treeDepth),
    leaves: fill(2 * treeLeaves),
  };
}

test('each row gets the leaf of each tree that its features lead to, first level first', () => {
  const trees = randomTrees();
  const random = createRandom(4);
  // More rows than are worked on at a time.
  const rows = 5000;
  const columns = [0, 1, 2].map(() => Float32Array.from({ length: rows }, () => random.normal()));
  const sums = sumTrees(trees, columns, rows);
  assert.is(sums.length, rows);
  for (let row = 0; row < rows; row += 7) {
    let sum = 0;
    for (const tree of [0, 1]) {
      let bits = '';
      for (let level = 0; level < treeDepth; level++) {
        const at = tree * treeDepth + level;
        bits += columns[trees.features[at]][row] > trees.thresholds[at] ? '1' : '0';
      }
      sum += trees.leaves[tree * treeLeaves + Number.parseInt(bits, 2)];
    }
    assert.is(sums[row], Math.fround(sum));
  }
});

test('a value at a threshold is not above it, and nothing is above infinity', () => {
  const trees = {
    features: new Uint8Array(treeDepth),
    thresholds: Float32Array.of(2, Infinity, Infinity, Infinity, Infinity),
    leaves: Float32Array.from({ length: treeLeaves }, (_, leaf) => leaf),
  };
  assert.equal([...sumTrees(trees, [Float32Array.of(1, 2, 3, Infinity)], 4)], [0, 0, 16, 16]);
});

test('only the first rows of longer columns are summed, and no trees sum to 0', () => {
  assert.is(sumTrees(randomTrees(), [new Float32Array(9), new Float32Array(9), new Float32Array(9)], 4).length, 4);
  const none = { features: new Uint8Array(0), thresholds: new Float32Array(0), leaves: new Float32Array(0) };
  assert.equal([...sumTrees(none, [Float32Array.of(1, 2)], 2)], [0, 0]);
});

test.run();
