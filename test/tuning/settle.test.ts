import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { openKernel } from '../../src/kernel/open.ts';
import { defaultBlend } from '../../src/ranking/weights.ts';
import { settleOptions } from '../../src/tuning/settle.ts';
import { startFor } from '../../src/tuning/small-shops.ts';
import { randomShop } from '../support/random-shop.ts';

const test = suite('settled options');

const small = { factors: 6, iterations: 2 };
const given = { ...small, regularization: 3, unobservedWeight: 0.1, tasteDecay: 0.8, blend: { habit: 1 } };

async function settle(dataset: Dataset, options: Parameters<typeof settleOptions>[2]) {
  const kernel = openKernel({ threads: 1 });
  try {
    return await settleOptions(kernel, dataset, options);
  } finally {
    await kernel.close();
  }
}

/** Shops of 40, 400, and 600 orders. */
const [tiny, few, enough] = [10, 100, 150].map((customers) => randomShop({ customers }));

test('options are tried from 500 orders on', async () => {
  const { provenance, sample } = await settle(enough, small);
  assert.ok(provenance.choice);
  assert.is(provenance.unchosen, undefined);
  assert.is(sample!.kind, 'orders');
});

test('with fewer orders weights follow from their number alone', async () => {
  const settled = await settle(few, small);
  assert.equal(settled, { options: startFor(400), provenance: { unchosen: 'too_few' } });
});

test('with fewer than 200 orders it is too early for taste, unless weights are given', async () => {
  const { options, provenance } = await settle(tiny, small);
  assert.is(options.blend!.taste, 0);
  assert.is(provenance.unchosen, 'too_early');
  const named = await settle(tiny, { ...small, blend: { habit: 1 } });
  assert.equal(named, { options: { windowDays: 60 }, provenance: { unchosen: 'too_few' } });
});

test('nothing is tried if all options are given, or if training is to be fast', async () => {
  assert.equal(await settle(enough, given), { options: { windowDays: 60 }, provenance: { unchosen: 'given' } });
  const windowed = { ...given, windowDays: 9 };
  assert.equal(await settle(tiny, windowed), { options: {}, provenance: { unchosen: 'given' } });
  const fast = await settle(enough, { ...small, fast: true });
  assert.equal(fast, { options: startFor(600), provenance: { unchosen: 'fast' } });
  const large = await settle(randomShop({ customers: 600 }), { ...small, fast: true });
  assert.equal(large.options, { blend: defaultBlend });
  assert.is((await settle(tiny, { ...small, fast: true })).provenance.unchosen, 'too_early');
});

test('early stopping has its sample, however few orders there are', async () => {
  const { sample, provenance } = await settle(few, { ...small, earlyStopping: true });
  assert.is(provenance.unchosen, 'too_few');
  assert.ok(sample);
});

test('too few customers leave nothing to pick by', async () => {
  const { provenance, sample } = await settle(randomShop({ customers: 20, orders: 30 }), small);
  assert.equal([provenance, sample], [{ unchosen: 'too_few' }, undefined]);
});

test.run();
