import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openCsv } from '../../../../src/orders/csv/header.ts';
import { blockPadding, cellText, createCells, scanRecords } from '../../../../src/orders/csv/scan.ts';
import { linesOf } from '../../../../src/server/page/catalogue/csv.ts';

const test = suite('catalogue as CSV');

/** Reads CSV as the reader of orders does. */
function read(text: string): { names: string[]; records: string[][] } {
  const bytes = new Uint8Array(Buffer.from(text + '"'.repeat(blockPadding)));
  const block = { bytes, length: bytes.length - blockPadding };
  const { names, at, format } = openCsv(block, true, 'catalogue.csv', { delimiter: ',' })!;
  const rest = { bytes: bytes.slice(at), length: block.length - at };
  const records: string[][] = [];
  scanRecords(rest, true, format, createCells(format.width), {
    record: (cells) =>
      records.push(Array.from({ length: cells.count }, (_, index) => cellText(rest.bytes, cells, index) ?? '')),
    malformed: (start, end) => assert.unreachable(Buffer.from(rest.bytes.subarray(start, end)).toString()),
  });
  return { names: [...names], records };
}

type Described = { id: string; name?: string; category?: string; available?: boolean };

function written(products: readonly Described[], isRaw: boolean): string {
  const counts = Uint32Array.from(products, (_, row) => 3 * row);
  return [
    ...linesOf({
      rows: products.keys(),
      isRaw,
      coverage: { lists: counts, counted: 7, withoutStock: counts },
      products: {
        describe: (row) => products[row],
        isOffered: (row) => row % 2 === 0,
        isWithheld: (row) => row % 2 === 1,
      },
      sold: { orders: counts, buyers: counts, ranking: counts, places: counts },
    }),
  ].join('');
}

test('a row has what is known of a product, and is empty where nothing is', () => {
  const { names, records } = read(
    written(
      [
        { id: 'A1', name: 'Tea, green', category: 'Drinks', available: true },
        { id: '0017', available: false },
      ],
      true,
    ),
  );
  assert.equal(names.slice(0, 4), ['product', 'name', 'category', 'orders']);
  const [tea, other] = records.map((cells) => Object.fromEntries(cells.map((cell, i) => [names[i], cell])));
  assert.equal(
    [tea.product, tea.name, tea.category, tea.available, tea.listed],
    ['A1', 'Tea, green', 'Drinks', 'yes', 'yes'],
  );
  assert.equal([tea.lists, tea.share_of_lists, tea.lists_if_available, tea.orders_before], ['0', '0', '', '']);
  assert.equal([other.product, other.name, other.available, other.listed], ['0017', '', 'no', 'no']);
  assert.equal([other.lists, other.share_of_lists, other.lists_if_available], ['3', '0.4286', '3']);
});

const hostile = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 }),
  fc
    .array(fc.constantFrom(...'=+-@\t\r\n",;\' a1é€<>＝'), { minLength: 1, maxLength: 9 })
    .map((marks) => marks.join('')),
);
// No id or name of a model has a control character.
const text = hostile.filter((each) => !each.includes('\0'));
const product = fc.record({ id: text, name: fc.option(text, { nil: undefined }), category: text });

test('whatever ids, names, and categories are, the reader of orders finds the same texts', () => {
  fc.assert(
    fc.property(fc.array(product, { minLength: 1, maxLength: 5 }), (products) => {
      const { records } = read(written(products, true));
      assert.equal(
        records.map((cells) => cells.slice(0, 3)),
        products.map(({ id, name = '', category }) => [id, name, category]),
      );
    }),
  );
});

test('by default no cell begins as a formula, and an apostrophe is all that is added', () => {
  fc.assert(
    fc.property(fc.array(product, { minLength: 1, maxLength: 5 }), (products) => {
      const csv = written(products, false);
      assert.ok(csv.startsWith('\ufeffproduct,'));
      const { records } = read(csv.slice(1));
      const bare = (of: string) => of.replaceAll("'", '');
      for (const [row, cells] of records.entries()) {
        const { id, name = '', category } = products[row];
        assert.equal(cells.slice(0, 3).map(bare), [id, name, category].map(bare));
        for (const cell of cells.slice(0, 3))
          assert.ok(!/^[=@\t\r\n＝]/.test(cell) && (!/^[+-]/.test(cell) || !Number.isNaN(Number(cell))), cell);
      }
    }),
  );
});

test.run();
