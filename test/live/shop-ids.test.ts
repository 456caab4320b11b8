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

test('what no store returns as it was is no id, also if ids are not cleaned', () => {
  for (const idCleaning of [1, 99]) {
    const ids = createShopIds({ metadata: { idCleaning } } as never);
    for (const id of ['a\ud800', '\udc00', '€'.repeat(334), 'a'.repeat(501)]) assert.is(ids.customer(id), undefined);
    for (const id of ['€'.repeat(333), 'a'.repeat(500), '👩‍🚀'.repeat(40)]) assert.is(ids.customer(id), id);
  }
  assert.is(createShopIds({ metadata: { idCleaning: 99 } } as never).customer('a\0'), undefined);
});

test.run();
