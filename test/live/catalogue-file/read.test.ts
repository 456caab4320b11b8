import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { EndcapError } from '../../../src/errors.ts';
import { createCatalogue } from '../../../src/live/catalogue/catalogue.ts';
import { createCatalogueEntries } from '../../../src/live/catalogue/entries.ts';
import { describeFaults } from '../../../src/live/catalogue-file/account.ts';
import { readCatalogueFile } from '../../../src/live/catalogue-file/read.ts';
import { createShopIds } from '../../../src/live/shop-ids.ts';
import { idCleaning } from '../../../src/orders/cleaning/ids.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { exports } from './exports.ts';

const test = suite<{ folder: string }>('catalogue file: reading');

test.before((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-catalogue-'));
});
test.after(({ folder }) => rmSync(folder, { recursive: true }));

/** Reads a file with this content, for a model that knows these products. */
function reading(folder: string, content: string | Uint8Array, known: readonly string[], name = 'products.csv') {
  const file = join(folder, name);
  writeFileSync(file, content);
  return readCatalogueFile(file, { ids: new Set(known), areCleaned: true });
}

const saidIn = ({ entries }: Awaited<ReturnType<typeof reading>>) =>
  Object.fromEntries(entries.map(({ product, fields }) => [product, fields]));

for (const { platform, text, known, fields } of exports)
  test(`an export of ${platform}, by ${known[0]}`, async ({ folder }) => {
    const read = await reading(folder, text, known);
    assert.is(read.account.platform, platform);
    const said = saidIn(read);
    for (const product of known) assert.equal(said[product], fields[product], product);
    assert.equal(read.account.faults, {});
    assert.is(read.account.known, known.length);
  });

test('what is wrong is counted by reason, with its line, and left out', async ({ folder }) => {
  const text =
    'sku,name,price,stock,availability,category,link,image_link\n' +
    'A,Tea,on request,5,yes,,,\n' +
    ',No id,1,1,yes,,,\n' +
    'B,Cup,-1,many,maybe,,shop.example/b,b.jpg\n' +
    'C,Pot,1,1,yes,,,,more\n' +
    `D,${'x'.repeat(1001)},3,1,yes,${'y'.repeat(201)},/d,/d.jpg\n` +
    `${'E'.repeat(501)},Box,3,1,yes,,,\n`;
  const read = await reading(folder, text, ['A', 'B', 'C', 'D']);
  assert.equal(saidIn(read), {
    A: { available: true, name: 'Tea' },
    B: { name: 'Cup' },
    D: { available: true, price: 3, url: '/d', imageUrl: '/d.jpg' },
  });
  const long = (letter: string) => `${letter.repeat(80)}...`;
  assert.equal(read.account.faults, {
    'unreadable price': {
      records: 2,
      examples: [
        { line: 2, value: 'on request' },
        { line: 4, value: '-1' },
      ],
    },
    'missing product': { records: 1, examples: [{ line: 3, value: '' }] },
    'unreadable availability': { records: 1, examples: [{ line: 4, value: 'maybe' }] },
    'unreadable stock': { records: 1, examples: [{ line: 4, value: 'many' }] },
    'unreadable url': { records: 1, examples: [{ line: 4, value: 'shop.example/b' }] },
    'unreadable image url': { records: 1, examples: [{ line: 4, value: 'b.jpg' }] },
    'malformed row': { records: 1, examples: [{ line: 5, value: '9 cells, expected 8: C,Pot,1,1,yes,,,,more' }] },
    'unreadable name': { records: 1, examples: [{ line: 6, value: long('x') }] },
    'unreadable category': { records: 1, examples: [{ line: 6, value: long('y') }] },
    'unreadable product': { records: 1, examples: [{ line: 7, value: long('E') }] },
  });
  assert.is(describeFaults(read.account.faults)[0], '  2  unreadable price: lines 2 ("on request"), 4 ("-1")');
});

test('the column with the most ids of the model is that of the ids', async ({ folder }) => {
  const text = 'id,sku,handle,title\n1,A-1,tea,Tea\n2,A-2,tea,Tea\n3,3,cup,Cup\n';
  for (const [column, known] of [
    ['sku', ['A-1', 'A-2', '3']],
    ['id', ['1', '2', '3']],
    ['handle', ['tea', 'cup']],
    ['title', ['Tea', 'Cup']],
  ] as const) {
    const { account } = await reading(folder, text, known);
    assert.equal(account.columns.product, [column]);
    assert.is(account.known, known.length);
  }
});

test('of two columns with one name, either may have the ids', async ({ folder }) => {
  const { account, entries } = await reading(folder, 'sku,name,sku\n1,Tea,A\n2,Cup,B\n', ['A', 'B']);
  assert.equal(account.columns.product, ['sku (2)']);
  assert.is(entries[1].product, 'B');
});

test('none of the columns has ids of the model', async ({ folder }) => {
  const error = await endcapErrorOf(reading(folder, 'id,sku\n1,A\n2,B\n', ['P1', 'P2']));
  assert.is(error.code, 'catalogue_unreadable');
  assert.match(error.message, /which are such as P1, P2; tried 'sku' \(A, B\); 'id' \(1, 2\)/);
  assert.equal(error.details.columns, ['sku', 'id']);
  const none = await endcapErrorOf(reading(folder, 'colour,size\nred,1\n', ['P1']));
  assert.match(none.message, /has no column of ids; expected one such as 'sku'/);
});

test('other encodings, delimiters, and formats are read as those of orders are', async ({ folder }) => {
  const known = ['1', '2'];
  const said = { 1: { available: true, price: 1250.5, name: 'Thé' }, 2: { available: false, price: 3, name: 'Cup' } };
  const table = (mark: string) =>
    `Référence;Nom;Prix;Stock\n1;Thé;1 250,50 €;2\n2;Cup;3,00 €;rupture de stock\n`.replaceAll(';', mark);
  const objects = [
    { sku: '1', name: 'Thé', price: 1250.5, available: true },
    { sku: 2, name: 'Cup', price: '3.00', available: false },
  ];
  for (const [name, content] of [
    ['utf-8.csv', table(';')],
    ['windows-1252.csv', Buffer.from(table(';').replaceAll('€', 'EUR'), 'latin1')],
    ['utf-16.csv', Buffer.from(`\ufeff${table(';')}`, 'utf16le')],
    ['tabs.tsv', table('\t')],
    ['lines.jsonl', objects.map((object) => JSON.stringify(object)).join('\n')],
    ['array.json', JSON.stringify(objects)],
    ['wrapped.json', JSON.stringify({ products: objects })],
  ] as const)
    assert.equal(saidIn(await reading(folder, content, known, name)), said, name);
});

test('JSON may have lists of categories and images, and attributes', async ({ folder }) => {
  const product = {
    id: 'A',
    title: 'Tea',
    categories: ['Tea', 'Drinks'],
    images: ['/a.jpg', '/b.jpg'],
    attributes: { organic: true, grams: 100, origin: 'Assam' },
  };
  assert.equal(saidIn(await reading(folder, JSON.stringify([product]), ['A'], 'products.json')), {
    A: {
      name: 'Tea',
      category: ['Tea', 'Drinks'],
      imageUrl: '/a.jpg',
      attributes: { organic: true, grams: 100, origin: 'Assam' },
    },
  });
});

test('a header within the file is no product, and lines are counted as an editor does', async ({ folder }) => {
  const text = '\ufeffsku,name,price\r\nA,"Tea,\r\nfine",1\r\nsku,name,price\r\n\r\nB,Cup,?\r\n';
  const { entries, account } = await reading(folder, text, ['A', 'B']);
  assert.equal(
    entries.map(({ product }) => product),
    ['A', 'B'],
  );
  assert.equal(account.faults, {
    'repeated header': { records: 1, examples: [{ line: 4, value: 'sku' }] },
    'unreadable price': { records: 1, examples: [{ line: 6, value: '?' }] },
  });
});

test('a file that is written while it is read is refused', async ({ folder }) => {
  const file = join(folder, 'growing.csv');
  writeFileSync(file, 'sku,name\nA,Tea\n');
  class Growing extends Set<string> {
    override has(id: string): boolean {
      appendFileSync(file, 'B,Cup\n');
      return super.has(id);
    }
  }
  const error = await endcapErrorOf(readCatalogueFile(file, { ids: new Growing(['A', 'B']), areCleaned: true }));
  assert.is(error.code, 'catalogue_unreadable');
  assert.match(error.message, 'growing.csv was changed while it was read');
});

test('an attribute has one type, which its column shows', async ({ folder }) => {
  const text =
    'sku,attributes.size,attributes.grams,attributes.organic,Attribute: code\nA,38,100,true,007\nB,M,2.5,FALSE,12\nC,,,,\n';
  assert.equal(saidIn(await reading(folder, text, ['A', 'B', 'C'])), {
    A: { attributes: { size: '38', grams: 100, organic: true, code: '007' } },
    B: { attributes: { size: 'M', grams: 2.5, organic: false, code: '12' } },
    C: {},
  });
});

test('whatever a file holds, it is read or refused, and each of its products can be put', async ({ folder }) => {
  const names = ['sku', 'name', 'price', 'sale price', 'stock', 'availability', 'status', 'category', 'link', 'image'];
  const cell = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.constantFrom(
      '',
      'A',
      'B',
      '1,5',
      '12 EUR',
      'in stock',
      '-3',
      '"',
      '""',
      '\0',
      '=1',
      'null',
      'a > b, c',
      'http://x',
      '/',
    ),
    fc.constantFrom('x', ' ', '>', '9', ';/').map((text) => text.repeat(5000)),
    fc.double().map(String),
  );
  const quoted = cell.map((text) => `"${text.replaceAll('"', '""')}"`);
  const line = fc.array(fc.oneof(cell, quoted), { maxLength: 13 }).map((cells) => cells.join(','));
  const ids = createShopIds({ metadata: { idCleaning } } as never);
  const controls = { list: () => {}, describe: () => {} };
  const columns = { set() {}, column: () => undefined, attributes: () => 0 };
  const { put } = createCatalogue(() => undefined, ids, controls, columns, createCatalogueEntries(undefined), []);
  await fc.assert(
    fc.asyncProperty(
      fc.shuffledSubarray(names, { minLength: 1 }),
      fc.array(line, { maxLength: 8 }),
      async (header, lines) => {
        const content = [...header, 'sku'].join(',').concat('\nA,A,A,A,A,A,A,A,A,A,A\n', lines.join('\n'));
        try {
          const { entries, account } = await reading(folder, content, ['A', 'B']);
          assert.ok(account.known > 0);
          for (const { product, fields, mark } of entries) {
            await put([{ product, ...fields }]);
            assert.equal(JSON.parse(JSON.stringify(fields)), fields);
            assert.ok(Number.isSafeInteger(mark) && mark > 0);
          }
        } catch (error) {
          if ((error as EndcapError).code !== 'catalogue_unreadable') throw error;
        }
      },
    ),
    { numRuns: 150 },
  );
});

test.run();
