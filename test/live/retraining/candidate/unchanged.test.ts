import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isUnchanged } from '../../../../src/live/retraining/candidate/unchanged.ts';
import type { ModelMetadata } from '../../../../src/model/model.ts';
import type { TrainOptions } from '../../../../src/training/fit-on.ts';
import { train } from '../../../../src/tuning/train.ts';
import { randomShop } from '../../../support/random-shop.ts';

const test = suite('nothing to learn');

const dataset = randomShop({ customers: 30 });
const options = { factors: 4, iterations: 2, blend: { taste: 1 } };
const model = await train(dataset, { ...options, threads: 1 });
const ofStore = { store: '#', seq: 7 };
const learned = { ...model, metadata: { ...model.metadata, learned: ofStore } };

const read = (lastPurchase = 0, fingerprint = dataset.fingerprint, store?: string) => ({
  dataset: { ...dataset, fingerprint },
  leftOut: 0,
  lastPurchase,
  ...(store !== undefined && { learned: { store, seq: 100 } }),
});

test('the same orders are no news, and other ones are', () => {
  assert.is(isUnchanged(model, read()), true);
  assert.is(isUnchanged(model, read(0, 'others')), false);
});

test('a purchase that the model has not learned is news', () => {
  assert.is(isUnchanged(learned, read(7, undefined, '#')), true);
  assert.is(isUnchanged(learned, read(8, undefined, '#')), false);
  assert.is(isUnchanged(model, read(1, undefined, '#')), false);
  assert.is(isUnchanged(model, read(0, undefined, '#')), true);
});

test('the places of another store say nothing', () => {
  assert.is(isUnchanged(learned, read(7, undefined, '#other')), false);
});

test('the options that are given must be those that the model has', () => {
  const isSame = (given: TrainOptions) => isUnchanged(model, read(), given);
  assert.is(isSame({ ...options, threads: 2 }), true);
  for (const other of [{ factors: 8 }, { iterations: 3 }, { blend: { taste: 2 } }, { algorithm: 'quantity' as const }])
    assert.is(isSame({ ...options, ...other } as TrainOptions), false, JSON.stringify(other));
});

test('another version of Endcap may learn more', () => {
  const metadata: ModelMetadata = { ...model.metadata, endcap: '0.0.1' };
  assert.is(isUnchanged({ metadata }, read()), false);
});

test.run();
