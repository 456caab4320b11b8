import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../src/errors.ts';
import { createIds as idsInPieces } from '../../src/model/ids.ts';
import type { Model } from '../../src/model/model.ts';
import { idCleaning } from '../../src/orders/cleaning/ids.ts';
import { finish } from '../../src/turns.ts';
import { smallModel } from './models.ts';

const test = suite('ids');
const createIds = (model: Model) => finish(idsInPieces(model));
const ids = createIds(smallModel());

test('a number stands for its digits', () => {
  assert.is(ids.customerRow('11'), 1);
  assert.is(ids.customerRow(11), 1);
  assert.is(ids.knownProduct('tea'), 1);
});

test('an id is cleaned as those of the orders were, unless the model has it as it stands', () => {
  const model = smallModel();
  const customers = ['11', '11.0', 'ann@shop.example'];
  const cleaned = createIds({ ...model, customers, metadata: { ...model.metadata, idCleaning } });
  assert.is(cleaned.customerRow(' 11.00\n'), 0);
  assert.is(cleaned.customerRow('11.0'), 1);
  assert.is(cleaned.customerRow('="11"'), 0);
  assert.is(cleaned.customerRow('ANN@Shop.example'), 2);
  assert.is(cleaned.productRow(' tea\u200b'), 1);
  assert.is(cleaned.productRow('TEA'), undefined);
  assert.is(cleaned.customerRow('\ud800'), undefined);
  assert.is(createIds({ ...model, customers }).customerRow('ANN@Shop.example'), undefined);
});

test('ids are found in the order of UTF-16 code units, in which a model has them', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1 })),
      fc.string({ unit: 'binary' }),
      (list, other) => {
        const products = list.sort();
        const { productRow } = createIds({ ...smallModel(), products });
        for (const [row, id] of products.entries()) assert.is(productRow(id), row);
        if (!products.includes(other)) assert.is(productRow(other), undefined);
      },
    ),
  );
});

test('every one of many ids has its row, and no other text has one', () => {
  const products = Array.from({ length: 5000 }, (_, row) => `P${String(row).padStart(4, '0')}`);
  products.push('日本', '\ud800', '\ud801');
  const many = createIds({ ...smallModel(), products });
  for (const [row, id] of products.entries()) assert.is(many.productRow(id), row);
  for (const id of ['', 'P', 'P5000', 'P00000', 'p0001', '日', '\ud802', 'x'.repeat(1e6)])
    assert.is(many.productRow(id), undefined);
  assert.is(createIds({ ...smallModel(), products: [] }).productRow('P0000'), undefined);
});

test('an id that the model does not know has no row, or is an error where it must be known', () => {
  assert.is(ids.customerRow('nobody'), undefined);
  assert.throws(
    () => ids.knownCustomer('nobody'),
    (error: EndcapError) => error.code === 'unknown_customer',
  );
  assert.throws(
    () => ids.knownProduct(7),
    (error: EndcapError) => error.code === 'unknown_product',
  );
});

test('what is neither text nor a number is not an id', () => {
  for (const id of [undefined, null, true, {}, [], Object.create(null), { toString: 1 }, Symbol('x'), () => {}]) {
    for (const ask of Object.values(ids)) {
      assert.throws(
        () => ask(id as never),
        (error: unknown) => error instanceof EndcapError && error.code === 'invalid_options',
      );
    }
  }
});

test.run();
