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
  assert.match(decisions.status.why, 'cancelled');
});

test.run();
