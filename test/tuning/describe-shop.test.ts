import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { describeGuard, describeShop } from '../../src/tuning/describe-shop.ts';

const test = suite('describe shop');

test('says how much is bought again, and what follows if nothing is', () => {
  assert.is(
    describeShop({ shop: { rebought: 0.3404 } }),
    '34% of what returning customers order they have bought before',
  );
  assert.is(
    describeShop({ shop: { rebought: 0.0004 } }),
    '0.0% of what returning customers order they have bought before',
  );
  assert.is(describeShop({ shop: { rebought: 0 } }), 'nothing repeats: lists leave out what was bought');
  assert.is(describeShop({}), undefined);
});

test('says what a guard compared, and what it did', () => {
  assert.is(
    describeGuard({ question: 'explore', baseline: 'popular', action: 'more weight on the trend' }),
    'popular found more of what customers buy for the first time on held-out orders: more weight on the trend',
  );
});

test.run();
