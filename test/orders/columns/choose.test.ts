import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../../src/errors.ts';
import { type ChosenColumns, chooseColumns } from '../../../src/orders/columns/choose.ts';
import type { ColumnMap } from '../../../src/orders/columns/roles.ts';
import { lookAt, namesOf, refusalOf, rolesIn } from './looks.ts';

const test = suite('choosing columns');

/** What the names alone tell, for a header without records. */
function recognize(header: string, columns: ColumnMap = {}): Record<string, string> {
  const look = { source: 'orders.csv', names: header.split(','), records: [], runs: [0], complete: true };
  return namesOf(chooseColumns(look, { columns }));
}

test('an id beside items is that of the order', () => {
  const order = (header: string) => recognize(header).order;
  assert.is(order('id,customer.id,line_items.sku,line_items.quantity'), 'id');
  assert.is(order('id,created,email,items.id,items.sku,items.qty'), 'id');
  assert.is(order('id,order_number,email,Products.sku,Products.qty'), 'order_number');
  assert.is(order('id,customer.id,product.sku,quantity'), undefined);
});

test('the usual exports are recognized', () => {
  assert.equal(recognize('InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country'), {
    customer: 'CustomerID',
    product: 'StockCode',
    quantity: 'Quantity',
    order: 'InvoiceNo',
    time: 'InvoiceDate',
    price: 'UnitPrice',
    name: 'Description',
  });
  assert.equal(
    recognize('Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country').customer,
    'Customer ID',
  );
  assert.equal(
    recognize(
      'Order_Date,Time,Aging,Customer_Id,Gender,Product_Category,Product,Sales,Quantity,Discount,Shipping_Cost',
    ),
    {
      customer: 'Customer_Id',
      product: 'Product',
      quantity: 'Quantity',
      time: 'Order_Date',
      clock: 'Time',
      category: 'Product_Category',
    },
  );
  assert.equal(recognize('Name,Email,Created at,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Vendor'), {
    customer: 'Email',
    product: 'Lineitem sku',
    quantity: 'Lineitem quantity',
    order: 'Name',
    time: 'Created at',
    price: 'Lineitem price',
    name: 'Lineitem name',
  });
  assert.equal(recognize('Order Number,Order Date,Billing Email,Item Name,SKU,Item Cost,Quantity'), {
    customer: 'Billing Email',
    product: 'SKU',
    quantity: 'Quantity',
    order: 'Order Number',
    time: 'Order Date',
    price: 'Item Cost',
    name: 'Item Name',
  });
  assert.equal(recognize('user_id,item_id,qty,timestamp'), {
    customer: 'user_id',
    product: 'item_id',
    quantity: 'qty',
    time: 'timestamp',
  });
});

test('case, blanks, underscores, hyphens and a byte-order mark make no difference', () => {
  for (const header of [
    'CUSTOMER-ID,Product Id,QTY',
    '\ufeffcustomer_id,productid, Qty ',
    'Customer.ID,product-ID,qty',
  ]) {
    assert.equal(Object.keys(recognize(header)), ['customer', 'product', 'quantity']);
  }
});

test('a product name replaces a missing product id, and is the name if there is an id', () => {
  assert.is(recognize('customer,product,quantity').product, 'product');
  const both = recognize('customer,product,product_id,quantity');
  assert.is(both.product, 'product_id');
  assert.is(both.name, 'product');
});

test('a name beside line items is the order', () => {
  assert.is(recognize('name,customer_id,sku,quantity').order, undefined);
  assert.is(recognize('name,customer_id,lineitem sku,lineitem quantity').order, 'name');
});

test('a given column takes precedence over recognition, and false leaves out a role', () => {
  assert.equal(
    recognize('Wer,customer_id,sku,Wieviel,order_id', { customer: 'Wer', quantity: 'wieviel', order: false }),
    {
      customer: 'Wer',
      product: 'sku',
      quantity: 'Wieviel',
    },
  );
  assert.equal(recognize('userId,movieId,rating', { quantity: false }), { customer: 'userId', product: 'movieId' });
});

test('one column may be given for two roles', () => {
  const found = recognize('customer,what,quantity', { product: 'what', name: 'what' });
  assert.is(found.product, found.name);
});

/** So many records made by a function of their number, under a header. */
function table(header: string, count: number, record: (i: number) => (string | number)[]): string {
  return [header, ...Array.from({ length: count }, (_, i) => record(i).join('|'))].join('\n');
}
/** Orders of two lines each, of eight customers, with eight products. */
const order = (i: number) => 1000 + (i >> 1);
const customer = (i: number) => `C${(i >> 1) % 8}`;
const product = (i: number) => `P${(i * 5) % 8}`;
const wordsOf = ({ decisions, notes, choices }: ChosenColumns) =>
  JSON.stringify([decisions, notes, Object.values(choices).map(({ why }) => why)]);

test('a blank column is not taken; the next one stands in, and is told', () => {
  const text = table('order_id|email|sku|item_name|qty', 30, (i) => [
    order(i),
    customer(i),
    '',
    `tea ${product(i)}`,
    1,
  ]);
  const chosen = chooseColumns(lookAt(text), {});
  assert.is(namesOf(chosen).product, 'item_name');
  assert.equal(chosen.decisions.product, { value: 'item_name', why: "not 'sku', which is blank in all 30 records" });
  assert.match(chosen.choices.product!.why, /stands in for 'sku', which is blank/);
});

test('ids that some products lack give way to names that tell the same products apart', () => {
  const sku = (i: number) => ((i * 5) % 8 < 3 ? '' : product(i));
  const text = table('customer|sku|item name|qty', 40, (i) => [customer(i), sku(i), `tea ${product(i)}`, 1]);
  assert.is(rolesIn(text).product, 'item name');
  const variants = table('customer|sku|item name|qty', 40, (i) => [customer(i), sku(i), `tea ${i % 2}`, 1]);
  assert.is(rolesIn(variants).product, 'sku', 'several products have one name');
});

test('a column that is blank in the look but may be filled later is taken if nothing else fits', () => {
  const text = table('customer|sku|qty|order_id', 30, (i) => [customer(i), product(i), 1, '']);
  assert.is(namesOf(chooseColumns(lookAt(text, false), {})).order, 'order_id');
  assert.is(namesOf(chooseColumns(lookAt(text), {})).order, undefined);
});

test('a line number within each order is no product', () => {
  const numbers = [(i: number) => (i % 2) + 1, (i: number) => ((i % 2) + 1) * 10, (i: number) => i % 2];
  for (const number of numbers) {
    const record = (i: number) => [order(i), customer(i), number(i), `tea ${product(i)}`, 1];
    const chosen = chooseColumns(lookAt(table('order_id|email|item_no|description|qty', 30, record)), {});
    assert.is(namesOf(chosen).product, 'description');
    assert.match(chosen.decisions.product!.why, /'item_no', which counts the lines of each order/);
  }
  const noOrder = table('email|item|item_name|qty', 30, (i) => [customer(i), (i % 3) + 1, `tea ${product(i)}`, 1]);
  assert.is(rolesIn(noOrder).product, 'item_name');
  const onlyNumbers = table('order_id|email|item_no|qty', 30, (i) => [order(i), customer(i), (i % 2) + 1, 1]);
  assert.match(refusalOf(() => rolesIn(onlyNumbers)).message, /the product \('item_no' counts the lines of each order/);
});

test('a running number of records is a product only if nothing else is', () => {
  const record = (i: number) => [order(i), customer(i), 5000 + i, `tea ${product(i)}`, 1];
  assert.is(rolesIn(table('order_id|email|item_id|title|qty', 30, record)).product, 'title');
  assert.is(rolesIn(table('order_id|email|item_id|what|qty', 30, record)).product, 'item_id');
});

test('a column with the same value everywhere is neither customer nor product nor order', () => {
  const record = (i: number) => ['Berlin', customer(i), 'EUR', product(i), 1, 7];
  assert.equal(rolesIn(table('client|email|article|item name|qty|receipt', 30, record)), {
    customer: 'email',
    product: 'item name',
    quantity: 'qty',
  });
  const single = table('customer|sku|qty', 40, (i) => ['shop', product(i), 1]);
  assert.match(refusalOf(() => rolesIn(single)).message, /the customer \('customer' is 'shop' everywhere\)/);
  assert.is(rolesIn(table('customer|sku|qty', 4, (i) => ['ann', product(i), 1])).customer, 'customer', 'a tiny file');
});

test('a handful of values is not the customer where another column fits', () => {
  const record = (i: number) => [order(i), ['Ann', 'Bob'][(i >> 1) % 2]!, `Person ${(i >> 1) % 8}`, product(i), 1];
  const chosen = chooseColumns(lookAt(table('receipt|user|client name|sku|qty', 30, record)), {});
  assert.is(namesOf(chosen).customer, 'client name');
  assert.match(wordsOf(chosen), /'user', which has 2 different values in 30 records, where 'client name' has 8/);
  const alone = table('receipt|user|sku|qty', 30, (i) => record(i).filter((_, column) => column !== 2));
  assert.is(rolesIn(alone).customer, 'user', 'nothing else fits');
});

test('a user who may be the cashier is refused if only an unknown name holds the customers', () => {
  const record = (i: number) => [order(i), ['Ann', 'Bob'][(i >> 1) % 2]!, `Person ${(i >> 1) % 8}`, product(i), 1];
  const { message } = refusalOf(() => rolesIn(table('receipt|user|sold to|sku|qty', 40, record)));
  assert.match(message, /'user' has 2 different values in 40 records, as cashiers do, where 'sold to' has 8/);
  assert.match(message, /could be the customer: 'sold to' \(Person 0, Person 1, Person 2\)/);
  assert.is(rolesIn(table('receipt|customer id|sold to|sku|qty', 40, record)).customer, 'customer id');
});

test('few large orders are orders if each has one customer; kinds of orders are none', () => {
  const header = 'transaction no|customer|sku|qty|payment';
  const large = (i: number) => [`T${(i * 7) % 20}`, `c${((i * 7) % 20) % 8}`, product(i), 1, ['card', 'cash'][i % 2]!];
  assert.is(rolesIn(table(header, 600, large)).order, 'transaction no');
  const kinds = (i: number) => [['shop', 'web', 'phone'][i % 3]!, `c${i % 40}`, product(i), 1, 'card'];
  for (const name of ['transaction no', 'order']) {
    const chosen = chooseColumns(lookAt(table(header.replace('transaction no', name), 600, kinds)), {});
    assert.is(namesOf(chosen).order, undefined, name);
    assert.match(wordsOf(chosen), /which has only 3 different values, each of several customers/);
  }
  assert.is(rolesIn(table(header, 600, kinds), { columns: { order: 'payment' } }).order, 'payment', 'named');
  // Nothing but the name tells.
  const first = (i: number) => [`T${i >> 5}`, 'ann', product(i), 1, 'card'];
  const sole = (name: string) => rolesIn(table(header.replace('transaction no', name), 28, first)).order;
  assert.is(sole('receipt no'), undefined, 'one order is the same everywhere');
  const look = (name: string) => lookAt(table(header.replace('transaction no', name), 600, first), false);
  assert.is(namesOf(chooseColumns(look('receipt no'), {})).order, 'receipt no');
  assert.is(namesOf(chooseColumns(look('transaction no'), {})).order, undefined);
});

test('a transaction of each line is no order where another column has its lines together', () => {
  const record = (i: number) => [`T${i}`, order(i), customer(i), product(i), 1];
  assert.is(rolesIn(table('transaction id|receipt|customer|sku|qty', 30, record)).order, 'receipt');
  assert.is(rolesIn(table('transaction id|what|customer|sku|qty', 30, record)).order, 'transaction id');
});

test('the day of the export is no time where another column is one', () => {
  const record = (i: number) => [customer(i), product(i), 1, '2025-03-31', `2025-01-${10 + (i % 20)}`];
  assert.is(rolesIn(table('customer|sku|qty|created at|date', 30, record)).time, 'date');
  const day = (i: number) => [customer(i), product(i), 1, '2025-03-31'];
  assert.is(rolesIn(table('customer|sku|qty|created at', 30, day)).time, 'created at', 'all orders of a day');
});

test('a customer number that is 0 for guests gives way to their email addresses', () => {
  const record = (i: number) => [order(i), i % 4 < 2 ? 0 : customer(i), `${customer(i)}@x.org`, product(i), 1];
  const chosen = chooseColumns(lookAt(table('order|customer_id|email|sku|qty', 32, record)), {});
  assert.is(namesOf(chosen).customer, 'email');
  assert.match(wordsOf(chosen), /'customer_id', which is '0' in 50 % of the records/);
  const blank = (i: number) => record(i).map((cell) => (cell === 0 ? '' : cell));
  assert.is(rolesIn(table('order|customer_id|email|sku|qty', 32, blank)).customer, 'email');
});

test('what belongs to the order is no quantity, and neither is a price', () => {
  const record = (i: number) => [order(i), customer(i), product(i), 2 + ((i >> 1) % 5), 4.9 + (i % 7), (i % 3) + 1];
  const header = 'order_id|customer|sku|item_count|amount';
  assert.is(rolesIn(table(`${header}|qty`, 40, record)).quantity, 'qty');
  const { message } = refusalOf(() => rolesIn(table(`${header}|how many`, 40, record)));
  assert.match(message, /'item_count' belongs to the order, not to its lines/);
  assert.match(message, /'amount' holds prices/);
  assert.match(message, /these could be the quantity: 'how many' \(1, 2, 3\)/);
});

test('zeros alone are no quantity where another column fits', () => {
  const record = (i: number) => [customer(i), product(i), 0, (i % 3) + 1];
  assert.is(rolesIn(table('customer|sku|quantity|units', 30, record)).quantity, 'units');
});

test('ids that a spreadsheet has rounded give way to the name', () => {
  const record = (i: number) => [customer(i), '4.00638E+12', `tea ${product(i)}`, 1];
  const chosen = chooseColumns(lookAt(table('customer|sku|product name|qty', 30, record)), {});
  assert.is(namesOf(chosen).product, 'product name');
  assert.match(wordsOf(chosen), /'sku'/);
});

test('a time is a date; numbers that are none, and times of day alone, are left out', () => {
  const times: [string, string | undefined][] = [
    ['2025-01-31', 'time'],
    ['31.01.2025 08:00', 'time'],
    ['1 février 2025', 'time'],
    ['Jan 31, 2025', 'time'],
    ['Fri, 31 Jan 2025 10:00:00 +0100', 'time'],
    ['1738310400', 'time'],
    ['45688.5', 'time'],
    ['20250131', 'time'],
    ['2025年1月31日', 'time'],
    ['1631', undefined],
    ['8:00', undefined],
    ['3', undefined],
  ];
  for (const [text, expected] of times) {
    const names = rolesIn(table('customer|sku|qty|time', 6, (i) => [customer(i), product(i), 1, text]));
    assert.is(names.time, expected, text);
  }
});

test('the time of day counts only beside a date without one', () => {
  const text = (date: string) =>
    table('customer|sku|qty|date|time', 6, (i) => [customer(i), product(i), 1, date, '8:30']);
  assert.is(rolesIn(text('2025-01-31')).clock, 'time');
  assert.is(rolesIn(text('2025-01-31 08:30')).clock, undefined);
});

test('a name is that of the product: of two columns with equal names, the one that goes with it', () => {
  const record = (i: number) => [customer(i), `Person ${customer(i)}`, product(i), `tea ${product(i)}`, 1, 0];
  const text = table('customer|name|sku|name|quantity|quantity', 30, record);
  const { choices, notes } = chooseColumns(lookAt(text), {});
  assert.equal([choices.name?.index, choices.quantity?.index], [4, 5]);
  assert.equal(
    notes.map(({ code }) => code),
    ['equal-column-names', 'equal-column-names'],
  );
  assert.match(notes[0]!.text, /Columns 5 and 6 are both named 'quantity'; column 5 is read.*--columns quantity='#6'/);
});

test('columns can be told by number, from 1', () => {
  const text = table('customer|name|sku|name|quantity|quantity', 30, (i) => [customer(i), 'x', product(i), 'y', 1, 0]);
  const { choices } = chooseColumns(lookAt(text), { columns: { name: '#2', quantity: '#6' } });
  assert.equal([choices.name?.index, choices.quantity?.index], [2, 6]);
  assert.match(
    refusalOf(() => rolesIn(text, { columns: { name: '#7' } })).message,
    /there is no column '#7' for the name/,
  );
});

test('where two columns fit and differ, a note names both and what decides', () => {
  const record = (i: number) => [`A${(i * 3) % 7}`, customer(i), product(i), 1];
  const { notes } = chooseColumns(lookAt(table('user_id|customer_id|sku|qty', 35, record)), {});
  assert.equal(notes, [
    {
      code: 'two-columns',
      text: "Both 'customer_id' and 'user_id' could be the customer; 'customer_id' is read. To read the other one: columns: { customer: 'user_id' }, or --columns customer='user_id'",
    },
  ]);
  const same = table('user_id|customer_id|sku|qty', 35, (i) => [`A${customer(i)}`, customer(i), product(i), 1]);
  assert.equal(chooseColumns(lookAt(same), {}).notes, [], 'they tell the same customers apart');
});

test('evidence alone chooses nothing: what is not known by name is only suggested', () => {
  const record = (i: number) => [order(i), `${customer(i)}@x.org`, `tea ${product(i)}`, (i % 3) + 1];
  const error = refusalOf(() => rolesIn(table('order_id|wer|was|wieviel', 30, record)));
  assert.is(error.code, 'columns_unrecognized');
  for (const part of [
    /orders\.csv: no column was recognized as the customer, the product or the quantity\./,
    /Its columns are: order_id, wer, was, wieviel\./,
    /could be the customer: 'wer' \(C0@x\.org/,
    /could be the product: 'was' \(tea P0/,
    /could be the quantity: 'wieviel' \(1, 2, 3\)/,
    /columns: \{ customer: '\.\.\.', product: '\.\.\.', quantity: '\.\.\.' \}/,
    /--columns customer=\.\.\.,product=\.\.\.,quantity=\.\.\./,
    /--columns quantity=1/,
  ]) {
    assert.match(error.message, part);
  }
  assert.equal(error.details.roles, ['customer', 'product', 'quantity']);
});

test('a named column that does not exist is refused', () => {
  const error = refusalOf(() => rolesIn('customer|sku|quantity\na|x|1', { columns: { customer: 'Kunde' } }));
  assert.is(error.code, 'columns_unrecognized');
  assert.match(error.message, /there is no column 'Kunde' for the customer.*customer, sku, quantity/);
});

test('a first line that looks like data is told from a header', () => {
  const record = (i: number) => [customer(i), product(i), 1, '2025-01-31'];
  const text = table('C7|P3|2|2025-01-30', 30, record);
  assert.match(refusalOf(() => rolesIn(text)).message, /no header, add header: false, or --no-header/);
  const names = table('#1|#2|#3|#4', 30, record);
  const { message } = refusalOf(() => rolesIn(names, { header: false }));
  assert.not.match(message, /no-header/);
  assert.match(message, /could be the customer: '#1' .*could be the product/);
  const columns = { customer: '#1', product: '#2', quantity: '#3' };
  assert.equal(rolesIn(names, { header: false, columns }), columns);
});

test('a list of payments says that it lacks products; lines without customers, that another file may have them', () => {
  const payments = table('order_id|email|date|total', 30, (i) => [i, customer(i), '2025-01-31', 9.9]);
  assert.match(refusalOf(() => rolesIn(payments)).message, /does not say what was bought: export the lines/);
  const lines = table('order_id|product_id|qty', 30, (i) => [order(i), product(i), 1]);
  assert.match(refusalOf(() => rolesIn(lines)).message, /the customer\..*--join orders\.csv/);
});

test('a hostile header costs neither seconds nor a long message', () => {
  const names = Array.from({ length: 100_000 }, (_, i) => `${'column'.repeat(20)} ${i}`);
  const look = { source: 'wide.csv', names, records: [names.map(String)], runs: [0], complete: true, delimiter: ',' };
  const error = refusalOf(() => chooseColumns(look, {}));
  assert.ok(error.message.length < 5000, `${error.message.length} characters`);
  assert.match(error.message, /and 99,980 more/);
  assert.ok(JSON.stringify(error.details).length < 20_000);
});

test('dates and quantities of any spelling that is read are no reason to doubt a column', () => {
  const spellings = [
    ['2025-03-01', '2'],
    ['45717.55625', '2 pcs'],
    ['45717,55625', '２'],
    ['1740834060000000000', '1 200'],
    ['20250301.0', '−2'],
    ['Sat Mar 01 2025 10:15:00 GMT+0000 (Coordinated Universal Time)', '(2)'],
    ['1er mars 2025 à 10h15', '2 pièces'],
  ];
  for (const [date, quantity] of spellings) {
    const lines = Array.from({ length: 9 }, (_, i) => `c${i % 5}|p${i % 3}|${quantity}|${date}`);
    const { notes } = chooseColumns(lookAt(['customer|product|quantity|date', ...lines].join('\n')), {});
    assert.equal(notes, [], `${date} ${quantity}`);
  }
});

const anyName = fc.oneof(
  fc.constantFrom('customer', 'user', 'email', 'sku', 'item no', 'product', 'name', 'quantity', 'amount', 'order id'),
  fc.constantFrom(
    'date',
    'time',
    'price',
    'category',
    'status',
    'Lineitem sku',
    'Financial Status',
    'line_items.sku',
    '',
  ),
  fc.string(),
);
const anyCell = fc.oneof(
  fc.constantFrom('', '0', '1', '2', '1,5', '9.90', 'ann@x.org', '2025-01-31', '8:30', 'tea', '4.00638E+12'),
  fc.constantFrom(undefined, null, Number.NaN, 1, 2n, true, new Date(0), new Date(Number.NaN), {}, [1], () => 1),
);

test('whatever a table holds, its columns are chosen once each, or it is refused in a message of bounded length', () => {
  fc.assert(
    fc.property(
      fc.array(anyName, { maxLength: 12 }),
      fc.array(fc.array(anyCell)),
      fc.boolean(),
      (names, rows, complete) => {
        const records = rows.map((row) => names.map((_, column) => row[column]));
        const look = { source: 'orders', names, records, runs: [0], complete };
        try {
          const { columns } = chooseColumns(look, {});
          const taken = columns.filter((column) => column !== -1);
          assert.is(new Set(taken).size, taken.length);
          assert.ok(taken.every((column) => column < names.length));
          const blank = (column: number) => rows.length >= 10 && rows.every((row) => (row[column] ?? '') === '');
          if (complete) assert.not.ok(taken.some(blank), 'a blank column was taken');
        } catch (error) {
          if (!(error instanceof EndcapError)) throw error;
          assert.is(error.code, 'columns_unrecognized');
          assert.ok(error.message.length < 5000);
        }
      },
    ),
    { numRuns: 150 },
  );
});

test.run();
