import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeModel, encodeModel } from '../../src/model/file/format.ts';
import type { Model } from '../../src/model/model.ts';
import { placed } from '../../src/model/tensors.ts';
import { withoutCustomers } from '../../src/model/without.ts';
import { anyModel, assertSame, filteringModel, joined, sellingModel, smallModel, treedModel } from './models.ts';

const test = suite('a model without customers');

const without = (model: Model, ...ids: string[]) =>
  withoutCustomers(model, (row) => ids.includes(model.customers[row]));

/** What a model has of each customer, by tensor, as text. */
function byCustomer(model: Model): Record<string, string>[] {
  return model.customers.map((customer, row) => {
    const has: Record<string, string> = { customer };
    for (const { at, part, field, shape } of placed) {
      const holder = (part === undefined ? model : model[part as 'signals']) as unknown as Record<string, Float32Array>;
      const array = holder?.[field];
      if (array === undefined) continue;
      const { offsets } = shape[0] === 'returnedPairs' ? model.returned! : model.purchases;
      const width = array.length / model.customers.length;
      if (shape[0] === 'customers') has[at] = String(array.slice(row * width, (row + 1) * width));
      if (shape[0] === 'pairs' || shape[0] === 'returnedPairs')
        has[at] = String(array.slice(offsets[row], offsets[row + 1]));
    }
    return has;
  });
}

test('the others keep all that the model has of them, and it can be written and read', async () => {
  await fc.assert(
    fc.asyncProperty(anyModel, fc.infiniteStream(fc.boolean()), async (model, stream) => {
      const isOut = model.customers.map(() => stream.next().value);
      const left = withoutCustomers(model, (row) => isOut[row]);
      assert.equal(
        byCustomer(left),
        byCustomer(model).filter((_, row) => !isOut[row]),
      );
      assertSame(await decodeModel(joined(await encodeModel(left))), left);
    }),
    { numRuns: 100 },
  );
});

test('of whoever is out, nothing is left in the file, nor in examples of dropped records', async () => {
  const { metadata, ...model } = smallModel();
  const account = { ...metadata.account, examples: { 'missing product': [{ line: 2, value: 'Zoë' }] } };
  const bytes = joined(await encodeModel(without({ ...model, metadata: { ...metadata, account } }, 'Zoë')));
  assert.is(Buffer.from(bytes).indexOf('Zo'), -1);
  assert.equal((await decodeModel(bytes)).customers, ['10', '11']);
});

test('what the model knows of products stays, and so does its version', () => {
  for (const model of [filteringModel(), treedModel(), sellingModel()]) {
    const left = without(model, '11');
    for (const { at, part, field, shape } of placed) {
      if (!/^(products|productPairs|productPeriods|unlisted|trees|lineWidth)/.test(shape[0])) continue;
      const of = (model: Model) => (part === undefined ? model : (model[part as 'signals'] as object | undefined));
      assert.is(Reflect.get(of(left) ?? {}, field), Reflect.get(of(model) ?? {}, field), at);
    }
    assert.is(left.metadata.version, model.metadata.version);
    assert.is(model.customers.length, 3);
  }
});

test('a model may lose all of its customers', async () => {
  const model = treedModel();
  const left = without(model, ...model.customers);
  assert.equal([left.customers, [...left.purchases.offsets]], [[], [0]]);
  assertSame(await decodeModel(joined(await encodeModel(left))), left);
});

test.run();
