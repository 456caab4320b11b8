import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../src/errors.ts';
import { checkModel } from '../../src/model/check.ts';
import { decodeModel, encodeModel } from '../../src/model/format.ts';
import type { Model } from '../../src/model/model.ts';
import { randomModel, zipfDataset } from '../bench/data.ts';

const test = suite('check of a model');
const model = randomModel(zipfDataset(20, 30, 100), 4);
const isUnreadable = (error: unknown) => error instanceof EndcapError && error.code === 'model_unreadable';

/** The same model, counting how often its customer ids are looked at. */
function watched(of: Model): { model: Model; looks: () => number } {
  let looks = 0;
  const model = Object.defineProperty({ ...of }, 'customers', {
    enumerable: true,
    get: () => {
      looks++;
      return of.customers;
    },
  });
  return { model, looks: () => looks };
}

test('a model is checked once, and a copy with other values again', () => {
  const { model: sound, looks } = watched(model);
  checkModel(sound);
  const once = looks();
  assert.ok(once > 0);
  checkModel(sound);
  assert.is(looks(), once);
  assert.throws(() => checkModel({ ...sound, factors: 3 }), isUnreadable);
});

test('a model that is broken stays refused', () => {
  const broken = { ...model, products: [...model.products].reverse() };
  for (let i = 0; i < 2; i++) assert.throws(() => checkModel(broken), /the product ids are not distinct and sorted/);
});

test('what saving has checked is not checked again', async () => {
  const { model: saved, looks } = watched(model);
  await encodeModel(saved);
  const before = looks();
  checkModel(saved);
  assert.is(looks(), before);
  checkModel(await decodeModel(Buffer.concat(await encodeModel(model))));
});

test('factors whose dot products would not be finite are refused, even if each of them is', () => {
  for (const value of [1e30, Number.NaN, Number.POSITIVE_INFINITY]) {
    const customerFactors = model.customerFactors.slice().fill(value);
    const productFactors = model.productFactors.slice().fill(value);
    assert.throws(() => checkModel({ ...model, customerFactors, productFactors }), isUnreadable);
  }
  const customerFactors = model.customerFactors.slice().fill(1e30);
  checkModel({ ...model, customerFactors });
});

test.run();
