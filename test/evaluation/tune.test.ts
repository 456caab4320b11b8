import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../src/errors.ts';
import { train } from '../../src/evaluation/train.ts';
import { type TuneProgress, tune } from '../../src/evaluation/tune.ts';
import { answerOf, finalists, parseOptions, parseTuned, type Trial, type Tuned } from '../../src/evaluation/tuned.ts';
import { endcapErrorOf } from '../support/errors.ts';
import { randomShop } from '../support/random-shop.ts';

const test = suite('tune');

const shop = randomShop();
const kept = { factors: 6, cgSteps: 2 };

/** A search that a signal ends after so many trials. */
async function search(trials: number, resume?: Tuned, dataset = shop): Promise<{ tuned: Tuned; told: TuneProgress[] }> {
  const controller = new AbortController();
  const told: TuneProgress[] = [];
  const tuned = await tune(dataset, {
    ...kept,
    threads: 1,
    resume,
    signal: controller.signal,
    onProgress(progress) {
      told.push(progress);
      if (progress.tuned.trials.length >= trials) controller.abort();
    },
  });
  return { tuned, told };
}

test('plays rounds of nine, three and one, the best of each going on, and keeps what was given', async () => {
  const { tuned, told } = await search(26);
  const { trials, options, defaults } = tuned;
  assert.is(trials.length, 26);
  assert.equal(trials.map(({ rung }) => rung[0]).join(''), 'ssssssssslllf'.repeat(2));
  assert.ok(trials.every(({ options }) => options.factors === 6 && options.cgSteps === 2));
  const best = trials.slice(0, 9).sort((a, b) => b.value - a.value)[0].options;
  assert.is(trials[9].options.regularization, best.regularization);
  assert.is(told.length, 27);
  assert.is(told[0].trial, undefined);
  assert.equal(told[0].tuned.options, defaults);
  assert.ok(trials.filter(({ rung }) => rung === 'final').every(({ gain }) => gain && gain.error >= 0));
  const model = await train(shop, { ...options, threads: 1 });
  assert.is(model.metadata.options.regularization, options.regularization);
  assert.is(model.metadata.losses.length, options.iterations);
});

test('a search that goes on tries what the whole one would have', async () => {
  const whole = (await search(15)).tuned;
  const first = (await search(7)).tuned;
  const text = JSON.stringify(first);
  const { tuned } = await search(15, parseTuned(text, 'tuned.json'));
  assert.equal(tuned.trials, whole.trials);
  assert.equal(tuned.options, whole.options);
  assert.ok(tuned.elapsedMs > first.elapsedMs);
});

test('a shop whose customers come once is tuned too, on half of them', async () => {
  const { tuned } = await search(13, undefined, randomShop({ orders: 1, customers: 150, times: false }));
  assert.is(tuned.trials[12].rung, 'final');
  assert.is(tuned.options.windowDays, 60);
});

test('the end of the time ends the search, and there is an answer however early it comes', async () => {
  const { options, defaults, trials } = await tune(shop, { ...kept, threads: 1, minutes: 1e-6 });
  assert.equal(options, defaults);
  assert.is(trials.length, 0);
});

const options = { ...({} as Trial['options']), factors: 64, regularization: 8, unobservedWeight: 0.1 };
const final = (ahead: number, mean: number, change: object = {}): Trial => ({
  round: 0,
  rung: 'final',
  place: 0,
  options: {
    ...options,
    frequencyExponent: 1,
    confidence: 'orders',
    decay: 0.9,
    tasteDecay: 0.7,
    ...change,
  } as Trial['options'],
  value: 0.5,
  gain: { mean, error: 0.01, ahead },
});

test('the answer is the best finalist that is better than the defaults by more than the noise', () => {
  const defaults = final(0, 0).options;
  const close = final(0.05, 0.005, { regularization: 80 });
  const good = final(0.02, 0.02);
  const fading = final(-0.01, 0.04, { unobservedWeight: 3 });
  assert.equal(answerOf([close, fading, good], defaults).options, good.options);
  assert.equal(answerOf([close, fading], defaults), { options: defaults });
  assert.equal(answerOf([], defaults), { options: defaults });
});

test('a lucky finalist among poor ones stands behind a good one among good ones', () => {
  const lucky = final(0.05, 0.05, { regularization: 2 });
  const poor = [2.1, 1.9, 2.05].map((regularization) => final(-0.05, -0.05, { regularization }));
  const good = [30, 31, 32].map((regularization) => final(0.03, 0.03, { regularization }));
  const [best] = finalists([lucky, ...poor, ...good]);
  assert.ok(best.options.regularization >= 30);
  assert.ok(Math.abs(best.gain.ahead - 0.03) < 0.01);
});

test('a search of other orders or with other options to keep does not go on', async () => {
  const { tuned } = await search(1);
  const other = await endcapErrorOf(tune(randomShop({ customers: 95 }), { ...kept, resume: tuned }));
  assert.is(other.code, 'invalid_options');
  assert.match(other.message, 'other orders');
  assert.match((await endcapErrorOf(tune(shop, { factors: 8, resume: tuned }))).message, '"factors":8');
});

test('a search aims at what it is told: lists of new products, or what is bought in so many days', async () => {
  const values: number[] = [];
  for (const aim of [{}, { purchased: 'allow' }, { purchased: 'exclude' }, { lastDays: 20 }] as const) {
    const first = new AbortController();
    const onProgress = ({ trial }: TuneProgress) => trial && first.abort();
    const tuned = await tune(shop, { ...kept, ...aim, threads: 1, signal: first.signal, onProgress });
    assert.equal(tuned.aim, aim);
    values.push(tuned.trials[0].value);
  }
  const [both, all, explore, days] = values;
  assert.ok(Math.abs(both - all - explore) < 1e-9, 'the sum of both');
  assert.ok(days !== both);
});

test('a search for another aim does not go on, and one by time wants times', async () => {
  const { tuned } = await search(1);
  const other = await endcapErrorOf(tune(shop, { ...kept, purchased: 'exclude', resume: tuned }));
  assert.match(other.message, '{"purchased":"exclude"}');
  const timeless = await endcapErrorOf(tune(randomShop({ times: false }), { ...kept, threads: 1, lastDays: 20 }));
  assert.is(timeless.code, 'nothing_to_measure');
  assert.is((await endcapErrorOf(tune(shop, { lastDays: -1 }))).details.option, 'lastDays');
  assert.is((await endcapErrorOf(tune(shop, { purchased: 'only' as 'allow' }))).details.option, 'purchased');
});

test('refuses wrong options, and orders that tell nothing', async () => {
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

test('a file that is no search, or has no options or unknown ones, is refused with what is wrong', () => {
  const thrown = (work: () => unknown): EndcapError => {
    try {
      work();
    } catch (error) {
      if (error instanceof EndcapError) return error;
    }
    return assert.unreachable('no EndcapError was thrown') as never;
  };
  assert.match(thrown(() => parseTuned('{', 'x.json')).message, /^x\.json is not JSON/);
  assert.match(
    thrown(() => parseTuned('{"options": {}}', 'x.json')).message,
    /holds no search of endcap tune: options/,
  );
  assert.is(thrown(() => parseOptions('[]', 'x.json')).code, 'options_unreadable');
  assert.is(thrown(() => parseOptions('null', 'x.json')).code, 'options_unreadable');
  const unknown = thrown(() => parseOptions('{"options": {"regularisation": 3}}', 'x.json'));
  assert.equal([unknown.code, unknown.details.option], ['invalid_options', 'regularisation']);
  assert.equal(parseOptions('{"options": {"factors": 7}}', 'x.json'), { factors: 7 });
});

test.run();
