import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createUnpacker, packedColumns, unpackLook } from '../../../src/orders/records/unpack.ts';
import { lookAt } from './looks.ts';

const test = suite('unpacking');

/** The cells of every unpacked record in the columns after those of the source, and the names of these. */
function unpacked(names: string[], ...records: unknown[][]): { names: readonly string[]; items: unknown[][] } {
  const { look } = unpackLook(lookAt(names, ...records));
  return {
    names: look.names.slice(names.length),
    items: look.records.map((cells) => cells.slice(names.length)),
  };
}

test('fields of items, as of WooCommerce: values may contain the signs between fields', () => {
  assert.equal(
    unpacked(
      ['order_id', 'line_items', 'shipping_items'],
      ['1', 'name:Tea; green|sku:T-1|quantity:2|meta:Size: L', 'method:Flat|total:0.00'],
      ['2', 'name:Cup\\: big|sku:C-1|quantity:1|meta:;name:Pot|sku:P|1|quantity:3|meta:', 'method:Flat|total:0.00'],
    ),
    {
      names: ['line_items.name', 'line_items.sku', 'line_items.quantity', 'line_items.meta'],
      items: [
        ['Tea; green', 'T-1', '2', 'Size: L'],
        ['Cup: big', 'C-1', '1', ''],
        ['Pot', 'P|1', '3', ''],
      ],
    },
  );
});

test('fields of items, as of BigCommerce', () => {
  const item = (id: number, name: string) =>
    `Product ID: ${id}, Product Qty: 2, Product SKU: S${id}, Product Name: ${name}`;
  assert.equal(
    unpacked(
      ['Order ID', 'Product Details'],
      ['1', `${item(1, 'Tea, green')}|${item(2, 'Cup')}`],
      ['2', item(3, 'Pot')],
    ).items,
    [
      ['1', '2', 'S1', 'Tea, green'],
      ['2', '2', 'S2', 'Cup'],
      ['3', '2', 'S3', 'Pot'],
    ],
  );
});

for (const [style, cells, items] of [
  [
    '2x Tea; 1x Cup',
    ['2x Tea, green; 1x Cup', '3 x Pot'],
    [
      ['Tea, green', '2'],
      ['Cup', '1'],
      ['Pot', '3'],
    ],
  ],
  [
    '2 × Tea, 1 × Cup',
    ['2 × Tea, 1 × Cup', '1 × 2 x 500 g honey'],
    [
      ['Tea', '2'],
      ['Cup', '1'],
      ['2 x 500 g honey', '1'],
    ],
  ],
  [
    'Tea x 2, Cup x 1',
    ['Tea x 2, Cup x 1', 'Tea, green x 1'],
    [
      ['Tea', '2'],
      ['Cup', '1'],
      ['Tea, green', '1'],
    ],
  ],
  [
    'Tea (2), Cup (1)',
    ['Tea (2), Cup (x1)', 'Pot (3)'],
    [
      ['Tea', '2'],
      ['Cup', '1'],
      ['Pot', '3'],
    ],
  ],
  [
    'lines with prices',
    ['2 × Tea ($3.00)\n1 × Cup ($2.50)', '1 × Tea'],
    [
      ['Tea', '2'],
      ['Cup', '1'],
      ['Tea', '1'],
    ],
  ],
  [
    'SKU:2|SKU:1',
    ['T-1:2|C-1:1', 'P-1:3'],
    [
      ['T-1', '2'],
      ['C-1', '1'],
      ['P-1', '3'],
    ],
  ],
] as const) {
  test(`numbers beside products: ${style}`, () => {
    const found = unpacked(['order', 'Items'], ...cells.map((cell, i) => [String(i), cell]));
    assert.equal(found, { names: ['Items.product', 'Items.quantity'], items: items as unknown as unknown[][] });
  });
}

test('JSON in a cell, also as Python writes it, with ids that no number can hold', () => {
  assert.equal(
    unpacked(
      ['order', 'items'],
      ['1', '[{"sku":"A","qty":2,"product":{"id":12345678901234567890}},{"sku":"B","qty":1}]'],
      ['2', `[{'sku': "Ann's", 'qty': 3, 'note': None}]`],
    ),
    {
      names: ['items.sku', 'items.qty', 'items.product.id', 'items.note'],
      items: [
        ['A', 2, '12345678901234567890', undefined],
        ['B', 1, undefined, undefined],
        ["Ann's", 3, undefined, null],
      ],
    },
  );
});

test('a JSON array of ids counts each of them as one', () => {
  assert.equal(unpacked(['order', 'skus'], ['1', '["A","B"]'], ['2', '["C"]']).items, [
    ['A', 1],
    ['B', 1],
    ['C', 1],
  ]);
});

test('numbered columns: items without any value are none, and columns of addresses are no items', () => {
  const names = ['order', 'Item 1 Name', 'Item 1 Qty', 'Item 2 Name', 'Item 2 Qty', 'Address 1', 'Address 2'];
  assert.equal(unpacked(names, ['1', 'Tea', '1', 'Cup', '2', 'x', 'y'], ['2', 'Pot', '3', '', '0', 'x', 'y']), {
    names: ['Item.Name', 'Item.Qty'],
    items: [
      ['Tea', '1'],
      ['Cup', '2'],
      ['Pot', '3'],
    ],
  });
});

test('numbered columns of every naming', () => {
  for (const [first, second] of [
    ['line_item_1_sku,line_item_1_quantity', 'line_item_2_sku,line_item_2_quantity'],
    ['sku1,qty1', 'sku2,qty2'],
    ['product_name_1,product_qty_1', 'product_name_2,product_qty_2'],
    ['items[0].sku,items[0].quantity', 'items[1].sku,items[1].quantity'],
    ['items/0/sku,items/0/quantity', 'items/1/sku,items/1/quantity'],
  ] as const) {
    const names = ['order', ...first.split(','), ...second.split(',')];
    assert.equal(
      unpacked(names, ['1', 'A', '2', 'B', '1'], ['2', 'C', '3', '', '']).items,
      [
        ['A', '2'],
        ['B', '1'],
        ['C', '3'],
      ],
      first,
    );
  }
});

test('numbered columns that hold packed items are taken together', () => {
  const item = (sku: string) => `name:N${sku}|sku:${sku}|quantity:2`;
  const { look, unpacking } = unpackLook(
    lookAt(['order', 'line_item_1', 'line_item_2'], ['1', item('A'), item('B')], ['2', item('C'), '']),
  );
  assert.equal(packedColumns(unpacking!), [1, 2]);
  assert.equal(look.names.slice(3), ['line_item.name', 'line_item.sku', 'line_item.quantity']);
  assert.equal(
    look.records.map((cells) => cells[4]),
    ['A', 'B', 'C'],
  );
});

test('numbered columns without numbers of pieces count as one each, if they are filled from the first on', () => {
  assert.equal(unpacked(['order', 'item_1', 'item_2'], ['1', 'A', 'B'], ['2', 'C', '']), {
    names: ['item', 'quantity'],
    items: [
      ['A', 1],
      ['B', 1],
      ['C', 1],
    ],
  });
});

for (const [what, names, ...records] of [
  ['order lines', ['order', 'sku', 'quantity'], ['1', 'A', '2'], ['1', 'B', '1']],
  [
    'names with numbers of pieces',
    ['order', 'Description', 'qty'],
    ['1', '2 x 500 g honey', '1'],
    ['2', '6 x 330 ml beer', '2'],
  ],
  ['times', ['order', 'items', 'at'], ['1', 'A', '13:21'], ['2', 'B', '08:05']],
  [
    'properties of one product',
    ['order', 'sku', 'Note Attributes'],
    ['1', 'A', 'color: red|size: 40'],
    ['2', 'B', 'color: blue|size: 42'],
  ],
  [
    'addresses in numbered columns',
    ['order', 'sku', 'Address line 1', 'Address line 2'],
    ['1', 'A', 'x', 'y'],
    ['2', 'B', 'z', ''],
  ],
] as const) {
  test(`${what} stay as they are`, () => {
    const look = lookAt(names, ...records);
    assert.equal(unpackLook(look), { look });
  });
}

test('a cell that is written in another way is given back, and an order without items keeps its record', () => {
  const { unpacking } = unpackLook(lookAt(['order', 'items'], ['1', '2x Tea; 1x Cup'], ['2', '1x Tea']));
  const unpack = createUnpacker(unpacking!);
  const taken: unknown[] = [];
  assert.is(
    unpack(['3', 'see attachment'], (item) => taken.push(item)),
    'see attachment',
  );
  assert.equal(taken, []);
  assert.is(
    unpack(['4', ''], (item) => taken.push(item)),
    undefined,
  );
  assert.equal(taken, [['', '']]);
});

test('cells and names that are made to take long do not', () => {
  const blanks = ' '.repeat(200_000);
  const cells = [
    `1x a${blanks}b`,
    `a${blanks}b x 2`,
    `[${"'\\".repeat(100_000)}`,
    `[${'"\\'.repeat(100_000)}`,
    `a:${blanks};`.repeat(3),
  ];
  for (const cell of [...cells, 'x;'.repeat(200_000)]) {
    const look = lookAt(['order', 'items'], ['1', cell], ['2', cell]);
    assert.equal(unpackLook(look), { look });
  }
  const look = lookAt(['order', '_'.repeat(200_000), `${blanks}x`], ['1', 'a', 'b']);
  assert.equal(unpackLook(look), { look });
});

test('runs of the look begin where they did', () => {
  const look = { ...lookAt(['order', 'items'], ['1', '2x Tea; 1x Cup'], ['9', '1x Tea; 1x Pot']), runs: [0, 1] };
  assert.equal(unpackLook(look).look.runs, [0, 2]);
});

test.run();
