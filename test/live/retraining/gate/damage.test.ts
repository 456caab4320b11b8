import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { damagesOf, listDamages } from '../../../../src/live/retraining/gate/damage.ts';
import type { Model } from '../../../../src/model/model.ts';

const test = suite('damage of a candidate');

/** A model of these customers, each of whom bought the product of their number, and of three products. */
function model(customers: readonly string[], factor: (customer: number) => number = () => 1): Model {
  const offsets = Uint32Array.from({ length: customers.length + 1 }, (_, row) => row);
  return {
    factors: 1,
    customers,
    products: ['a', 'b', 'c'],
    customerFactors: Float32Array.from(customers, (_, row) => factor(row)),
    productFactors: Float32Array.of(1, 2, 3),
    purchases: { offsets, products: Uint32Array.from(customers, (_, row) => row % 3) },
  } as unknown as Model;
}

test('half of the customers may be lost, and no more; who was erased does not count', () => {
  const served = model(['ann', 'bob', 'bob', 'bob', 'cleo', 'dan']);
  assert.equal(damagesOf(served, model(['ann', 'bob'])), []);
  assert.match(
    damagesOf(served, model(['ann', 'eve'])).join(),
    /^it does not know 3 of the 4 customers of the served model \(if that is as it should be: --accept-loss, or/,
  );
  assert.equal(damagesOf(served, model(['ann', 'eve']), true), []);
  const [first, ...others] = served.customers;
  assert.equal(damagesOf(model([first.slice(3), ...others]), model(['bob', 'cleo'])), []);
});

test('half of the rows with purchases may be zero, and no more; none may be anything but a number', () => {
  const ids = ['ann', 'bob', 'cleo', 'dan'];
  assert.equal(
    damagesOf(
      model(ids),
      model(ids, (row) => row % 2),
    ),
    [],
  );
  assert.equal(
    damagesOf(
      model(ids),
      model(ids, (row) => Number(row === 3)),
    ),
    ['the factors of 3 of 4 customers with purchases are all zero'],
  );
  assert.equal(
    damagesOf(
      model(ids),
      model(ids, (row) => (row > 1 ? Number.NaN : 1)),
    ),
    ['the factors of 2 customers are not finite numbers'],
  );
  const without = model(ids, () => 0);
  const idle = { ...without, purchases: { offsets: new Uint32Array(5), products: new Uint32Array() } };
  assert.equal(damagesOf(model(ids), idle), []);
});

test('lists may be a little narrower, or shorter for one in a hundred', () => {
  const lists = (count: number, products: number, length = 10) =>
    Array.from({ length: count }, (_, i) => Array.from({ length }, (_, place) => `p${(7 * i + place) % products}`));
  const served = lists(200, 60);
  assert.equal(listDamages(served, served), []);
  assert.equal(listDamages(served, lists(200, 30)), []);
  assert.match(
    listDamages(served, lists(200, 29))[0],
    /^200 lists hold 29 products, those of the served model 60 \(if that is/,
  );
  assert.equal(listDamages(served, lists(200, 29), true), []);
  const shorter = (count: number) => served.map((list, i) => (i < count ? list.slice(1) : list));
  assert.equal(listDamages(served, shorter(2)), []);
  assert.equal(listDamages(served, shorter(3)), ['3 of 200 lists are shorter than those of the served model']);
  assert.match(listDamages(served, lists(200, 11)).join(), /91% of the places of 200 lists hold the same 10 products/);
  // Where everybody gets the same anyway, nothing is wrong with that.
  assert.equal(listDamages(lists(200, 11), lists(200, 11)), []);
  assert.equal(listDamages([], []), []);
});

test.run();
