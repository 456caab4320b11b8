import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { EndcapError } from '../../src/errors.ts';
import { train } from '../../src/tuning/train.ts';
import { type TuneProgress, tune } from '../../src/tuning/tune.ts';
import {
  answerOf,
  parseOptions,
  parseTuned,
  surest,
  type Trial,
  type Tuned,
  type TunedOptions,
} from '../../src/tuning/tuned.ts';
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

test('plays rounds of nine and three, the best going on, and keeps what was given', async () => {
  const { tuned, told } = await search(24);
  const { trials, options, defaults } = tuned;
  assert.is(trials.length, 24);
  assert.equal(trials.map(({ rung }) => rung[0]).join(''), 'ssssssssslll'.repeat(2));
  assert.ok(trials.every(({ options }) => options.factors === 6 && options.cgSteps === 2));
  const best = trials.slice(0, 9).sort((a, b) => b.value - a.value)[0].options;
  assert.is(trials[9].options.regularization, best.regularization);
  assert.is(told.length, 25);
  assert.is(told[0].trial, undefined);
  assert.equal(told[0].tuned.options, defaults);
  assert.ok(trials.filter(({ rung }) => rung === 'long').every(({ gain }) => gain && gain.error >= 0));
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

test('a shop whose customers come once is tuned too', async () => {
  const { tuned } = await search(12, undefined, randomShop({ orders: 1, customers: 150, times: false }));
  assert.is(tuned.trials[11].rung, 'long');
  assert.is(tuned.options.windowDays, 60);
});

test('the end of the time ends the search, and there is an answer however early it comes', async () => {
  const { options, defaults, trials } = await tune(shop, { ...kept, threads: 1, minutes: 1e-6 });
  assert.equal(options, defaults);
  assert.is(trials.length, 0);
});

const compared = (means: [number, number], error = 0.01): Trial => {
  const halves = [
    { mean: means[0], error },
    { mean: means[1], error },
  ] as const;
  const gain = { mean: (means[0] + means[1]) / 2, error: error / Math.SQRT2 };
  return { round: 0, rung: 'long', place: 0, options: { ...({} as TunedOptions) }, value: 0.5, gain, halves };
};
const none = {} as TunedOptions;

test('the surest trial is what is furthest ahead once a standard error is taken off', () => {
  const uncertain = compared([0.05, 0.05], 0.06);
  const sure = compared([0.03, 0.03]);
  const { gain: _gain, halves: _halves, ...short } = compared([0.9, 0.9]);
  assert.is(surest([uncertain, sure, compared([0.02, 0.02], 0.001), short]), sure);
  assert.is(surest([compared([-0.1, 0.2]), sure], 0), sure);
  assert.is(surest([compared([0.005, 0.005]), short], 1), undefined);
});

test('the answer is the surest trial if what one half of the customers chooses is better for the other half', () => {
  const good = compared([0.02, 0.03]);
  const { options, gain } = answerOf([good, compared([0.01, 0.01])], none);
  assert.is(options, good.options);
  assert.ok(Math.abs(gain!.mean - 0.025) < 1e-12);
  assert.ok(Math.abs(gain!.error - 0.01 / Math.SQRT2) < 1e-12);
  const luckyHere = compared([0.09, -0.03]);
  const luckyThere = compared([-0.03, 0.09]);
  assert.equal(answerOf([good, luckyHere, luckyThere], none), { options: none }, 'each half knows no better than luck');
  assert.equal(answerOf([], none), { options: none });
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
    assert.equal(tuned.aim, { purchased: undefined, lastDays: undefined, ...aim });
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
