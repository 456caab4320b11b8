import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../src/dataset/dataset.ts';
import { createRandom } from '../../../src/random.ts';
import { type TuneOptions, type TuneProgress, tune } from '../../../src/tuning/search/tune.ts';
import type { Tuned } from '../../../src/tuning/search/tuned.ts';
import { parseOptions, parseTuned } from '../../../src/tuning/search/tuned-file.ts';
import { train } from '../../../src/tuning/train.ts';
import { type Basket, datasetOfBaskets } from '../../support/baskets.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { randomShop } from '../../support/random-shop.ts';

const test = suite('tune');

const shop = randomShop();
const kept = { factors: 6, cgSteps: 2 };
/** Leaves nothing for `train` to pick before the search begins. */
const cheap = { iterations: 1, regularization: 8, unobservedWeight: 0.1, tasteDecay: 0.7, blend: {} };

/** A search that a signal ends after a number of trials. */
async function search(trials: number, options: TuneOptions = {}, dataset = shop) {
  const controller = new AbortController();
  const reports: TuneProgress[] = [];
  const tuned = await tune(dataset, {
    ...kept,
    threads: 1,
    ...options,
    signal: controller.signal,
    onProgress(progress) {
      reports.push(progress);
      if (progress.tuned.trials.length >= trials) controller.abort();
    },
  });
  return { tuned, reports };
}

test('plays rounds of nine and three trials, the best going on, and keeps what was given', async () => {
  const { tuned, reports } = await search(24);
  const { trials, options, defaults } = tuned;
  assert.is(trials.length, 24);
  const played = trials.map(({ rung }) => rung[0]).join('');
  const unconfirmed = played.replaceAll('c', '');
  assert.is(unconfirmed, 'ssssssssslll'.repeat(2).slice(0, unconfirmed.length));
  assert.ok(trials.every(({ options }) => options.factors === 6 && options.cgSteps === 2));
  const best = trials.slice(0, 9).sort((a, b) => b.value - a.value)[0].options;
  assert.is(trials[9].options.regularization, best.regularization);
  assert.is(reports.length, 25);
  assert.is(reports[0].trial, undefined);
  assert.equal(reports[0].tuned.options, defaults);
  assert.ok(trials.filter(({ rung }) => rung === 'long').every(({ gain }) => gain && gain.error >= 0));
  const model = await train(shop, { ...options, threads: 1 });
  assert.is(model.metadata.options.regularization, options.regularization);
  assert.is(model.metadata.losses.length, options.iterations);
});

test('another window is taken only if it is better by two standard errors, which it is not where customers buy alike', async () => {
  for (const seed of [2, 3]) {
    const { tuned } = await search(24, { iterations: 4 }, randomShop({ seed }));
    const long = tuned.trials.filter(({ rung }) => rung === 'long');
    assert.equal(new Set(long.map(({ options }) => options.windowDays)), new Set([60]));
  }
});

test('a search that continues another tries what the whole one would have', async () => {
  const whole = (await search(15)).tuned;
  const first = (await search(7)).tuned;
  const text = JSON.stringify(first);
  const { tuned } = await search(15, { resume: parseTuned(text, 'tuned.json') });
  assert.equal(tuned.trials, whole.trials);
  assert.equal(tuned.options, whole.options);
  assert.ok(tuned.elapsedMs > first.elapsedMs);
});

test('a shop whose customers come once is tuned too', async () => {
  const { tuned } = await search(12, {}, randomShop({ orders: 1, customers: 150, times: false }));
  assert.ok(tuned.trials.some(({ rung }) => rung === 'long'));
  assert.is(tuned.options.windowDays, 60);
});

/** A shop of 600 orders where a few products sell best, and there is no taste. */
function bestSellers(): Dataset {
  const random = createRandom(1);
  const product = () => `p${Math.floor(60 * random.uniform() ** 3)}`;
  const baskets = Array.from({ length: 150 }, (_, c): [string, Basket[]] => [
    `c${c}`,
    Array.from({ length: 4 }, (_, order) => ({
      products: [product(), product()],
      time: (30 * order + random.below(20)) * 86_400_000,
    })),
  ]);
  return datasetOfBaskets(new Map(baskets), new Map(), { customer: 'customer', order: 'order', time: 'time' });
}

test('it begins with what train picks, guards and window included, and a training with that is the same model', async () => {
  const best = bestSellers();
  const own = { factors: 4, iterations: 1, regularization: 8, unobservedWeight: 0.1, tasteDecay: 0.7 };
  const picked = await train(best, { ...own, trees: false, threads: 1 });
  const { guards, ranking } = picked.metadata;
  assert.ok(guards!.length > 0);
  const { tuned } = await search(1, own, best);
  const [first] = tuned.trials;
  for (const { guards, windowDays, blend } of [tuned.defaults, first.options])
    assert.equal([guards, windowDays, blend.trend], [picked.metadata.guards, ranking!.windowDays, ranking!.trend]);
  const trained = await train(best, parseOptions(JSON.stringify(tuned), 'tuned.json'));
  assert.is(trained.metadata.version, picked.metadata.version);
  assert.equal(trained.metadata.guards, guards, 'info names them');
});

test('orders whose sequence is not known are not weighted by it', async () => {
  const shuffled = randomShop({ times: false });
  const unordered = { ...shuffled, account: { ...shuffled.account, columns: { customer: 'customer' } } };
  const { tuned } = await search(12, {}, unordered);
  const all = [tuned.defaults, ...tuned.trials.map(({ options }) => options)];
  assert.ok(all.every(({ decay, tasteDecay }) => decay === 1 && tasteDecay === 1));
});

/**
 * Customers who buy of three of ten kinds of products, each of twelve: `old`, `mid`, and `now`, in every order two of the kinds
 * that are named.
 */
function shopOfKinds(orders: readonly (readonly [Kind, Kind])[]): Dataset {
  const random = createRandom(5);
  const baskets = Array.from({ length: 250 }, (_, c): [string, Basket[]] => {
    const kinds: Record<Kind, number> = { old: random.below(10), mid: random.below(10), now: random.below(10) };
    const product = (kind: Kind) => `p${12 * kinds[kind] + random.below(12)}`;
    return [`c${c}`, orders.map((two) => ({ products: two.map(product) }))];
  });
  return datasetOfBaskets(new Map(baskets), new Map(), { customer: 'customer', order: 'order' });
}
type Kind = 'old' | 'mid' | 'now';

/** A search whose defaults forget nothing, so that the weights of orders in customers' taste are left to be found. */
async function searchFromAll(dataset: Dataset, trials: number): Promise<Tuned> {
  const blend = { taste: 1, habit: 0, trend: 0, bought: 0, repeat: 0, neighbours: 0 };
  const given = { factors: 12, iterations: 4, regularization: 1, unobservedWeight: 0.1, blend };
  const aim = { purchased: 'exclude', threads: 1 } as const;
  const { tuned } = await search(0, { ...given, ...aim }, dataset);
  const resume = { ...tuned, defaults: { ...tuned.defaults, tasteDecay: 1 } };
  return (await search(trials, { ...given, ...aim, resume }, dataset)).tuned;
}

test('options that are better on the orders that choose and on those before are found', async () => {
  const tuned = await searchFromAll(
    shopOfKinds([
      ['old', 'old'],
      ['old', 'old'],
      ['old', 'mid'],
      ['now', 'now'],
      ['now', 'now'],
      ['now', 'now'],
    ]),
    15,
  );
  assert.ok(tuned.options.tasteDecay < 0.9, `${tuned.options.tasteDecay}`);
  assert.ok(tuned.gain!.mean > 2 * tuned.gain!.error, JSON.stringify(tuned.gain));
  assert.is(tuned.unchanged, undefined);
});

test('options that are better on the orders that choose only are refused', async () => {
  const tuned = await searchFromAll(
    shopOfKinds([
      ['old', 'old'],
      ['old', 'old'],
      ['old', 'old'],
      ['mid', 'mid'],
      ['old', 'now'],
      ['now', 'now'],
    ]),
    15,
  );
  const of = (rung: string) => tuned.trials.filter((trial) => trial.rung === rung);
  assert.ok(of('long').some(({ gain }) => gain && gain.mean > 2 * gain.error));
  assert.ok(of('confirm').length > 0);
  assert.equal([tuned.options, tuned.gain, tuned.unchanged], [tuned.defaults, undefined, 'not_confirmed']);
});

test('the end of its time ends the search, and there is an answer however early it comes', async () => {
  const { options, defaults, unchanged, trials } = await tune(shop, { ...kept, threads: 1, minutes: 1e-6 });
  assert.equal(options, defaults);
  assert.is(unchanged, 'nothing_better');
  assert.is(trials.length, 0);
});

test('a search takes as many minutes as it accepts, beyond what timers take', async () => {
  // Timers end at 24.8 days, which are 35,791 minutes.
  for (const minutes of [50_000, 100_000]) {
    const { tuned, reports } = await search(1, { ...cheap, minutes });
    assert.is(tuned.trials.length, 1);
    assert.is(reports[0].totalMs, minutes * 60_000);
  }
  assert.is((await endcapErrorOf(tune(shop, { minutes: 100_001 }))).details.option, 'minutes');
  assert.is((await endcapErrorOf(tune(shop, { signal: '' as never }))).details.option, 'signal');
  assert.is((await endcapErrorOf(tune(shop, null as never))).details.option, 'options');
});

test('a search of other orders or with other options to keep is not continued', async () => {
  const { tuned } = await search(1);
  const other = await endcapErrorOf(tune(randomShop({ customers: 95 }), { ...kept, resume: tuned }));
  assert.is(other.code, 'invalid_options');
  assert.match(other.message, 'other orders');
  assert.match((await endcapErrorOf(tune(shop, { factors: 8, resume: tuned }))).message, '"factors":8');
  for (const resume of [{}, { ...tuned, given: undefined }, { ...tuned, trials: [null] }])
    assert.is((await endcapErrorOf(tune(shop, { ...kept, resume: resume as never }))).details.option, 'resume');
});

test('a search has an aim: lists of new products, or what is bought in the next days', async () => {
  const values: number[] = [];
  for (const aim of [{}, { purchased: 'allow' }, { purchased: 'exclude' }, { lastDays: 20 }] as const) {
    const first = new AbortController();
    const onProgress = ({ trial }: TuneProgress) => trial && first.abort();
    const tuned = await tune(shop, { ...kept, ...aim, threads: 1, signal: first.signal, onProgress });
    assert.equal(tuned.aim, { purchased: undefined, lastDays: undefined, ...aim });
    values.push(tuned.trials[0].value);
  }
  const [both, all, explore, days] = values;
  assert.ok(Math.abs(both - all - explore) < 1e-9, 'the sum of both');
  assert.ok(days !== both);
});

test('a search with another aim is not continued, and one by time needs times', async () => {
  const { tuned } = await search(1);
  const other = await endcapErrorOf(tune(shop, { ...kept, purchased: 'exclude', resume: tuned }));
  assert.match(other.message, '{"purchased":"exclude"}');
  const timeless = await endcapErrorOf(tune(randomShop({ times: false }), { ...kept, threads: 1, lastDays: 20 }));
  assert.is(timeless.code, 'nothing_to_measure');
  assert.is((await endcapErrorOf(tune(shop, { lastDays: -1 }))).details.option, 'lastDays');
  assert.is((await endcapErrorOf(tune(shop, { purchased: 'only' as 'allow' }))).details.option, 'purchased');
});

test('wrong options are refused, and orders that are not enough to measure by', async () => {
  for (const [wrong, name] of [
    [{ minutes: 0 }, 'minutes'],
    [{ iteration: 5 }, 'iteration'],
    [{ factors: 0 }, 'factors'],
    [{ earlyStopping: true }, 'earlyStopping'],
  ] as const) {
    const error = await endcapErrorOf(tune(shop, wrong as object));
    assert.equal([error.code, error.details.option], ['invalid_options', name]);
  }
  const few = await endcapErrorOf(tune(randomShop({ customers: 10 }), { minutes: 0.01, threads: 1 }));
  assert.is(few.code, 'nothing_to_measure');
  const aborted = await endcapErrorOf(tune(shop, { ...kept, threads: 1, signal: AbortSignal.abort() }));
  assert.is(aborted.code, 'aborted');
});

test.run();
