import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCsv } from '../../../src/orders/csv/header.ts';
import { lookAtCsv } from '../../../src/orders/csv/look.ts';
import { readPlaces } from '../../../src/orders/csv/places.ts';
import { type Block, blockPadding } from '../../../src/orders/csv/scan.ts';
import { textOf } from '../../../src/orders/csv/text.ts';

const test = suite('looking at CSV');

function blockOf(text: string): Block {
  const bytes = Buffer.from(text);
  return { bytes: Buffer.concat([bytes, Buffer.alloc(blockPadding)]), length: bytes.length };
}

function look(text: string, elsewhere: readonly string[] = []) {
  const opening = openCsv(blockOf(text), true, 'orders.csv')!;
  return lookAtCsv(opening, [blockOf(text.slice(opening.at)), ...elsewhere.map(blockOf)], true, 'orders.csv');
}

test('a small table is seen as a whole', () => {
  const seen = look('customer;item\nann;"a ""b"""\n\nbob;c\n');
  assert.equal(seen.names, ['customer', 'item']);
  assert.equal(seen.records, [
    ['ann', 'a "b"'],
    ['bob', 'c'],
  ]);
  assert.equal(seen.runs, [0]);
  assert.is(seen.complete, true);
  assert.is(seen.delimiter, ';');
});

test('of a long table the first records are seen, and some from each other place', () => {
  const lines = Array.from({ length: 3000 }, (_, i) => `c${i},p\n`);
  const seen = look(`customer,item\n${lines.join('')}`, [lines.slice(2500).join(''), lines.slice(2990).join('')]);
  assert.equal(seen.runs, [0, 500, 550]);
  assert.is(seen.records.length, 560);
  assert.equal(seen.records[500], ['c2500', 'p']);
  assert.is(seen.complete, false);
});

function placesIn(text: string | Uint8Array): Promise<Block[]> {
  const bytes = Buffer.from(text as string);
  return readPlaces(async (from, to) => bytes.subarray(from, to), 'orders.csv', bytes.length, 'auto');
}

test('places are whole lines from the beginning to the end of a plain file', async () => {
  const text = Array.from({ length: 100_000 }, (_, i) => `customer ${i},product\r\n`).join('');
  const places = await placesIn(text);
  assert.is(places.length, 8);
  for (const place of places) assert.match(textOf(place), /^customer \d+,product\r\n(.|\r\n)*,product\r\n$/);
  assert.ok(textOf(places[7]!).endsWith('customer 99999,product\r\n'));
  assert.equal(await placesIn('a,b\n'), []);
  assert.equal(await placesIn(Buffer.from(text, 'utf16le')), []);
});

test.run();
