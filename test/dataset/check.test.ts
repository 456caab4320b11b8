import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { datasetProblem } from '../../src/dataset/check.ts';
import type { History } from '../../src/dataset/dataset.ts';
import { readOrders } from '../../src/dataset/read.ts';

const test = suite('datasets made by hand');

/** Ann: x and y, then x; Bob: y. */
const dataset = await readOrders(
  [
    ['ann', 1, 'x', 2],
    ['ann', 1, 'y', 1],
    ['ann', 2, 'x', 1],
    ['bob', 3, 'y', 1],
  ].map(([customer, order, product, quantity]) => ({
    customer,
    order,
    product,
    quantity,
    date: 1_700_000_000 + +order,
  })),
);
const history = dataset.history!;

test('a history that was read has no problem, nor has a dataset without one', () => {
  assert.is(datasetProblem(dataset), undefined);
  assert.is(datasetProblem({ ...dataset, history: undefined }), undefined);
  const { offsets, starts, products } = history;
  assert.is(datasetProblem({ ...dataset, history: { offsets, starts, products } }), undefined);
  const times = Float64Array.of(Number.NaN, 5, 5);
  assert.is(datasetProblem({ ...dataset, history: { ...history, times } }), undefined);
});

const rows = (...numbers: number[]) => Uint32Array.from(numbers);
for (const [what, change, words] of [
  ['too few offsets', { offsets: rows(0, 3) }, /offsets of the orders do not rise from 0 to 3 over 2 customers/],
  ['falling offsets', { offsets: rows(0, 4, 3) }, /offsets of the orders/],
  ['falling starts', { starts: rows(0, 5, 3, 4) }, /starts of the orders do not rise from 0 to 4/],
  ['no starts', { starts: rows() }, /offsets of the orders/],
  ['an order without products', { starts: rows(0, 2, 2, 4) }, /order 1 has no product/],
  [
    'a product that does not exist',
    { products: rows(0, 2, 0, 1) },
    /order 0 has product row 2, but there are 2 products/,
  ],
  ['products out of order', { products: rows(1, 0, 0, 1) }, /products of order 0 are not distinct and sorted/],
  ['a product twice', { products: rows(0, 0, 0, 1) }, /products of order 0 are not distinct and sorted/],
  [
    'a product never bought',
    { products: rows(0, 1, 0, 0) },
    /order 2 has product row 0, which is not in the purchases/,
  ],
  ['a pair in no order', { starts: rows(0, 1, 2, 3), products: rows(0, 0, 1) }, /customer row 0 bought products that/],
  ['too few quantities', { quantities: Float32Array.of(1) }, /1 quantities, but 4 products/],
  ['half a unit', { quantities: Float32Array.of(1, 0.5, 1, 1) }, /order line 1 has a quantity of 0.5/],
  ['a quantity of zero', { quantities: Float32Array.of(1, 0, 1, 1) }, /order line 1 has a quantity of 0/],
  ['too few times', { times: Float64Array.of(1) }, /1 times, but 3 orders/],
  ['times out of order', { times: Float64Array.of(2, 1, 3) }, /orders of customer row 0 are not sorted by time/],
  [
    'an order without a time after one with a time',
    { times: Float64Array.of(2, Number.NaN, 3) },
    /orders of customer row 0 are not sorted by time/,
  ],
  ['an infinite time', { times: Float64Array.of(1, 2, Infinity) }, /order 2 has a time of Infinity/],
] as [string, Partial<History>, RegExp][]) {
  test(`a history with ${what} is refused`, () => {
    const quantities = change.products?.length === 3 ? undefined : history.quantities;
    assert.match(datasetProblem({ ...dataset, history: { ...history, quantities, ...change } }) ?? '', words);
  });
}

test.run();
