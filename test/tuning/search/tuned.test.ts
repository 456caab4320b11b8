import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  answerOf,
  bestTrials,
  surestTrial,
  type Trial,
  type TunedOptions,
  toConfirm,
} from '../../../src/tuning/search/tuned.ts';

const test = suite('answer of a search');

let places = 0;
const long = (mean: number, error = 0.01): Trial => {
  const options = { ...({} as TunedOptions) };
  return { round: 0, rung: 'long', place: places++, options, value: 0.5, gain: { mean, error } };
};
const short = (): Trial => ({ ...long(0.9), rung: 'short' });
const confirmed = (trial: Trial, mean = 0.03): Trial => ({
  ...trial,
  rung: 'confirm',
  gain: { mean, error: 0.01 },
  least: 0.02,
});
const defaults = {} as TunedOptions;

test('the surest trial has the highest gain less one standard error', () => {
  const uncertain = long(0.05, 0.06);
  const sure = long(0.03);
  assert.is(surestTrial([uncertain, sure, long(0.02, 0.001), short()]), sure);
  assert.is(surestTrial([long(0.005), short()]), undefined);
});

test('the answer is the surest trial that was confirmed, with the gain that confirmed it', () => {
  const [good, better] = [long(0.03), long(0.05)];
  const trials = [good, confirmed(good, 0.025)];
  assert.equal(answerOf(trials, defaults), { options: good.options, gain: { mean: 0.025, error: 0.01 } });
  assert.is(answerOf([...trials, better], defaults).options, good.options, 'the better one has yet to be confirmed');
  assert.is(answerOf([...trials, better, confirmed(better)], defaults).options, better.options);
});

test('the defaults stay if nothing was better, or not by enough on the orders that confirm, or it is not known', () => {
  const good = long(0.03);
  const unchanged = (trials: Trial[]) => {
    const { options, ...rest } = answerOf(trials, defaults);
    assert.is(options, defaults);
    return rest;
  };
  assert.equal(unchanged([]), { unchanged: 'nothing_better' });
  assert.equal(unchanged([long(0.005), short()]), { unchanged: 'nothing_better' });
  assert.equal(unchanged([good]), { unchanged: 'out_of_time' });
  const refusals: Trial[] = [
    confirmed(good, 0.02),
    { ...confirmed(good), worse: ['newest'] },
    { ...good, rung: 'confirm', value: 0, gain: undefined },
  ];
  for (const refusal of refusals) assert.equal(unchanged([good, refusal]), { unchanged: 'not_confirmed' });
});

test('what was refused is not asked about again, and the next best is', () => {
  const [lucky, good] = [long(0.09), long(0.03)];
  assert.is(toConfirm([good, lucky]), lucky);
  const refused = [good, lucky, confirmed(lucky, -0.01)];
  assert.is(surestTrial(refused), good);
  assert.is(toConfirm(refused), good);
  assert.is(toConfirm([...refused, confirmed(good)]), undefined);
  assert.is(answerOf([...refused, confirmed(good)], defaults).options, good.options);
});

test('trials of another round at the same place are others', () => {
  const first = long(0.05);
  const second = { ...long(0.04), round: 1, place: first.place };
  assert.is(toConfirm([first, second, confirmed(first, 0)]), second);
});

test('a trial that finds less of anything is no answer', () => {
  const good = long(0.02);
  const lessOfNew: Trial = { ...long(0.2), worse: ['explore'] };
  assert.is(surestTrial([lessOfNew, good, long(-0.1)]), good);
  assert.is(surestTrial([lessOfNew]), undefined);
});

test('the best trials are those of the highest value, ties in their order', () => {
  const trials = [0.1, 0.3, 0.2, 0.3].map((value, place): Trial => ({ ...long(0), value, place }));
  assert.equal(
    bestTrials(trials, 3).map(({ place }) => place),
    [1, 3, 2],
  );
});

test.run();
