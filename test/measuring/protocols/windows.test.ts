import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { HeldOut } from '../../../src/dataset/split.ts';
import { holdOutWindows, type WindowOptions } from '../../../src/measuring/protocols/windows.ts';
import { datasetOfBaskets, datasetOfLetters } from '../../support/baskets.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite('windows');

const day = (date: number) => Date.UTC(2025, 0, date);
const order = (products: string, date: number) => ({ products: [...products], time: day(date) });

/** Orders from January 1 to 9; Dora has one, Emil one without a time. */
const shop = datasetOfBaskets(
  new Map([
    ['anna', [order('a', 1), order('b', 4), order('c', 6), order('a', 9)]],
    ['bert', [order('c', 2), order('d', 3), order('b', 5), order('a', 7)]],
    ['dora', [order('e', 8)]],
    ['emil', [{ products: ['d'] }, order('c', 8)]],
  ]),
);

const written = ({ train, customers, offsets, products }: HeldOut) => ({
  targets: Object.fromEntries(
    [...customers].map((c, i) => {
      const rows = [...products.subarray(offsets[i], offsets[i + 1])];
      return [train.customers[c], rows.map((row) => train.products[row]).join('')];
    }),
  ),
  trained: [...train.history!.products].map((row) => train.products[row]).join(''),
});

const refusal = (options: WindowOptions, dataset = shop) =>
  endcapErrorOf(Promise.resolve().then(() => holdOutWindows(dataset, options)));

test('each window is predicted from all orders before it, and from none that come later', () => {
  const { windows, protocol, unmeasured, notes } = holdOutWindows(shop, { protocol: 'time', windows: 2, lastDays: 2 });
  // From the 5th to the 7th, then from the 7th on; the last order is on the 9th.
  assert.equal(windows.map(written), [
    { targets: { anna: 'c', bert: 'b' }, trained: 'abcdd' },
    { targets: { anna: 'a', bert: 'a', emil: 'c' }, trained: 'abccdbd' },
  ]);
  assert.is(protocol.name, 'time');
  assert.equal(protocol.windows, [{ from: day(5), to: day(7) }, { from: day(7) }]);
  assert.equal(protocol.trained, { first: day(1), last: day(6) });
  assert.equal(protocol.heldOut, { first: day(5), last: day(9) });
  assert.match(protocol.description, /What 3 customers bought in each of 2 windows of 2 days from 2025-01-05 on/);
  assert.equal(unmeasured, [{ customers: 1, reason: 'did not order in a window after an order before it' }]);
  assert.equal(notes, ['All orders without a time are in the training part.']);
});

test('one window of n days is what the last n days are', () => {
  const one = holdOutWindows(shop, { protocol: 'time', windows: 1, lastDays: 3 });
  const last = holdOutWindows(shop, { lastDays: 3 });
  assert.equal(one.windows.map(written), last.windows.map(written));
  assert.is(one.protocol.windows, undefined);
});

test('without a length, three windows of whole days leave half of the orders to train on, and are of at most 28', () => {
  const daily = (days: number) => datasetOfLetters({ anna: Array(days).fill('a'), bert: Array(days).fill('b') }, 1);
  const starts = (days: number) =>
    holdOutWindows(daily(days), { protocol: 'time' }).protocol.windows!.map(({ from }) => from);
  assert.equal(starts(40), [day(22), day(28), day(34)]);
  assert.equal(starts(400), [day(316), day(344), day(372)]);
});

test('a number of windows asks for them, and the next order is predicted otherwise', () => {
  assert.is(holdOutWindows(shop, { windows: 2, lastDays: 2 }).windows.length, 2);
  assert.is(holdOutWindows(shop, {}).protocol.name, 'next-basket');
  assert.is(holdOutWindows(shop, { protocol: 'next-order' }).protocol.name, 'next-basket');
  const from = holdOutWindows(shop, { protocol: 'time', from: day(7) });
  assert.equal(from.windows.map(written), holdOutWindows(shop, { from: day(7) }).windows.map(written));
});

test('too little time, no time, or nobody who came back is an error that says what to do', async () => {
  const sameDay = datasetOfBaskets(new Map([['anna', [order('a', 1), { products: ['b'], time: day(1) + 999 }]]]));
  for (const [dataset, options, expected] of [
    [
      sameDay,
      { protocol: 'time' },
      /too little time for 3 windows of a day.*--windows.*--last-days.*--protocol next-order/,
    ],
    [datasetOfLetters({ anna: ['a', 'b'] }), { windows: 2 }, /have no times.*--columns time=/],
    [shop, { windows: 9, lastDays: 1 }, /no customer who ordered before 2024-12-31 came back until 2025-01-01/],
    [shop, { windows: 1, lastDays: 0.1 }, undefined],
  ] as const) {
    if (expected === undefined) assert.is(holdOutWindows(dataset, options).windows.length, 1);
    else {
      const error = await refusal(options, dataset);
      assert.is(error.code, 'nothing_to_measure');
      assert.match(error.message, expected);
    }
  }
});

test('unknown protocols and options that exclude each other are named', async () => {
  for (const [options, expected] of [
    [{ protocol: 'rolling' as 'time' }, /^protocol: 'rolling' .*expected 'next-order', 'time'/],
    [{ protocol: 'next-order', lastDays: 3 }, /^lastDays: 3 .*no value, since protocol is next-order/],
    [{ protocol: 'next-order', windows: 3 }, /^windows: 3 .*no value, since protocol is next-order/],
    [{ protocol: 'time', test: shop }, /^test: .*no value, since protocol is time/],
    [{ windows: 2, from: day(3) }, /^windows: 2 .*no value, since from is given/],
    [{ windows: 0 }, /^windows: 0 .*1 to 100/],
  ] as const) {
    const error = await refusal(options as WindowOptions);
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, expected);
  }
});

test.run();
