import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { understand } from '../../src/orders/understand.ts';
import { lookAt } from './columns/looks.ts';

const test = suite('understanding a table');

test('columns that nothing is read from are told', () => {
  const text =
    'order|date|customer|sku|quantity|status|colour\n1|2024-01-02|a|x|1|paid|red\n2|2024-01-03|b|x|1|cancelled|red';
  const { unusedColumns, plan, decisions } = understand(lookAt(text), {});
  assert.equal(unusedColumns, ['colour']);
  assert.is(plan.steps?.filters.length, 1);
  assert.match(decisions.status!.value, 'cancelled');
});

test('columns are chosen by the records that count', () => {
  const lines = ['a', 'b', 'c', 'd'].flatMap((customer, i) => [
    `${i}|2024-01-0${i + 1}|${customer}|Line Item|S${i}|Name ${i}|1`,
    `${i}|2024-01-0${i + 1}|${customer}|Shipping Line||Standard|1`,
    `${i}|2024-01-0${i + 1}|${customer}|Transaction|||`,
  ]);
  const text = ['Name|Created At|Customer: ID|Line: Type|Line: SKU|Line: Title|Line: Quantity', ...lines].join('\n');
  const { columns, decisions } = understand(lookAt(text), {});
  assert.is(columns.product?.column, 'Line: SKU');
  assert.match(decisions.status!.value, 'Shipping Line');
});

test('columns of the order are chosen by all records, also by those that only stand for it', () => {
  const lines = ['a', 'b', 'c', 'd'].flatMap((customer, i) => [
    `2024-01-0${i + 1}|${i}|Sale|${customer}|1||`,
    `||Sale Line||1|Name ${i}|S${i}`,
    '||Payment||||',
  ]);
  const text = ['Date|Receipt Number|Line Type|Customer Code|Quantity|Details|Sku', ...lines].join('\n');
  const { columns } = understand(lookAt(text), {});
  assert.is(columns.customer?.column, 'Customer Code');
  assert.is(columns.product?.column, 'Sku');
  assert.is(columns.time?.column, 'Date');
});

test.run();
