import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../src/dataset/read.ts';
import { holdOutLast } from '../../src/dataset/split.ts';
import { finish } from '../../src/turns.ts';
import { sharedData, testUnless } from '../support/skip.ts';

const test = suite('real orders');
const retail = sharedData('online-retail.csv.gz');
const retailParquet = sharedData('online-retail.parquet');
const head = sharedData('ecommerce-first-2000-rows.csv');

testUnless(test, retail.absent, 'Online Retail: every record is accounted for', async () => {
  const dataset = await readOrders(retail.path);
  const { account, customers, products, productInfo, purchases, history } = dataset;
  assert.is(account.read, 541_909);
  assert.equal(account.dropped, {
    'missing customer': 135_080,
    'returned in full': 3_367,
    'return without purchase': 948,
  });
  assert.is(account.purchases, 396_251);
  assert.is(account.returns, 6_263);
  assert.is(customers.length, 4_326);
  assert.is(products.length, 3_649);
  assert.is(purchases.products.length, 265_220);
  const total = purchases.quantities!.reduce((sum, quantity) => sum + quantity, 0);
  assert.is(total, 4_928_369);
  assert.is(history!.starts.length - 1, 18_454);
  assert.is(history!.products.length, 386_227);
  assert.is(
    history!.quantities!.reduce((sum, quantity) => sum + quantity, 0),
    5_001_224,
  );
  const last = finish(holdOutLast(dataset));
  // What lists leave out, such as postage, is nothing to predict.
  assert.equal([last.customers.length, last.products.length], [2_807, 56_554]);
  const info = { name: 'CREAM HANGING HEART T-LIGHT HOLDER', price: 2.95 };
  assert.equal(productInfo[products.indexOf('85123A')], info);
  assert.is(new Date(account.firstPurchase!).toISOString(), '2010-12-01T08:26:00.000Z');
  assert.is(new Date(account.lastPurchase!).toISOString(), '2011-12-09T12:50:00.000Z');
});

testUnless(test, retail.absent ?? retailParquet.absent, 'Online Retail: Parquet and CSV give the same', async () => {
  const parquet = await readOrders(retailParquet.path, { duplicates: 'drop' });
  const csv = await readOrders(retail.path, { duplicates: 'drop' });
  assert.is(parquet.fingerprint, csv.fingerprint);
  assert.equal(parquet.account.dropped, csv.account.dropped);
  // Of 5,268 exact duplicates, 43 have no customer; 2 more records repeat another one except for its description.
  assert.is(csv.account.dropped.duplicate, 5_227);
});

testUnless(test, head.absent, "the Kaggle head: the seed's columns, blank quantities dropped by line", async () => {
  const { account, customers, products, lines } = await readOrders(head.path, { lines: true });
  assert.equal(account.columns, {
    customer: 'Customer_Id',
    product: 'Product',
    quantity: 'Quantity',
    time: 'Order_Date',
    clock: 'Time',
    category: 'Product_Category',
  });
  assert.is(account.read, 2_000);
  assert.equal(account.examples, {
    'missing quantity': [
      { line: 97, value: '' },
      { line: 323, value: '' },
    ],
  });
  assert.is(account.kept, 1_998);
  assert.is(lines!.quantities.length, 1_998);
  assert.is(customers.length, 1_973);
  assert.is(products.length, 42);
  assert.is(new Date(account.firstPurchase!).toISOString(), '2018-01-01T08:57:03.000Z');
});

test.run();
