import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BatchFormat, openBatchWriter } from '../../../src/cli/lists/formats.ts';
import { readOrders } from '../../../src/dataset/read.ts';
import type { Model } from '../../../src/model/model.ts';
import { cleanId } from '../../../src/orders/cleaning/ids.ts';
import { createRandom } from '../../../src/random.ts';
import { noRow } from '../../../src/recommending/types.ts';
import { filesOf } from '../../dataset/files.ts';
import { endcap } from '../run.ts';

const test = suite('lists in files');
const { file, folder } = filesOf(test);

/** One list for each customer: all products. */
async function written(format: BatchFormat, customers: string[], products: string[], raw?: boolean): Promise<string> {
  const chunks: Uint8Array[] = [];
  const append = async (bytes: Uint8Array) => void chunks.push(Uint8Array.from(bytes));
  const writer = await openBatchWriter(format, { customers, products } as unknown as Model, append, { rawCells: raw });
  const rows = Uint32Array.from(customers.flatMap(() => [...products.keys()]));
  const scores = Float32Array.from(rows, (row) => -1.5 - row);
  await writer.write({ firstCustomer: 0, customers: customers.length, n: products.length, rows, scores });
  await writer.end();
  return Buffer.concat(chunks).toString();
}

const formulas = ['=1+1', '@SUM(A1)', "+cmd|' /C calc'!A0", '-2+3', '=HYPERLINK("http://x";"y")', '＝1+1', '＠A1', '-'];

test('by default, CSV has no cell that a spreadsheet would run', async () => {
  const csv = await written('csv', formulas, ['\t=1', '\r=1', '\nA', ' =1', 'a;=1+1', 'a\n+1;-2', 'plain']);
  const lines = csv.split('\n').slice(1, 4);
  assert.equal(lines[0].split(',').slice(0, 3), [`"'=1+1"`, '1', `"'\t'=1"`]);
  // However a spreadsheet separates cells and lines, and whether or not it minds the quotes.
  for (const cell of csv.split(/[,;\t\r\n]/)) {
    const begins = cell.replace(/^["\s]+/, '');
    assert.ok(!/^[=+@＝＋－＠]/.test(begins), cell);
    assert.ok(!begins.startsWith('-') || !Number.isNaN(Number(cell)), cell);
  }
});

test('raw cells, JSON lines and the rest are what programs join by', async () => {
  const ids = ['=1+1', 'a;+1', '-42'];
  assert.equal(
    (await written('csv', ids, ['p'], true)).split('\n').slice(1, 4),
    ids.map((id) => `${id},1,p,-1.5`),
  );
  const lists = (await written('jsonl', ids, ids))
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(
    lists.map(({ customer }) => customer),
    ids,
  );
  assert.equal(
    lists[0].recommendations.map(({ product }: { product: string }) => product),
    ids,
  );
});

test('raw cells read back as the ids, whatever these are', async () => {
  const id = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 9 }).map((text) => `x${text}x`.replace(/\0/g, ''));
  const ids = [...new Set(fc.sample(id, { numRuns: 300, seed: 5 }).map((text) => cleanId(text)!))].sort();
  const path = await file('raw.csv', await written('csv', ids, ['p'], true));
  const { customers } = await readOrders(path, { columns: { product: 'product', quantity: 'rank' } });
  assert.equal([...customers].sort(), ids);
});

/** Lists of these products, in blocks of so many customers, as a Parquet file; the writer's own count with it. */
async function parquetOf(
  { customers, products }: Pick<Model, 'customers' | 'products'>,
  lists: readonly (readonly number[])[],
  { n = Math.max(...lists.map(({ length }) => length)), block = customers.length } = {},
): Promise<{ file: ArrayBuffer; written: number; expected: Record<string, unknown>[] }> {
  const chunks: Uint8Array[] = [];
  const append = async (bytes: Uint8Array) => void chunks.push(Uint8Array.from(bytes));
  const writer = await openBatchWriter('parquet', { customers, products } as unknown as Model, append);
  const score = (c: number, rank: number) => Math.fround(c / 7 - rank);
  let written = 0;
  for (let first = 0; first < customers.length; first += block) {
    const own = lists.slice(first, first + block);
    const rows = new Uint32Array(own.length * n).fill(noRow);
    const scores = Float32Array.from(rows, (_, i) => score(first + Math.floor(i / n), i % n));
    for (const [c, list] of own.entries()) rows.set(list, c * n);
    written += await writer.write({ firstCustomer: first, customers: own.length, n, rows, scores });
  }
  await writer.end();
  const expected = lists.flatMap((list, c) =>
    list.map((row, rank) => ({
      customer: customers[c],
      rank: rank + 1,
      product: products[row],
      score: score(c, rank),
    })),
  );
  return { file: Uint8Array.from(Buffer.concat(chunks)).buffer, written, expected };
}

test('Parquet has each list as it is, whatever the ids are, and however long the lists', async () => {
  const ids = (length: number) =>
    fc.uniqueArray(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1, maxLength: length });
  await fc.assert(
    fc.asyncProperty(
      ids(30),
      ids(300),
      fc.integer({ min: 1, max: 400 }),
      fc.nat(),
      async (customers, products, n, seed) => {
        const random = createRandom(seed);
        const length = () => random.below(Math.min(n, products.length) + 1);
        const lists = customers.map(() => Array.from({ length: length() }, () => random.below(products.length)));
        const { file, written, expected } = await parquetOf({ customers, products }, lists, { n, block: 7 });
        assert.is(written, expected.length);
        assert.equal(await parquetReadObjects({ file }), expected);
      },
    ),
    { numRuns: 50 },
  );
});

test('Parquet has row groups, each with the bounds of its customers in the order of their bytes', async () => {
  // A list that crosses the border of a group stays whole.
  const customers = Array.from({ length: 27_000 }, (_, c) => `c${String(c).padStart(5, '0')}`);
  const products = Array.from({ length: 1000 }, (_, p) => `p${p}`);
  const lists = customers.map((_, c) => Array.from({ length: 10 }, (_, i) => (c * 7 + i) % (c < 100 ? 3 : 1000)));
  const { file, expected } = await parquetOf({ customers, products }, lists, { block: 4096 });
  assert.equal(await parquetReadObjects({ file }), expected);
  const groups = parquetMetadata(file).row_groups;
  assert.equal(
    groups.map(({ num_rows }) => Number(num_rows)),
    [131_080, 131_080, 7840],
  );
  const boundsOf = (of: ArrayBuffer) =>
    parquetMetadata(of).row_groups.map(({ columns }) => {
      const { min_value, max_value } = columns[0].meta_data!.statistics!;
      return [min_value, max_value];
    });
  assert.equal(boundsOf(file), [
    ['c00000', 'c13107'],
    ['c13108', 'c26215'],
    ['c26216', 'c26999'],
  ]);
  // The order of JavaScript is that of UTF-16: an emoji comes before a full-width letter, whose bytes are smaller.
  const sorted = ['a', '😀', 'Ａ', 'b'].sort();
  const odd = await parquetOf({ customers: sorted, products }, [[0], [1], [], [2]]);
  assert.equal(sorted, ['a', 'b', '😀', 'Ａ']);
  assert.equal(boundsOf(odd.file), [['a', 'Ａ']]);
  const most = await parquetOf({ customers: sorted, products }, [[0], [1], [1], [2]]);
  assert.equal(boundsOf(most.file), [['a', '😀']]);
});

test('without a list there is a Parquet file without a row', async () => {
  const { file, written } = await parquetOf({ customers: ['a'], products: ['p'] }, [[]], { n: 5 });
  assert.is(written, 0);
  assert.equal(await parquetReadObjects({ file }), []);
});

test('--raw-cells is for CSV only', async () => {
  const { code, stderr } = await endcap(['batch', 'm.safetensors', '--raw-cells'], { cwd: folder() });
  assert.is(code, 2);
  assert.match(stderr, /--raw-cells: only csv has it, and the format is jsonl/);
});

test.run();
