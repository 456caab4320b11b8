import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../../src/dataset/dataset.ts';
import { holdOutNewest } from '../../../../src/live/retraining/gate/hold-out-newest.ts';
import { type Basket, datasetOfBaskets } from '../../../support/baskets.ts';

const test = suite('holding out the newest orders');
const day = 86_400_000;

/** Customers with an order on each of these days. */
function shop(customers: number, days: readonly number[], timeOf = (c: number, d: number) => d * day + c): Dataset {
  const baskets = new Map<string, Basket[]>();
  for (let c = 0; c < customers; c++)
    baskets.set(
      `c${c}`,
      days.map((d) => ({ products: [`p${(c + d) % 7}`], time: timeOf(c, d) })),
    );
  return datasetOfBaskets(baskets);
}

const ordersIn = ({ history }: Dataset) => history!.starts.length - 1;

test('all orders from a time on are held out, at most half of the new ones, and none that the served model has', () => {
  const dataset = shop(50, [1, 2, 3, 4, 5]);
  const end = 2.5 * day;
  const { heldOut, from, to, orders, isNew } = holdOutNewest(dataset, end) as never as Found;
  assert.equal(isNew, { orders: 150, customers: 50 });
  assert.is(orders, 75);
  assert.is(from, 4 * day + 25);
  assert.is(to, 5 * day + 49);
  assert.is(ordersIn(heldOut.train), 250 - 75);
  assert.ok(heldOut.train.history!.times!.every((time) => time < from));
  assert.is(heldOut.customers.length, 50);
});

test('no more are held out than measure enough customers, and a whole day', () => {
  const dataset = shop(50, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const found = holdOutNewest(dataset, 2.5 * day, { maxCustomers: 40, minCustomers: 10 }) as never as Found;
  // The last order is 49 ms past midnight.
  assert.is(found.from, 9 * day + 49);
  assert.is(found.orders, 51);
  const few = holdOutNewest(dataset, 2.5 * day, { maxCustomers: 5, minCustomers: 5 }) as never as Found;
  assert.is(few.orders, 51);
});

test('if half of the new orders measure too few customers, more are held out; orders of one time stay together', () => {
  const dates = shop(40, [1, 2, 3], (_, d) => d * day);
  const found = holdOutNewest(dates, 2 * day) as never as Found;
  assert.is(found.orders, 40);
  assert.is(found.from, 3 * day);
  const times = holdOutNewest(shop(40, [1, 2, 3]), 2 * day + 39) as never as Found;
  assert.is(times.orders, 30);
  assert.is(times.heldOut.customers.length, 30);
});

test('if too little is new, the numbers say so', () => {
  const dataset = shop(20, [1, 2, 3]);
  assert.equal(holdOutNewest(dataset, 2.5 * day), {
    heldOut: undefined,
    isNew: { orders: 20, customers: 20 },
    needed: 30,
  });
  const nothing = { heldOut: undefined, isNew: { orders: 0, customers: 0 }, needed: 30 };
  assert.equal(holdOutNewest(dataset, 9 * day), nothing);
  assert.equal(holdOutNewest(shop(1, [1, 2]), 1.5 * day).isNew, { orders: 1, customers: 1 });
  const untimed = datasetOfBaskets(new Map([['c', [{ products: ['a'] }, { products: ['b'] }]]]));
  assert.equal(holdOutNewest(untimed, 0), nothing);
  const { history: _, ...bare } = dataset;
  assert.equal(holdOutNewest(bare as Dataset, 0), nothing);
});

test('customers who never ordered before, or bought only what no list holds, are not counted', () => {
  const baskets = new Map<string, Basket[]>();
  for (let c = 0; c < 60; c++)
    baskets.set(`c${c}`, [
      ...(c % 2 === 0 ? [{ products: ['a'], time: day }] : []),
      { products: [c < 10 ? 'post' : 'b'], time: 3 * day },
    ]);
  const dataset = { ...datasetOfBaskets(baskets), unlisted: Uint32Array.of(2) };
  assert.equal(holdOutNewest(dataset, 2 * day, { minCustomers: 26 }), {
    heldOut: undefined,
    isNew: { orders: 60, customers: 25 },
    needed: 26,
  });
  const { heldOut } = holdOutNewest(dataset, 2 * day, { minCustomers: 25 }) as never as Found;
  assert.is(heldOut.customers.length, 25);
});

test('an order of a mistyped year is held out with the others, and does not say when they end', () => {
  const dataset = shop(50, [1, 2, 3, 4], (c, d) => (c === 0 && d === 4 ? 4000 * day : d * day + c));
  const { to, orders } = holdOutNewest(dataset, 2.5 * day) as never as Found;
  assert.is(to, 4 * day + 49);
  assert.is(orders, 50);
});

type Found = Extract<ReturnType<typeof holdOutNewest>, { orders: number }>;

test.run();
