import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { forgetCustomer } from '../../../src/live/erasing/in-memory.ts';
import { valuesProblem, viewModel } from '../../../src/model/check.ts';
import { createIds } from '../../../src/model/ids.ts';
import type { Model } from '../../../src/model/model.ts';
import { finish } from '../../../src/turns.ts';
import { filteringModel, treedModel } from '../../model/models.ts';

const test = suite('customers in memory');

/** The rows by which the others are found, after these are forgotten in turn. */
function rowsAfter(...ids: string[]) {
  const model = treedModel();
  const { customerRow } = finish(createIds(model));
  const all = [...model.customers];
  for (const id of ids) forgetCustomer(model, all.indexOf(id));
  assert.not.ok(model.customers.some((id) => ids.includes(id)));
  return all.filter((id) => !ids.includes(id)).map((id) => `${id}: ${customerRow(id)}`);
}

test('the others are found as before, whoever is forgotten and in whichever order', () => {
  assert.equal(rowsAfter('10'), ['11: 1', 'Zoë: 2']);
  assert.equal(rowsAfter('11'), ['10: 0', 'Zoë: 2']);
  assert.equal(rowsAfter('Zoë', '11'), ['10: 0']);
  assert.equal(rowsAfter('11', '10'), ['Zoë: 2']);
  assert.equal(rowsAfter('10', '11', 'Zoë'), []);
});

test('of factors and purchases nothing is left, in arrays that kernels can still read', () => {
  for (const model of [treedModel(), filteringModel()] as Model[]) {
    const { length } = model.purchases.products;
    forgetCustomer(model, 2);
    assert.equal([...model.customerFactors.subarray(4)], [0, 0]);
    assert.equal([...model.purchases.products], [0, 1, 0]);
    assert.equal([...model.purchases.quantities!], [1, 2, 0]);
    assert.is(model.purchases.products.length, length);
    assert.equal([...model.customerFactors.subarray(0, 4)], [1, -2, 0.5, 0.25]);
    // Only what kernels do not read is none that a model has: ids, and counts of nothing.
    const view = viewModel(model) as Model;
    const sound = {
      ...view,
      customers: ['10', '11', 'x'],
      purchases: { offsets: view.purchases.offsets, products: view.purchases.products },
    };
    assert.is(valuesProblem(sound, sound), undefined);
  }
});

test.run();
