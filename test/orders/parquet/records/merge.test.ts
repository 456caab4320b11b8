import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createReader, mergeColumns, type Reader } from '../../../../src/orders/parquet/records/merge.ts';

const test = suite('records of the columns of Parquet');

type Slot = [value: unknown, repetition?: number, definition?: number];

/** A column with these pages. */
function column(name: string, itemLevel: number, pages: Slot[][]): Omit<Reader, 'cell'> {
  let next = 0;
  return createReader(name, itemLevel, 0, () => {
    const page = pages[next++];
    if (page === undefined) throw new Error(`${name} has too few values`);
    return {
      slots: page.length,
      size: page.length,
      content: { kind: 'values', values: page.map(([value]) => value) },
      repetitions: Uint8Array.from(page, ([, repetition = 0]) => repetition),
      definitions: Uint8Array.from(page, ([, , definition = 1]) => definition),
    };
  });
}

/** The records of columns, of which some may have the same value in each. */
function recordsOf(columns: (Omit<Reader, 'cell'> | number)[], rows: number, count = rows): unknown[][] {
  const records: unknown[][] = [];
  const cells = columns.map((column) => (typeof column === 'number' ? column : undefined)) as unknown[];
  const readers = columns.flatMap((column, cell) =>
    typeof column === 'number' ? [] : Object.assign(column, { cell }),
  );
  mergeColumns(readers, rows, count, cells, () => records.push([...cells]));
  return records;
}

test('rows go on across pages of any size, beside columns of one value', () => {
  const a = column('a', 0, [[[1]], [[2], [3]]]);
  const b = column('b', 0, [[['x'], ['y'], ['z']]]);
  assert.equal(recordsOf([a, 7, b], 3), [
    [1, 7, 'x'],
    [2, 7, 'y'],
    [3, 7, 'z'],
  ]);
});

test('a row whose items go on in the next page keeps its other cells', () => {
  const order = column('order', 0, [[[1], [2]], [[3]]]);
  const sku = column('sku', 1, [
    [['p'], ['q', 1]],
    [['r', 1], [null, 0, 0], ['s']],
  ]);
  const size = column('size', 1, [[[10], [11, 1], [12, 1], [null, 0, 0]], [[13]]]);
  assert.equal(recordsOf([sku, order, size], 3, 5), [
    ['p', 1, 10],
    ['q', 1, 11],
    ['r', 1, 12],
    [null, 2, null],
    ['s', 3, 13],
  ]);
});

test('columns of a list that do not have the same rows and items are an Error', () => {
  const sku = () => column('sku', 1, [[['p'], ['q', 1], ['r']]]);
  for (const [other, rows, words] of [
    [column('size', 1, [[[1], [2], [3]]]), 2, /sku and size differ in the number of items/],
    [column('size', 1, [[[1], [2, 1], [null, 0, 0]]]), 2, /sku and size differ/],
    [column('size', 1, [[[1], [2, 1]]]), 2, /size has too few values/],
    [column('order', 0, [[[1], [2]]]), 1, /sku has too many rows/],
    [column('order', 0, [[[1], [2]]]), 3, /sku has too few rows/],
    [column('order', 0, [[[1]]]), 2, /order has too few values/],
  ] as const) {
    assert.throws(() => recordsOf([sku(), other], rows, 3), words);
  }
  assert.throws(() => recordsOf([column('sku', 1, [[['p', 1]]])], 1, 1), /sku begins in the middle of a row/);
});

test.run();
