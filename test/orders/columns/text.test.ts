import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { columnsFromText } from '../../../src/orders/columns/text.ts';
import { refusalOf } from './looks.ts';

const test = suite('columns as text');

test('roles and columns are separated by commas', () => {
  assert.equal(columnsFromText('customer=Cust No, product = sku,quantity=1,order='), {
    customer: 'Cust No',
    product: 'sku',
    quantity: false,
    order: false,
  });
  assert.equal(columnsFromText('customer=#3,price=a=b'), { customer: '#3', price: 'a=b' });
});

test('a name in quotes may have commas, and quotes, which are doubled', () => {
  assert.equal(columnsFromText('product="Name, long",quantity= "Qty" ,name="the ""name""",price="1"'), {
    product: 'Name, long',
    quantity: 'Qty',
    name: 'the "name"',
    price: '1',
  });
  assert.equal(columnsFromText('quantity="1"'), { quantity: '1' }, 'a column named 1');
  assert.equal(columnsFromText('name=12" record,product=sku'), { name: '12" record', product: 'sku' });
});

test('what is no role, or given twice, is refused', () => {
  for (const text of ['customer', 'kunde=x', '', 'customer:x', 'customer=a,customer=b', 'product="a,b']) {
    assert.is(refusalOf(() => columnsFromText(text)).code, 'invalid_options', text);
  }
});

test.run();
