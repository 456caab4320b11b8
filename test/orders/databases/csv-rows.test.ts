import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type CsvCell, createCsvRows, hexOf, textOrHex } from '../../../src/orders/databases/csv-rows.ts';
import { createRandom } from '../../../src/random.ts';

const test = suite('rows as CSV');

function written(rows: readonly CsvCell[][]): { text: string; blocks: number } {
  const csv = createCsvRows();
  const blocks = rows.flatMap((row) => csv.add(row) ?? []);
  const text = Buffer.concat([...blocks, csv.rest()]).toString();
  return { text, blocks: blocks.length };
}

const plain = (cell: CsvCell) => {
  const text = cell === null ? '' : typeof cell === 'string' ? cell : Buffer.from(cell).toString();
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

test('text, bytes, and nothing come in their order, with quotes where they are needed', () => {
  const random = createRandom(7);
  const texts = ['', 'tea', 'Tee, "grün"', '"', 'a\nb', 'c\rd', '😀', 'x'.repeat(500)];
  const cellOf = (): CsvCell => {
    const text = texts[random.below(texts.length)];
    return [text, Buffer.from(text), null][random.below(3)];
  };
  const rows = Array.from({ length: 20_000 }, () => Array.from({ length: 5 }, cellOf));
  const { text, blocks } = written(rows);
  assert.ok(text === rows.map((row) => `${row.map(plain).join()}\n`).join(''));
  assert.ok(blocks >= 1, `${blocks} blocks`);
});

test('a cell that is larger than a block comes whole', () => {
  const large = 'ä"'.repeat(3 << 20);
  for (const cell of [large, Buffer.from(large)]) {
    const { text } = written([['a'], [cell, 'b'], ['c']]);
    assert.ok(text === `a\n${plain(large)},b\nc\n`);
  }
});

test('bytes that are no text are hexadecimal digits', () => {
  const bytes = Uint8Array.of(0, 255, 16);
  assert.is(hexOf(bytes), '00FF10');
  assert.is(textOrHex(bytes), '00FF10');
  assert.equal(textOrHex(Buffer.from('grün')), Buffer.from('grün'));
});

test.run();
