import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Columns, createColumns } from '../../../src/live/conditions/columns.ts';
import { readCondition } from '../../../src/live/conditions/condition.ts';
import { selectionOf } from '../../../src/live/conditions/selection.ts';
import { conditions, type Entry, entries, meets } from './entries.ts';

const test = suite('selection');
const info = (row: number) => ({
  ...(row % 3 > 0 && { name: `Product ${row % 5}` }),
  ...(row % 4 > 0 && { category: `C${row % 3}` }),
  ...(row % 2 > 0 && { price: row % 7 }),
});

function columnsOf(count: number, said: readonly Entry[] = []): { columns: Columns; names: (string | undefined)[] } {
  const productInfo = Array.from({ length: count }, (_, row) => info(row));
  const names = productInfo.map(({ name }) => name);
  return {
    columns: createColumns(
      { productInfo },
      (row) => names[row],
      (row) => said[row],
    ),
    names,
  };
}

/** What a product is, said by the shop or else by the orders. */
const known = (row: number, entry: Entry): Entry => ({ ...info(row), ...entry });

test('products are those that meet the condition one by one, whatever is written meanwhile', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 2, max: 100 }),
      fc.array(fc.tuple(fc.nat(99), entries), { maxLength: 200 }),
      fc.array(fc.tuple(fc.nat(99), entries), { maxLength: 20 }),
      conditions,
      (count, first, then, condition) => {
        const said: Entry[] = Array.from({ length: count }, () => ({}));
        const { columns, names } = columnsOf(count, said);
        const write = (row: number, entry: Entry) => {
          said[row % count] = entry;
          names[row % count] = known(row % count, entry).name;
          columns.set(row % count, { ...entry });
        };
        // Every attribute is known, so that every condition can be read.
        for (let row = 0; row < Math.min(3, count); row++) write(row, first[row]?.[1] ?? {});
        write(0, { attributes: { a: 'x', b: 1, c: true, d: 'x' } });
        write(1, { attributes: { d: 2 } });
        const selection = selectionOf(readCondition(condition, 'filter', columns), columns);
        for (const [row, entry] of first) write(row, entry);
        const check = () => {
          const words = new Uint32Array(Math.ceil(count / 32));
          selection.fill(words, 0, words.length);
          const parts = new Uint32Array(words.length);
          for (let word = 0; word < words.length; word++) {
            selection.fill(parts.subarray(word, word + 1), word, word + 1);
            assert.is(parts[word], words[word]);
          }
          for (let row = 0; row < 32 * words.length; row++) {
            const expected = row < count && meets(condition, known(row, said[row]));
            assert.is((words[row >> 5] >>> (row & 31)) & 1, Number(expected), `row ${row}`);
            if (row < count) assert.is(selection.meets(row), expected, `row ${row} alone`);
          }
        };
        check();
        for (const [row, entry] of then) write(row, entry);
        check();
      },
    ),
    { numRuns: 300 },
  );
});

test('attributes of few and of many products are found alike', () => {
  const count = 1000;
  const { columns } = columnsOf(count);
  const condition = {
    or: [
      { field: 'attributes.kind', in: ['a', 'b'] },
      { field: 'attributes.size', min: 500 },
    ],
  };
  for (let row = 0; row < count; row++) columns.set(row, { attributes: { kind: 'abc'[row % 3] } });
  for (const row of [3, 500, 999]) columns.set(row, { attributes: { kind: 'c', size: row } });
  const selection = selectionOf(readCondition(condition, 'filter', columns), columns);
  const words = new Uint32Array(Math.ceil(count / 32));
  selection.fill(words, 0, words.length);
  for (let row = 0; row < count; row++) {
    const expected = [500, 999].includes(row) || (row % 3 < 2 && row !== 3);
    assert.is(((words[row >> 5] >>> (row & 31)) & 1) === 1, expected, String(row));
    assert.is(selection.meets(row), expected, String(row));
  }
});

test('a field that is not known meets no condition on it, and so meets its negation', () => {
  const { columns } = columnsOf(2);
  const price = (condition: object) => {
    const words = new Uint32Array(1);
    selectionOf(readCondition(condition, 'filter', columns), columns).fill(words, 0, 1);
    return words[0];
  };
  assert.is(price({ field: 'price', min: 0 }), 0b10);
  assert.is(price({ not: { field: 'price', min: 0 } }), 0b01);
  assert.is(price({ field: 'available', equals: true }), 0b11);
});

test('conditions that ask for the same have the same key, and others do not', () => {
  const { columns } = columnsOf(3);
  const keyOf = (condition: unknown) => selectionOf(readCondition(condition, 'filter', columns), columns).key;
  const category = (...values: string[]) => ({ field: 'category', in: values });
  assert.is(keyOf(category('a', 'b')), keyOf(category('b', 'a', 'a')));
  assert.is(keyOf({ field: 'category', equals: 'a' }), keyOf(category('a')));
  const others = [
    category('a', 'b'),
    category('a,b'),
    category('a","b'),
    { field: 'name', in: ['a', 'b'] },
    { and: [category('a'), category('b')] },
    { or: [category('a'), category('b')] },
    { not: category('a', 'b') },
    { field: 'price', in: [1, 2] },
    { field: 'price', min: 1, max: 2 },
    { field: 'price', min: 1 },
    { field: 'price', max: 1 },
  ];
  assert.is(new Set(others.map(keyOf)).size, others.length);
});

test.run();
