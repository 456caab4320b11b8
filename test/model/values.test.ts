import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Model } from '../../src/model/model.ts';
import type { Numbers, Sizes } from '../../src/model/tensors.ts';
import {
  ascendingRows,
  between,
  type Check,
  featuresOfTrees,
  risesTo,
  rowsOf,
  timeOrNone,
  within,
} from '../../src/model/values.ts';
import { finish } from '../../src/turns.ts';
import { piecesOf } from '../support/pieces.ts';

const test = suite('values');

const problemIn = (check: Check, values: Numbers, sizes = {} as Sizes, model = {} as Model) =>
  finish(check(values, sizes, model));

/** The index of the first number that is not within a magnitude. */
const wrongIn = (magnitude: number, ...values: number[]) =>
  problemIn(within(magnitude, 'a small number'), Float32Array.from(values))?.index;

test('numbers within a magnitude are those that a comparison of numbers finds', () => {
  for (const magnitude of [1, 0.1, 1e15, 1e-40, 3e38]) {
    const most = Math.fround(magnitude);
    const bits = new Uint32Array(Float32Array.of(most).buffer);
    bits[0]++;
    const [next] = new Float32Array(bits.buffer);
    assert.is(wrongIn(magnitude, 0, -0, most, -most, most / 2), undefined);
    assert.is(wrongIn(magnitude, 0, next), 1);
    assert.is(wrongIn(magnitude, 0, 0, -next), 2);
  }
  for (const value of [Number.NaN, -Number.NaN, Infinity, -Infinity]) assert.is(wrongIn(1e15, 1, value), 1);
});

test('a view of a part of a buffer is checked, and nothing else of it', () => {
  const all = Float32Array.of(Infinity, 1, 2, Infinity);
  assert.is(problemIn(within(5, 'a small number'), all.subarray(1, 3)), undefined);
  assert.equal(problemIn(within(1, 'a small number'), all.subarray(1, 3)), {
    index: 1,
    expected: 'a small number',
  });
});

/** More than two pieces of values. */
const length = 200_000;
const places = [0, 1, 2 ** 16 - 1, 2 ** 16, 2 ** 16 + 1, 2 ** 17, length - 1];

test('a wrong value is found wherever it is, and the first one if there are several', () => {
  const sizes = { products: 2 ** 20, pairs: length } as Sizes;
  const rising = Uint32Array.from({ length }, (_, i) => i);
  const cases: [Check, Numbers, wrong: number][] = [
    [within(5, 'small'), new Float32Array(length).fill(5), 6],
    [between(1, 9), new Uint32Array(length).fill(9), 0],
    [timeOrNone, new Float64Array(length).fill(Number.NaN), Number.NEGATIVE_INFINITY],
    [ascendingRows, rising, 2 ** 20],
    [featuresOfTrees, new Uint8Array(5000), 200],
  ];
  for (const [check, right, wrong] of cases) {
    assert.is(problemIn(check, right, sizes), undefined);
    for (const place of places.filter((place) => place < right.length)) {
      const values = right.slice();
      values[place] = wrong;
      assert.is(problemIn(check, values, sizes)?.index, place);
      values[values.length - 1] = wrong;
      assert.is(problemIn(check, values, sizes)?.index, place);
    }
  }
  const offsets = Uint32Array.from({ length: length + 1 }, (_, i) => i);
  const risesToPairs = risesTo('pairs');
  assert.is(problemIn(risesToPairs, offsets, sizes), undefined);
  for (const place of places.filter((place) => place > 1)) {
    const values = offsets.slice();
    values[place] = values[place - 1] - 1;
    assert.equal(problemIn(risesToPairs, values, sizes), {
      index: place,
      expected: `a number from ${place - 1} to ${length}`,
    });
  }
});

test('rows that do not ascend within an owner are found wherever they are', () => {
  // Owners of many rows, of one, and of none.
  const lengths = [70_000, 1, 0, 5, ...new Array<number>(9000).fill(2), 0, 60_000];
  const offsets = new Uint32Array(lengths.length + 1);
  for (const [owner, own] of lengths.entries()) offsets[owner + 1] = offsets[owner] + own;
  const rows = new Uint32Array(offsets[lengths.length]);
  for (const [owner, own] of lengths.entries()) for (let k = 0; k < own; k++) rows[offsets[owner] + k] = k;
  const part = { offsets, products: rows };
  const model = { purchases: part, boughtTogether: part } as unknown as Model;
  const sizes = { customers: lengths.length, products: lengths.length, pairs: rows.length } as Sizes;
  const wide = { ...sizes, products: 80_000 };
  const check = rowsOf('purchases', 'customer');
  assert.is(problemIn(check, rows, wide, model), undefined);
  for (const owner of [0, 3, 100, 5000, 9003, lengths.length - 1]) {
    const index = offsets[owner + 1] - 1;
    const before = rows[index];
    rows[index] = 0;
    assert.is(problemIn(check, rows, wide, model)?.index, index);
    rows[index] = 80_000;
    assert.is(problemIn(check, rows, wide, model)?.index, index);
    rows[index] = before;
  }
});

test('a piece of the work has a bounded number of values, and of owners', () => {
  const values = new Float32Array(2 ** 20);
  const sizes = { customers: 2 ** 16, products: 10, pairs: 0 } as Sizes;
  const piecesIn = (check: Check, of: Numbers, model = {} as Model) => piecesOf(check(of, sizes, model));
  assert.ok(piecesIn(within(1, ''), values) >= 16);
  assert.ok(piecesIn(between(0, 1), values) >= 16);
  assert.ok(piecesIn(risesTo('pairs'), new Uint32Array(2 ** 20)) >= 16);
  const empty = { purchases: { offsets: new Uint32Array(2 ** 16 + 1), products: new Uint32Array() } };
  assert.ok(piecesIn(rowsOf('purchases', 'customer'), new Uint32Array(), empty as Model) >= 16);
});

test.run();
