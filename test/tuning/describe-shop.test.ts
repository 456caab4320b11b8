import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { describeFindings } from '../../src/tuning/describe-shop.ts';

const test = suite('describe shop');

test('says how much is bought again, and what follows if nothing is', () => {
  const shop = (rebought: number) => describeFindings({ shop: { rebought } });
  assert.equal(shop(0.3404), [['shop', '34% of what returning customers order they have bought before']]);
  assert.equal(shop(0.0304), [['shop', '3.0% of what returning customers order they have bought before']]);
  assert.equal(shop(0), [['shop', 'nothing repeats: lists leave out what was bought']]);
  assert.equal(describeFindings({}), []);
  assert.equal(describeFindings({ unchosen: 'given' }), []);
});

test('says if there are too few orders to know tastes', () => {
  assert.equal(describeFindings({ shop: { rebought: 0.2 }, unchosen: 'too_early' }), [
    ['shop', '20% of what returning customers order they have bought before'],
    ['shop', 'too early: fewer than 200 orders, so that lists go by popularity and habit'],
  ]);
});

test('says what a guard compared, and what it did', () => {
  const guards = [{ question: 'explore', baseline: 'popular', action: 'more weight on the trend' }] as const;
  assert.equal(describeFindings({ guards }), [
    [
      'guard',
      'popular found more of what customers buy for the first time on held-out orders: more weight on the trend',
    ],
  ]);
});

test.run();
