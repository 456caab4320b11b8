import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { filesOf } from '../../dataset/files.ts';

const test = suite('orders that are numbered instead of dated');
const { file } = filesOf(test);

/** The first order of each customer comes last. */
const rows = [
  ['o3', 'ann', 3, 'cup'],
  ['o3', 'ann', 3, 'pot'],
  ['o2', 'ann', 2, 'tea'],
  ['o9', 'bob', 2, 'pot'],
  ['o1', 'ann', 1, 'cup'],
  ['o8', 'bob', 1, 'tea'],
];
const columns = ['order_id', 'user_id', 'order_number', 'product_id'];
const csv = [columns, ...rows].join('\n');
const objects = rows.map((row) => Object.fromEntries(columns.map((name, i) => [name, row[i]])));
const options = { columns: { quantity: false, sequence: 'order_number' } } as const;

test('the numbers sort the orders of a customer, in every format, and are no times', async () => {
  for (const source of [await file('orders.csv', csv), objects]) {
    const { history, products, account, purchases, notes } = await readOrders(source, options);
    const bought = Array.from(history!.starts.subarray(0, -1), (start, order) =>
      Array.from(history!.products.subarray(start, history!.starts[order + 1]), (row) => products[row]).join('+'),
    );
    assert.equal(bought, ['cup', 'tea', 'cup+pot', 'tea', 'pot']);
    assert.is(history!.times, undefined);
    assert.is(purchases.lastPurchase, undefined);
    assert.is(account.firstPurchase, undefined);
    assert.match(notes!.map(({ text }) => text).join(), 'taken by their numbers');
  }
});

test('without order ids, records with the same number are one order of the customer', async () => {
  const { history } = await readOrders(
    objects.map(({ order_id: _, ...object }) => object),
    { columns: { ...options.columns, order: false } },
  );
  assert.is(history!.starts.length - 1, 5);
});

test.run();
