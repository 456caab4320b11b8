import type { FileMetaData, SchemaElement } from 'hyparquet';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { columnsOf } from '../../../src/orders/parquet/schema.ts';

const test = suite('columns of Parquet');

/** A field: of a value its name; of a struct its name and fields; of a list `[name, [item]]`, an item being a field. */
type Field = string | { [struct: string]: readonly Field[] } | readonly [list: string, item: Field];

/** Columns of a schema in which every field may be missing, with `[]` behind those that have a record for each item. */
function columnsIn(...fields: readonly Field[]): string[] {
  const elements = (field: Field): SchemaElement[] => {
    if (typeof field === 'string') return [{ name: field, type: 'BYTE_ARRAY', repetition_type: 'OPTIONAL' }];
    if (Array.isArray(field)) {
      const [name, item] = field as readonly [string, Field];
      return [
        { name, converted_type: 'LIST', repetition_type: 'OPTIONAL', num_children: 1 },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        ...elements(item),
      ];
    }
    return Object.entries(field as Record<string, readonly Field[]>).flatMap(([name, inner]) => [
      { name, repetition_type: 'OPTIONAL' as const, num_children: inner.length },
      ...inner.flatMap(elements),
    ]);
  };
  const schema: SchemaElement[] = [{ name: 'root', num_children: fields.length }, ...fields.flatMap(elements)];
  return columnsOf({ schema } as FileMetaData).map(({ name, leaf, constant }) => {
    if (leaf === undefined) return `${name}: ${JSON.stringify(constant)}`;
    return leaf.itemLevel > 0 ? `${name}[]` : name;
  });
}

test('a list of structs is the items of the order if its fields look like it', () => {
  assert.equal(
    columnsIn(
      'id',
      { customer: ['id', { address: ['town'] }] },
      ['tax_lines', { element: ['title', 'price'] }],
      ['refunded_items', { element: ['sku', 'quantity'] }],
      ['line_items', { element: ['sku', 'quantity', { product: ['id'] }, ['discounts', { element: ['amount'] }]] }],
    ),
    [
      'id',
      'customer.id',
      'customer.address.town',
      'tax_lines: {"nested":"LIST"}',
      'refunded_items: {"nested":"LIST"}',
      'line_items.sku[]',
      'line_items.quantity[]',
      'line_items.product.id[]',
      'line_items.discounts: {"nested":"LIST"}',
    ],
  );
  assert.equal(columnsIn('id', { order: [['lines', { element: ['article_no', 'qty'] }]] }), [
    'id',
    'order.lines.article_no[]',
    'order.lines.qty[]',
  ]);
  assert.equal(columnsIn('sku', ['payments', { element: ['id', 'amount'] }]), ['sku', 'payments: {"nested":"LIST"}']);
});

test('a list of plain values has a record for each if it is of products, and no list has more to say', () => {
  assert.equal(columnsIn('customer', ['products', 'element']), ['customer', 'products[]']);
  assert.equal(
    columnsIn('customer', ['products', 'element'], ['positionen', { element: ['Artikelnummer', 'Menge'] }]),
    ['customer', 'products: {"nested":"LIST"}', 'positionen.Artikelnummer[]', 'positionen.Menge[]'],
  );
  assert.equal(columnsIn('product_id', ['related_products', 'element']), [
    'product_id',
    'related_products: {"nested":"LIST"}',
  ]);
  assert.equal(columnsIn('customer', ['tags', 'element']), ['customer', 'tags: {"nested":"LIST"}']);
});

test('a list of lists, and values of types that cannot be decoded, are the same object in every record', () => {
  assert.equal(columnsIn('a', ['items', ['element', { element: ['sku', 'quantity'] }]]), [
    'a',
    'items: {"nested":"LIST"}',
  ]);
  const schema: SchemaElement[] = [
    { name: 'root', num_children: 2 },
    { name: 'b', type: 'BYTE_ARRAY', converted_type: 'BSON', repetition_type: 'OPTIONAL' },
    { name: 'c', type: 'INT32', repetition_type: 'REQUIRED' },
  ];
  const [unreadable, value] = columnsOf({ schema } as FileMetaData);
  assert.equal(unreadable, { name: 'b', constant: { type: 'BSON' } });
  assert.is(value.leaf?.index, 1);
});

test('a schema that does not have the fields it counts is an Error', () => {
  for (const schema of [
    [],
    [{ name: 'root', num_children: 3 }],
    [{ name: 'root', num_children: 1 }, { type: 'INT32' }],
  ]) {
    assert.throws(() => columnsOf({ schema } as unknown as FileMetaData), /its footer is damaged/);
  }
});

test.run();
