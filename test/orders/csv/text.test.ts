import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndcapError } from '../../../src/errors.ts';
import { decodeText, textOf } from '../../../src/orders/csv/text.ts';
import type { Encoding } from '../../../src/orders/options.ts';

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

test('UTF-16 without a mark is recognized by the zeros in its digits and delimiters', async () => {
  for (const wide of [text, 'order;date;名前\n1001;2025-03-01;緑茶\n']) {
    const little = Buffer.from(wide, 'utf16le');
    for (const chunk of [1, 2, 3, 1000]) {
      assert.is(await decode(little, { chunk: Math.max(chunk, 12) }), wide);
      assert.is(await decode(Buffer.from(little).swap16(), { chunk: Math.max(chunk, 12) }), wide);
      assert.is(await decode(little, { chunk, encoding: 'utf-16le' }), wide);
    }
  }
});

/** Shift-JIS of kana, kanji and ASCII, by the bytes of each character beyond ASCII. */
const japanese = new Map<string, number[]>([
  ['緑', [0x97, 0xce]],
  ['茶', [0x92, 0x83]],
  ['顧', [0x8c, 0xda]],
  ['客', [0x8b, 0x71]],
  ['表', [0x95, 0x5c]],
  ['お', [0x82, 0xa8]],
  ['コ', [0x83, 0x52]],
  ['ー', [0x81, 0x5b]],
  ['ヒ', [0x83, 0x71]],
  ['、', [0x81, 0x41]],
  ['ｺ', [0xba]],
  ['ｰ', [0xb0]],
  ['ﾋ', [0xcb]],
]);
const shiftJis = (text: string) => Buffer.from([...text].flatMap((mark) => japanese.get(mark) ?? mark.charCodeAt(0)));

test('Shift-JIS is recognized by the words that it makes', async () => {
  const texts = ['顧客,n\n緑茶,2\n', 'コーヒー,1\nお茶、緑,2\n', 'ｺｰﾋｰ,1\n', 'sku,表\nA-1,コーヒー 100g\n'];
  for (const text of texts) {
    assert.is(await decode(shiftJis(text)), text);
    for (const chunk of [1, 3, 1000]) assert.is(await decode(shiftJis(text), { chunk, encoding: 'shift-jis' }), text);
  }
});

test('accents and typographic marks of windows-1252 do not make Japanese words', async () => {
  for (const [bytes, text] of [
    ['M\xe4dchen, gro\xdf\n', 'Mädchen, groß\n'],
    ['Men\x92s tee, Women\x92s\n', 'Men’s tee, Women’s\n'],
    ['GR\xd6\xdfE,\xc4\xd6\xdc\n', 'GRÖßE,ÄÖÜ\n'],
    ['\xe9t\xe9,cr\xe8me br\xfbl\xe9e\n', 'été,crème brûlée\n'],
    ['\xab\xa0th\xe9\xa0\xbb,5\xa0\x80\n', '«\u00a0thé\u00a0»,5\u00a0€\n'],
    ['\x93tea\x94,\xa35,20\xb0\n', '“tea”,£5,20°\n'],
    ['A\xc7\xc3O,p\xe3o\n', 'AÇÃO,pão\n'],
  ] as const) {
    assert.is(await decode(Buffer.from(bytes, 'latin1')), text);
  }
});

test('every block tells how it was encoded, and why', async () => {
  const told = async (...parts: Buffer[]) => {
    const seen: unknown[] = [];
    async function* chunks() {
      yield* parts;
    }
    for await (const { encoding } of decodeText(chunks(), 'auto', 'orders.csv')) seen.push(encoding?.value);
    return seen;
  };
  const cafe = Buffer.from('Caf\xe9\n', 'latin1');
  assert.equal(await told(Buffer.from('a,b\n'), cafe, cafe), ['utf-8', 'windows-1252', 'windows-1252']);
  assert.equal(await told(Buffer.from('\ufeffa,b', 'utf16le')), ['utf-16le']);
  assert.equal(await told(shiftJis('緑茶\n')), ['shift-jis']);
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
