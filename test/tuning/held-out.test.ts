import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Aim, createValidation } from '../../src/tuning/held-out.ts';
import { datasetOfBaskets } from '../support/baskets.ts';
import { randomShop } from '../support/random-shop.ts';

const test = suite('validation');

test('too few customers, or none who come twice or buy two products, tell nothing', () => {
  assert.is(createValidation(randomShop({ customers: 20 }), 5), undefined);
  const single = new Map(Array.from({ length: 100 }, (_, i) => [`c${i}`, [{ products: ['a'] }]]));
  assert.is(createValidation(datasetOfBaskets(single), 5), undefined);
  assert.is(createValidation({ ...randomShop(), history: undefined }, 5), undefined);
});

test('the aim says which lists are asked for, and whether the next order or the next days are predicted', () => {
  const shop = randomShop();
  const questionsOf = (aim: Aim) => createValidation(shop, 5, 5000, aim)!.questions;
  assert.equal(questionsOf({}), ['all', 'explore']);
  assert.equal(questionsOf({ purchased: 'allow' }), ['all']);
  assert.equal(questionsOf({ purchased: 'exclude' }), ['explore']);
  const once = createValidation(randomShop({ orders: 1, customers: 200 }), 5, 5000, { purchased: 'allow' })!;
  assert.equal([once.kind, ...once.questions], ['products', 'explore'], 'nobody can have bought these before');
  const days = createValidation(shop, 5, 5000, { lastDays: 20 })!;
  const { times } = days.heldOut.train.history!;
  assert.ok(Math.max(...times!) < Math.max(...shop.history!.times!) - 20 * 86_400_000);
});

test.run();
