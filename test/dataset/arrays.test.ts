import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cut, sharedRows, withRoom } from '../../src/dataset/arrays.ts';

const test = suite('arrays that grow and shrink');

test('an array with room is returned itself, else a copy of at least twice the length', () => {
  const array = Uint32Array.of(1, 2, 3);
  assert.is(withRoom(array, 2), array);
  assert.equal(withRoom(array, 3), Uint32Array.of(1, 2, 3, 0, 0, 0));
  assert.is(withRoom(array, 20).length, 21);
  assert.instance(withRoom(Float64Array.of(1), 1), Float64Array);
});

test('cutting keeps the memory of a long rest and frees that of a short one', () => {
  const array = Float32Array.from({ length: 16 }, (_, i) => i);
  assert.equal([...cut(array, 14)], [...array.subarray(0, 14)]);
  assert.is(cut(array, 14).buffer, array.buffer);
  assert.equal([...cut(array, 13)], [...array.subarray(0, 13)]);
  assert.is(cut(array, 13).buffer.byteLength, 13 * 4);
});

test('an array that threads share is shared when it is longer, too', () => {
  const array = sharedRows(2);
  array.set([7, 8]);
  const longer = withRoom(array, 2);
  assert.instance(longer.buffer, SharedArrayBuffer);
  assert.equal([...longer], [7, 8, 0, 0]);
  assert.instance(withRoom(Float64Array.of(1), 5).buffer, ArrayBuffer);
});

test.run();
