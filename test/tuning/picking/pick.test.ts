import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../src/dataset/dataset.ts';
import { openKernel } from '../../../src/kernel/open.ts';
import type { Tried } from '../../../src/model/model.ts';
import { createRandom } from '../../../src/random.ts';
import { defaultBlend, type RankingOptions } from '../../../src/ranking/weights.ts';
import type { TrainingControl } from '../../../src/training/algorithm.ts';
import type { AlsOptions } from '../../../src/training/als-options.ts';
import { holdOutRecent, holdOutSample } from '../../../src/tuning/judging/held-out.ts';
import { type Priors, pickOptions } from '../../../src/tuning/picking/pick.ts';
import { freeSearched } from '../../../src/tuning/picking/sampled-factors.ts';
import { finish } from '../../../src/turns.ts';
import { type Basket, datasetOfBaskets } from '../../support/baskets.ts';
import { countedKernel } from '../../support/counted-kernel.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { randomShop } from '../../support/random-shop.ts';

const test = suite('picked options');

const shop = randomShop();
/** So coarse that options make a difference. */
const coarse = { factors: 2, iterations: 10 };
const small = { factors: 6, iterations: 3 };
/** Of a shop of many orders and few products. */
const priors: Priors = { start: defaultBlend, factors: { factors: [], budget: 5, minutesFor: () => 1 } };

async function pick(
  dataset: Dataset,
  options: AlsOptions & RankingOptions & TrainingControl,
  ready: Partial<Priors> = {},
) {
  const kernel = openKernel({ threads: 1 });
  try {
    return await pickOptions(kernel, finish(holdOutSample(dataset, options.factors!))!, options, {
      ...priors,
      ...ready,
    });
  } finally {
    await kernel.close();
  }
}

const value = ({ all, explore }: Tried) => all!.recall + all!.ndcg + explore!.recall + explore!.ndcg;
const bestOf = (tried: readonly Tried[]) => tried.reduce((a, b) => (value(b) > value(a) ? b : a));
const triple = ({ regularization, unobservedWeight, tasteDecay }: Partial<Tried>) => [
  regularization,
  unobservedWeight,
  tasteDecay,
];

test('what is left open is picked: the best of the defaults and a grid on held-out orders', async () => {
  const progress: number[] = [];
  const many = randomShop({ customers: 600, seed: 2 });
  const { options, provenance } = await pick(many, { ...coarse, onChoice: ({ done }) => progress.push(done) });
  assert.equal(progress, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
  const { heldOut, tried, beatsDefaults } = provenance.choice!;
  assert.is(heldOut, 'orders');
  assert.equal(triple(tried[0]), [8, 0.1, 0.7]);
  assert.is(new Set(tried.map((one) => `${triple(one)}`)).size, 11);
  assert.is(beatsDefaults, true);
  assert.equal(triple(options), triple(bestOf(tried)));
});

test('the defaults are kept if nothing is better by more than the noise', async () => {
  const { options, provenance } = await pick(randomShop({ customers: 600, seed: 11 }), coarse);
  const { tried, beatsDefaults } = provenance.choice!;
  assert.ok(value(bestOf(tried)) > value(tried[0]), 'something seems better');
  assert.is(beatsDefaults, false);
  assert.equal(triple(options), [8, 0.1, 0.7]);
});

test('what is given is kept', async () => {
  const given = { ...small, regularization: 3, tasteDecay: 0.8, blend: { habit: 1 } };
  const { options, provenance } = await pick(shop, given);
  assert.is(options.regularization, 3);
  assert.equal(options.blend, { ...defaultBlend, habit: 1 });
  assert.is(provenance.choice!.learned, false);
  assert.equal(provenance.choice!.tried.map(triple), [
    [3, 0.1, 0.8],
    [3, 0.015, 0.8],
    [3, 0.2, 0.8],
  ]);
});

test('more factors are tried as long as each number is better than the one before by more than the noise', async () => {
  const many = randomShop({ customers: 600, seed: 4 });
  const given = { iterations: 10, regularization: 2, unobservedWeight: 0.1, tasteDecay: 0.7, blend: defaultBlend };
  const factors = { factors: [3, 4, 40, 80], budget: 7, minutesFor: (factors: number) => factors / 10 };
  const { options, provenance } = await pick(many, { ...given, factors: 1 }, { factors });
  const { tried, budget } = provenance.choice!;
  const numbers = tried.map((one) => one.factors!);
  assert.equal(numbers, [1, 3, 4, 40, 80].slice(0, numbers.length));
  assert.ok(numbers.length < 5, 'what is not better ends the search');
  assert.ok(options.factors! > 1, 'one factor is not enough for three kinds of customers');
  assert.is(options.factors, numbers[numbers.length - 2]);
  assert.equal(budget, { minutes: 7, estimate: options.factors! / 10 });
});

test('weights are learned from those of the start', async () => {
  const start = { ...defaultBlend, taste: 1, habit: 3 };
  const { options, provenance } = await pick(shop, { ...small, regularization: 8 }, { start });
  assert.is(options.blend!.taste, 1);
  if (!provenance.choice!.learned) assert.equal(options.blend, start);
});

test('of customers who come once products are held out, which say nothing about habit and the sequence of orders', async () => {
  const { options, provenance } = await pick(randomShop({ orders: 1, customers: 200 }), small);
  const { heldOut, learned, tried } = provenance.choice!;
  assert.is(heldOut, 'products');
  const { trend, neighbours } = options.blend!;
  assert.equal(options.blend, { ...defaultBlend, trend, neighbours });
  assert.is(learned, neighbours > 0, 'what others bought besides is what is missing');
  assert.is(options.tasteDecay, 0.7);
  assert.ok(tried.every(({ all, explore }) => all === undefined && explore));
});

/** Everybody buys of 60 products what sells best, and nothing twice. */
function bestSellers(orders: number): Dataset {
  const random = createRandom(4);
  const baskets = Array.from({ length: 500 }, (_, c): [string, Basket[]] => {
    const left = new Set(Array.from({ length: 60 }, (_, p) => p));
    const draw = () => {
      const product = [...left][Math.floor(left.size * random.uniform() ** 3)];
      left.delete(product);
      return `p${100 + product}`;
    };
    return [`c${c}`, Array.from({ length: orders }, () => ({ products: Array.from({ length: 12 / orders }, draw) }))];
  });
  return datasetOfBaskets(new Map(baskets), new Map(), { customer: 'customer', order: 'order' });
}

for (const orders of [1, 4]) {
  test(`popularity is learned where it is all there is to know, of customers with ${orders} orders`, async () => {
    const start = { ...defaultBlend, habit: 0, bought: -10, repeat: 0, trend: -0.1 };
    const given = { ...small, regularization: 0.1, unobservedWeight: 1 };
    const { options, provenance } = await pick(bestSellers(orders), given, { start });
    assert.is(provenance.choice!.heldOut, orders === 1 ? 'products' : 'orders');
    assert.is(provenance.choice!.learned, true);
    const { trend, neighbours, ...rest } = options.blend!;
    assert.ok(trend > 0, `trend ${trend}`);
    assert.equal({ ...rest, trend: -0.1, neighbours: 0 }, start, 'what was bought stays last');
  });
}

test('numbers of factors are compared by weights of new products that were learned first', async () => {
  const start = { ...defaultBlend, habit: 0, bought: -10, repeat: 0, trend: -0.1 };
  const given = { ...small, regularization: 0.1, unobservedWeight: 1, tasteDecay: 0.7 };
  const factors = { factors: [small.factors + 1], budget: 5, minutesFor: () => 1 };
  const triedBy = async (ready: Partial<Priors>) =>
    (await pick(bestSellers(4), given, { start, ...ready })).provenance.choice!.tried;
  const [byStart] = await triedBy({});
  const [fewer, more] = await triedBy({ factors });
  assert.ok(value(fewer) > 1.2 * value(byStart), `${value(fewer)} ${value(byStart)}`);
  assert.ok(value(more) > 1.2 * value(byStart), `${value(more)} ${value(byStart)}`);
});

test('the window of trend is that which predicts the newest weeks, if orders have times', async () => {
  // From day 146 on, days before the newest weeks, other products sell best.
  const random = createRandom(5);
  const baskets = Array.from({ length: 400 }, (_, c): [string, Basket[]] => [
    `c${c}`,
    Array.from({ length: 12 }, (_, order): Basket => {
      const day = 15 * order + random.below(15);
      const best = day < 146 ? 0 : 20;
      const product = () => `p${100 + (random.uniform() < 0.8 ? best + random.below(20) : random.below(80))}`;
      return { products: [product(), product()], time: day * 86_400_000 };
    }),
  ]);
  const dataset = datasetOfBaskets(new Map(baskets), new Map(), { customer: 'customer', order: 'order', time: 'time' });
  const recent = finish(holdOutRecent(dataset, 6));
  assert.ok(recent);
  assert.is((await pick(dataset, small, { recent })).options.windowDays, 14);
  assert.is((await pick(dataset, { ...small, windowDays: 90 }, { recent })).options.windowDays, 90, 'given');
  assert.is((await pick(dataset, small)).options.windowDays, 30, 'the default');
});

test('picking holds the memory of two models at most, and frees it in the end, also after an abort', async () => {
  const kernel = countedKernel();
  const sample = finish(holdOutSample(shop, 20))!;
  const options = { factors: 20, iterations: 1, solver: 'exact' } as const;
  const held: number[] = [];
  const onEach = () => held.push(kernel.bytes());
  const { searched } = await pickOptions(kernel, sample, { ...options, onChoice: onEach }, priors);
  assert.is(held[0], 0);
  assert.ok(held[1] > 0);
  assert.is(held.length, 12);
  assert.ok(held.slice(2).every((bytes) => bytes > held[1] && bytes <= 2 * held[1]));
  freeSearched(kernel, searched!);
  assert.is(kernel.bytes(), 0);
  const stop = new AbortController();
  const onChoice = ({ done }: { done: number }) => done === 2 && stop.abort();
  const error = await endcapErrorOf(pickOptions(kernel, sample, { ...options, signal: stop.signal, onChoice }, priors));
  assert.is(error.code, 'aborted');
  assert.is(kernel.bytes(), 0);
  await kernel.close();
});

test.run();
