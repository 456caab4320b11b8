import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type HeaderOptions, type Opening, openCsv } from '../../../src/orders/csv/header.ts';
import { blockPadding } from '../../../src/orders/csv/scan.ts';
import { refusalOf } from '../columns/looks.ts';

const test = suite('the header of CSV');

/** What is opened when the text arrives byte by byte, or in parts of `chunk` bytes. */
function open(text: string, options: HeaderOptions = {}, chunk = text.length + 1): Opening | undefined {
  const all = Buffer.from(text);
  for (let end = Math.min(chunk, all.length); ; end = Math.min(end + chunk, all.length)) {
    const bytes = new Uint8Array(end + blockPadding);
    bytes.set(all.subarray(0, end));
    const opening = openCsv({ bytes, length: end }, end === all.length && chunk > end, 'orders.csv', options);
    if (opening !== undefined) return opening;
    if (end === all.length) return openCsv({ bytes, length: end }, true, 'orders.csv', options);
  }
}

const rows = (separator: string, count = 5) =>
  Array.from({ length: count }, (_, i) => [1001 + i, `C${i}`, `P${i}`, 1].join(separator)).join('\n');

function assertHeader(text: string, options: HeaderOptions, names: string[], line: number, decision?: string): void {
  for (const chunk of [text.length + 1, 1, 7]) {
    const opening = open(text, options, chunk)!;
    assert.equal(opening.names, names, `in parts of ${chunk} bytes`);
    assert.is(opening.line, line);
    assert.is(opening.header?.value, decision);
    const [first] = Buffer.from(text).subarray(opening.at).toString().split(/\r?\n/);
    assert.is(first, text.split(/\r?\n/)[line - 1]);
  }
}

test('the first line that is not blank is the header, after a line that tells the delimiter', () => {
  assertHeader(`order,client,sku,qty\n${rows(',')}`, {}, ['order', 'client', 'sku', 'qty'], 2);
  assertHeader(`\n\nsep=;\r\na;b;c,d;e\r\n${rows(';')}`, {}, ['a', 'b', 'c,d', 'e'], 5);
  assertHeader('wer;was\n', {}, ['wer', 'was'], 2);
});

test('titles above a header with usual names are skipped', () => {
  const header = 'Order ID;Customer;SKU;Quantity';
  const names = header.split(';');
  for (const above of [
    'Sales by line item\n',
    'Sales by line item\n\n\n',
    'Orders report, generated 2025-01-31\nShop: Tea, Cups & Co, Leipzig\n\n',
    '"Shop: ""Tea"""\n"From 1 March\nto 31 March"\n',
    'Report;;;\nBerlin;;;\n',
    'from;to\n2025-01-01;2025-01-31\n\n',
    'Customer;Date\nall;2025\n\n',
  ]) {
    const line = above.split('\n').length;
    assertHeader(`${above}${header}\n${rows(';')}`, {}, names, line + 1, `line ${line}`);
  }
});

test('titles above a table whose names are not known are told by their width', () => {
  const text = `Verkauf\nLeipzig, März\n\nwann;wer;was;wieviel\n${rows(';')}`;
  assertHeader(text, {}, ['wann', 'wer', 'was', 'wieviel'], 5, 'line 4');
  assertHeader(`was\nx;1\ny;2\n`, {}, ['was'], 2);
});

test('a list without products keeps its header, and so does one whose records have a cell more', () => {
  assertHeader(`order;customer;total\n11;C1;9.90\n12;C2;4.20\n`, {}, ['order', 'customer', 'total'], 2);
  const longer = `Sales\nOrder ID;Customer;SKU;Quantity\n1;2;3;4;\n1;2;3;4;\n`;
  assertHeader(longer, {}, ['Order ID', 'Customer', 'SKU', 'Quantity'], 3, 'line 2');
});

test('names in the options are known as well', () => {
  const text = `Verkauf Leipzig\nwann;wer\n${rows(';', 1)}`;
  assertHeader(text, {}, ['Verkauf Leipzig'], 2);
  assertHeader(text, { columns: { time: 'wann', customer: 'WER' } }, ['Verkauf Leipzig'], 2);
  const table = 'Verkauf Leipzig\nwann;wer\n1;2\n';
  assertHeader(table, { columns: { time: 'wann', customer: 'WER' } }, ['wann', 'wer'], 3, 'line 2');
});

test('a header whose records are longer or shorter stays the header', () => {
  assertHeader(`wer,was,zahl\n${rows(',')}`, {}, ['wer', 'was', 'zahl'], 2);
  assertHeader(`order,client,sku,qty,note\n${rows(',')}`, {}, ['order', 'client', 'sku', 'qty', 'note'], 2);
});

test('a line is named as an editor counts: blank lines, titles, and breaks inside quotes count', () => {
  const text = `\nsep=;\n"a\nb"\n\nwann;wer;was;wieviel\n${rows(';')}`;
  assertHeader(text, { headerLine: 6 }, ['wann', 'wer', 'was', 'wieviel'], 7, 'line 6');
  assert.match(refusalOf(() => open(text, { headerLine: 5 })).message, /headerLine: 5 .*not blank/);
  assert.match(refusalOf(() => open(text, { headerLine: 99 })).message, /headerLine: 99 .*11 lines of orders\.csv/);
});

test('without a header, columns are numbered, and the first line is a record', () => {
  assertHeader(rows(';'), { header: false }, ['#1', '#2', '#3', '#4'], 1, 'none');
  assertHeader(`\n${rows(';')}`, { header: false }, ['#1', '#2', '#3', '#4'], 2, 'none');
});

test('a file of blank lines has no header, and a broken quote is refused', () => {
  assert.equal(open('\n \n')?.names, []);
  const error = refusalOf(() => open('a,"b\nc,d\n'));
  assert.is(error.code, 'orders_unreadable');
  assert.match(error.message, /line 1: the header contains a quote that is not closed/);
  assertHeader(`"Tea" & Co\nOrder ID;SKU;Quantity\n1;2;3\n`, {}, ['Order ID', 'SKU', 'Quantity'], 3, 'line 2');
});

test.run();
