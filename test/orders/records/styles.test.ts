/** One shop, written in the styles of many exports, is read as one dataset. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../src/dataset/dataset.ts';
import { readOrders } from '../../../src/dataset/read.ts';
import type { ReadOptions } from '../../../src/orders/options.ts';

const test = suite('styles of exports');
let folder = '';

test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'endcap-'));
});
test.after(() => rm(folder, { recursive: true }));

interface Item {
  sku: string;
  quantity: number;
}
interface Order {
  customer: string;
  /** Days after the first. */
  day: number;
  items: Item[];
}

const item = fc.record({
  sku: fc.constantFrom('TEA-1', 'TEA-2', 'CUP-9', 'POT-3', 'HON-4', 'FIL-5'),
  quantity: fc.integer({ min: 1, max: 9 }),
});
const order = fc.record({
  customer: fc.constantFrom('ann@shop.example', 'bob@shop.example', 'cid@shop.example', 'dee@shop.example'),
  day: fc.integer({ min: 0, max: 300 }),
  items: fc.uniqueArray(item, { minLength: 1, maxLength: 4, selector: ({ sku }) => sku }),
});
/** Enough orders to show a style; a shop of one product or one customer is none. */
const shop = fc
  .array(order, { minLength: 12, maxLength: 40 })
  .filter(
    (orders) =>
      orders.some(({ items }) => items.length > 1) &&
      new Set(orders.map(({ customer }) => customer)).size > 2 &&
      new Set(orders.flatMap(({ items }) => items.map(({ sku }) => sku))).size > 3,
  );

const dateOf = ({ day }: Order) => new Date(Date.UTC(2025, 0, 1 + day)).toISOString().slice(0, 10);
const idOf = (index: number) => `${1001 + index}`;
/** Names have the signs that separate elsewhere. */
const nameOf = (sku: string) => `The ${sku.toLowerCase()}, a good one`;
const quoted = (cells: readonly (string | number)[]) =>
  cells.map((cell) => `"${String(cell).replaceAll('"', '""')}"`).join(',');
const table = (header: readonly string[], records: readonly (readonly (string | number)[])[]) =>
  [header, ...records].map(quoted).join('\n');

const line = (order: Order, index: number, { sku, quantity }: Item) => [
  idOf(index),
  order.customer,
  dateOf(order),
  sku,
  nameOf(sku),
  quantity,
];
const lineHeader = ['Order ID', 'Email', 'Created at', 'Lineitem sku', 'Lineitem name', 'Lineitem quantity'];
const packed = (orders: Order[], header: string, write: (items: Item[]) => string) =>
  table(
    ['order_id', 'billing_email', 'order_date', header],
    orders.map((order, i) => [idOf(i), order.customer, dateOf(order), write(order.items)]),
  );

const plain = (orders: Order[], from = 0) =>
  table(
    lineHeader,
    orders.flatMap((order, i) => order.items.map((item) => line(order, from + i, item))),
  );

const styles: Record<string, (orders: Order[]) => string> = {
  'order fields on the first line only': (orders) =>
    table(
      lineHeader,
      orders.flatMap((order, i) =>
        order.items.map((item, at) =>
          line(order, i, item).map((cell, column) => (at > 0 && (column === 1 || column === 2) ? '' : cell)),
        ),
      ),
    ),
  'fields of items in a cell': (orders) =>
    packed(orders, 'line_items', (items) =>
      items
        .map(({ sku, quantity }, i) => `id:${i + 1}|name:${nameOf(sku)}|sku:${sku}|quantity:${quantity}|total:9.90`)
        .join(';'),
    ),
  'labelled fields in a cell': (orders) =>
    packed(orders, 'Product Details', (items) =>
      items
        .map(
          ({ sku, quantity }, i) =>
            `Product ID: ${i}, Product Qty: ${quantity}, Product SKU: ${sku}, Product Name: ${nameOf(sku)}, Product Weight: 1.0`,
        )
        .join('|'),
    ),
  'numbers before products in a cell': (orders) =>
    packed(orders, 'Items', (items) => items.map(({ sku, quantity }) => `${quantity}x ${sku}`).join('; ')),
  'numbers after products in a cell': (orders) =>
    packed(orders, 'Items', (items) => items.map(({ sku, quantity }) => `${sku} x ${quantity}`).join(', ')),
  'JSON in a cell': (orders) =>
    packed(orders, 'items', (items) =>
      JSON.stringify(items.map(({ sku, quantity }) => ({ sku, name: nameOf(sku), quantity }))),
    ),
  'numbered columns': (orders) =>
    table(
      [
        'order_id',
        'billing_email',
        'order_date',
        ...[1, 2, 3, 4].flatMap((n) => [`line_item_${n}_sku`, `line_item_${n}_quantity`]),
      ],
      orders.map((order, i) => [
        idOf(i),
        order.customer,
        dateOf(order),
        ...[0, 1, 2, 3].flatMap((at) => [order.items[at]?.sku ?? '', order.items[at]?.quantity ?? '']),
      ]),
    ),
  'numbered columns of packed items': (orders) =>
    table(
      ['order_id', 'billing_email', 'order_date', ...[1, 2, 3, 4].map((n) => `line_item_${n}`)],
      orders.map((order, i) => [
        idOf(i),
        order.customer,
        dateOf(order),
        ...[0, 1, 2, 3].map((at) => {
          const item = order.items[at];
          return item === undefined
            ? ''
            : `name:${nameOf(item.sku)}|sku:${item.sku}|quantity:${item.quantity}|total:1.00`;
        }),
      ]),
    ),
  'a configurable and a simple line for each item': (orders) =>
    table(
      [
        'item_id',
        'parent_item_id',
        'increment_id',
        'customer_email',
        'created_at',
        'product_type',
        'sku',
        'qty_ordered',
      ],
      orders.flatMap((order, i) =>
        order.items.flatMap(({ sku, quantity }, at) => {
          const id = 100 * (i + 1) + 2 * at;
          const rest = (type: string) => [idOf(i), order.customer, dateOf(order), type, sku, quantity];
          return [
            [id, '', ...rest('configurable')],
            [id + 1, id, ...rest('simple')],
          ];
        }),
      ),
    ),
  'cancelled orders among the others': (orders) =>
    table(
      [...lineHeader, 'Financial Status'],
      orders.flatMap((order, i) => [
        ...order.items.map((item) => [...line(order, i, item), 'paid']),
        [`9${idOf(i)}`, 'zoe@shop.example', dateOf(order), 'GONE-1', 'Gone', 1, 'voided'],
      ]),
    ),
  'files joined end to end, and sums': (orders) =>
    [plain(orders.slice(0, 6)), plain(orders.slice(6), 6), quoted(['Total', '', '', '', '', 99])].join('\n'),
};

/** What lists follow from: pairs with their quantities, and orders. */
function contentOf({ customers, products, purchases, history }: Dataset) {
  return {
    customers,
    products,
    purchases: [purchases.offsets, purchases.products, purchases.quantities ?? [], purchases.orders ?? []].map(
      (values) => [...values],
    ),
    history: [history!.offsets, history!.starts, history!.products, history!.times ?? []].map((values) => [...values]),
  };
}

async function read(text: string, options?: ReadOptions): Promise<Dataset> {
  const path = join(folder, 'orders.csv');
  await writeFile(path, text);
  return readOrders(path, options);
}

for (const [style, write] of Object.entries(styles)) {
  test(`${style}: the dataset is that of plain order lines, and the account adds up`, async () => {
    await fc.assert(
      fc.asyncProperty(shop, async (orders) => {
        const expected = await read(plain(orders));
        const found = await read(write(orders));
        assert.equal(contentOf(found), contentOf(expected));
        const { account } = found;
        const dropped = Object.values(account.dropped).reduce((sum, count) => sum + count, 0);
        assert.is(account.purchases, expected.account.purchases);
        assert.is(account.read, account.purchases + account.returns + dropped);
      }),
      { numRuns: 15 },
    );
  });
}

test.run();
