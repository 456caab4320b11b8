import { totalmem } from 'node:os';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { bytesInParts, bytesOf } from '../src/bytes.ts';
import { testUnless } from './support/skip.ts';

const test = suite('bytes of arrays');

test('bytesOf is the memory of the array and of nothing around it', () => {
  const all = Float32Array.of(1, 2, 3);
  assert.equal([...bytesOf(all.subarray(1, 2))], [0, 0, 0, 0x40]);
  const part = all.subarray(1);
  for (const [from, to, expected] of [
    [2, undefined, [0, 0x40, 0, 0, 0x40, 0x40]],
    [3, 5, [0x40, 0]],
    [6, 100, [0x40, 0x40]],
    [8, 9, []],
    [9, 20, []],
  ] as const)
    assert.equal([...bytesOf(part, from, to)], expected, `${from} to ${to}`);
});

test('an array of some bytes is one part, and an empty one has none', () => {
  assert.equal([...bytesInParts(Uint32Array.of(9, 1, 2).subarray(1))], [Uint8Array.of(1, 0, 0, 0, 2, 0, 0, 0)]);
  assert.equal([...bytesInParts(new Float64Array())], []);
});

const bytes = 4.5 * 2 ** 30;
const small = totalmem() < bytes ? 'this machine has less memory than the array' : undefined;

testUnless(
  test,
  small,
  'the parts of an array of more than 4 GiB follow each other to its end, in any version of Node',
  () => {
    // The system gives the pages that are touched.
    const array = new Float32Array(new SharedArrayBuffer(bytes), 64);
    array.set([1], array.length - 1);
    let end = array.byteOffset;
    for (const part of bytesInParts(array)) {
      assert.is(part.buffer, array.buffer);
      assert.is(part.byteOffset, end);
      assert.ok(part.length <= 2 ** 30);
      end += part.length;
    }
    assert.is(end, bytes);
    assert.equal([...bytesOf(array, array.byteLength - 4)], [0, 0, 0x80, 0x3f]);
  },
);

test.run();
