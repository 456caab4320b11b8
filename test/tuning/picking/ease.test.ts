import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../src/dataset/dataset.ts';
import { openKernel } from '../../../src/kernel/open.ts';
import { createRandom } from '../../../src/random.ts';
import { defaultBlendOf, type RankingOptions } from '../../../src/ranking/weights.ts';
import { holdOutSample } from '../../../src/tuning/judging/held-out.ts';
import { mayGainByEase } from '../../../src/tuning/picking/ease.ts';
import { pickOptions } from '../../../src/tuning/picking/pick.ts';
import { finish } from '../../../src/turns.ts';
import { datasetOfBaskets } from '../../support/baskets.ts';
import { randomShop } from '../../support/random-shop.ts';

const test = suite('whether EASE finds neighbours');

/**
 * Customers of six kinds who buy a product in two of their kind and a few others, each once. Of every pair of products that
 * follow one another, nobody needs both.
 */
function denseShop(customers: number): Dataset {
  const random = createRandom(3);
  const baskets = Array.from({ length: customers }, (_, c) => {
    const own = Array.from({ length: 30 }, (_, pair) => 2 * pair + random.below(2)).filter(
      (product) => random.uniform() < (Math.floor(product / 10) === c % 6 ? 0.9 : 0.15),
    );
    return [`c${c}`, [{ products: own.map((product) => `p${product}`) }]] as const;
  });
  return datasetOfBaskets(new Map(baskets));
}

async function pick(dataset: Dataset, options: RankingOptions = {}) {
  const kernel = openKernel({ threads: 1 });
  try {
    const all = { regularization: 8, unobservedWeight: 0.1, tasteDecay: 1, factors: 2, iterations: 2, ...options };
    const priors = { start: defaultBlendOf(dataset), factors: { factors: [], budget: 5, minutesFor: () => 1 } };
    return (await pickOptions(kernel, finish(holdOutSample(dataset, 2))!, all, priors)).options;
  } finally {
    await kernel.close();
  }
}

test('it does if lists of held-out products are better by more than the noise', async () => {
  const { easeRegularization, blend } = await pick(denseShop(700));
  assert.ok([200, 600].includes(easeRegularization!));
  assert.ok(blend!.neighbours > 0);
});

test('it does not if they are no better', async () => {
  assert.is((await pick(randomShop())).easeRegularization, undefined);
});

test('it is not tried if options say how neighbours are found, or how much they count', async () => {
  const shop = denseShop(700);
  assert.is((await pick(shop, { easeRegularization: 0 })).easeRegularization, undefined);
  assert.is((await pick(shop, { blend: { neighbours: 1 } })).easeRegularization, undefined);
});

test('it is tried in small catalogues with many pairs, more of them where customers buy again', () => {
  const shopOf = (customers: number, products: number, pairs: number, buysAgain = false) => {
    const ids = Array.from({ length: products }, (_, p) => `p${p}`);
    const { history } = datasetOfBaskets(
      new Map([['c', buysAgain ? [{ products: ['p0'] }, { products: ['p0'] }] : [{ products: ['p0'] }]]]),
    );
    const purchases = { offsets: new Uint32Array(customers + 1), products: new Uint32Array(pairs) };
    return { products: ids, purchases: { ...purchases, orders: purchases.products }, history } as unknown as Dataset;
  };
  assert.is(mayGainByEase(shopOf(10_000, 5000, 100_000)), true);
  assert.is(mayGainByEase(shopOf(10_000, 5000, 99_999)), false);
  assert.is(mayGainByEase(shopOf(10_000, 5001, 1e6)), false);
  assert.is(mayGainByEase(shopOf(10_000, 5000, 499_999, true)), false);
  assert.is(mayGainByEase(shopOf(10_000, 5000, 500_000, true)), true);
  assert.is(mayGainByEase(shopOf(1000, 1000, 20_000, true)), true);
  assert.is(mayGainByEase(shopOf(1000, 1000, 19_999, true)), false);
});

test.run();
