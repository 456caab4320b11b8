import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openKernel } from '../../src/kernel/open.ts';
import { decodeModel, encodeModel } from '../../src/model/file/format.ts';
import { defaultBlend } from '../../src/ranking/weights.ts';
import { stopEarly } from '../../src/tuning/early-stopping.ts';
import { holdOutSample } from '../../src/tuning/judging/held-out.ts';
import { train } from '../../src/tuning/train.ts';
import { finish } from '../../src/turns.ts';
import { countedKernel } from '../support/counted-kernel.ts';
import { endcapErrorOf } from '../support/errors.ts';
import { randomShop } from '../support/random-shop.ts';

const test = suite('early stopping');

const shop = randomShop();
const given = { factors: 6, regularization: 2, unobservedWeight: 0.1, tasteDecay: 0.7, blend: defaultBlend };

test('training ends three epochs after the best one, or after 30', async () => {
  const kernel = openKernel({ threads: 1 });
  const { iterations, validation } = await stopEarly(kernel, finish(holdOutSample(shop, 6))!, given);
  const { values } = validation;
  assert.is(iterations, values.indexOf(Math.max(...values)) + 1);
  assert.ok(values.length === 30 || values.length === iterations + 3, `${values.length} epochs, best ${iterations}`);
  await kernel.close();
});

test('of epochs that are equally good, the first one is best', async () => {
  let ties = 0;
  for (const seed of [2, 3]) {
    const kernel = openKernel({ threads: 1 });
    const sample = finish(holdOutSample(randomShop({ seed, customers: 40 }), 3))!;
    const { iterations, validation } = await stopEarly(kernel, sample, { ...given, factors: 3, regularization: 8 });
    const highest = Math.max(...validation.values);
    assert.is(iterations, validation.values.indexOf(highest) + 1);
    ties += validation.values.filter((value) => value === highest).length - 1;
    await kernel.close();
  }
  assert.ok(ties > 0);
});

test('memory does not grow from epoch to epoch, and is freed in the end', async () => {
  const kernel = countedKernel();
  const sample = finish(holdOutSample(shop, 6))!;
  await stopEarly(kernel, sample, { ...given, iterations: 1 });
  const peak = kernel.peakBytes();
  const { validation } = await stopEarly(kernel, sample, given);
  assert.ok(validation.values.length > 3);
  assert.is(kernel.peakBytes(), peak);
  assert.is(kernel.bytes(), 0);
  await kernel.close();
});

test('train takes as many iterations as were best, at most those given, and keeps the curve', async () => {
  const options = { ...given, earlyStopping: true, threads: 1 };
  const { metadata, ...model } = await train(shop, options);
  const { values, metric } = metadata.validation!;
  assert.is(metadata.losses.length, values.indexOf(Math.max(...values)) + 1);
  assert.is(metadata.options.iterations, metadata.losses.length);
  assert.is(metric, 'recall + NDCG @10, all and new products');
  const decoded = await decodeModel(Buffer.concat(await encodeModel({ ...model, metadata })));
  assert.equal(decoded.metadata.validation, metadata.validation);
  assert.ok((await train(shop, { ...options, iterations: 2 })).metadata.losses.length <= 2);
});

test('earlyStopping is true or false, and only als has it', async () => {
  const wrong = await endcapErrorOf(train(shop, { earlyStopping: 'yes' as unknown as boolean }));
  assert.is(wrong.details.option, 'earlyStopping');
  const other = await endcapErrorOf(train(shop, { algorithm: 'quantity', earlyStopping: true } as object));
  assert.is(other.details.option, 'earlyStopping');
});

test.run();
