import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createDoubleCheck, findDoubles } from '../../../src/orders/records/doubles.ts';
import { lookAt } from './looks.ts';

const test = suite('double lines');

/** Which of the records are double, if any is. */
function doubles(names: string[], ...records: unknown[][]): boolean[] | undefined {
  const found = findDoubles(lookAt(names, ...records), names.indexOf('order'), names.indexOf('sku'));
  return found && records.map(createDoubleCheck(found));
}

test('a line with a parent among the lines above is double: of a configurable product, and of a bundle', () => {
  const names = ['item_id', 'parent_item_id', 'order', 'product_type', 'sku'];
  assert.equal(
    doubles(
      names,
      ['100', '', '1', 'configurable', 'A-L'],
      ['101', '100', '1', 'simple', 'A-L'],
      ['102', null, '1', 'bundle', 'SET'],
      ['103', '102.0', '1', 'simple', 'B'],
      ['104', 102, '1', 'simple', 'C'],
      ['105', 'NULL', '1', 'simple', 'D'],
    ),
    [false, true, false, true, true, false],
  );
});

test('a line whose parent is not in the table counts', () => {
  const names = ['item_id', 'parent_item_id', 'order', 'sku'];
  assert.equal(doubles(names, ['1', '', '1', 'A'], ['2', '1', '1', 'A'], ['9', '8', '1', 'B']), [false, true, false]);
  assert.is(doubles(names, ['2', '1', '1', 'A'], ['9', '8', '1', 'B']), undefined);
});

test('without parents, configurable and simple lines of one order and product are one', () => {
  const names = ['order', 'product_type', 'sku'];
  assert.equal(
    doubles(
      names,
      ['1', 'configurable', 'A'],
      ['1', 'simple', 'A'],
      ['1', 'simple', 'A'],
      ['1', 'configurable', 'B'],
      ['2', 'simple', 'B'],
      ['2', 'configurable', 'B'],
    ),
    [false, true, false, false, false, true],
  );
});

test('a table without such columns, or without doubles, has none', () => {
  assert.is(doubles(['order', 'sku'], ['1', 'A'], ['1', 'A']), undefined);
  assert.is(doubles(['order', 'product_type', 'sku'], ['1', 'simple', 'A'], ['1', 'simple', 'A']), undefined);
});

test('however many lines there are, the parents of the last ones are known', () => {
  const isDouble = createDoubleCheck({ kind: 'parent', item: 0, parent: 1 });
  for (let id = 0; id < 5000; id += 2) {
    assert.is(isDouble([id, '']), false);
    assert.is(isDouble([id + 1, id]), true);
  }
  assert.is(isDouble([9999, 0]), false);
});

test.run();
