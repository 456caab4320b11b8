import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrdersAndPurchases, type ShopOrders } from '../../../../src/live/retraining/candidate/orders.ts';
import { refuseOtherOrders, type TrainedModel } from '../../../../src/live/retraining/candidate/source-check.ts';
import type { Purchase } from '../../../../src/live/store/store.ts';
import { endcapErrorOf } from '../../../support/errors.ts';

const test = suite('orders that a model was trained on');

const day = (number: number) => Date.UTC(2025, 0, number, 12);
/** Orders of ten customers and eight products, two lines each. */
const records = Array.from({ length: 40 }, (_, i) => ({
  order: `o${i >> 1}`,
  customer: `c${(i >> 1) % 10}`,
  product: `p${(i * 3) % 8}`,
  quantity: 1,
  name: `Product ${(i * 3) % 8}`,
  category: `Kind ${(i * 3) % 3}`,
  price: 2 + (i % 3),
  date: new Date(day(1 + (i >> 2))).toISOString(),
}));
type Records = readonly Readonly<Record<string, unknown>>[];

const bought = (i: number): Purchase => ({
  ...{ customer: `new ${i}`, order: `w${i}`, product: `mat ${i}`, quantity: 1, time: day(20) },
});
const storeOf = (purchases: number) => ({
  purchasesAfter: async (seq: number, limit: number) =>
    Array.from({ length: purchases }, (_, i) => ({ ...bought(i), seq: i + 1 })).slice(seq, seq + limit),
  erasuresAfter: async () => [],
  hashOf: (id: string) => `#${id}`,
  lastSeq: async () => purchases,
});

const read = (source: Records, purchases?: number) =>
  readOrdersAndPurchases(source, { acceptLoss: true }, purchases === undefined ? undefined : storeOf(purchases));

/** What a model that was trained on these orders knows of them. */
const trainedOn = ({ dataset: { customers, products, account } }: ShopOrders, trainedAt = day(25)): TrainedModel => ({
  customers,
  products,
  metadata: { account, version: 'v1', trainedAt: new Date(trainedAt).toISOString() } as TrainedModel['metadata'],
});

/** Why orders are refused after others; empty if they are not. */
async function problemsOf(before: TrainedModel, source: Records, purchases?: number): Promise<string[]> {
  const now = await read(source, purchases);
  const check = async () => refuseOtherOrders(before, now, 'orders.csv');
  try {
    await check();
    return [];
  } catch {
    const { code, message, details } = await endcapErrorOf(check());
    assert.is(code, 'orders_lost');
    assert.match(message, /^orders\.csv does not go on from the orders of the served model \(version v1\): /);
    assert.match(message, 'acceptLoss: true');
    return details.problems as string[];
  }
}

const renamed = (from: string, to: string): Records =>
  records.map((each) =>
    Object.fromEntries(Object.entries(each).map(([key, value]) => [key === from ? to : key, value])),
  );
const without = (...names: string[]): Records =>
  records.map((each) => Object.fromEntries(Object.entries(each).filter(([key]) => !names.includes(key))));

for (const [kind, purchases] of [
  ['orders alone', undefined],
  ['orders and a store', 60],
] as const) {
  test(`the same ${kind}, and more of them, are accepted`, async () => {
    const before = trainedOn(await read(records, purchases));
    assert.equal(await problemsOf(before, records, purchases), []);
    const more = {
      ...records[0],
      order: 'next',
      customer: 'c99',
      product: 'p99',
      date: new Date(day(15)).toISOString(),
    };
    assert.equal(await problemsOf(before, [...records, more], purchases && purchases + 10), []);
    // The store may have been compacted.
    assert.equal(await problemsOf(before, records, purchases && 0), []);
  });

  test(`${kind}: half is accepted, and less is not`, async () => {
    const before = trainedOn(await read(records, purchases));
    const newest = (count: number) => records.slice(-count);
    assert.equal(await problemsOf(before, newest(20), purchases), []);
    assert.equal(await problemsOf(before, newest(18), purchases), [
      'it has 18 purchases, fewer than half of the 40 before',
    ]);
    assert.equal(await problemsOf(before, newest(8), purchases), [
      'it has 8 purchases, fewer than half of the 40 before',
      'it has 4 customers, fewer than half of the 10 before',
    ]);
    const ofFew = records.map((each) => ({
      ...each,
      product: Number(each.product.slice(1)) < 3 ? each.product : 'p1',
    }));
    assert.equal(await problemsOf(before, ofFew, purchases), ['it has 3 products, fewer than half of the 8 before']);
  });

  test(`${kind}: ids that are written in another way are not those before`, async () => {
    const before = trainedOn(await read(records, purchases));
    const padded = records.map((each) => ({ ...each, customer: `C-${each.customer}` }));
    assert.equal(await problemsOf(before, padded, purchases), [
      'only 0 of its 10 customers are among the 10 before (ids may be written in another way)',
    ]);
    const some = records.map((each) => ({
      ...each,
      product: Number(each.product.slice(1)) < 3 ? each.product : `${each.product}-a`,
    }));
    assert.equal(await problemsOf(before, some, purchases), [
      'only 3 of its 8 products are among the 8 before (ids may be written in another way)',
    ]);
  });

  test(`${kind}: an older export is not a newer one`, async () => {
    const before = trainedOn(await read(records, purchases));
    assert.equal(await problemsOf(before, records.slice(0, -4), purchases), [
      'its last purchase is of 2025-01-09T12:00:00.000Z, earlier than the 2025-01-10T12:00:00.000Z before',
    ]);
  });
}

test('the customers of a store do not stand in for those of the orders', async () => {
  const before = trainedOn(await read(records, 60));
  const others = records.map((each) => ({ ...each, customer: `new ${each.customer.slice(1)}` }));
  assert.equal(await problemsOf(before, records.slice(-8), 500), [
    'it has 8 purchases, fewer than half of the 40 before',
    'it has 4 customers, fewer than half of the 10 before',
  ]);
  // Whoever is known from the store alone is known.
  assert.equal(await problemsOf(before, others, 60), []);
});

test('each role has the column that it had', async () => {
  const before = trainedOn(await read(records));
  for (const [role, from, to] of [
    ['customer', 'customer', 'customer_id'],
    ['product', 'product', 'sku'],
    ['quantity', 'quantity', 'qty'],
    ['order', 'order', 'order_id'],
    ['time', 'date', 'ordered_at'],
  ])
    assert.equal(await problemsOf(before, renamed(from, to)), [
      `the ${role} was in the column "${from}", and is now in "${to}"`,
    ]);
  assert.equal(await problemsOf(before, renamed('price', 'unit_price')), []);
  // A column that is there, and does not look like names today.
  assert.equal(
    await problemsOf(
      before,
      records.map((each, i) => ({ ...each, name: i % 2 ? '' : each.product })),
    ),
    [],
  );
  assert.equal(await problemsOf(before, without('price', 'date')), [
    'the time was in the column "date", and no column has it now',
    'the price was in the column "price", and no column has it now',
  ]);
  assert.equal(await problemsOf(trainedOn(await read(without('name', 'date'))), records), []);
});

test('a last order that was dated after the training says nothing', async () => {
  const before = trainedOn(await read([...records, { ...records[0], order: 'x', date: '2999-01-01T00:00:00Z' }]));
  assert.equal(await problemsOf(before, records), []);
});

test('orders without times are not older', async () => {
  const timeless = without('date');
  assert.equal(await problemsOf(trainedOn(await read(timeless)), timeless), []);
});

test.run();
