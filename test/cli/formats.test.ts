import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BatchFormat, csvCell, openBatchWriter } from '../../src/cli/formats.ts';
import { readOrders } from '../../src/dataset/read.ts';
import type { Model } from '../../src/model/model.ts';
import { cleanId } from '../../src/orders/ids.ts';
import { filesOf } from '../dataset/files.ts';
import { endcap } from './run.ts';

const test = suite('lists in files');
const { file, folder } = filesOf(test);

/** One list for each customer: all products. */
async function written(format: BatchFormat, customers: string[], products: string[], raw?: boolean): Promise<string> {
  const chunks: Uint8Array[] = [];
  const append = async (bytes: Uint8Array) => void chunks.push(Uint8Array.from(bytes));
  const writer = await openBatchWriter(format, { customers, products } as unknown as Model, append, raw);
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

test('numbers, and all else that is not a formula, are left alone', () => {
  for (const text of ['-42', '+1', '-1.5', '+.5', '-1e5', '17850', 'A-1', 'a=b', 'e@mail.org', 'A "B"', "'quoted'"]) {
    assert.is(csvCell(text, false), csvCell(text, true), text);
  }
  for (const [text, cell] of [
    ['-42', '-42'],
    ['--42', `"'--42"`],
    ['-42-', `"'-42-"`],
    ['+1 pack', `"'+1 pack"`],
    ['=A"1"', `"'=A""1"""`],
    ['a;-42', `"a;'-42"`],
  ] as const) {
    assert.is(csvCell(text, false), cell);
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

test('--raw-cells is for CSV only', async () => {
  const { code, stderr } = await endcap(['batch', 'm.safetensors', '--raw-cells'], { cwd: folder() });
  assert.is(code, 2);
  assert.match(stderr, /--raw-cells: only csv has it, and the format is jsonl/);
});

test.run();
