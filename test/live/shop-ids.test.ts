import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createShopIds } from '../../src/live/shop-ids.ts';

const test = suite('ids of a shop');

test('ids are cleaned if those of the model were, by the same rules', () => {
  const ids = createShopIds({ metadata: { idCleaning: 1 } } as never);
  assert.is(ids.customer(' 10276.0 '), '10276');
  assert.is(ids.known('customer', 'A@B.example', 'c'), 'a@b.example');
  assert.is(ids.known('order', 'A@B.example', 'o'), 'A@B.example');
  assert.is(createShopIds({ metadata: { idCleaning: 99 } } as never).customer(' 10276.0 '), ' 10276.0 ');
});

test('what is no id is refused by its place', () => {
  const ids = createShopIds({ metadata: { idCleaning: 1 } } as never);
  assert.is(ids.customer(''), undefined);
  assert.throws(
    () => ids.known('product', 'NULL', 'purchases[3].product'),
    /^purchases\[3\]\.product: expected the id/,
  );
});

test.run();
