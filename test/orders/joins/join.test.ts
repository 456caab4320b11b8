import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../src/dataset/dataset.ts';
import { readOrders } from '../../../src/dataset/read.ts';
import { filesOf, refusal } from '../../dataset/files.ts';

const test = suite('joined files');
const { file } = filesOf(test);

const items = ['order_id,product_id,quantity', 'o1,tea,2', 'o1,cup,1', 'o2,tea,1', 'o9,tea,1', 'o3,pot,4'].join('\n');
const orders = [
  'order_id,status,buyer_no,order_date',
  'o2,paid,k2,2025-03-02',
  '"o1",paid,k1,2025-03-01',
  'o3.0,paid,k1,2025-03-03',
  'o3,paid,k1,2025-03-03',
].join('\n');
const buyers = ['buyer_no,customer_id', 'k1,ann', 'k2,bob'].join('\n');

function pairs({ customers, products, purchases }: Dataset): string[] {
  return customers.flatMap((customer, row) =>
    Array.from(
      purchases.products.subarray(purchases.offsets[row], purchases.offsets[row + 1]),
      (product) => `${customer} ${products[product]}`,
    ),
  );
}

test('columns of other files are added by the ids that they share, one after the other', async () => {
  const join = [await file('orders.csv', orders), await file('buyers.csv', buyers)];
  for (const source of [
    await file('items.csv', items),
    await file(
      'items.jsonl',
      '{"order_id":"o1","product_id":"tea","quantity":2}\n{"order_id":"o1","product_id":"cup","quantity":1}\n{"order_id":"o2","product_id":"tea","quantity":1}\n{"order_id":"o9","product_id":"tea","quantity":1}\n{"order_id":"o3","product_id":"pot","quantity":4}',
    ),
  ]) {
    const dataset = await readOrders(source, { join });
    assert.equal(pairs(dataset), ['ann cup', 'ann pot', 'ann tea', 'bob tea']);
    assert.equal(dataset.account.dropped, { 'without a partner': 1 });
    assert.is(dataset.account.examples['without a partner']![0].value, 'o9');
    assert.is(dataset.account.read, dataset.account.kept + 1);
    assert.is(dataset.account.columns.customer, 'customer_id');
    assert.is(new Date(dataset.account.firstPurchase!).toISOString(), '2025-03-01T00:00:00.000Z');
    assert.match(dataset.decisions!.join.value, /orders\.csv by order_id$/);
    assert.match(dataset.decisions!.join2.value, /buyers\.csv by buyer_no$/);
  }
});

test('a record with several partners becomes one record with each', async () => {
  const source = await file('heads.csv', 'order_id,customer_id,order_date\no1,ann,2025-03-01\no2,bob,2025-03-02\n');
  const dataset = await readOrders(source, { join: [await file('lines.csv', items)] });
  assert.equal(pairs(dataset), ['ann cup', 'ann tea', 'bob tea']);
  assert.is(dataset.account.read, 3);
});

test('the id is the column whose values are found, or the one that is named', async () => {
  const source = await file('twice.csv', 'order_id,ticket_no,product,quantity\no1,1,tea,1\no2,2,cup,1\no3,3,pot,1\n');
  const path = await file('misleading.csv', 'ticket_no,order_id,customer\n3,o1,ann\n7,o2,bob\n9,o3,eve\n');
  const dataset = await readOrders(source, { join: [path] });
  assert.equal(pairs(dataset), ['ann tea', 'bob cup', 'eve pot']);
  const named = await readOrders(source, { join: [{ file: path, on: 'Ticket No' }], acceptLoss: true });
  assert.equal(pairs(named), ['ann pot']);
  assert.equal(named.account.dropped, { 'without a partner': 2 });
});

test('files that share no id are an error that says what they have', async () => {
  const source = await file('alone.csv', items);
  for (const [name, text, on, words] of [
    [
      'other.csv',
      'who,what\n1,2\n',
      undefined,
      /cannot be joined: they have no column with the same name\. .*alone\.csv has order_id, product_id, quantity; .*other\.csv has who, what/,
    ],
    ['strangers.csv', 'order_id,customer\nx1,ann\n', undefined, /they share no ids/],
    ['named.csv', orders, 'customer', /they have no column "customer" in both/],
  ] as const) {
    const error = await refusal(source, { join: [{ file: await file(name, text), on }] });
    assert.is(error.code, 'columns_unrecognized');
    assert.match(error.message, words);
  }
  assert.is((await refusal(source, { join: ['nowhere.csv'] })).code, 'orders_unreadable');
  assert.is((await refusal(source, { join: [7 as never] })).code, 'invalid_options');
  assert.is((await refusal(source, { join: ['-'] })).code, 'invalid_options');
});

test.run();
