import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Choice } from '../../src/model/model.ts';
import { describePicked } from '../../src/tuning/describe.ts';

const test = suite('what was picked');

const options = {
  algorithm: 'als',
  regularization: 8,
  unobservedWeight: 0.2,
  tasteDecay: 0.7,
  blend: 'taste=2,habit=3,trend=0.1,bought=0.5,repeat=0.3,neighbours=0',
};
const other = { regularization: 2, unobservedWeight: 0.2, all: { recall: 0.1, ndcg: 0.2 } };
const best = { ...other, regularization: 8, all: { recall: 0.19, ndcg: 0.29 }, explore: { recall: 0.07, ndcg: 0.09 } };
const choice: Choice = { heldOut: 'orders', customers: 1998, tried: [other, best], learned: true };

test('names the best of those tried, its accuracy, and the blend', () => {
  assert.is(
    describePicked({ options, choice }),
    'regularization 8, unobserved weight 0.2 and taste decay 0.7, the best of 2 tried on the last orders of 1,998 customers ' +
      '(recall@10 .1900, NDCG@10 .2900; of products new to them recall@10 .0700, NDCG@10 .0900); ' +
      'blend taste 2, habit 3, trend 0.1, bought 0.5, repeat 0.3, neighbours 0, learned from them',
  );
});

test('says how long the window of trend is, and that guards moved the weights', () => {
  const guards = [{ question: 'explore', baseline: 'popular', action: 'trend 0.4 instead of 0.1' }] as const;
  const text = describePicked({ options: { ...options, windowDays: 14 }, choice, guards }) ?? '';
  assert.match(text, /, learned from them, moved by guards; a window of 14 days$/);
});

test('says that EASE finds the neighbours', () => {
  const text = describePicked({ options: { ...options, easeRegularization: 200 }, choice }) ?? '';
  assert.match(text, /, learned from them; neighbours by EASE with regularization 200$/);
  assert.not.match(describePicked({ options: { ...options, easeRegularization: 0 }, choice }) ?? '', /EASE/);
});

test('says that nothing was better than the defaults by more than the noise', () => {
  const text =
    describePicked({
      options,
      choice: { ...choice, tried: [best, other, { ...other, regularization: 24 }], beatsDefaults: false },
    }) ?? '';
  assert.match(
    text,
    'regularization 8, unobserved weight 0.2 and taste decay 0.7, since none of 2 others tried on the last orders of 1,998 customers was ' +
      'better than the defaults by more than the noise (recall@10 .1900',
  );
});

test('says what was given, and that products were held out if orders were not', () => {
  const { all: _, ...explored } = best;
  const given: Choice = { heldOut: 'products', customers: 40, tried: [explored], learned: false };
  const text = describePicked({ options, choice: given }) ?? '';
  assert.match(text, 'as given, tried on a fifth of the products of 40 customers (of products new to them recall');
  assert.match(text, /repeat 0\.3, neighbours 0, as given, or by the kind and the number of orders$/);
  const standard = { ...options, blend: 'taste=2,habit=4,trend=0.1,bought=0,repeat=0.5,neighbours=0' };
  assert.match(describePicked({ options: standard, choice: given }) ?? '', /, the default$/);
});

test('names the number of factors if several were tried, and what it costs of the budget', () => {
  const more = { ...options, factors: 256 };
  const tried = [
    { ...best, factors: 128 },
    { ...best, factors: 256, all: { recall: 0.2, ndcg: 0.3 } },
  ];
  const text =
    describePicked({ options: more, choice: { ...choice, tried, budget: { minutes: 5, estimate: 1.26 } } }) ?? '';
  assert.match(text, /^256 factors, regularization 8, .* the best of 2 tried .*recall@10 \.2000/);
  assert.match(text, /, estimated at 1\.3 of the 5 minutes of the budget; blend/);
  const one = { ...choice, tried: [tried[0]], budget: { minutes: 5, estimate: 0.2 } };
  assert.not.match(describePicked({ options: { ...more, factors: 128 }, choice: one }) ?? '', /factors|budget/);
  const poor = { ...one, budget: { minutes: 0.1, estimate: 0.09, beyond: 256 } };
  assert.match(
    describePicked({ options: { ...more, factors: 128 }, choice: poor }) ?? '',
    /\); 256 factors would exceed the budget; blend/,
  );
});

test('says that nothing was picked and why if the model knows, and nothing for algorithms that leave nothing to pick', () => {
  assert.is(describePicked({ options, unchosen: 'given' }), 'nothing: all options were given');
  assert.match(
    describePicked({ options, unchosen: 'too_few' }) ?? '',
    /^nothing: fewer than 500 orders, or than 30 customers/,
  );
  assert.match(describePicked({ options, unchosen: 'too_early' }) ?? '', /^nothing: fewer than 200 orders/);
  assert.match(describePicked({ options, unchosen: 'no_history' }) ?? '', /^nothing: orders are added up to pairs/);
  assert.match(describePicked({ options }) ?? '', /^nothing: all options were given, or fewer than 500 orders/);
  assert.is(describePicked({ options: { algorithm: 'quantity' } }), undefined);
});

test.run();
