import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseColumns } from '../../../src/orders/columns/choose.ts';
import type { ColumnMap } from '../../../src/orders/columns/roles.ts';
import { namesOf } from './looks.ts';

const test = suite('choosing columns');

/** What the names alone tell, for a header without records. */
function recognize(header: string, columns: ColumnMap = {}): Record<string, string> {
  const look = { source: 'orders.csv', names: header.split(','), records: [], runs: [0], complete: true };
  return namesOf(chooseColumns(look, { columns }));
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

test.run();
