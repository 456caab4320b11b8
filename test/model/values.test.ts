import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Model } from '../../src/model/model.ts';
import type { Sizes } from '../../src/model/tensors.ts';
import { within } from '../../src/model/values.ts';

const test = suite('values');

/** The index of the first number that is not within a magnitude. */
const wrongIn = (magnitude: number, ...values: number[]) =>
  within(magnitude, 'a small number')(Float32Array.from(values), {} as Sizes, {} as Model)?.index;

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
  assert.is(within(5, 'a small number')(all.subarray(1, 3), {} as Sizes, {} as Model), undefined);
  assert.equal(within(1, 'a small number')(all.subarray(1, 3), {} as Sizes, {} as Model), {
    index: 1,
    expected: 'a small number',
  });
});

test.run();
