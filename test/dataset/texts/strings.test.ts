import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type PackedStrings, packStrings, unpackStrings } from '../../../src/dataset/texts/strings.ts';
import { piecesOf, resultOf } from '../../support/pieces.ts';

const test = suite('packed strings');
const unpacked = (packed: PackedStrings) => resultOf(unpackStrings(packed));

test('strings come back as they were, whatever they are and however long', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
    fc.constantFrom(100, 3000, 80_000).map((length) => 'x'.repeat(length)),
  );
  fc.assert(
    fc.property(fc.array(text, { maxLength: 8 }), fc.constantFrom(1, 30), (some, times) => {
      const strings = Array.from({ length: times }, () => some).flat();
      assert.equal(unpacked(packStrings(strings)), strings);
    }),
    { numRuns: 30 },
  );
});

test('a piece of the work has a bounded number of strings, and of bytes', () => {
  const many = packStrings(Array.from({ length: 50_000 }, (_, row) => `p${row}`));
  assert.ok(piecesOf(unpackStrings(many)) >= 50_000 / 1024);
  for (const letter of ['n', 'ü']) {
    const long = packStrings(Array.from({ length: 3000 }, (_, row) => letter.repeat(400) + row));
    assert.ok(piecesOf(unpackStrings(long)) >= long.bytes.length / 2 ** 16);
  }
});

test('offsets that fall, or do not cover the bytes, and bytes that are no text are refused wherever they are', () => {
  const strings = Array.from({ length: 5000 }, (_, row) => `product ${row}`);
  const spoiled = (spoil: (packed: PackedStrings) => void) => {
    const packed = packStrings(strings);
    spoil(packed);
    return unpacked(packed);
  };
  assert.equal(
    spoiled(() => {}),
    strings,
  );
  for (const at of [0, 1, 1023, 1024, 1025, 4999]) {
    assert.is(
      spoiled(({ offsets }) => (offsets[at] = offsets[at + 1] + 1)),
      undefined,
    );
    assert.is(
      spoiled(({ bytes, offsets }) => (bytes[offsets[at]] = 0xff)),
      undefined,
    );
  }
  assert.is(
    spoiled(({ offsets }) => offsets[5000]--),
    undefined,
  );
  assert.is(
    spoiled(({ offsets }) => (offsets[5000] = 2 ** 32 - 1)),
    undefined,
  );
  assert.is(unpacked({ bytes: new Uint8Array(), offsets: new Uint32Array() }), undefined);
});

test.run();
