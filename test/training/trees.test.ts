import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRandom } from '../../src/random.ts';
import { sumTrees, treeDepth } from '../../src/ranking/trees.ts';
import { fitTrees as fitInPieces, type TreeRows } from '../../src/training/trees.ts';
import { finish } from '../../src/turns.ts';

const fitTrees = (...args: Parameters<typeof fitInPieces>) => finish(fitInPieces(...args));
const test = suite('fitting trees');

/** Rows of these columns that start from even odds and count 1. */
function rowsOf(columns: readonly ArrayLike<number>[], labels: ArrayLike<number>): TreeRows {
  return {
    columns: columns.map((column) => Float32Array.from(column)),
    labels: Uint8Array.from(labels),
    weights: new Float32Array(labels.length).fill(1),
    logits: new Float64Array(labels.length),
  };
}

const random = createRandom(5);
const noise = (length: number) => Array.from({ length }, () => random.normal());

test('a feature that decides everything is found among others, and a row without it too', () => {
  const decisive = noise(600);
  const rows = rowsOf(
    [noise(600), decisive, noise(600)],
    decisive.map((value) => Number(value > 0.5)),
  );
  const trees = fitTrees(rows, { trees: 20, shrinkage: 0.5 });
  assert.is(trees.features[0], 1);
  assert.ok(Math.abs(trees.thresholds[0] - 0.5) < 0.1);
  const sums = sumTrees(trees, rows.columns, 600);
  decisive.forEach((value, row) => {
    if (Math.abs(value - 0.5) > 0.1) assert.is(sums[row] > 0, value > 0.5);
  });
});

test('two features that decide together are found', () => {
  const [a, b] = [noise(2000), noise(2000)];
  const rows = rowsOf(
    [a, b],
    a.map((value, row) => Number(value > 0 !== b[row] > 0)),
  );
  const sums = sumTrees(fitTrees(rows, { trees: 60, shrinkage: 0.5 }), rows.columns, 2000);
  let right = 0;
  for (let row = 0; row < 2000; row++) if (sums[row] > 0 === (rows.labels[row] === 1)) right++;
  assert.ok(right > 1800, `${right} of 2000`);
});

test('labels that the logits already explain are left alone; those that are all the same push one way', () => {
  const rows = rowsOf([noise(400)], new Array(400).fill(1));
  const sure = fitTrees({ ...rows, logits: rows.logits.map(() => 30) });
  assert.ok(sure.leaves.every((leaf) => Math.abs(leaf) < 1e-9));
  const unsure = sumTrees(fitTrees(rows), rows.columns, 400);
  assert.ok(unsure.every((sum) => sum > 0));
});

test('rows that cannot be told apart get the same: constant features, and only one row', () => {
  const tied = rowsOf(
    [new Array(300).fill(7), new Array(300).fill(-1)],
    noise(300).map((value) => Number(value > 1)),
  );
  const trees = fitTrees(tied, { trees: 30 });
  assert.ok(trees.thresholds.every((threshold) => threshold === Infinity));
  assert.is(new Set(sumTrees(trees, tied.columns, 300)).size, 1);
  const single = fitTrees(rowsOf([[1], [2]], [1]), { trees: 3, maxRows: 300 });
  assert.ok(sumTrees(single, [Float32Array.of(1), Float32Array.of(2)], 1)[0] > 0);
});

test('every split is the one of all that lowers the loss most, over the nodes of its level together', () => {
  const rows = 300;
  const columns = [0, 1, 2, 3].map(() => Float32Array.from({ length: rows }, () => random.below(6)));
  const labels = Uint8Array.from({ length: rows }, (_, row) =>
    Number(random.uniform() < (columns[0][row] > 2 ? columns[2][row] / 6 : columns[3][row] > 3 ? 0.8 : 0.2)),
  );
  const { features, thresholds } = fitTrees(rowsOf(columns, labels), { trees: 1, l2: 3, maxRows: 300 });
  /** The sum of gradients squared / (hessians + 3) over the nodes that rows are in. */
  const gainOf = (nodes: readonly string[]) => {
    const sums = new Map<string, [gradient: number, hessian: number]>();
    nodes.forEach((node, row) => {
      const [gradient, hessian] = sums.get(node) ?? [0, 0];
      sums.set(node, [gradient + labels[row] - 0.5, hessian + 0.25]);
    });
    return [...sums.values()].reduce((sum, [gradient, hessian]) => sum + gradient ** 2 / (hessian + 3), 0);
  };
  let nodes = new Array<string>(rows).fill('');
  for (let level = 0; level < treeDepth; level++) {
    const split = (feature: number, threshold: number) =>
      nodes.map((node, row) => node + Number(columns[feature][row] > threshold));
    let best = -Infinity;
    for (const feature of columns.keys())
      for (let threshold = 0; threshold < 5; threshold++) best = Math.max(best, gainOf(split(feature, threshold)));
    nodes = split(features[level], thresholds[level]);
    assert.ok(Math.abs(gainOf(nodes) - best) < 1e-9, `level ${level}`);
  }
});

test('without rows there are no trees', () => {
  assert.is(fitTrees(rowsOf([[], []], [])).features.length, 0);
});

test('rows that count more are fitted more', () => {
  const labels = noise(400).map((value) => Number(value > 0));
  const rows = rowsOf([noise(400)], labels);
  const weights = Float32Array.from(labels, (label) => (label === 1 ? 5 : 0.2));
  const sums = sumTrees(fitTrees({ ...rows, weights }), rows.columns, 400);
  assert.ok(sums.every((sum) => sum > 0.5));
});

test('the same rows give the same trees', () => {
  const rows = rowsOf(
    [noise(500), noise(500)],
    noise(500).map((value) => Number(value > 0)),
  );
  assert.equal(fitTrees(rows), fitTrees(rows));
});

test('splits that are chosen on some of the rows and features still tell most rows apart', () => {
  const columns = Array.from({ length: 12 }, () => noise(3000));
  const labels = columns[3].map((value, row) => Number(value + columns[7][row] > 0));
  const rows = rowsOf(columns, labels);
  const trees = fitTrees(rows, { maxRows: 400, maxFeatures: 6 });
  assert.is(new Set(trees.features).size, 12, 'each tree has other features');
  const sums = sumTrees(trees, rows.columns, 3000);
  const right = labels.filter((label, row) => sums[row] > 0 === (label === 1)).length;
  assert.ok(right > 2600, `${right} of 3000`);
});

test('whatever the features are, leaves are finite and thresholds are between values', () => {
  const value = fc.oneof(fc.constantFrom(0, -1, 1e30, -1e30, 3), fc.float({ noNaN: true, noDefaultInfinity: true }));
  const row = fc.record({ a: value, b: value, label: fc.nat(1), weight: fc.constantFrom(0.01, 1, 50) });
  fc.assert(
    fc.property(fc.array(row, { maxLength: 60 }), (rows) => {
      const { features, thresholds, leaves } = fitTrees(
        {
          columns: [Float32Array.from(rows, ({ a }) => a), Float32Array.from(rows, ({ b }) => b)],
          labels: Uint8Array.from(rows, ({ label }) => label),
          weights: Float32Array.from(rows, ({ weight }) => weight),
          logits: new Float64Array(rows.length),
        },
        { trees: 4 },
      );
      assert.is(features.length, rows.length === 0 ? 0 : 4 * treeDepth);
      assert.ok(leaves.every(Number.isFinite));
      thresholds.forEach((threshold, at) => {
        const values = rows.map(({ a, b }) => Math.fround(features[at] === 0 ? a : b));
        assert.ok(threshold === Infinity || (threshold >= Math.min(...values) && threshold < Math.max(...values)));
      });
    }),
    { numRuns: 60 },
  );
});

test.run();
