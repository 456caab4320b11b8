import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRandom } from '../../../src/random.ts';
import { logisticWeights } from '../../../src/tuning/trees/logistic.ts';
import { finish } from '../../../src/turns.ts';

const test = suite('logistic regression');

const ones = (length: number) => new Float64Array(length).fill(1);

/** The weights of columns and a constant. */
function weightsOf(
  columns: readonly Float64Array[],
  labels: Uint8Array,
  counts: Float64Array,
  offsets = new Float64Array(labels.length),
): Float64Array {
  const rows = Array.from(labels, (_, row) => [...columns.map((column) => column[row]), 1]);
  return finish(logisticWeights(Float64Array.from(rows.flat()), columns.length + 1, labels, counts, offsets));
}

test('finds the weights that labels were drawn by', () => {
  const random = createRandom(2);
  const rows = 40_000;
  const x = Float64Array.from({ length: rows }, () => random.normal());
  const labels = Uint8Array.from(x, (value) => Number(random.uniform() < 1 / (1 + Math.exp(-(1.5 * value - 0.5)))));
  const [slope, constant] = weightsOf([x], labels, ones(rows));
  assert.ok(Math.abs(slope - 1.5) < 0.06, String(slope));
  assert.ok(Math.abs(constant + 0.5) < 0.06, String(constant));
});

test('what is in the log-odds besides is left as it is', () => {
  const random = createRandom(3);
  const rows = 40_000;
  const x = Float64Array.from({ length: rows }, () => random.normal());
  // Offsets that go with x would change its weight if they had one of their own.
  const offsets = x.map((value) => value + random.normal());
  const labels = x.map((value, row) =>
    Number(random.uniform() < 1 / (1 + Math.exp(-(offsets[row] - 0.8 * value + 0.3)))),
  );
  const [slope, constant] = weightsOf([x], Uint8Array.from(labels), ones(rows), offsets);
  assert.ok(Math.abs(slope + 0.8) < 0.06, String(slope));
  assert.ok(Math.abs(constant - 0.3) < 0.06, String(constant));
});

test('finds the minimum from where most rows are sure of themselves', () => {
  const random = createRandom(4);
  const x = Float64Array.from({ length: 400 }, () => random.normal());
  const offsets = x.map((value) => 60 * value - 30);
  const labels = Uint8Array.from(x, (_, row) => row % 2);
  const [slope, constant] = weightsOf([x], labels, ones(400), offsets);
  // Labels say nothing of x, so that the weights take the offsets away.
  assert.ok(Math.abs(slope + 60) < 1 && Math.abs(constant - 30) < 1, `${slope} ${constant}`);
});

test('a row that counts twice is like two rows', () => {
  const once = weightsOf(
    [Float64Array.of(0, 1, 1, 2, 2)],
    Uint8Array.of(0, 1, 0, 1, 1),
    Float64Array.of(1, 1, 1, 1, 1),
  );
  const twice = weightsOf([Float64Array.of(0, 1, 1, 2)], Uint8Array.of(0, 1, 0, 1), Float64Array.of(1, 1, 1, 2));
  assert.ok(Math.abs(once[0] - twice[0]) < 1e-9 && Math.abs(once[1] - twice[1]) < 1e-9);
});

test('weights are finite if labels are all the same, columns are the same, or there are no rows', () => {
  for (const [x, labels] of [
    [
      [1, 2, 3],
      [1, 1, 1],
    ],
    [
      [5, 5, 5],
      [0, 1, 0],
    ],
    [
      [-3, 0, 3],
      [0, 0, 1],
    ],
    [[], []],
  ]) {
    const column = Float64Array.from(x);
    const weights = weightsOf([column, column], Uint8Array.from(labels), ones(x.length));
    assert.ok(weights.every(Number.isFinite), String(weights));
  }
});

test.run();
