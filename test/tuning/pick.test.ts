import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { openKernel } from '../../src/kernel/open.ts';
import { decodeModel, encodeModel } from '../../src/model/format.ts';
import type { Tried } from '../../src/model/model.ts';
import { signalsOf } from '../../src/ranking/signals.ts';
import { defaultBlend } from '../../src/ranking/weights.ts';
import { stopEarly, trainUntilBest } from '../../src/tuning/early-stopping.ts';
import { createValidation } from '../../src/tuning/held-out.ts';
import { choose } from '../../src/tuning/pick.ts';
import { train } from '../../src/tuning/train.ts';
import { endcapErrorOf } from '../support/errors.ts';
import { randomShop } from '../support/random-shop.ts';

const test = suite('choice and early stopping');

const shop = randomShop();
/** So coarse that options make a difference. */
const coarse = { factors: 2, iterations: 10, threads: 1 };
const small = { factors: 6, iterations: 3, threads: 1 };

const value = ({ all, explore }: Tried) => all!.recall + all!.ndcg + explore!.recall + explore!.ndcg;
const bestOf = (tried: readonly Tried[]) => tried.reduce((a, b) => (value(b) > value(a) ? b : a));
const pointOf = ({ regularization, unobservedWeight, tasteDecay }: Partial<Tried>) => [
  regularization,
  unobservedWeight,
  tasteDecay,
];

test('what is left open is chosen: the best of the defaults and a grid on held-out orders', async () => {
  const progress: number[] = [];
  const many = randomShop({ customers: 600, seed: 4 });
  const { options, found } = await choose(many, { ...coarse, onChoice: ({ done }) => progress.push(done) });
  assert.equal(progress, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  assert.is(found.choice!.heldOut, 'orders');
  const { tried } = found.choice!;
  assert.equal(pointOf(tried[0]), [8, 0.1, 0.7]);
  assert.is(new Set(tried.map((one) => `${pointOf(one)}`)).size, 9);
  assert.is(found.choice!.beatsDefaults, true);
  assert.equal(pointOf(options), pointOf(bestOf(tried)));
});

test('the defaults are kept where nothing is better than they are by more than the noise', async () => {
  const { options, found } = await choose(randomShop({ customers: 600, seed: 5 }), coarse);
  const { tried, beatsDefaults } = found.choice!;
  assert.ok(value(bestOf(tried)) > value(tried[0]), 'something seems better');
  assert.is(beatsDefaults, false);
  assert.equal(pointOf(options), [8, 0.1, 0.7]);
});

test('what is given is kept, and where nothing is open nothing is tried', async () => {
  const given = { ...small, regularization: 3, tasteDecay: 0.8, blend: { habit: 1 } };
  const { options, found } = await choose(shop, given);
  assert.is(options.regularization, 3);
  assert.equal(options.blend, { ...defaultBlend, habit: 1 });
  assert.is(found.choice!.learned, false);
  assert.equal(found.choice!.tried.map(pointOf), [
    [3, 0.1, 0.8],
    [3, 0.015, 0.8],
    [3, 0.2, 0.8],
  ]);
  const nothingOpen = { ...given, unobservedWeight: 0.1 };
  assert.equal(await choose(shop, nothingOpen), { options: {}, found: { unchosen: 'given' } });
  assert.is((await train(shop, nothingOpen)).metadata.unchosen, 'given');
});

test('of customers who come once products are held out, which say nothing of orders and of trend', async () => {
  const { options, found } = await choose(randomShop({ orders: 1, customers: 200 }), small);
  const { heldOut, learned, tried } = found.choice!;
  assert.equal([heldOut, learned], ['products', false]);
  assert.equal(options.blend, defaultBlend);
  assert.is(options.tasteDecay, 0.7);
  assert.ok(tried.every(({ all, explore }) => all === undefined && explore));
});

test('where nothing can be held out train takes the defaults', async () => {
  const model = await train(randomShop({ customers: 10 }), { ...small, earlyStopping: true });
  assert.is(model.metadata.choice, undefined);
  assert.is(model.metadata.unchosen, 'too_few');
  const { metadata } = await decodeModel(Buffer.concat(await encodeModel(model)));
  assert.is(metadata.unchosen, 'too_few');
  assert.is(model.metadata.validation, undefined);
  assert.is(model.metadata.options.regularization, 8);
  assert.is(model.metadata.losses.length, 3);
});

test('training ends some epochs after the best one, and what it knew then is kept', async () => {
  const validation = createValidation(shop, 6)!;
  const kernel = openKernel({ threads: 1 });
  const signals = signalsOf(validation.heldOut.train, 0.9, 60);
  const options = { factors: 6, iterations: 30, regularization: 2 };
  const { values, epoch } = await trainUntilBest(kernel, validation, signals, options, defaultBlend);
  assert.is(epoch, values.indexOf(Math.max(...values)) + 1);
  assert.ok(values.length === 30 || values.length === epoch + 3, `${values.length} epochs, the best was ${epoch}`);
  await kernel.close();
});

test('train with earlyStopping takes as many iterations as were best, at most those given, and tells the curve', async () => {
  const fixed = {
    ...small,
    regularization: 2,
    unobservedWeight: 0.1,
    tasteDecay: 0.7,
    blend: defaultBlend,
    earlyStopping: true,
  };
  const found = (await stopEarly(shop, { ...fixed, iterations: undefined }))!;
  assert.ok(found.iterations <= 30);
  const model = await train(shop, { ...fixed, iterations: undefined });
  assert.is(model.metadata.losses.length, found.iterations);
  assert.is(model.metadata.options.iterations, found.iterations);
  assert.equal(model.metadata.validation, found.validation);
  const { metadata } = await decodeModel(Buffer.concat(await encodeModel(model)));
  assert.equal(metadata.validation, found.validation);
  assert.ok((await train(shop, { ...fixed, iterations: 2 })).metadata.losses.length <= 2);
});

test('earlyStopping is true or false, and only als has it', async () => {
  const wrong = await endcapErrorOf(train(shop, { earlyStopping: 'yes' as unknown as boolean }));
  assert.is(wrong.details.option, 'earlyStopping');
  const other = await endcapErrorOf(train(shop, { algorithm: 'quantity', earlyStopping: true } as object));
  assert.is(other.details.option, 'earlyStopping');
});

test.run();
