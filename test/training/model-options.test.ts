import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Model } from '../../src/model/model.ts';
import type { AlsOptions } from '../../src/training/als-options.ts';
import { optionsOf } from '../../src/training/model-options.ts';
import { train } from '../../src/tuning/train.ts';
import { endcapErrorOf } from '../support/errors.ts';
import { randomShop } from '../support/random-shop.ts';

const test = suite('options of a model');

const dataset = randomShop();
const small = { factors: 8, iterations: 3, threads: 1 };

test('training with the options of a model gives the model again, without a search', async () => {
  for (const options of [
    small,
    { ...small, fast: true, blend: { taste: 1, trend: -0.5 }, windowDays: 7, together: 3 },
  ]) {
    const model = await train(dataset, { ...options, trees: false });
    const again = await train(dataset, { ...(optionsOf(model) as AlsOptions), trees: false, threads: 1 });
    assert.is(again.metadata.version, model.metadata.version);
    assert.equal(again.metadata.options, model.metadata.options);
    assert.is(again.metadata.unchosen, 'given');
  }
});

test('the guards that acted stay with the weights that they moved', () => {
  const guards = [{ question: 'all' as const, baseline: 'popular', action: 'more trend' }];
  const model = { algorithm: 'als', metadata: { options: { factors: 8, blend: 'taste=1,trend=-1e-7' }, guards } };
  assert.equal(optionsOf(model as unknown as Model), {
    algorithm: 'als',
    factors: 8,
    blend: { taste: 1, trend: -1e-7 },
    guards,
  });
});

test('options that are no more, or not of the algorithm, are left out; values that cannot be are refused', async () => {
  const of = (algorithm: string, options: object) =>
    optionsOf({ algorithm, metadata: { options } } as unknown as Model);
  assert.equal(of('quantity', { algorithm: 'quantity', factors: 8, learningRate: 0.1, blend: 'taste=1', old: 3 }), {
    algorithm: 'quantity',
    factors: 8,
    learningRate: 0.1,
  });
  for (const options of [{ factors: 0.5 }, { blend: 'tasty' }])
    assert.is((await endcapErrorOf((async () => of('als', options))())).code, 'invalid_options');
});

test.run();
