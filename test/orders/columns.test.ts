import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../src/errors.ts';
import { type ColumnMap, columnsFromText, recognizeColumns, roles } from '../../src/orders/columns.ts';

const test = suite('columns');

function recognize(header: string, columns: ColumnMap = {}): Record<string, string> {
  const names = header.split(',');
  const found = recognizeColumns(names, columns, 'orders.csv');
  return Object.fromEntries(roles.flatMap((role, i) => (found[i] === -1 ? [] : [[role, names[found[i]!]!]])));
}

function refusal(run: () => unknown): EndcapError {
  try {
    run();
  } catch (error) {
    assert.instance(error, EndcapError);
    return error as EndcapError;
  }
  throw new Error('nothing was thrown');
}

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

test('a name outside a Shopify export is not an order, and a time without a date is the time', () => {
  assert.not(recognize('name,customer_id,sku,quantity').order);
  assert.equal(recognize('customer,sku,quantity,time'), {
    customer: 'customer',
    product: 'sku',
    quantity: 'quantity',
    time: 'time',
  });
});

test('a given column takes precedence over recognition, and false leaves out a role', () => {
  assert.equal(
    recognize('Kunde,customer_id,sku,Menge,order_id', { customer: 'Kunde', quantity: 'menge', order: false }),
    {
      customer: 'Kunde',
      product: 'sku',
      quantity: 'Menge',
    },
  );
  assert.equal(recognize('userId,movieId,rating', { quantity: false }), { customer: 'userId', product: 'movieId' });
});

test('one column may be given for two roles', () => {
  const found = recognize('customer,what,quantity', { product: 'what', name: 'what' });
  assert.is(found.product, found.name);
});

test('an unrecognizable header is an error that lists its columns, the missing roles and how to name them', () => {
  const error = refusal(() => recognize('Kunde,sku,Menge'));
  assert.is(error.code, 'columns_unrecognized');
  assert.equal(error.details.columns, ['Kunde', 'sku', 'Menge']);
  assert.equal(error.details.roles, ['customer', 'quantity']);
  for (const part of [
    'orders.csv: no column was recognized as the customer or the quantity',
    'Kunde, sku, Menge',
    "columns: { customer: '...', quantity: '...' }",
    '--columns customer=...,quantity=...',
    'quantity: false',
    '--columns quantity=1',
  ]) {
    assert.ok(error.message.includes(part), `${part} is not in: ${error.message}`);
  }
});

test('a given column that does not exist is the same error', () => {
  const error = refusal(() => recognize('customer,sku,quantity', { customer: 'Kunde' }));
  assert.is(error.code, 'columns_unrecognized');
  assert.match(error.message, /there is no column 'Kunde' for the customer.*customer, sku, quantity/);
});

test('columns can be given as text', () => {
  assert.equal(columnsFromText('customer=Cust No, product = sku,quantity=1,order='), {
    customer: 'Cust No',
    product: 'sku',
    quantity: false,
    order: false,
  });
  for (const text of ['customer', 'kunde=x', '', 'customer:x']) {
    assert.is(refusal(() => columnsFromText(text)).code, 'invalid_options');
  }
});

test.run();
