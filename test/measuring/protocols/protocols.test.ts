import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../src/dataset/dataset.ts';
import type { HeldOut } from '../../../src/dataset/split.ts';
import { holdOut, type ProtocolOptions } from '../../../src/measuring/protocols/protocols.ts';
import { datasetOfBaskets, datasetOfLetters } from '../../support/baskets.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite('protocols');

function targets({ train, customers, offsets, products }: HeldOut): Record<string, string> {
  const entries = [...customers].map((c, i): [string, string] => {
    const own = [...products.subarray(offsets[i], offsets[i + 1])];
    return [train.customers[c], own.map((row) => train.products[row]).join('')];
  });
  return Object.fromEntries(entries);
}

function refusal(dataset: Dataset, options?: ProtocolOptions) {
  return endcapErrorOf(Promise.resolve().then(() => holdOut(dataset, options)));
}

const day = (date: number) => Date.UTC(2025, 0, date);

test('next basket: holds out the last order of customers with two or more, and counts the others', () => {
  const { heldOut, protocol, unmeasured, notes } = holdOut(
    datasetOfLetters({ anna: ['ab', 'cb'], bert: ['b'], carl: ['a', 'b', 'd'] }, 3),
  );
  assert.equal(targets(heldOut), { anna: 'bc', carl: 'd' });
  assert.is(protocol.name, 'next-basket');
  assert.equal(
    [protocol.trained, protocol.heldOut],
    [
      { first: day(3), last: day(4) },
      { first: day(4), last: day(5) },
    ],
  );
  assert.equal(unmeasured, [{ customers: 1, reason: 'have only one order' }]);
  assert.equal(notes, []);
});

test('what no list holds is no target, and the notes say so', () => {
  const shop = {
    ...datasetOfLetters({ anna: ['ab', 'cb'], bert: ['b'], carl: ['a', 'b', 'd'] }, 3),
    unlisted: Uint32Array.of(3),
  };
  const nextBasket = holdOut(shop);
  assert.equal(targets(nextBasket.heldOut), { anna: 'bc' });
  assert.equal(nextBasket.unmeasured, [
    { customers: 1, reason: 'have only one order' },
    { customers: 1, reason: 'bought only products that no list holds' },
  ]);
  assert.equal(nextBasket.notes, ['One product is kept out of lists, such as postage; it is no target.']);
  assert.equal(targets(holdOut(shop, { from: new Date(day(4)) }).heldOut), { anna: 'bc', carl: 'b' });
});

test('time: holds out every order from a day on, or of the last days', () => {
  const shop = datasetOfLetters({ anna: ['a', 'b', 'c', 'd'], bert: ['b', 'c'] }, 1);
  const { heldOut, protocol, unmeasured } = holdOut(shop, { from: new Date(day(3)) });
  assert.equal(targets(heldOut), { anna: 'cd' });
  assert.is(protocol.from, day(3));
  assert.match(protocol.description, 'one customer bought from 2025-01-03 on');
  assert.equal(unmeasured, [{ customers: 1, reason: 'did not order from 2025-01-03 on' }]);
  assert.equal(targets(holdOut(shop, { lastDays: 2 }).heldOut), { anna: 'bcd', bert: 'c' });
});

test('time: reports customers whose first order comes later, since there is nothing to train on', () => {
  const order = (products: string[], date: number) => ({ products, time: day(date) });
  const shop = datasetOfBaskets(
    new Map([
      ['anna', [order(['a'], 1), order(['b'], 8)]],
      ['bert', [order(['b'], 9), order(['c'], 10)]],
    ]),
  );
  const { heldOut, unmeasured } = holdOut(shop, { from: day(5) });
  assert.equal(targets(heldOut), { anna: 'b' });
  assert.equal(unmeasured, [{ customers: 1, reason: 'first ordered on 2025-01-05 or later' }]);
});

test('given: matches customers and products of a second dataset by id and counts unknown ones', () => {
  const train = datasetOfLetters({ anna: ['ab'], bert: ['c'], carl: ['a'], eric: ['a'] });
  const given = datasetOfLetters({ anna: ['b', 'cx'], carl: ['x'], dora: ['a'], bert: ['a'] });
  const { heldOut, protocol, unmeasured, notes } = holdOut(train, { test: given });
  assert.is(heldOut.train, train);
  assert.equal(targets(heldOut), { anna: 'bc', bert: 'a' });
  assert.is(protocol.name, 'given');
  assert.equal(unmeasured, [
    { customers: 1, reason: 'have no test orders' },
    { customers: 1, reason: 'are not in the training orders' },
    { customers: 1, reason: 'have test orders of unknown products only' },
  ]);
  assert.match(notes.join(), /^2 targets are products that are not in the training orders; they are left out/);
});

test('notes say when orders have no ids or times, going by the columns that were found', () => {
  const shop = { anna: ['a', 'b'] };
  const withColumns = (columns: Record<string, string>, firstDay?: number): Dataset => {
    const dataset = datasetOfLetters(shop, firstDay);
    return { ...dataset, account: { ...dataset.account, columns } };
  };
  const notes = (dataset: Dataset) => holdOut(dataset).notes.join(' ');
  assert.is(notes(withColumns({ customer: 'c', order: 'o', time: 't' }, 1)), '');
  assert.match(notes(withColumns({ customer: 'c', time: 't' }, 1)), /no order ids: .* at the same time/);
  assert.match(notes(withColumns({ customer: 'c' })), /every line counts as an order.*no times.* read/);
  assert.match(notes(withColumns({ customer: 'c', order: 'o' })), /^The orders have no times/);
});

test('when nothing can be measured, the error says why and what would help', async () => {
  const cases: [Dataset, ProtocolOptions | undefined, RegExp][] = [
    [datasetOfLetters({ anna: ['a'], bert: ['b'] }), undefined, /no customer has two orders.*--test/],
    [datasetOfLetters({ anna: ['a', 'b'] }), { lastDays: 3 }, /have no times.*--columns time=/],
    [datasetOfLetters({ anna: ['a', 'b'] }, 1), { from: day(9) }, /no order from 2025-01-09 on: .* to 2025-01-02/],
    [datasetOfLetters({ anna: ['a', 'b'] }, 1), { from: day(1) }, /no order before 2025-01-01 to train on/],
    [datasetOfLetters({ anna: ['a'], bert: ['a'] }, 1), { lastDays: 400 }, /no order before/],
    [datasetOfLetters({ anna: ['a'] }), { test: datasetOfLetters({ bert: ['a'] }) }, /none of the one customer of/],
    [datasetOfLetters({ anna: ['a'] }), { test: datasetOfLetters({ anna: ['b'] }) }, /no product of the test orders/],
  ];
  const never = datasetOfBaskets(
    new Map([
      ['anna', [{ products: ['a'], time: day(1) }]],
      ['bert', [{ products: ['a'], time: day(9) }]],
    ]),
  );
  cases.push([never, { from: day(5) }, /no customer who ordered before 2025-01-05 came back later/]);
  for (const [dataset, options, words] of cases) {
    const { code, message } = await refusal(dataset, options);
    assert.is(code, 'nothing_to_measure', message);
    assert.match(message, words);
  }
});

test('invalid and unknown options are errors that name the option', async () => {
  const shop = datasetOfLetters({ anna: ['a', 'b'] }, 1);
  const cases: [ProtocolOptions, RegExp][] = [
    [{ lastDays: 0 }, /^lastDays: 0 /],
    [{ lastDays: Number.POSITIVE_INFINITY }, /^lastDays: Infinity /],
    [{ from: Number.NaN }, /^from: NaN /],
    [{ from: new Date('soon') }, /^from: Invalid Date /],
    [{ lastdays: 30 } as ProtocolOptions, /^lastdays: 30 .*one of the options from, lastDays, test/],
    [{ from: 0, lastDays: 1 }, /^lastDays: 1 .*no value, since from is given/],
  ];
  for (const [options, words] of cases) {
    const { code, message } = await refusal(shop, options);
    assert.is(code, 'invalid_options');
    assert.match(message, words);
  }
});

test('a time that is neither a date nor a number is refused', async () => {
  const dataset = datasetOfLetters({ anna: ['a', 'b'] }, 3);
  for (const from of [Number.NaN, new Date(Number.NaN), 9e15, '2024', {}, Object.create(null), Symbol('x')])
    assert.is((await refusal(dataset, { from: from as never })).details.option, 'from');
});

test.run();
