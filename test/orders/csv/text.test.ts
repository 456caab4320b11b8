import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndcapError } from '../../../src/errors.ts';
import { decodeText, type Encoding, textOf } from '../../../src/orders/csv/text.ts';

const test = suite('text');

async function decode(bytes: Uint8Array, { encoding = 'auto' as Encoding, chunk = 1 << 20 } = {}): Promise<string> {
  async function* chunks() {
    for (let i = 0; i < bytes.length; i += chunk) yield bytes.subarray(i, i + chunk);
  }
  let text = '';
  for await (const block of decodeText(chunks(), encoding, 'orders.csv')) text += textOf(block);
  return text;
}

const text = 'a,b\nCafé,5 €\nnaïve,日本\n';

test('UTF-8 is decoded wherever it is cut, with and without a byte-order mark', async () => {
  for (const chunk of [1, 2, 3, 7, 1000]) {
    assert.is(await decode(Buffer.from(text), { chunk }), text);
    assert.is(await decode(Buffer.from(`\ufeff${text}`), { chunk }), text);
  }
});

test('UTF-16 of both byte orders is recognized by its mark', async () => {
  const little = Buffer.from(`\ufeff${text}`, 'utf16le');
  for (const chunk of [2, 3, 1000]) {
    assert.is(await decode(little, { chunk }), text);
    assert.is(await decode(Buffer.from(little).swap16(), { chunk }), text);
  }
});

test('windows-1252 is recognized at its first character, for the rest of the file', async () => {
  const bytes = Buffer.from('a,b\nplain,1\nCaf\xe9,5 \x80\nna\xefve,2\n', 'latin1');
  const expected = 'a,b\nplain,1\nCafé,5 €\nnaïve,2\n';
  for (const chunk of [1, 5, 1000]) assert.is(await decode(bytes, { chunk }), expected);
  assert.is(await decode(bytes, { encoding: 'latin1' }), expected);
});

test('a broken character in a UTF-8 file becomes a replacement character and changes nothing else', async () => {
  const bytes = Buffer.concat([Buffer.from('Café,naïve\n'), Buffer.from([0x78, 0xe9, 0x0a]), Buffer.from('日本\n')]);
  for (const chunk of [1, 1000]) assert.is(await decode(bytes, { chunk }), 'Café,naïve\nx\ufffd\n日本\n');
  assert.is(await decode(Buffer.from('Caf\xe9\n', 'latin1'), { encoding: 'utf-8' }), 'Caf\ufffd\n');
});

test('a file without any line break is read whole', async () => {
  assert.is(await decode(Buffer.from('a,b'), { chunk: 1 }), 'a,b');
  assert.is(await decode(Buffer.from('')), '');
});

test('a file that is not text is an error that says what was expected', async () => {
  for (const [bytes, words] of [
    [Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 10, 0]), /orders\.csv is not text; expected CSV, TSV or JSON lines/],
    [Buffer.from('PK\x03\x04\x14\x00\x08\x00\n', 'latin1'), /workbook; expected text: save the sheet as CSV/],
    [Buffer.alloc(17 << 20, 'x'), /no line break in 16 MiB/],
  ] as const) {
    try {
      await decode(bytes);
      assert.unreachable();
    } catch (error) {
      assert.is((error as EndcapError).code, 'orders_unreadable');
      assert.match((error as EndcapError).message, words);
    }
  }
});

test.run();
