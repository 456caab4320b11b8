import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { datasetProblem } from '../../src/dataset/check.ts';
import { readOrders } from '../../src/dataset/read.ts';
import { longest, mostRead, readingOf, withoutNames } from '../../src/dataset/reading.ts';
import { fileNames } from '../../src/orders/sources/read.ts';
import { randomShop } from '../support/random-shop.ts';

const test = suite('how a source was understood');

const order = (customer: string, product: string, day: number) => ({
  ...{ order: `${customer}${day}`, customer, product, quantity: 1 },
  date: `2025-03-${String(day).padStart(2, '0')}`,
});
const orders = Array.from({ length: 40 }, (_, i) => order(`c${i % 8}`, `p${i % 5}`, 1 + (i % 28)));

test('a dataset that was read says it, without cells; one that was made by hand says nothing', async () => {
  const dataset = await readOrders(orders);
  const { columns, ...reading } = readingOf(dataset)!;
  assert.equal(Object.keys(columns), Object.keys(dataset.columns!));
  assert.equal(Object.keys(columns.customer!), ['column', 'index', 'why']);
  assert.equal(reading.notes, dataset.notes);
  assert.equal(reading.decisions, dataset.decisions);
  assert.not.match(JSON.stringify(columns), /c1|p1/);
  assert.is(readingOf(randomShop({ customers: 3 })), undefined);
});

test('it has a bound, whatever the source has, and texts are cut between characters', () => {
  const many = (count: number) => Array.from({ length: count }, (_, i) => `${i} ${'😀'.repeat(2000)}`);
  const reading = readingOf({
    files: many(30),
    columns: { customer: { column: 'x'.repeat(5000), index: 1, why: '😀'.repeat(5000), samples: ['secret'] } },
    unusedColumns: many(300),
    decisions: Object.fromEntries(many(80).map((name) => [name, { value: name, why: name }])),
    notes: many(80).map((text) => ({ code: text, text })),
  })!;
  assert.equal(reading.more, { files: 10, unusedColumns: 200, notes: 30 });
  assert.is(Object.keys(reading.decisions).length, mostRead.decisions);
  assert.ok(JSON.stringify(reading).length < 500_000);
  const texts = [...reading.files!, ...reading.unusedColumns, ...reading.notes.map(({ text }) => text)];
  for (const text of texts)
    assert.ok(text.length <= longest.text && encodeURIComponent(text) !== '' && text.endsWith('…'));
  assert.not.match(JSON.stringify(reading), 'secret');
});

test('files are named without their folders, databases without their hosts, and addresses by their kind', () => {
  assert.equal(
    fileNames(
      ['/srv/secret/orders.csv', new URL('file:///srv/secret/more%20orders.csv'), 'exports/*.csv', 'exports/'],
      [{ file: '/srv/secret/customers.csv', on: 'id' }],
    ),
    ['orders.csv', 'more orders.csv', '*.csv', 'exports', 'customers.csv'],
  );
  assert.equal(fileNames('-'), ['stdin']);
  assert.equal(fileNames('postgres://root:secret@db.example/shop'), ['postgres:shop']);
  assert.equal(fileNames('mysql+ssl://root:secret@db/shop?password=secret'), ['mysql+ssl:']);
  assert.is(fileNames([{ customer: 'a' }]), undefined);
});

test('once a customer is erased, nothing is left that may name one, and the rest stays', () => {
  const columns = {
    customer: { column: 'Kunde', index: 1, why: "its name, although it is 'Zoe' everywhere" },
    product: { column: 'Artikel', index: 2, why: 'its name' },
  };
  const decisions = {
    customer: { value: 'Kunde', why: "not 'Email', which is 'zoe@example.org' everywhere" },
    dateOrder: { value: 'day first', why: 'as "31.12.2025" shows' },
    delimiter: { value: 'comma', why: 'the most frequent in the header' },
  };
  const notes = [
    { code: 'guest-customer', text: 'Customer Zoe has 40 % of the orders.' },
    { code: 'no-times', text: 'The orders have no times.' },
    { code: 'a-code-of-later', text: 'Zoe' },
  ];
  const left = withoutNames({ files: ['orders.csv'], columns, unusedColumns: ['Ort'], decisions, notes });
  assert.not.match(JSON.stringify(left), /zoe/i);
  assert.equal(left.notes, [notes[1]]);
  assert.equal(left.columns.product, columns.product);
  assert.is(left.columns.customer.column, 'Kunde');
  assert.equal(left.decisions.dateOrder, decisions.dateOrder);
  assert.equal([left.files, left.unusedColumns], [['orders.csv'], ['Ort']]);
});

test('a dataset that says it wrongly is refused, whatever is wrong', () => {
  const dataset = randomShop({ customers: 3 });
  const right = {
    ...{ files: ['a.csv'], columns: { customer: { column: 'a', index: 1, why: 'b', samples: [] } } },
    ...{ unusedColumns: ['x'], decisions: { a: { value: 'b', why: 'c' } }, notes: [{ code: 'a', text: 'b' }] },
  };
  assert.is(datasetProblem({ ...dataset, ...right }), undefined);
  fc.assert(
    fc.property(fc.constantFrom(...Object.keys(right)), fc.anything(), (field, value) => {
      const given = { ...dataset, ...right, [field]: value };
      if (datasetProblem(given as never) === undefined) readingOf(given as never);
    }),
    { numRuns: 500 },
  );
  for (const [field, value] of [
    ['files', [1]],
    ['columns', { customer: 'a' }],
    ['columns', { customer: { column: 'a', why: 'b' } }],
    ['unusedColumns', 'x'],
    ['decisions', { a: null }],
    ['notes', [{ code: 'a' }]],
  ] as const)
    assert.match(datasetProblem({ ...dataset, ...right, [field]: value } as never)!, field);
});

test.run();
