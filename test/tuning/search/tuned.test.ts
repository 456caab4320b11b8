import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { answerOf, bestTrials, surestTrial, type Trial, type TunedOptions } from '../../../src/tuning/search/tuned.ts';

const test = suite('answer of a search');

const compared = (means: [number, number], error = 0.01): Trial => {
  const halves = [
    { mean: means[0], error },
    { mean: means[1], error },
  ] as const;
  const gain = { mean: (means[0] + means[1]) / 2, error: error / Math.SQRT2 };
  return { round: 0, rung: 'long', place: 0, options: { ...({} as TunedOptions) }, value: 0.5, gain, halves };
};
const defaults = {} as TunedOptions;

test('the surest trial has the highest gain less one standard error', () => {
  const uncertain = compared([0.05, 0.05], 0.06);
  const sure = compared([0.03, 0.03]);
  const { gain: _gain, halves: _halves, ...short } = compared([0.9, 0.9]);
  assert.is(surestTrial([uncertain, sure, compared([0.02, 0.02], 0.001), short]), sure);
  assert.is(surestTrial([compared([-0.1, 0.2]), sure], 0), sure);
  assert.is(surestTrial([compared([0.005, 0.005]), short], 1), undefined);
});

test('the answer is the surest trial if what one half of the customers would pick is better for the other half', () => {
  const good = compared([0.02, 0.03]);
  const { options, gain } = answerOf([good, compared([0.01, 0.01])], defaults);
  assert.is(options, good.options);
  assert.ok(Math.abs(gain!.mean - 0.025) < 1e-12);
  assert.ok(Math.abs(gain!.error - 0.01 / Math.SQRT2) < 1e-12);
  const luckyHere = compared([0.09, -0.03]);
  const luckyThere = compared([-0.03, 0.09]);
  assert.equal(answerOf([good, luckyHere, luckyThere], defaults), { options: defaults }, 'each half was only lucky');
  assert.equal(answerOf([], defaults), { options: defaults });
});

test('a trial that finds less of anything, or that ended early, is no answer', () => {
  const good = compared([0.02, 0.03]);
  const lessOfNew: Trial = { ...compared([0.2, 0.2]), worse: ['explore'] };
  const { halves: _halves, ...early } = compared([-0.1, -0.1]);
  assert.is(surestTrial([lessOfNew, good, early]), good);
  assert.is(surestTrial([lessOfNew, early], 0), undefined);
  assert.is(answerOf([lessOfNew, good], defaults).options, good.options);
});

test('the best trials are those of the highest value, ties in their order', () => {
  const trials = [0.1, 0.3, 0.2, 0.3].map((value, place): Trial => ({ ...compared([0, 0]), value, place }));
  assert.equal(
    bestTrials(trials, 3).map(({ place }) => place),
    [1, 3, 2],
  );
});

test.run();
