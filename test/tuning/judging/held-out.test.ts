import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Aim, holdOutSample, holdOutWindows } from '../../../src/tuning/judging/held-out.ts';
import { finish } from '../../../src/turns.ts';
import { datasetOfBaskets } from '../../support/baskets.ts';
import { randomShop } from '../../support/random-shop.ts';

const test = suite('held-out sample');

test('too few customers, or none who come twice or buy two products, are not enough to measure by', () => {
  assert.is(finish(holdOutSample(randomShop({ customers: 20 }), 5)), undefined);
  const single = new Map(Array.from({ length: 100 }, (_, i) => [`c${i}`, [{ products: ['a'] }]]));
  assert.is(finish(holdOutSample(datasetOfBaskets(single), 5)), undefined);
  assert.is(finish(holdOutSample({ ...randomShop(), history: undefined }, 5)), undefined);
});

test('days cannot be held out if no order has a time, or they reach back before the first', () => {
  assert.is(finish(holdOutSample(randomShop({ times: false }), 5, { lastDays: 20 })), undefined);
  assert.is(finish(holdOutSample(randomShop(), 5, { lastDays: 1e4 })), undefined);
  assert.is(finish(holdOutSample(randomShop(), 5, { lastDays: 1e9 })), undefined);
});

test('the aim determines which lists are asked for, and whether the next order or the next days are predicted', () => {
  const shop = randomShop();
  const questionsOf = (aim: Aim) => finish(holdOutSample(shop, 5, aim))!.questions;
  assert.equal(questionsOf({}), ['all', 'explore']);
  assert.equal(questionsOf({ purchased: 'allow' }), ['all']);
  assert.equal(questionsOf({ purchased: 'exclude' }), ['explore']);
  const once = finish(holdOutSample(randomShop({ orders: 1, customers: 200 }), 5, { purchased: 'allow' }))!;
  assert.equal([once.kind, ...once.questions], ['products', 'explore'], 'nobody can have bought these before');
  const days = finish(holdOutSample(shop, 5, { lastDays: 20 }))!;
  const { times } = days.heldOut.train.history!;
  assert.ok(Math.max(...times!) < Math.max(...shop.history!.times!) - 20 * 86_400_000);
});

test('of a large shop every n-th customer is trained on and measured', () => {
  const shop = randomShop({ customers: 300 });
  const pairs = shop.purchases.products.length;
  const { heldOut, sample } = finish(holdOutSample(shop, 5, {}, { maxPairs: pairs / 2.5 }))!;
  const every = Uint32Array.from({ length: 100 }, (_, i) => 3 * i);
  const { offsets } = heldOut.train.purchases;
  const trained = shop.customers.map((_, c) => c).filter((c) => offsets[c + 1] > offsets[c]);
  assert.equal(Uint32Array.from(trained), every);
  assert.equal(heldOut.customers, every);
  assert.is(sample.length, 100);
  const whole = finish(holdOutSample(shop, 5, {}, { maxPairs: pairs }))!;
  assert.is(whole.heldOut.customers.length, 300);
});

test('at most the given number of customers is measured, evenly spread, and fewer if there are very many products', () => {
  const shop = randomShop({ customers: 200 });
  assert.equal(
    [...finish(holdOutSample(shop, 5, {}, { maxCustomers: 40 }))!.sample],
    Array.from({ length: 40 }, (_, i) => 5 * i),
  );
  // 3e10 multiplications / 36 products / 5e6 factors = 166.
  assert.is(finish(holdOutSample(shop, 5e6))!.sample.length, Math.floor(3e10 / shop.products.length / 5e6));
});

test('windows predict the next order of the newest weeks, each from the orders before it', () => {
  const shop = randomShop({ customers: 200 });
  const samples = finish(holdOutWindows(shop, 5, { windows: 2, days: 10 }, { maxCustomers: 50 }));
  assert.is(samples.length, 2);
  const last = Math.max(...shop.history!.times!);
  samples.forEach(({ kind, heldOut, sample }, i) => {
    assert.is(kind, 'orders');
    assert.is(sample.length, Math.min(50, heldOut.customers.length));
    const from = last - (i + 1) * 10 * 86_400_000;
    assert.ok(Math.max(...heldOut.train.history!.times!) < from);
    for (const [place, c] of heldOut.customers.entries()) {
      const order = shop.history!.times!.findIndex(
        (time, at) => at >= shop.history!.offsets[c] && at < shop.history!.offsets[c + 1] && time >= from,
      );
      const { starts, products } = shop.history!;
      assert.equal(
        heldOut.products.slice(heldOut.offsets[place], heldOut.offsets[place + 1]),
        products.slice(starts[order], starts[order + 1]),
      );
      assert.ok(shop.history!.times![order] < from + 10 * 86_400_000 || i === 0);
    }
  });
  assert.equal(finish(holdOutWindows(randomShop({ times: false }), 5, { windows: 2, days: 10 })), []);
  assert.equal(
    finish(holdOutWindows(randomShop({ customers: 20 }), 5, { windows: 2, days: 10 })),
    [],
    'too few customers',
  );
});

test.run();
