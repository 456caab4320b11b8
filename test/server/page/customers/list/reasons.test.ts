import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Explanation, Reason, Source } from '../../../../../src/recommending/types.ts';
import { agoWords, reasonsOf } from '../../../../../src/server/page/customers/list/reasons.ts';
import { boughtBy } from '../../../../../src/server/page/customers/orders/bought.ts';
import { smallModel } from '../../../../model/models.ts';

const test = suite('reasons in words');
const now = Date.UTC(2026, 0, 20, 12);
const days = (ago: number) => now - ago * 86_400_000;

const why = (
  reasons: Reason[],
  parts: Partial<Explanation['parts']> = {},
  bought?: { orders: number; last: number },
  source: Source = 'personal',
  manyOrders = 0,
) =>
  reasonsOf(
    {
      score: 1,
      explanation: { parts: { taste: 0, habit: 0, trend: 0, ...parts }, reasons, text: '' },
    },
    { bought: bought && { product: 'tea', units: 1, ...bought }, source, nameOf: (id) => `the ${id}`, manyOrders, now },
  );
const habit = (orders: number, of: number): Reason => ({ kind: 'habit', orders, of, text: '' });
const taste: Reason = {
  ...{ kind: 'taste', text: '' },
  products: [
    { product: 'mug', row: 0, share: 0.6 },
    { product: 'pot', row: 2, share: 0.2 },
  ],
};

test('what was bought before says how often, when last, and in how many of the last orders', () => {
  assert.equal(why([habit(3, 5)], {}, { orders: 5, last: days(12) }), [
    'bought 5 times, last 12 days ago, in 3 of their last 5 orders',
  ]);
  assert.equal(why([habit(4, 4)], {}, { orders: 4, last: days(1) }), [
    'bought 4 times, last yesterday, in each of their last 4 orders',
  ]);
  assert.equal(why([habit(1, 5)], {}, { orders: 1, last: days(300) }), ['bought once, on 2025-03-26']);
  assert.equal(why([], {}, { orders: 2, last: Number.NaN }), ['bought 2 times']);
});

test('taste, neighbours, what sells, and the shop say so with names', () => {
  const neighbours: Reason = { ...taste, kind: 'neighbours' };
  const trend: Reason = { kind: 'trend', orders: 1200, days: 30, text: '' };
  assert.equal(why([taste, neighbours, trend]), [
    'like what they buy: the mug; the pot',
    'often bought after the mug; the pot',
    'sells well now: 1,200 orders in 30 days',
  ]);
  assert.equal(why([taste], {}, undefined, 'basket'), ['goes with: the mug; the pot']);
  assert.equal(
    why([
      { kind: 'pin', text: '' },
      { kind: 'boost', text: '' },
    ]),
    ['placed here by a rule of the shop', 'lifted by a rule of the shop'],
  );
  assert.equal(why([{ kind: 'trend', orders: 1, text: '' }]), ['sells well now: one order']);
});

test('that a product sells well is said if it sells as well as few others of the list, or nothing else is to say', () => {
  const trend: Reason = { kind: 'trend', orders: 20, days: 30, text: '' };
  assert.equal(why([taste, trend], {}, undefined, 'personal', 21), ['like what they buy: the mug; the pot']);
  assert.is(why([taste, trend], {}, undefined, 'personal', 20).length, 2);
  assert.equal(why([trend], {}, undefined, 'personal', 21), ['sells well now: 20 orders in 30 days']);
});

test('there is always a reason', () => {
  assert.match(why([], { taste: 0.5, trend: 0.2 })[0], /fits all/);
  assert.match(why([], { taste: 0.1, trend: 0.2 })[0], /sells/);
  assert.match(why([], { neighbours: 0.1 })[0], /others/);
  assert.match(why([], { taste: -1 })[0], /left/);
  assert.equal(why([], {}, undefined, 'new'), ['new in the shop']);
});

test('days are counted by the calendar, and long ones are dates', () => {
  assert.is(agoWords(Date.UTC(2026, 0, 20), now), 'today');
  assert.is(agoWords(Date.UTC(2026, 0, 19, 23), now), 'yesterday');
  assert.is(agoWords(days(60), now), '60 days ago');
  assert.is(agoWords(days(61), now), 'on 2025-11-20');
  assert.is(agoWords(days(-2), now), 'on 2026-01-22');
});

test('what was bought counts in the model and since, and once', () => {
  const model = smallModel();
  const line = { order: 'w1', quantity: 2, time: 1.8e12, isLearned: false };
  const productRow = (id: string) => (model.products.includes(id) ? model.products.indexOf(id) : undefined);
  const bought = boughtBy(model, 0, productRow, [
    { ...line, product: 'mug' },
    { ...line, product: 'mug', order: 'learned', isLearned: true },
    { ...line, product: 'unheard of' },
    { ...line, product: 'sent back', quantity: -1 },
  ]);
  assert.equal(bought.of('mug'), { product: 'mug', orders: 2, units: 3, last: 1.8e12 });
  assert.equal(bought.of('tea')!.orders, 2);
  assert.is(bought.of('sent back'), undefined);
  assert.equal(
    bought.most(9).map(({ product }) => product),
    ['mug', 'tea', 'unheard of'],
  );
  assert.is(bought.count, 3);
  const stranger = boughtBy(model, undefined, productRow, [{ ...line, product: 'tea' }]);
  assert.equal([stranger.count, stranger.of('tea')!.orders, stranger.of('mug')], [1, 1, undefined]);
});

test.run();
