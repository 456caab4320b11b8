import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createNumbering } from '../../../src/dataset/numbering.ts';
import { rowsOf } from '../../../src/dataset/sort.ts';
import { packedTextsOf } from '../../../src/dataset/texts/packed.ts';
import { sortTexts } from '../../../src/dataset/texts/sort-texts.ts';

const test = suite('ids as bytes');

/** Clean ids: also of characters whose order differs in UTF-8 and UTF-16, and many that begin alike. */
const id = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 }).filter((text) => !/\0/.test(text)),
  fc.string({
    unit: fc.constantFrom('a', 'b', 'é', '\ud7ff', '\ue000', '\uffee', '\u{1f600}', '\u{10ffff}'),
    minLength: 1,
  }),
  fc.nat({ max: 3000 }).map(String),
  fc.nat({ max: 300 }).map((number) => `customer-of-the-shop-${number}`),
);
const ids = fc.uniqueArray(id, { maxLength: 200, size: 'max' });

test('they get numbers in the order they appear, and are found by them', () => {
  fc.assert(
    fc.property(fc.array(id, { maxLength: 200, size: 'max' }), (texts) => {
      const numbering = createNumbering();
      const known = new Map<string, number>();
      for (const text of texts) {
        if (!known.has(text)) known.set(text, known.size);
        assert.is(numbering.number(text), known.get(text));
      }
      assert.is(numbering.size, known.size);
      for (const [text, number] of known) assert.equal([numbering.find(text), numbering.id(number)], [number, text]);
      assert.is(numbering.find('never seen'), -1);
      numbering.forget();
      assert.equal([numbering.size, numbering.find(texts[0] ?? ''), numbering.number('x')], [0, -1, 0]);
    }),
  );
});

test('they are sorted as JavaScript sorts them', () => {
  fc.assert(
    fc.property(ids, (texts) => {
      const numbering = createNumbering();
      for (const text of texts) numbering.number(text);
      const numbers = Uint32Array.from(texts.keys());
      sortTexts(numbers, numbering);
      assert.equal(
        Array.from(numbers, (number) => numbering.id(number)),
        [...texts].sort(),
      );
    }),
    { numRuns: 300 },
  );
});

test('rows are those of the ids in use, whether these are strings or stay bytes', () => {
  fc.assert(
    fc.property(ids, fc.func(fc.boolean()), (texts, isUsed) => {
      const numbering = createNumbering();
      for (const text of texts) numbering.number(text);
      const used = Uint8Array.from(texts, (text) => Number(isUsed(text)));
      const [strings, bytes] = [rowsOf(numbering, used, 1000), rowsOf(numbering, used, 0)];
      assert.equal(strings.ids, texts.filter((_, number) => used[number]).sort());
      assert.equal([...bytes.ids], [...strings.ids]);
      assert.ok(packedTextsOf(bytes.ids) && !packedTextsOf(strings.ids));
      for (const [row, number] of strings.numbers.entries()) {
        assert.equal([numbering.id(number), strings.rows[number]], [strings.ids[row], row]);
        assert.is(bytes.numbers[row], number);
      }
    }),
  );
});

test('some ten thousand ids that begin alike are sorted too', () => {
  const numbering = createNumbering();
  const texts = Array.from({ length: 20_000 }, (_, i) => `${'x'.repeat(i % 40)}${(i * 7919) % 20_011}`);
  for (const text of texts) numbering.number(text);
  const { ids: sorted } = rowsOf(numbering, new Uint8Array(numbering.size).fill(1));
  assert.equal(sorted, [...new Set(texts)].sort());
});

test.run();
