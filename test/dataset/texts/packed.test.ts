import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { packedAt, recurringTextAt, textAtOf, textsView } from '../../../src/dataset/texts/packed.ts';
import { packStrings } from '../../../src/dataset/texts/strings.ts';

const test = suite('texts as bytes');

test('a text that is asked for again is the right one, though others were asked for meanwhile', () => {
  // More than are kept, so that some take the place of others.
  const texts = Array.from({ length: 70_000 }, (_, i) => `text ${i}, ${i % 3 === 0 ? 'ä' : ''}`);
  const { bytes, offsets } = packStrings(texts);
  const packed = packedAt(bytes, offsets);
  const recurring = recurringTextAt(packed);
  for (const row of [0, 5, 32_768 + 5, 5, 65_536 + 5, 5, 69_999, 0, 32_768, 0]) assert.is(recurring(row), texts[row]);
  assert.ok(texts.every((text, row) => recurring(row) === text));
  const textAt = textAtOf(textsView(packed));
  assert.ok(texts.every((text, row) => textAt(row) === text));
});

test('there may be few texts, or none', () => {
  for (const texts of [[], ['one'], ['one', '', 'three']]) {
    const { bytes, offsets } = packStrings(texts);
    const recurring = recurringTextAt(packedAt(bytes, offsets));
    for (const _ of [1, 2])
      assert.equal(
        texts.map((_, row) => recurring(row)),
        texts,
      );
  }
});

test.run();
