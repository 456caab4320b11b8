import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nestingOf, type PlainObject, unwrapped } from '../../../src/orders/json/nested.ts';
import { familyOf } from '../../../src/orders/json/parents.ts';

const test = suite('nested objects');

/** The records of objects by the names of their columns, without what is undefined. */
function recordsOf(objects: PlainObject[], seen = objects): PlainObject[] {
  const nesting = nestingOf(seen);
  const records: PlainObject[] = [];
  const give = nesting.records();
  for (const object of objects) {
    give(object, (cells) => {
      const filled = nesting.names.flatMap((name, i) => (cells[i] === undefined ? [] : [[name, cells[i]]]));
      records.push(Object.fromEntries(filled));
    });
  }
  return records;
}

test('fields within fields have dotted names, and a key with a dot is a key', () => {
  assert.equal(recordsOf([{ customer: { id: 7, place: { city: 'Ulm' } }, 'order.id': 5, quantity: 1 }]), [
    { 'customer.id': 7, 'customer.place.city': 'Ulm', 'order.id': 5, quantity: 1 },
  ]);
});

test('an object, list, or null in place of a value stays in the column', () => {
  const records = recordsOf([{ customer: 'ann' }, { customer: { id: 7 } }, { customer: [1] }, { customer: null }, {}]);
  assert.equal(records, [{ customer: 'ann' }, { customer: { id: 7 } }, { customer: [1] }, { customer: null }, {}]);
  assert.equal(
    nestingOf([{ customer: { id: 7 } }, { customer: null }, { customer: { id: 8 } }, { customer: 'ann' }]).names,
    ['customer.id'],
  );
  assert.equal(nestingOf([{ customer: null }]).names, ['customer'], 'it may be filled later');
});

test('the list of items gives a record each, with what the order has; other lists do not', () => {
  const order = {
    id: 1,
    tax_lines: [{ title: 'VAT', price: '1.00', rate: 0.19 }],
    customer: { id: 'ann' },
    refunds: [{ id: 9, quantity: 1, refund_line_items: [] }],
    line_items: [
      { id: 11, sku: 'tea', quantity: 2, variant: { id: 5 }, tax_lines: [{ price: 1 }] },
      { id: 12, sku: 'cup', quantity: 1 },
    ],
    shipping_lines: [{ id: 3, title: 'Post', price: '4.90' }],
  };
  assert.equal(recordsOf([order]), [
    {
      id: 1,
      'customer.id': 'ann',
      'line_items.id': 11,
      'line_items.sku': 'tea',
      'line_items.quantity': 2,
      'line_items.variant.id': 5,
    },
    { id: 1, 'customer.id': 'ann', 'line_items.id': 12, 'line_items.sku': 'cup', 'line_items.quantity': 1 },
  ]);
  assert.is(nestingOf([order]).items, 'line_items');
});

test('an order without items gives one record without a product', () => {
  const orders = [{ id: 1, items: [{ sku: 'tea', qty: 1 }] }, { id: 2, items: [] }, { id: 3 }, { id: 4, items: null }];
  assert.equal(recordsOf(orders), [{ id: 1, 'items.sku': 'tea', 'items.qty': 1 }, { id: 2 }, { id: 3 }, { id: 4 }]);
});

test('items are found in edges, in pages, alone, and as a list of plain ids', () => {
  const item = { sku: 'tea', quantity: 2 };
  const expected = { 'items.sku': 'tea', 'items.quantity': 2 };
  for (const items of [
    [item],
    { edges: [{ node: item, cursor: 'x' }] },
    { nodes: [item] },
    { object: 'list', data: [item], has_more: false },
  ]) {
    assert.equal(recordsOf([{ items }]), [expected], JSON.stringify(items));
  }
  assert.equal(recordsOf([{ items: item }], [{ items: [item] }]), [expected]);
  assert.equal(recordsOf([{ customer: 'ann', products: ['tea', 'cup'] }]), [
    { customer: 'ann', products: 'tea' },
    { customer: 'ann', products: 'cup' },
  ]);
});

test('the types of extended JSON are not a part of names', () => {
  const order = {
    _id: { $oid: 'a1' },
    at: { $date: { $numberLong: '1735689600000' } },
    items: [{ sku: 'tea', qty: { $numberInt: '2' } }],
  };
  assert.equal(recordsOf([order]), [{ _id: 'a1', at: '1735689600000', 'items.sku': 'tea', 'items.qty': '2' }]);
});

test('what an object inherits is not in it', () => {
  assert.equal(recordsOf([{ a: 1 }], [{ constructor: 'x', toString: 'y', a: 1 } as never]), [{ a: 1 }]);
});

test('objects that contain themselves, and ids as keys, are looked into a little way', () => {
  const loop: PlainObject = { id: 1 };
  for (let i = 0; i < 20; i++) loop[`self${i}`] = loop;
  assert.ok(nestingOf([loop]).names.length <= 2000);
  const byId = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`c${i}`, { quantity: 1 }]));
  assert.ok(nestingOf([byId]).names.length <= 2000);
});

test('what a server puts around a list of orders is taken off, and an order is left as it is', () => {
  const orders = [{ id: 1 }, { id: 2 }];
  assert.equal(unwrapped({ orders, count: 2 }), orders);
  assert.equal(unwrapped({ data: { orders: { edges: orders.map((node) => ({ node })) } } }), orders);
  assert.equal(unwrapped({ node: orders[0], cursor: 'x' }), [orders[0]]);
  // Beside anything else, products are those of an order.
  assert.equal(unwrapped({ products: orders }), orders);
  for (const order of [{ id: 1, items: orders }, { items: orders, customer_id: 5 }, { note: 1 }, 'text']) {
    assert.equal(unwrapped(order), [order]);
  }
});

const gid = (kind: string, id: number) => `gid://shopify/${kind}/${id}`;

test('children of a bulk export are put under their parents, whatever comes between them', () => {
  const objects: PlainObject[] = [
    { id: gid('Customer', 1), email: 'ann@example.com' },
    { id: gid('Order', 1), createdAt: '2025-01-02', __parentId: gid('Customer', 1) },
    { id: gid('Order', 2), createdAt: '2025-01-03', __parentId: gid('Customer', 1) },
    { id: gid('LineItem', 1), sku: 'tea', quantity: 2, __parentId: gid('Order', 1) },
    { id: gid('ShippingLine', 1), title: 'Post', __parentId: gid('Order', 1) },
    { id: gid('LineItem', 2), sku: 'cup', quantity: 1, __parentId: gid('Order', 1) },
  ];
  const family = familyOf(objects)!;
  const taken = objects.flatMap((object, i) => family.take(object, i + 1) ?? []);
  const order = {
    id: gid('Order', 1),
    createdAt: '2025-01-02',
    customer: { id: gid('Customer', 1), email: 'ann@example.com' },
  };
  assert.equal(taken, [
    { ...order, lineItem: [{ id: gid('LineItem', 1), sku: 'tea', quantity: 2 }] },
    { ...order, lineItem: [{ id: gid('LineItem', 2), sku: 'cup', quantity: 1 }] },
  ]);
  const rest = [...family.rest()];
  assert.equal(
    rest.map(({ object, line }) => [object.id, line]),
    [[gid('Order', 2), 3]],
  );
  assert.is(familyOf([{ id: 1 }]), undefined);
});

test('an item whose parent is not in the file is an item without an order', () => {
  const child = { id: 1, sku: 'tea', quantity: 1, __parentId: 'gone' };
  assert.equal(familyOf([child])!.take(child, 1), { items: [{ id: 1, sku: 'tea', quantity: 1 }] });
});

test.run();
