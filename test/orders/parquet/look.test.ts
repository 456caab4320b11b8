import { parquetMetadata } from 'hyparquet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Look } from '../../../src/orders/look.ts';
import { readFooter } from '../../../src/orders/parquet/file.ts';
import { lookAtParquet } from '../../../src/orders/parquet/look.ts';
import { columnsOf } from '../../../src/orders/parquet/schema.ts';
import { cellsOf, nestedFile, nestedShapes, parquetOf, scratchFile, smallFile } from './files.ts';

const test = suite('a look at Parquet');
const scratch = scratchFile(test);

function lookAt(bytes: Uint8Array): Look {
  const file = scratch(bytes);
  const metadata = readFooter(file, () => {});
  return lookAtParquet(file, metadata, columnsOf(metadata), 'orders.parquet', () => {});
}

const rows = (count: number) => Array.from({ length: count }, (_, i) => i);
const long = (count: number, rowGroupSize: number, pageSize = 100) =>
  parquetOf(
    [
      { name: ' a ', data: rows(count), type: 'INT32' },
      { name: 'b', data: rows(count).map((i) => (i % 3 ? `b${i % 7}` : null)), type: 'STRING', nullable: true },
      { name: 'c', data: rows(count), type: 'INT32', encoding: 'DELTA_BINARY_PACKED' },
    ],
    { rowGroupSize, pageSize },
  );

test('of a small file it has all records', () => {
  const bytes = smallFile();
  const { records, ...look } = lookAt(bytes);
  assert.equal(look, {
    source: 'orders.parquet',
    names: ['order', 'customer', 'product', 'quantity', 'price', 'time', 'name'],
    runs: [0],
    complete: true,
  });
  assert.equal(records, cellsOf(scratch(bytes)));
});

test('of a large file it has the first records, and some from the middle and the end', () => {
  for (const pageSize of [500, 1 << 20]) {
    const bytes = long(40_000, 900, pageSize);
    const all = cellsOf(scratch(bytes));
    const { names, records, runs, complete } = lookAt(bytes);
    assert.equal(names, ['a', 'b', 'c']);
    assert.not(complete);
    assert.equal(runs, [0, 1000, 1100]);
    assert.equal(records, [...all.slice(0, 1000), ...all.slice(19_800, 19_900), ...all.slice(39_600, 39_700)]);
  }
  assert.equal(lookAt(long(9000, 900, 1 << 20)).runs, [0], 'pages that would cost as much as the whole file');
  assert.equal(lookAt(long(5000, 5000)).runs, [0]);
  assert.is(lookAt(long(5000, 5000)).records.length, 1000);
});

test('items are records of it', () => {
  const orders = rows(700).map((i) => ({
    order: BigInt(i),
    customer: { id: `c${i}` },
    items: rows(i % 4).map((item) => ({ sku: `p${item}`, size: { width: i } })),
  }));
  for (const shape of nestedShapes) {
    const bytes = nestedFile(orders, shape, { rowGroupSize: 700, pageSize: 200 });
    const { names, records, complete, decisions } = lookAt(bytes);
    assert.is(names[3], 'items.sku');
    assert.is(decisions?.records.value, 'nested');
    assert.equal(records, cellsOf(scratch(bytes)).slice(0, 1000));
    assert.not(complete);
  }
});

test('it is small even if cells are long or many', () => {
  const text = lookAt(parquetOf([{ name: 'a', data: rows(1000).map((i) => `${i}`.repeat(30_000)) }]))
    .records as string[][];
  assert.is(text.length, 1000);
  assert.is(text[0][0].length, 30_000);
  assert.is(text[999][0], '999'.repeat(34).slice(0, 100));
  const wide = parquetOf(rows(3000).map((i) => ({ name: `c${i}`, data: rows(400), type: 'INT32' })));
  assert.is(lookAt(wide).records.length, 349);
});

test('a damaged page is an Error, whatever its column', () => {
  const bytes = smallFile();
  const { data_page_offset: price } = parquetMetadata(bytes).row_groups[0].columns[4].meta_data!;
  bytes.fill(255, Number(price), Number(price) + 9);
  assert.throws(() => lookAt(bytes), /header/);
});

test.run();
