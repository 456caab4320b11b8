import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../src/dataset/dataset.ts';
import { openKernel } from '../../src/kernel/open.ts';
import { createRandom } from '../../src/random.ts';
import { defaultBlend, defaultBlendOf } from '../../src/ranking/weights.ts';
import { settleOptions } from '../../src/tuning/settle.ts';
import { startFor } from '../../src/tuning/small-shops.ts';
import { datasetOfBaskets } from '../support/baskets.ts';
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
  assert.equal(large.options, { blend: defaultBlendOf(randomShop()) });
  assert.is((await settle(tiny, { ...small, fast: true })).provenance.unchosen, 'too_early');
});

test('a budget that is too small for more factors is noted, unless their number is given', async () => {
  const random = createRandom(2);
  const baskets = Array.from({ length: 400 }, (_, c): [string, { products: string[] }[]] => [
    `c${c}`,
    Array.from({ length: 2 }, () => ({ products: Array.from({ length: 20 }, () => `p${random.below(6000)}`) })),
  ]);
  const wide = datasetOfBaskets(new Map(baskets), new Map(), { customer: 'customer', order: 'order' });
  const open = { iterations: 1, regularization: 8, unobservedWeight: 0.1, tasteDecay: 0.7, blend: defaultBlend };
  assert.is((await settle(wide, { ...open, budget: 1e-9 })).provenance.unchosen, 'given');
  const tried = (await settle(wide, { ...open, tasteDecay: undefined, budget: 1e-9 })).provenance.choice!;
  assert.is(tried.budget!.beyond, 256);
  assert.equal([...new Set(tried.tried.map((one) => one.factors))], [128]);
  const enough = (await settle(wide, open)).provenance.choice!;
  assert.equal([enough.tried.map((one) => one.factors), enough.budget!.beyond], [[128, 256], undefined]);
  const given = (await settle(wide, { ...open, tasteDecay: undefined, factors: 8, budget: 1e-9 })).provenance.choice!;
  assert.is(given.budget!.beyond, undefined);
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
