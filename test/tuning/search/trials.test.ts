import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../src/dataset/dataset.ts';
import { openKernel } from '../../../src/kernel/open.ts';
import { createRandom } from '../../../src/random.ts';
import { defaultBlend, type RankingOptions } from '../../../src/ranking/weights.ts';
import { type AlsOptions, alsSettings } from '../../../src/training/als-options.ts';
import type { Aim } from '../../../src/tuning/judging/held-out.ts';
import { createTrials } from '../../../src/tuning/search/trials.ts';
import type { Rung, TunedOptions } from '../../../src/tuning/search/tuned.ts';
import { type Basket, datasetOfBaskets } from '../../support/baskets.ts';
import { countedKernel } from '../../support/counted-kernel.ts';
import { randomShop } from '../../support/random-shop.ts';

const test = suite('trials');

const day = 86_400_000;
const defaultsWith = (options: Partial<TunedOptions>): TunedOptions => {
  const { factors, iterations, regularization, unobservedWeight, frequencyExponent, confidence, decay, tasteDecay } =
    alsSettings({ factors: 4, iterations: 6, ...options });
  const drawn = {
    factors,
    iterations,
    regularization,
    unobservedWeight,
    frequencyExponent,
    confidence,
    decay,
    tasteDecay,
  };
  return { ...drawn, windowDays: 30, blend: defaultBlend, ...options };
};

interface Asked {
  rung: Rung;
  defaults?: Partial<TunedOptions>;
  options?: Partial<TunedOptions>;
  given?: AlsOptions & RankingOptions;
  aim?: Aim;
}

async function outcomeOf(dataset: Dataset, { rung, defaults = {}, options = {}, given = {}, aim = {} }: Asked) {
  const kernel = openKernel({ threads: 1 });
  try {
    const standard = defaultsWith(defaults);
    const { signal } = new AbortController();
    const run = createTrials(kernel, dataset, { given: { factors: 4, ...given }, aim, defaults: standard, signal });
    return await run[rung]({ ...standard, ...options });
  } finally {
    await kernel.close();
  }
}

/** A shop of 120 customers with twelve orders each, half a month apart, of two of 60 products; the first sell best. */
function skewedShop(shiftAfter = 12): Dataset {
  const random = createRandom(3);
  const baskets = Array.from({ length: 120 }, (_, c): [string, Basket[]] => [
    `c${c}`,
    Array.from({ length: 12 }, (_, order): Basket => {
      const shift = order < shiftAfter ? 0 : 30;
      const product = () => `p${100 + ((Math.floor(60 * random.uniform() ** 3) + shift) % 60)}`;
      return { products: [product(), product()], time: (15 * order + random.below(15)) * day };
    }),
  ]);
  return datasetOfBaskets(new Map(baskets), new Map(), { customer: 'customer', order: 'order', time: 'time' });
}

const off = { ...defaultBlend, habit: 0, bought: -10, trend: -0.5 };

test('a long trial has guards, which move its weights, and which its options name', async () => {
  // Weights so far off that steps from one to the next find nothing better.
  const asked = { rung: 'long', defaults: { blend: off }, aim: { purchased: 'exclude' } } as const;
  const { options } = await outcomeOf(skewedShop(), asked);
  const [{ baseline, action }] = options.guards!;
  assert.ok(['popular', 'p-top', 'gp-top'].includes(baseline), baseline);
  assert.match(action, `bought ${options.blend.bought} instead of -10`);
  const given = await outcomeOf(skewedShop(), { ...asked, given: { blend: off } });
  assert.equal([given.options.blend, given.options.guards], [off, undefined], 'weights that are given stay');
});

test('guards that acted for the defaults stay named, before those that act now', async () => {
  const guards = [{ question: 'all', baseline: 'popular', action: 'trend 0.4' }] as const;
  const asked = { rung: 'long', defaults: { blend: off, guards }, aim: { purchased: 'exclude' } } as const;
  const { options } = await outcomeOf(skewedShop(), asked);
  assert.equal(options.guards![0], guards[0]);
  assert.ok(options.guards!.length > 1);
});

test('guards look after questions that are not aimed at', async () => {
  const asked = { rung: 'long', defaults: { blend: { ...off, bought: -3 } }, aim: { purchased: 'exclude' } } as const;
  const { options } = await outcomeOf(skewedShop(), asked);
  assert.ok(options.guards!.some(({ question }) => question !== 'explore'));
});

test('a long trial finds its window by the newest weeks, unless it is given', async () => {
  const asked = { rung: 'long', defaults: { windowDays: 120 }, aim: { purchased: 'exclude' } } as const;
  const { options } = await outcomeOf(skewedShop(9), asked);
  assert.ok(options.windowDays < 120, `${options.windowDays}`);
  const given = await outcomeOf(skewedShop(9), { ...asked, given: { windowDays: 120 } });
  assert.is(given.options.windowDays, 120);
});

test('the options of the defaults gain nothing by themselves, and are worse in nothing', async () => {
  const outcome = await outcomeOf(randomShop(), { rung: 'long', given: { blend: defaultBlend } });
  assert.equal(outcome.gain, { mean: 0, error: 0 });
  assert.is(outcome.worse, undefined);
});

test('a long trial that is clearly behind after its training ends there', async () => {
  const hopeless = { regularization: 1e6, iterations: 1, unobservedWeight: 100 };
  const shop = randomShop({ customers: 400 });
  const blend = { ...defaultBlend, trend: -0.1, habit: 0, bought: 0, repeat: 0 };
  const outcome = await outcomeOf(shop, { rung: 'long', options: hopeless, defaults: { regularization: 1, blend } });
  assert.ok(outcome.gain!.mean < -2 * outcome.gain!.error, JSON.stringify(outcome));
  assert.equal([outcome.options.blend, outcome.options.windowDays], [blend, 30], 'nothing was learned for it');
  const ofDefaults = await outcomeOf(shop, { rung: 'long', defaults: { regularization: 1, blend } });
  assert.not.equal(ofDefaults.options.blend, blend);
});

test('a confirmation learns nothing, and options that are those of the defaults gain nothing', async () => {
  const defaults = { blend: off, windowDays: 120 };
  const outcome = await outcomeOf(skewedShop(), { rung: 'confirm', defaults, aim: { purchased: 'exclude' } });
  assert.equal([outcome.options.blend, outcome.options.windowDays], [off, 120]);
  assert.equal([outcome.gain, outcome.least, outcome.worse], [{ mean: 0, error: 0 }, 0, undefined]);
});

test('what is found more of on the newest orders only is not confirmed by those before', async () => {
  const own = { taste: 0, habit: 0, bought: -10, repeat: 0, neighbours: 0 };
  // Sales of all days, or those of the last days, which differ from then on that other products sell best.
  const blend = { ...own, trend: 1 };
  const asked = { defaults: { blend, windowDays: 365 }, options: { windowDays: 20 }, given: { blend } } as const;
  const aim = { purchased: 'exclude', lastDays: 20 } as const;
  const { gain, least } = await outcomeOf(skewedShop(10), { rung: 'confirm', ...asked, aim });
  assert.ok(gain!.mean <= least!, JSON.stringify([gain, least]));
  assert.is(least, 2 * gain!.error);
});

test('where the sequence of orders is not known, another fifth of the products must be found better by a tenth', async () => {
  const ring = ringShop();
  const unordered = { ...ring, account: { ...ring.account, columns: { customer: 'customer' } } };
  const defaults = { regularization: 1, blend: { ...defaultBlend, trend: 0 } };
  const { value, least } = await outcomeOf(unordered, { rung: 'confirm', defaults });
  assert.ok(value > 0.1);
  assert.is(least, 0.1 * value);
  const chosen = await outcomeOf(unordered, { rung: 'long', defaults, given: { blend: defaults.blend } });
  assert.is.not(value, chosen.value, 'of other products');
});

test('where nobody buys twice, lists of all products are judged as those of new ones', async () => {
  const shop = datasetOfBaskets(
    new Map(
      Array.from({ length: 60 }, (_, c): [string, Basket[]] => [
        `c${c}`,
        [0, 1, 2, 3].map((order) => ({ products: [`p${(c + 7 * order) % 30}`, `p${(c + 7 * order + 1) % 30}`] })),
      ]),
    ),
    new Map(),
    { customer: 'customer', order: 'order' },
  );
  const [all, explore, both] = await Promise.all(
    ([{ purchased: 'allow' }, { purchased: 'exclude' }, {}] as const).map((aim) =>
      outcomeOf(shop, { rung: 'short', defaults: { blend: { ...defaultBlend, bought: -10 } }, aim }),
    ),
  );
  assert.ok(all.value > 0);
  assert.equal([all.value, both.value], [explore.value, explore.value]);
});

/** Customers buy 14 of the products around their place on a ring of 100, each once. */
function ringShop(): Dataset {
  const random = createRandom(6);
  const baskets = Array.from({ length: 300 }, (_, c): [string, Basket[]] => [
    `c${c}`,
    Array.from({ length: 7 }, () => ({
      products: [0, 1].map(() => `p${(Math.floor(c / 3) + random.below(20)) % 100}`),
    })),
  ]);
  return datasetOfBaskets(new Map(baskets), new Map(), { customer: 'customer', order: 'order' });
}

test('short trials go on from the factors of the defaults, and hold those of two lengths at most', async () => {
  const kernel = countedKernel();
  const shop = ringShop();
  const { signal } = new AbortController();
  const aim = { purchased: 'exclude' } as const;
  const defaults = defaultsWith({ iterations: 30, regularization: 1, blend: { ...defaultBlend, trend: 0 } });
  const { short } = createTrials(kernel, shop, { given: {}, aim, defaults, signal });
  const { value } = await short({ ...defaults, iterations: 1 });
  const held = kernel.bytes();
  assert.ok(held > 0);
  await short(defaults);
  assert.is(kernel.bytes(), held);
  for (const factors of [16, 32, 48]) await short({ ...defaults, factors });
  const rows = shop.customers.length + shop.products.length;
  assert.is(kernel.bytes(), 4 * rows * (32 + 48));
  await kernel.close();
  const alone = await outcomeOf(shop, { rung: 'short', defaults: { ...defaults, iterations: 1 }, aim });
  assert.ok(value > 1.1 * alone.value, `${value} after 30 epochs of the defaults, ${alone.value} after one`);
});

test.run();
