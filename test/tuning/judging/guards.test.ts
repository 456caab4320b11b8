import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../src/dataset/dataset.ts';
import { openKernel } from '../../../src/kernel/open.ts';
import { createScope } from '../../../src/kernel/scope.ts';
import { createRandom, type Random } from '../../../src/random.ts';
import { defaultBlend } from '../../../src/ranking/weights.ts';
import { trainAls } from '../../../src/training/als.ts';
import { type Guarded, guardBlend, rivalsOf, type Weighed } from '../../../src/tuning/judging/guards.ts';
import { holdOutSample } from '../../../src/tuning/judging/held-out.ts';
import { createJudge } from '../../../src/tuning/judging/judge.ts';
import { sampleFactors } from '../../../src/tuning/picking/sampled-factors.ts';
import { finish } from '../../../src/turns.ts';
import { type Basket, datasetOfBaskets } from '../../support/baskets.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { randomShop } from '../../support/random-shop.ts';

const test = suite('guards');

const day = 86_400_000;

/** A shop of 300 customers with six orders each, a month apart, of two products that `draw` gives. */
function shopOf(draw: (random: Random, order: number, own: readonly number[]) => number): Dataset {
  const random = createRandom(3);
  const baskets = new Map<string, Basket[]>();
  for (let c = 0; c < 300; c++) {
    const own: number[] = [];
    const orders = Array.from({ length: 6 }, (_, order): Basket => {
      const products = [draw(random, order, own), draw(random, order, own)];
      own.push(...products);
      return { products: products.map((product) => `p${100 + product}`), time: (30 * order + random.below(20)) * day };
    });
    baskets.set(`c${c}`, orders);
  }
  return datasetOfBaskets(baskets, new Map(), { customer: 'customer', order: 'order', time: 'time' });
}

/** The first of 60 products sell many times as often as the last. */
const skewed = (random: Random) => Math.floor(60 * random.uniform() ** 3);

/** Customers who buy the same again and again. */
const faithful = (random: Random, _: number, own: readonly number[]) =>
  own.length > 2 && random.uniform() < 0.9 ? own[random.below(own.length)] : random.below(60);

/** What guards make of a blend, and of that again. */
async function guard(
  dataset: Dataset,
  weighed: Weighed,
  { signal, movesWindow = true }: { signal?: AbortSignal; movesWindow?: boolean } = {},
): Promise<[Guarded, Guarded]> {
  const kernel = openKernel({ threads: 1 });
  const scope = createScope(kernel);
  try {
    const sample = finish(holdOutSample(dataset, 4))!;
    const als = { factors: 4, iterations: 3, regularization: 1 };
    const trained = await trainAls(scope, sample.heldOut.train, als, { signals: sample.signals });
    const factors = sampleFactors(scope, sample, trained);
    const judgeFor = (windowDays: number) => createJudge(scope, sample, factors, { decay: 0.9, windowDays });
    const rivals = await rivalsOf([sample], undefined);
    const once = await guardBlend(judgeFor, rivals, weighed, movesWindow, signal);
    return [once, await guardBlend(judgeFor, rivals, once, movesWindow)];
  } finally {
    scope.end();
    await kernel.close();
  }
}

test('where what sells best is all there is to know, the blend moves there until it no longer loses', async () => {
  const weighed = { blend: { ...defaultBlend, habit: 0, bought: -10, trend: -0.5 }, windowDays: 30 };
  const [{ blend, windowDays, guards }, again] = await guard(shopOf(skewed), weighed);
  assert.ok(guards.some(({ baseline, question }) => baseline.startsWith('popular') && question !== 'repeat'));
  assert.ok(blend.trend > 0, `trend ${blend.trend}`);
  assert.match(guards[0].action, `trend ${blend.trend} instead of -0.5`);
  assert.ok(windowDays > 30);
  assert.equal(again.guards, []);
});

test('where the best-sellers change, it moves to those of the last 60 days', async () => {
  const shifting = (random: Random, order: number) => (skewed(random) + (order < 4 ? 30 : 0)) % 60;
  const weighed = { blend: { ...defaultBlend, habit: 0, bought: -10, trend: 0.4 }, windowDays: 36_500 };
  const [{ windowDays, guards }, again] = await guard(shopOf(shifting), weighed);
  assert.ok(
    guards.some(({ baseline }) => baseline === 'popular-60d'),
    JSON.stringify(guards),
  );
  assert.is(windowDays, 60);
  assert.match(guards[0].action, /a window of 60 days instead of 36500$/);
  assert.equal(again.guards, []);
});

test('a window that was given stays', async () => {
  const weighed = { blend: { ...defaultBlend, habit: 0, bought: -10, trend: -0.5 }, windowDays: 30 };
  const [{ blend, windowDays, guards }] = await guard(shopOf(skewed), weighed, { movesWindow: false });
  assert.ok(guards.length > 0);
  assert.ok(blend.trend > 0);
  assert.is(windowDays, 30);
  assert.ok(guards.every(({ action }) => !action.includes('window')));
});

test('where customers buy their favorites, it moves to these', async () => {
  const weighed = { blend: { ...defaultBlend, habit: 0, bought: -3 }, windowDays: 30 };
  const [{ blend, guards }, again] = await guard(shopOf(faithful), weighed);
  assert.ok(
    guards.some(({ baseline }) => ['p-top', 'gp-top'].includes(baseline)),
    JSON.stringify(guards),
  );
  assert.ok(blend.habit > 0 && blend.bought > -3);
  assert.equal(again.guards, []);
});

test('a blend that loses to none stays as it is', async () => {
  const weighed = { blend: { ...defaultBlend, habit: 8, repeat: 0 }, windowDays: 30 };
  const [guarded] = await guard(shopOf(faithful), weighed);
  assert.equal(guarded, { ...weighed, guards: [] });
});

test('products that are held out are only asked for as new ones', async () => {
  const once = randomShop({ customers: 200, orders: 1 });
  const weighed = { blend: { ...defaultBlend, habit: 0, bought: -10, trend: -5 }, windowDays: 30 };
  const [{ guards }] = await guard(once, weighed);
  assert.ok(guards.every(({ question }) => question === 'explore'));
});

test('an AbortSignal stops it', async () => {
  const weighed = { blend: { ...defaultBlend, trend: -5 }, windowDays: 30 };
  assert.is((await endcapErrorOf(guard(shopOf(skewed), weighed, { signal: AbortSignal.abort() }))).code, 'aborted');
});

test.run();
