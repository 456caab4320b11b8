import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createBuilder } from '../../../src/dataset/build.ts';
import type { Dataset } from '../../../src/dataset/dataset.ts';
import { readOrders } from '../../../src/dataset/read.ts';
import type { Listing } from '../../../src/dataset/unlisted/unlisted.ts';
import { createTally } from '../../../src/orders/cleaning/account.ts';
import { createTables } from '../../../src/orders/table.ts';
import { finish } from '../../../src/turns.ts';

const test = suite('notes on a dataset');

type Row = Partial<Record<'order' | 'customer' | 'product' | 'quantity' | 'date' | 'name' | 'price', string>>;
const fields = ['order', 'customer', 'product', 'quantity', 'date', 'name', 'price'] as const;

/** The dataset of rows that were read on January 1, 2026. */
function datasetOf(rows: readonly Row[], options: Listing = {}): Omit<Dataset, 'fingerprint'> {
  const tally = createTally();
  const builder = createBuilder(tally, { ...options, now: Date.UTC(2026, 0, 1) });
  const columns = { ...Object.fromEntries(fields.map((field) => [field, field])), time: 'date', date: undefined };
  const tables = createTables({ columns }, tally, builder);
  const records = rows.map((row) => fields.map((field) => row[field] ?? ''));
  tables.open({ source: 'orders', names: fields, records, runs: [0], complete: true });
  for (const [i, record] of records.entries()) tables.record(record, i + 2);
  return finish(builder.finish({ order: 'order' }, 'mdy')).dataset;
}

function notesOf(rows: readonly Row[], options?: Listing): string[] {
  return datasetOf(rows, options).notes!.map(({ code, text }) => `${code}: ${text}`);
}

/** Orders of ten customers, one a day from 2025-03-01 on, of eleven products. */
const plain = Array.from({ length: 40 }, (_, i) => ({
  order: `o${i}`,
  customer: `c${i % 10}`,
  product: `p${i % 11}`,
  quantity: '1',
  date: new Date(Date.UTC(2025, 2, 1 + i)).toISOString(),
}));
const more = (rows: Row[]): Row[] => [...plain, ...rows.map((row) => ({ ...plain[0], ...row }))];

test('of plain orders there is nothing to say', () => {
  assert.equal(notesOf(plain), []);
});

test('a customer with more than a fifth of the orders is named, with the option that leaves it out', () => {
  const guest = Array.from({ length: 20 }, (_, i) => ({ order: `g${i}`, customer: '0000', product: `p${i % 9}` }));
  const [note] = notesOf(more(guest));
  assert.match(note, /^guest-customer: Customer 0000 has 33 % of the orders\..* --customers-out 0000/);
  assert.equal(notesOf(plain.filter(({ customer }) => customer < 'c4')), [], 'four customers have a quarter each');
});

test('a product in nearly every order is named', () => {
  const bags = plain.map((row) => ({ ...row, product: 'x', name: 'Daily bread' }));
  assert.match(
    notesOf(more(bags))[0],
    /^product-in-nearly-every-order: .* x \(Daily bread\) in 100 %\..*--products-out x/,
  );
});

test('a date in the future is told with its number of orders, and so are years far from the others', () => {
  const notes = notesOf(more([{ order: 'f', customer: 'c1', date: '2052-05-14' }]));
  assert.equal(notes, ['future-dates: 1 of 41 orders is dated in the future, such as 2052-05-14: is the date right?']);
  const old = ['1970-01-01', '1970-01-02'].map((date, i) => ({ order: `e${i}`, customer: 'c1', date }));
  const [note] = notesOf(more(old));
  assert.is(note, 'odd-years: 2 of 42 orders are dated years from all others, such as 1970-01-01: is the date right?');
  assert.equal(notesOf(more([{ order: 'e', date: '2026-01-01T20:00:00Z' }])), [], 'another zone');
});

test('orders that are all, or mostly, of one day are told', async () => {
  const notes = async (dates: string[]) => {
    const rows = dates.map((date, i) => ({
      order: `o${i}`,
      customer: `c${i % 7}`,
      product: `p${i % 5}`,
      quantity: 1,
      date,
    }));
    const dataset = await readOrders(rows);
    return (dataset.notes ?? []).filter(({ code }) => code === 'most-of-one-day').map(({ text }) => text.slice(0, 40));
  };
  const day = (orders: number, date: string) => new Array<string>(orders).fill(date);
  const imported = day(21, '2025-03-01T08:00:00Z');
  assert.equal(await notes(imported), ['All 21 orders are dated 2025-03-01, as i']);
  const spread = (orders: number) =>
    Array.from({ length: orders }, (_, i) => `2025-04-${String(i + 1).padStart(2, '0')}`);
  assert.equal(await notes([...imported, ...spread(20)]), ['21 of 41 orders are dated 2025-03-01, as']);
  assert.equal(await notes([...imported, ...spread(21)]), [], 'half of them');
  assert.equal(await notes([...day(4, '2025-03-01'), ...spread(3)]), [], 'so few may be by chance');
  assert.equal(await notes(day(1, '2025-03-01')), [], 'one order is of one day');
});

test('ids that a spreadsheet has cut or stripped are told with an example', () => {
  const [cut] = notesOf(more([{ product: '4.00638E+12' }]));
  assert.match(cut, /^scientific-ids: One product id is in scientific notation, such as 4.00638E\+12: .* cut digits/);
  const [zeros] = notesOf(more([{ product: '00100' }, { product: '100' }, { product: '0100' }]));
  assert.match(
    zeros,
    /^leading-zeros: 2 product ids differ from another one only in leading zeros, such as 00100 and 100/,
  );
  const [customers] = notesOf(more([{ customer: '007' }, { customer: '7' }]));
  assert.match(customers, /^leading-zeros: 1 customer id differs .*007 and 7/);
  assert.equal(notesOf(more(['000', '001', '010', '100'].map((product) => ({ product })))), [], 'padded, or 0');
});

test('many equal records of one order are duplicates', () => {
  const notes = notesOf([...plain, ...plain]);
  assert.match(notes[0], /^duplicate-records: At least 40 records are duplicates .*--duplicates drop/);
  assert.equal(notesOf(more([{ quantity: '3' }])), [], 'another quantity');
});

test('order ids of two customers, and of two times far apart', () => {
  const [two] = notesOf(more([{ customer: 'c5' }, { customer: 'c6' }]));
  assert.match(two, /^order-of-two-customers: 1 of 40 order ids have two customers or more, such as c0 and c5/);
  const dataset = datasetOf(more([{ product: 'p5', date: '2025-06-01' }]));
  assert.match(dataset.notes![0].text, /^Once, a customer has records of one order id more than 7 days apart/);
  assert.is(dataset.orders, 40);
  assert.is(dataset.history!.starts.length - 1, 41);
});

test('orders without an id do not share that of another customer', () => {
  const rows = plain.map((row) => ({ ...row, order: '', date: '2025-03-01' }));
  assert.equal(notesOf(rows), []);
});

test('an order id of C and digits cancels, if few are like it, and is an id like any other, if many are', () => {
  const returns = [{ order: 'C1', customer: 'c3', product: 'p3' }];
  const few = datasetOf(more(returns));
  assert.match(few.notes!.map(({ code, text }) => code + text).join(), /cancelled-by-letter.*One record .*such as C1/);
  assert.is(few.account.purchases, 39);
  const many = datasetOf(plain.map((row, i) => ({ ...row, order: i % 3 === 0 ? `C${i}` : `W${i}` })));
  assert.equal(many.notes, []);
  assert.is(many.account.purchases, 40);
  assert.is(many.orders, 40);
  const all = datasetOf(plain.map((row, i) => ({ ...row, order: `C${i}` })));
  assert.is(all.account.firstPurchase, Date.UTC(2025, 2, 1));
  assert.is(all.account.lastPurchase, Date.UTC(2025, 2, 40));
});

const shipping = plain.map((row) => ({ ...row, product: 'SHIPPING', price: '4.9' }));

test('what is no product is kept out of lists and told, and counts all the same', () => {
  const dataset = datasetOf(more([...shipping, { product: 'DISC10', name: 'For you', price: '-4.00' }]));
  const ids = (rows: Uint32Array | undefined) => Array.from(rows ?? [], (row) => dataset.products[row]);
  assert.equal(ids(dataset.unlisted), ['DISC10', 'SHIPPING']);
  assert.is(dataset.account.purchases, 81);
  assert.match(
    dataset.notes![0].text,
    /DISC10 \(For you\), since it is sold below zero; SHIPPING, since it is called "shipping"\./,
  );
});

test('the caller decides which products lists hold', () => {
  const rows = more(shipping);
  const listed = datasetOf(rows, { productsIn: ['SHIP*'] });
  assert.is(listed.unlisted, undefined);
  assert.match(listed.notes![0].code, 'product-in-nearly-every-order');
  const out = datasetOf(rows, { productsOut: ['p1*', 'gone'], productsIn: ['p10'] });
  assert.equal(
    Array.from(out.unlisted!, (row) => out.products[row]),
    ['SHIPPING', 'p1'],
  );
  assert.ok(out.notes!.some(({ text }) => text === 'No product has an id as in --products-out (productsOut): gone.'));
});

test('a shop that sells vouchers has them in its lists', () => {
  const vouchers = plain.map((row, i) => ({ ...row, name: i % 11 < 6 ? `Voucher ${i % 11}` : 'Tea' }));
  assert.is(datasetOf(vouchers).unlisted, undefined);
});

test.run();
