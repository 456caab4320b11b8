import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { compareOnPurchases } from '../../../../src/live/retraining/gate/purchases.ts';
import type { StoredPurchase } from '../../../../src/live/store/store.ts';
import type { Model } from '../../../../src/model/model.ts';
import { train } from '../../../../src/tuning/train.ts';
import type { Basket } from '../../../support/baskets.ts';
import { dayMs, driftingBaskets, firstDay, ordersUntil } from '../drifting-shop.ts';

const test = suite('comparing models on purchases of a store');
const small = { factors: 8, iterations: 4, threads: 1, fast: true };
const kernel = { threads: 1 };
const drifting = driftingBaskets({ customers: 100, drifts: true, days: 105 });
const stale = train(ordersUntil(drifting, 70), small);
const fresh = train(ordersUntil(drifting, 91), small);

/** A store that has the orders from a day on. */
function storeFrom(baskets: ReadonlyMap<string, readonly Basket[]>, day: number, asked: string[] = []) {
  const lines: Omit<StoredPurchase, 'seq'>[] = [];
  for (const [customer, orders] of baskets)
    for (const { products, time } of orders)
      for (const product of products as string[])
        if (time! >= firstDay + day * dayMs)
          lines.push({ customer, order: `${customer} ${time}`, product, quantity: 1, time: time! });
  lines.sort((a, b) => a.time - b.time);
  const purchases = lines.map((line, i): StoredPurchase => ({ ...line, seq: i + 1 }));
  return {
    lastSeq: async () => purchases.length,
    purchasesAfter: async (seq: number, limit: number) => purchases.slice(seq, seq + limit),
    purchasesOf: async (customer: string) => {
      asked.push(customer);
      return purchases.filter((each) => each.customer === customer);
    },
  };
}

test('a fresher model finds more of the newest purchases, and the other way round a staler one less', async () => {
  const store = storeFrom(drifting, 60);
  const better = await compareOnPurchases(await stale, await fresh, store, { kernel });
  assert.is(better!.outcome, 'better');
  assert.match(better!.reason, /^its lists find more of what \d+ customers bought: recall/);
  const worse = await compareOnPurchases(await fresh, await stale, store, { kernel });
  assert.is(worse!.outcome, 'worse');
  assert.not(worse!.passed);
  const [one, other] = [better!.results[0], worse!.results[0]];
  assert.is(one.gain, -other.gain);
  assert.equal(one.candidate, other.served);
});

test('both know what was bought before, and nothing of what is to be found', async () => {
  // Without purchases from before, the stale model knows less of its customers.
  const [knowing, not] = [
    await compareOnPurchases(await fresh, await stale, storeFrom(drifting, 60), { kernel }),
    await compareOnPurchases(await fresh, await stale, storeFrom(drifting, 91), { kernel }),
  ];
  assert.equal(knowing!.newOrders, not!.newOrders);
  assert.equal(knowing!.results[0].served, not!.results[0].served);
  assert.ok(knowing!.results[0].candidate.ndcg > not!.results[0].candidate.ndcg);
});

test('of few purchases nothing can be told', async () => {
  const none = { lastSeq: async () => 0, purchasesAfter: async () => [], purchasesOf: async () => [] };
  assert.is(await compareOnPurchases(await stale, await fresh, none, { kernel }), undefined);
  const few = storeFrom(new Map([...drifting].slice(0, 20)), 91);
  assert.is(await compareOnPurchases(await stale, await fresh, few, { kernel }), undefined);
  // Strangers without a purchase before get the same list from either.
  const strangers = new Map([...drifting].map(([id, orders]) => [`new ${id}`, orders]));
  assert.is(await compareOnPurchases(await stale, await fresh, storeFrom(strangers, 91), { kernel }), undefined);
  assert.ok(await compareOnPurchases(await stale, await fresh, storeFrom(strangers, 60), { kernel }));
});

test('no more customers are asked for than it takes, and no more is read than the newest purchases', async () => {
  const asked: string[] = [];
  const gate = await compareOnPurchases(await stale, await fresh, storeFrom(drifting, 60, asked), {
    kernel,
    maxCustomers: 40,
  });
  assert.is(gate!.newOrders.customers, 40);
  assert.is(asked.length, 40);
  const places: number[] = [];
  const vast = {
    lastSeq: async () => 10_000_000,
    purchasesAfter: async (seq: number) => {
      places.push(seq);
      return [];
    },
    purchasesOf: async () => [],
  };
  await compareOnPurchases(await stale, await fresh, vast, { kernel });
  assert.equal(places, [9_980_000]);
});

test('a damaged model is refused, and what was sent back is known, too', async () => {
  const broken: Model = { ...(await fresh), productFactors: (await fresh).productFactors.map(() => 0) };
  const gate = await compareOnPurchases(await stale, broken, storeFrom(drifting, 60), { kernel });
  assert.is(gate!.outcome, 'damaged');
  const none = { lastSeq: async () => 0, purchasesAfter: async () => [], purchasesOf: async () => [] };
  assert.is((await compareOnPurchases(await stale, broken, none, { kernel }))!.outcome, 'damaged');
  const store = storeFrom(drifting, 60);
  const returning = {
    ...store,
    purchasesOf: async (customer: string) =>
      (await store.purchasesOf(customer)).flatMap((line) => [line, { ...line, quantity: -1 }]),
  };
  const [kept, returned] = [
    await compareOnPurchases(await stale, await fresh, store, { kernel }),
    await compareOnPurchases(await stale, await fresh, returning, { kernel }),
  ];
  assert.ok(returned!.results[0].served.ndcg < kept!.results[0].served.ndcg);
});

test.run();
