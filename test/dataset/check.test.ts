import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { datasetProblem } from '../../src/dataset/check.ts';
import type { Dataset, History } from '../../src/dataset/dataset.ts';
import { readOrders } from '../../src/dataset/read.ts';
import { EndcapError } from '../../src/errors.ts';
import { holdOut } from '../../src/measuring/protocols/protocols.ts';
import { tune } from '../../src/tuning/search/tune.ts';
import { train } from '../../src/tuning/train.ts';

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
  const returned = { offsets: rows(0, 0, 1), products: rows(0) };
  assert.is(datasetProblem({ ...dataset, unlisted: rows(0, 1), returned }), undefined);
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

for (const [what, change, words] of [
  ['ids out of order', { customers: ['bob', 'ann'] }, /customers\[1\] is 'ann', after 'bob'; expected .* sorted/],
  ['a number as an id', { products: ['x', 5] }, /products\[1\] is 5; expected an id/],
  ['too few products', { productInfo: [{}] }, /productInfo has 1 entries; expected one for each of the 2 products/],
  ['a product that is nothing', { productInfo: [{}, null] }, /productInfo of product row 1 is null/],
  [
    'plain arrays',
    { purchases: { offsets: [0, 2, 3], products: [0, 1, 1] } },
    /purchases.offsets is an array; expected a/,
  ],
  [
    'doubles for rows',
    { byProduct: { ...dataset.byProduct, customers: new Float64Array(3) } },
    /byProduct.customers is a/,
  ],
  ['no pairs by product', { byProduct: undefined }, /byProduct is undefined; expected an object/],
  [
    'other pairs by product',
    { byProduct: { ...dataset.byProduct, customers: rows(0, 0, 0) } },
    /byProduct lacks customer row 1 among those of product row 1/,
  ],
  [
    'pairs that do not exist',
    { purchases: { offsets: dataset.purchases.offsets, products: rows(0, 1, 9) } },
    /customer row 1 bought product row 9, but there are 2 products/,
  ],
  [
    'order lines that do not exist',
    { lines: { customers: rows(2), products: rows(0), quantities: Float32Array.of(1) } },
    /order line 0 has customer row 2/,
  ],
  [
    'order lines of no units',
    { lines: { customers: rows(0), products: rows(0), quantities: Float32Array.of(Number.NaN) } },
    /order line 0 has a quantity of NaN/,
  ],
  ['a list for unlisted', { unlisted: [0] }, /unlisted is an array; expected a Uint32Array/],
  ['unlisted products that do not exist', { unlisted: rows(0, 2) }, /unlisted\[1\] is 2; expected a .* from 1 to 1/],
  ['unlisted products out of order', { unlisted: rows(1, 0) }, /unlisted\[1\] is 0; expected a product row from 2/],
  [
    'returned products of too few customers',
    { returned: { offsets: rows(0, 1), products: rows(0) } },
    /offsets of returned do not rise from 0 to 1 over 2 customers/,
  ],
  [
    'returned products that do not exist',
    { returned: { offsets: rows(0, 0, 1), products: rows(2) } },
    /returned has product row 2 of customer row 1; expected one from 0 to 1/,
  ],
  [
    'products that were both kept and returned in full',
    { returned: { offsets: rows(0, 1, 1), products: rows(1) } },
    /product row 1 is both in the purchases of customer row 0 and returned in full/,
  ],
  ['no fingerprint', { fingerprint: undefined }, /fingerprint is undefined; expected a string/],
] as [string, object, RegExp][])
  test(`a dataset with ${what} is refused`, () => {
    assert.match(datasetProblem({ ...dataset, ...change } as Dataset) ?? '', words);
  });

/** Fields that only a dataset that was read has. */
const optional = new Set([
  'history',
  'lines',
  'unlisted',
  'returned',
  'orders',
  'units',
  'idCleaning',
  'columns',
  'unusedColumns',
  'decisions',
  'notes',
]);

test('what is not a dataset is a typed error of whoever is given it', async () => {
  const wrong = [null, undefined, {}, 5, 'orders.csv', [], () => 1, Object.create(null), { purchases: {} }];
  const fields = Object.keys(dataset).filter((field) => !optional.has(field));
  const lacking = fields.map((field) => ({ ...dataset, [field]: undefined }));
  for (const what of [...wrong, ...lacking] as Dataset[])
    for (const use of [train, tune, holdOut]) {
      const error = await Promise.resolve(what)
        .then<unknown>(use)
        .catch((error: unknown) => error);
      assert.ok(error instanceof EndcapError && error.code === 'invalid_options', `${use.name}: ${error}`);
    }
});

test.run();
