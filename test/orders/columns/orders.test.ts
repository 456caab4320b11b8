import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createEvidence } from '../../../src/orders/columns/evidence.ts';
import { areEquivalent, belongsToOrder, dependence, isLineNumber } from '../../../src/orders/columns/orders.ts';

const test = suite('columns in relation to orders');

/** The evidence of records of which some follow each other only from these places on. */
function evidenceOf(records: readonly (readonly unknown[])[], runs: readonly number[] = [0], complete = true) {
  const names = records[0]!.map((_, column) => `column ${column}`);
  return createEvidence({ source: 'orders', names, records, runs, complete });
}

test('a line number begins again with each order, in any order of its lines, and steps evenly', () => {
  const orders = [1, 1, 1, 2, 2, 3, 4, 4];
  const isNumber = (numbers: number[]) => isLineNumber(evidenceOf(orders.map((order, i) => [order, numbers[i]])), 1, 0);
  assert.ok(isNumber([1, 2, 3, 1, 2, 1, 1, 2]));
  assert.ok(isNumber([3, 1, 2, 2, 1, 1, 1, 2]));
  assert.ok(isNumber([10, 20, 30, 10, 20, 10, 10, 20]));
  assert.ok(isNumber([0, 1, 2, 0, 1, 0, 0, 1]));
  assert.not(isNumber([1, 2, 3, 4, 5, 6, 7, 8]));
  assert.not(isNumber([1, 1, 1, 1, 1, 1, 1, 1]));
  assert.not(isNumber([5, 7, 9, 5, 9, 7, 7, 9]));
  assert.not(isNumber([1, 2, 3, 1, 2, 7, 1, 2]), 'an order of one line has the first number');
});

test('an order that the look cuts does not speak against line numbers', () => {
  const records = [
    [1, 1],
    [1, 2],
    [2, 1],
    [2, 2],
    [3, 1],
    [3, 2],
    [4, 1], // cut
    [7, 3], // cut
    [8, 1],
    [8, 2],
    [9, 1],
  ];
  assert.ok(isLineNumber(evidenceOf(records, [0, 7], false), 1, 0));
  assert.not(isLineNumber(evidenceOf(records, [0], true), 1, 0));
});

test('a column belongs to the order if its lines always agree, more often than by chance', () => {
  const several = Array.from({ length: 40 }, (_, i) => [
    i >> 1,
    2 + ((i >> 1) % 5),
    1 + (i % 3),
    1,
    i % 2 ? '' : i >> 1,
  ]);
  const evidence = evidenceOf(several);
  assert.ok(belongsToOrder(evidence, 1, 0));
  assert.not(belongsToOrder(evidence, 2, 0));
  assert.not(belongsToOrder(evidence, 3, 0), 'ones agree by chance');
  assert.ok(belongsToOrder(evidence, 4, 0), 'it is filled on the first line only');
  assert.not(belongsToOrder(evidence, 0, 0), 'not the order itself');
  assert.not(belongsToOrder(evidence, 1, -1), 'without orders');
  assert.not(belongsToOrder(evidenceOf(several.slice(0, 4)), 1, 0), 'two orders show nothing');
});

test('a blank order id is that of the record above', () => {
  const records = Array.from({ length: 20 }, (_, i) => [i % 2 ? '' : i, (i % 2) + 1]);
  assert.ok(isLineNumber(evidenceOf(records), 1, 0));
});

test('a name depends on its product, a customer does not', () => {
  const records = Array.from({ length: 40 }, (_, i) => [
    `P${i % 4}`,
    `tea ${i % 4}`,
    `C${i % 7}`,
    `SKU ${i % 4}`,
    i % 2,
  ]);
  const evidence = evidenceOf(records);
  assert.equal(dependence(evidence, 0, 1), { share: 1, records: 40 });
  assert.ok(dependence(evidence, 0, 2).share < 0.4);
  assert.ok(areEquivalent(evidence, 0, 3));
  assert.not(areEquivalent(evidence, 0, 4), 'a product has one category, but not the other way round');
});

test.run();
