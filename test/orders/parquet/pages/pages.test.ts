import type { SchemaElement } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { serializeTCompactProtocol } from 'hyparquet-writer/src/thrift.js';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Chunk } from '../../../../src/orders/parquet/file.ts';
import { cellAt } from '../../../../src/orders/parquet/pages/contents.ts';
import { createPages, type Page } from '../../../../src/orders/parquet/pages/pages.ts';
import type { Leaf } from '../../../../src/orders/parquet/schema.ts';

const test = suite('pages of Parquet');
const optional: SchemaElement = { name: 'quantity', type: 'INT32', repetition_type: 'OPTIONAL' };
const required: SchemaElement = { ...optional, repetition_type: 'REQUIRED' };
const plain = 0;
const dictionary = 8;

/** A page with its header; `kind` says what the header has for the kind of the page. */
function page(
  type: number,
  kind: object,
  data: number[],
  claimed: { packed?: number; unpacked?: number } = {},
): number[] {
  const writer = new ByteWriter();
  const { packed = data.length, unpacked = data.length } = claimed;
  serializeTCompactProtocol(writer, { field_1: type, field_2: unpacked, field_3: packed, ...kind });
  return [...writer.getBytes(), ...data];
}
const firstVersion = (values: number, encoding: number, data: number[]) =>
  page(0, { field_5: { field_1: values, field_2: encoding, field_3: 3, field_4: 3 } }, data);
const dictionaryPage = (values: number, data: number[]) =>
  page(2, { field_7: { field_1: values, field_2: plain } }, data);

const int32 = (...values: number[]) => [...new Uint8Array(Int32Array.from(values).buffer)];
/** Levels of the first version: their length, then one group of eight packed bits. */
const levels = (bits: number) => [2, 0, 0, 0, 3, bits];

/** Gives the values of the pages. */
function pagesOf(bytes: number[], element: SchemaElement, slots: number, budget = { values: 1000, bytes: 1000 }) {
  const next = createPages(chunkOf(bytes, slots), leafOf(element), budget);
  return (most?: number) => cellsOf(next(most));
}

function cellsOf({ content, slots }: Page): unknown[] {
  return Array.from({ length: slots }, (_, slot) => cellAt(content, slot));
}

function leafOf(element: SchemaElement): Leaf {
  const valueLevel = element.repetition_type === 'REQUIRED' ? 0 : 1;
  return { index: 0, path: [element.name], element, valueLevel, itemLevel: 0 };
}

function chunkOf(bytes: number[], slots: number, codec: Chunk['codec'] = 'UNCOMPRESSED'): Chunk {
  return { codec, slots, length: bytes.length, read: (from, to) => Uint8Array.from(bytes.slice(from, to)) };
}

test('a page of the first version has its levels before its values', () => {
  const bytes = firstVersion(5, plain, [...levels(0b10110), ...int32(7, 8, 9)]);
  assert.equal(pagesOf(bytes, optional, 5)(), [null, 7, 8, null, 9]);
  assert.equal(pagesOf(firstVersion(3, plain, int32(7, 8, 9)), required, 3)(), [7, 8, 9]);
});

test('values are looked up in the dictionary before them, and pages without rows are passed over', () => {
  const bytes = [
    ...dictionaryPage(2, int32(70, 80)),
    ...firstVersion(0, plain, []),
    ...firstVersion(3, dictionary, [...levels(0b111), 1, 3, 0b010]),
    ...firstVersion(2, dictionary, [...levels(0b11), 1, 4, 1]),
  ];
  const next = pagesOf(bytes, optional, 5);
  assert.equal(next(), [70, 80, 70]);
  assert.equal(next(), [80, 80]);
  assert.throws(next, /the column quantity has too few values/);
});

test('a column in a list says where rows begin and which of them have an item', () => {
  // Rows of two items, of an empty list, and, across two pages, of two items of which the second has no value.
  const leaf = { ...leafOf(optional), valueLevel: 3, itemLevel: 2 };
  const one = (values: number, ...bits: [repetitions: number, definitions: number]) => [
    [2, 0, 0, 0, 3, bits[0]],
    [3, 0, 0, 0, 3, bits[1] & 255, bits[1] >> 8],
    int32(...[7, 8, 9].slice(0, values)),
  ];
  const first = one(3, 0b0010, 0b11_01_11_11).flat();
  const bytes = [...firstVersion(4, plain, first), ...firstVersion(1, plain, one(0, 0b1, 0b10).flat())];
  const next = createPages(chunkOf(bytes, 5), leaf, { values: 100, bytes: 1000 });
  const told = (page: Page) => [cellsOf(page), [...page.repetitions!], [...page.definitions!]];
  assert.equal(told(next()), [
    [7, 8, null, 9],
    [0, 1, 0, 0],
    [3, 3, 1, 3],
  ]);
  assert.equal(told(next()), [[null], [1], [2]]);
});

test('of a page whose first values are enough, the others need not be decoded', () => {
  const bytes = [...dictionaryPage(2, int32(70, 80)), ...firstVersion(3, dictionary, [...levels(0b111), 1, 3, 0b110])];
  assert.equal(pagesOf(bytes, optional, 3)(2), [70, 80]);
  assert.equal(pagesOf(firstVersion(3, plain, int32(7, 8, 9)), required, 3)(1), [7]);
  // A run that goes on beyond them.
  const run = [...dictionaryPage(1, int32(70)), ...firstVersion(4, dictionary, [...levels(0b1101), 1, 6, 0])];
  assert.equal(pagesOf(run, optional, 4)(2), [70, null]);
});

test('a page that claims what cannot be is an Error that names the column', () => {
  const short = (claimed: object) => page(0, { field_5: { field_1: 1, field_2: plain } }, int32(1), claimed);
  for (const [bytes, words] of [
    [short({ packed: 5 }), /column quantity has a size that cannot be true/],
    [short({ packed: -1 }), /column quantity has a size that cannot be true/],
    [short({ unpacked: 3 }), /column quantity unpacks to 4 bytes instead of 3/],
    [firstVersion(2, plain, int32(1, 2)), /column quantity has too many values/],
    [firstVersion(-1, plain, int32(1, 2)), /column quantity has too many values/],
    [firstVersion(1, plain, [1, 2]), /column quantity cannot be decoded/],
    [firstVersion(1, 99, int32(1)), /column quantity cannot be decoded: .*encoding/],
    [dictionaryPage(9, int32(1, 2)), /dictionary of the column quantity has a size that cannot be true/],
    [page(1, {}, []), /column quantity is of an unknown kind/],
  ] as const) {
    assert.throws(pagesOf([...bytes], required, 1), words);
  }
  const packed = chunkOf(firstVersion(1, plain, int32(1)), 1, 'LZO');
  assert.throws(createPages(packed, leafOf(required), { values: 9, bytes: 99 }), /the codec LZO is not supported/);
});

test('columns share what may be in memory at one time; a page gives back what the one before it took', () => {
  const budget = { values: 5, bytes: 100 };
  const bytes = [...firstVersion(3, plain, int32(1, 2, 3)), ...firstVersion(3, plain, int32(4, 5, 6))];
  const one = pagesOf(bytes, required, 6, budget);
  one();
  one();
  assert.equal(budget, { values: 2, bytes: 88 });
  assert.throws(
    pagesOf(bytes, required, 6, budget),
    /has 3 values in 12 bytes, too many for the memory.*smaller pages/,
  );
});

test.run();
