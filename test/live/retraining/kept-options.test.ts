import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { keepsOptions } from '../../../src/live/retraining/kept-options.ts';
import type { Choice, ModelMetadata } from '../../../src/model/model.ts';
import type { TrainOptions } from '../../../src/training/fit.ts';
import { version } from '../../../src/version.ts';
import { randomShop } from '../../support/random-shop.ts';

const test = suite('options that a run keeps');

const day = (number: number) => Date.UTC(2025, 5, number);
/** 400 orders. */
const dataset = randomShop({ customers: 100 });
const choice: Choice = {
  ...{ at: new Date(day(1)).toISOString(), orders: 380, heldOut: 'orders', customers: 90, tried: [], learned: true },
};
const modelWith = (given: Partial<ModelMetadata> = {}) => ({
  metadata: { endcap: version, options: { algorithm: 'als', factors: 64, seed: 1 }, choice, ...given } as ModelMetadata,
});
const keeps = (given: Partial<ModelMetadata>, training: TrainOptions = {}, now = day(3)) =>
  keepsOptions(modelWith(given), dataset, training, now);

test('those that were found lately on about as many orders are kept', () => {
  assert.is(keeps({}), true);
  assert.is(keeps({}, {}, day(7)), true);
  assert.is(keeps({}, { factors: 64, seed: 1, threads: 2 }), true);
});

test('after a week, or when a shop has grown or shrunk, they are searched for', () => {
  assert.is(keeps({}, {}, day(8)), false);
  for (const [orders, kept] of [
    [260, false],
    [270, true],
    [590, true],
    [610, false],
  ] as const)
    assert.is(keeps({ choice: { ...choice, orders } }), kept, String(orders));
});

test('whoever gives other options, or options of a search, has a search', () => {
  const others = [{ factors: 32 }, { algorithm: 'quantity' }, { trees: true }, { budget: 1 }, { earlyStopping: true }];
  for (const training of others as TrainOptions[]) assert.is(keeps({}, training), false, JSON.stringify(training));
});

test('trees are kept as they are wanted', () => {
  const repeatTrees = { kept: true, customers: 90, gain: 0.1, error: 0, repeatGain: 0 };
  assert.equal([keeps({}, { trees: false }), keeps({ repeatTrees }, { trees: true })], [true, true]);
  assert.is(keeps({ repeatTrees }, { trees: false }), false);
});

test('who wants no search has none, however old the options are', () => {
  assert.is(keeps({}, { fast: true }, day(300)), true);
  assert.is(keeps({ choice: undefined, unchosen: 'fast' }, { fast: true }), false);
});

test('what another version found, or nobody did, is not kept', () => {
  assert.is(keeps({ endcap: '0.0.1' }), false);
  assert.is(keeps({ choice: undefined, unchosen: 'too_few' }), false);
  assert.is(keeps({ choice: { ...choice, at: undefined } }), false);
});

test.run();
