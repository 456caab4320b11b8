import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createCarrier, findCarrying, type OrderColumns } from '../../../src/orders/records/carry.ts';
import { lookAt } from './looks.ts';

const test = suite('cells carried down');

const names = ['order', 'customer', 'date', 'sku', 'status'];
const columns: OrderColumns = { order: 0, product: 3, fields: [1, 2], others: [4] };

/** The records as text after the blank cells are filled; undefined if nothing is carried down. */
function filled(records: string[], where: OrderColumns = columns): string[] | undefined {
  const rows = records.map((record) => record.split(','));
  const carrying = findCarrying(lookAt(names, ...rows), where);
  if (carrying === undefined) return undefined;
  const carry = createCarrier(carrying);
  for (const row of rows) carry(row);
  return rows.map((row) => row.join(','));
}

test('what only the first record of an order has is filled below it', () => {
  assert.equal(filled(['1,ann,2025-03-01,A,paid', '1,,,B,', '2,bob,2025-03-02,A,paid', '2,,,C,', '2,,,D,']), [
    '1,ann,2025-03-01,A,paid',
    '1,ann,2025-03-01,B,paid',
    '2,bob,2025-03-02,A,paid',
    '2,bob,2025-03-02,C,paid',
    '2,bob,2025-03-02,D,paid',
  ]);
});

test('an order without a customer gets none from the order above', () => {
  assert.equal(filled(['1,ann,2025-03-01,A,paid', '1,,,B,', '2,,2025-03-02,A,paid', '2,,,C,'])?.slice(2), [
    '2,,2025-03-02,A,paid',
    '2,,2025-03-02,C,paid',
  ]);
});

test('a blank order id belongs to the order above if customer and time are blank, too', () => {
  const records = ['1,ann,2025-03-01,A,paid', ',,,B,', '2,bob,2025-03-02,A,paid', ',,,C,', ',,2025-03-03,D,'];
  assert.equal(filled(records), [
    '1,ann,2025-03-01,A,paid',
    '1,ann,2025-03-01,B,paid',
    '2,bob,2025-03-02,A,paid',
    '2,bob,2025-03-02,C,paid',
    ',,2025-03-03,D,',
  ]);
});

test('sums below a table are nobody’s', () => {
  const records = ['1,ann,2025-03-01,A,paid', ',,,B,', '2,bob,2025-03-02,A,paid', ',,,C,', ',,,,'];
  assert.is(filled(records)?.at(-1), ',,,,');
});

test('without order ids, a record without customer and time belongs to the one above', () => {
  const records = ['x,ann,2025-03-01,A,', 'x,,,B,', 'x,bob,2025-03-02,A,', 'x,,,C,'];
  assert.equal(
    filled(records, { ...columns, order: -1, others: [] })?.map((record) => record.slice(2, 5)),
    ['ann', 'ann', 'bob', 'bob'],
  );
  assert.is(filled(records, { ...columns, order: -1, fields: [1], others: [] }), undefined);
});

test('one damaged record of an order is not evidence', () => {
  assert.is(filled(['1,ann,2025-03-01,A,paid', '1,,2025-03-01,B,paid', '2,bob,2025-03-02,A,paid']), undefined);
  assert.is(filled(['1,ann,2025-03-01,A,paid', '1,,,,', '2,bob,2025-03-02,A,paid']), undefined);
  assert.is(filled(['1,ann,2025-03-01,A,paid', ',,,B,', '2,bob,2025-03-02,A,paid']), undefined);
});

test('a customer who nearly always is named once per order is carried down although the time is repeated', () => {
  const records = Array.from({ length: 12 }, (_, i) => `${i >> 1},${i % 2 === 0 ? `c${i}` : ''},2025-03-01,A,`);
  assert.equal(filled(records)?.[11], '5,c10,2025-03-01,A,');
});

test('a column of the item is not carried down, even if some of its cells are blank', () => {
  const records = ['1,ann,2025-03-01,A,sent', '1,,,B,', '2,bob,2025-03-02,A,', '2,,,C,sent'];
  assert.equal(filled(records)?.[1], '1,ann,2025-03-01,B,');
});

test('a record at the beginning of a run of the look has none above it', () => {
  const rows = [
    ['1', 'ann', '2025-03-01', 'A', ''],
    ['1', '', '', 'B', ''],
  ];
  assert.is.not(findCarrying(lookAt(names, ...rows), columns), undefined);
  assert.is(findCarrying({ ...lookAt(names, ...rows), runs: [0, 1] }, columns), undefined);
});

test.run();
