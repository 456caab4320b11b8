import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createCustomers } from '../../../src/live/purchases/customers.ts';
import { learnedByTime } from '../../../src/live/purchases/learned.ts';
import type { StoredPurchase } from '../../../src/live/store/store.ts';

const test = suite('customers of a shop');
const customers = ['ann', 'bob'];
const products = ['tea', 'jam'];
const day = 86_400_000;
const end = 20_000 * day + 5;
const rowIn = (ids: string[]) => (id: string | number) =>
  ids.includes(String(id)) ? ids.indexOf(String(id)) : undefined;

/** Customers over a store that holds these lines and answers when told to. */
function shop(lines: Partial<StoredPurchase>[], metadata: object = {}, waitMs = 3000) {
  const asked: string[] = [];
  const purchases = lines.map((line, i) => ({
    ...{ seq: i + 1, customer: 'new', order: `o${i}`, product: 'tea', quantity: 1, time: end + 1 },
    ...line,
  }));
  const store = {
    purchasesOf: async (customer: string) => {
      asked.push(customer);
      return purchases.filter((each) => each.customer === customer);
    },
  };
  const model = {
    customers,
    metadata: { trainedAt: new Date(end + day).toISOString(), account: { lastPurchase: end }, ...metadata },
  };
  const rows = { customerRow: rowIn(customers), productRow: rowIn(products) };
  const made = createCustomers(model as never, rows, { customer: String }, store, learnedByTime(model as never), {
    waitMs,
  });
  return { ...made, asked, purchases, store };
}

test('the store is asked once for a stranger, and not at all for those who bought nothing since the model', async () => {
  const { served, asked, changed, kept } = shop([{}]);
  assert.is(served('ann'), undefined);
  const first = served('new');
  assert.is(served('new'), first);
  const found = await first;
  assert.equal(found!.orders, [new Map([[0, 1]])]);
  assert.is(served('new'), found);
  assert.is(await served('nobody'), undefined);
  assert.is(served('nobody'), undefined);
  assert.equal(asked, ['new', 'nobody']);
  changed('new');
  assert.is.not(await served('new'), found);
  assert.is(kept(), 2);
});

test('orders are sorted by the time of their first line, and returns are summed', async () => {
  const { served } = shop([
    { order: 'b', time: end + 20 },
    { order: 'a', product: 'jam', time: end + 10 },
    { order: 'b', product: 'jam', quantity: 2, time: end + 5 },
    { order: 'b', product: 'unheard of' },
    { order: 'b', product: 'jam', quantity: -1 },
    { order: 'c', product: 'jam', quantity: -4 },
  ]);
  const { orders, sentBack } = (await served('new'))!;
  assert.equal(orders, [new Map([[0, 1], [1, 2]]), new Map([[1, 1]])]); // biome-ignore format: a pair each
  assert.equal(sentBack, new Map([[1, 5]]));
});

test('purchases up to the last order of the model are the model’s, but for customers whom it does not know', async () => {
  const lines = [{ time: end }, { time: end + 1, product: 'jam' }];
  const ordersOf = async (customer: string, metadata = {}) => {
    const { served, changed } = shop(lines.map((line) => ({ ...line, customer })), metadata); // biome-ignore format: short
    changed(customer);
    return (await served(customer))?.orders.length ?? 0;
  };
  assert.is(await ordersOf('ann'), 1);
  assert.is(await ordersOf('new'), 2);
  // Without times of day, the last day is one of the model's; without dates, all until the training.
  assert.is(await ordersOf('ann', { account: { lastPurchase: 20_000 * day } }), 0);
  assert.is(await ordersOf('ann', { account: {} }), 0);
  assert.is(
    await ordersOf('ann', { account: { lastPurchase: end + 9 * day }, trainedAt: new Date(end).toISOString() }),
    1,
  );
});

test('what is read while a purchase is written is read again', async () => {
  const { served, changed, purchases, asked } = shop([]);
  const before = served('new');
  purchases.push({ seq: 1, customer: 'new', order: 'o', product: 'tea', quantity: 1, time: end + 1 });
  changed('new');
  assert.is((await served('new'))!.orders.length, 1);
  await before;
  assert.is((await served('new'))!.orders.length, 1);
  assert.is(asked.length, 2);
});

test('an answer that is overtaken by a later one is not kept', async () => {
  const { served, changed, store, purchases } = shop([]);
  const answers: ((lines: StoredPurchase[]) => void)[] = [];
  store.purchasesOf = () => new Promise((resolve) => answers.push(resolve));
  const before = served('new');
  changed('new');
  const after = served('new');
  purchases.push({ seq: 1, customer: 'new', order: 'o', product: 'tea', quantity: 1, time: end + 1 });
  answers[1](purchases);
  const found = await after;
  answers[0]([]);
  await before;
  assert.is(found!.orders.length, 1);
  assert.is(served('new'), found);
});

test('a store that fails is left alone for a while', async () => {
  const { served, store, isFailing, asked } = shop([{}]);
  const { purchasesOf } = store;
  store.purchasesOf = async () => Promise.reject(new Error('gone'));
  assert.is(await served('new'), undefined);
  assert.ok(isFailing());
  store.purchasesOf = purchasesOf;
  assert.is(served('new'), undefined);
  assert.is(asked.length, 0);
});

test('memory is bounded, by customers, orders, and lines: those who were asked for longest ago are read again', async () => {
  const wide = Array.from({ length: 100 }, (_, i) => `p${i}`);
  const rows = { customerRow: () => undefined, productRow: rowIn(wide) };
  const model = { customers: [], metadata: { trainedAt: '', account: {} } };
  const kept = async (orderOf: (line: number) => string | undefined) => {
    let asked = 0;
    const store = {
      purchasesOf: async (customer: string) => {
        asked++;
        const lines = wide.map((product, seq) => ({
          seq,
          customer,
          order: orderOf(seq),
          product,
          quantity: 1,
          time: 1,
        }));
        return lines.filter(({ order }) => order !== undefined) as StoredPurchase[];
      },
    };
    const made = createCustomers(model as never, rows, { customer: String }, store, learnedByTime(model as never), {
      maxBytes: 1e6,
    });
    for (let i = 0; i < 500; i++) await made.served(`c${i}`);
    const count = made.kept();
    await made.served('c499');
    assert.is(asked, 500);
    await made.served('c0');
    assert.is(asked, 501);
    return count;
  };
  assert.equal([await kept(() => undefined), await kept(() => 'o'), await kept((line) => `o${line}`)], [333, 120, 26]);
});

test('a store that hangs holds nobody for long, and then nobody at all', async () => {
  const { served, asked, store, isFailing } = shop([{}], {}, 20);
  store.purchasesOf = (customer) => {
    asked.push(customer);
    return new Promise(() => {});
  };
  assert.equal(await Promise.all([served('new'), served('new'), served('other')]), [undefined, undefined, undefined]);
  assert.ok(isFailing());
  assert.is(served('a third'), undefined);
  assert.equal(asked, ['new', 'other']);
});

test('an answer that is there counts, however long the event loop was held', async () => {
  const { served, store, purchases } = shop([{}], {}, 20);
  store.purchasesOf = () => new Promise((resolve) => setTimeout(() => resolve(purchases), 25));
  const found = served('new');
  for (const until = performance.now() + 60; performance.now() < until; );
  assert.is((await found)?.orders.length, 1);
});

test.run();
