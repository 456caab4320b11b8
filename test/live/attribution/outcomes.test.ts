import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { maxListsOfCustomer, type Outcome, outcomesOf } from '../../../src/live/attribution/outcomes.ts';
import type { ShownList, StoredPurchase } from '../../../src/live/store/store.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { line } from '../../support/purchases.ts';

const test = suite('what customers were shown, and bought');

const list = (customer: string, time: number, id = `${customer}${time}`): ShownList => ({
  ...{ id, customer, time, kind: 'recommend', model: 'm1', products: ['tea'] },
});

/** A store of lists in its order, and of purchases. */
function storeOf(lists: readonly ShownList[], purchases: readonly StoredPurchase[] = []) {
  const pages: number[] = [];
  return {
    pages,
    store: {
      async shownAfter(place: Pick<ShownList, 'id'> | undefined, limit: number) {
        const from = place === undefined ? 0 : lists.findLastIndex(({ id }) => id === place.id) + 1;
        const page = lists.slice(from, from + limit);
        pages.push(page.length);
        return page;
      },
      purchasesOfAll: async (customers: readonly string[]) =>
        purchases.filter(({ customer }) => customers.includes(customer)),
    },
  };
}

async function all(outcomes: AsyncIterable<Outcome>): Promise<Outcome[]> {
  const found = [];
  for await (const outcome of outcomes) found.push(outcome);
  return found;
}

test('every customer comes once with all their lists, wherever pages end', async () => {
  for (const counts of [[3], [500], [499, 2], [250, 250, 250, 250], [1, 500, 1], [1200, 1]]) {
    const lists = counts.flatMap((count, c) => Array.from({ length: count }, (_, i) => list(`c${c}`, i)));
    const { store, pages } = storeOf(lists);
    const outcomes = await all(outcomesOf(store, 30));
    assert.equal(
      outcomes.map(({ customer, lists }) => [customer, lists.length]),
      counts.map((count, c) => [`c${c}`, Math.min(count, maxListsOfCustomer)]),
    );
    assert.ok(pages.every((length) => length <= 500));
  }
  assert.equal(await all(outcomesOf(storeOf([]).store, 30)), []);
});

test('purchases of a few customers are read at a time, and of each no more than count', async () => {
  const { store } = storeOf(Array.from({ length: 130 }, (_, i) => list(`c${i}`, i)));
  const asked: [number, number][] = [];
  const purchasesOfAll = async (customers: readonly string[], limit: number) => {
    asked.push([customers.length, limit]);
    return [];
  };
  assert.is((await all(outcomesOf({ ...store, purchasesOfAll }, 30))).length, 130);
  assert.ok(
    asked.every(([customers, limit]) => customers <= 20 && limit === 10_000),
    JSON.stringify(asked),
  );
  assert.is(
    asked.reduce((sum, [customers]) => sum + customers, 0),
    130,
  );
});

test('of a customer with too many lists the newest count, and what is there twice counts once', async () => {
  const lists = Array.from({ length: 3456 }, (_, i) => list('bot', i));
  const [{ lists: newest }] = await all(outcomesOf(storeOf(lists).store, 30));
  assert.equal(newest, lists.slice(-maxListsOfCustomer));
  const twice = [list('ann', 1), list('ann', 1), list('ann', 2)];
  assert.is((await all(outcomesOf(storeOf(twice).store, 30)))[0].lists.length, 2);
});

test('purchases are attributed to lists of their customer', async () => {
  const purchases = ['ann', 'bob', 'cid'].map((customer, i) => ({
    ...line({ customer, order: customer, time: 10 }),
    seq: i,
  }));
  const [ann, bob] = await all(outcomesOf(storeOf([list('ann', 1), list('bob', 20)], purchases).store, 30));
  assert.equal([ann.lines[0].list?.id, bob.lines[0].list, bob.purchases.length], ['ann1', undefined, 1]);
});

test('reading ends when it is no longer wanted', async () => {
  const ending = new AbortController();
  const { store, pages } = storeOf(Array.from({ length: 2000 }, (_, i) => list(`c${i}`, i)));
  const reading = (async () => {
    for await (const _ of outcomesOf(store, 30, ending.signal)) ending.abort();
  })();
  assert.is((await endcapErrorOf(reading)).code, 'aborted');
  assert.is(pages.length, 1);
});

test.run();
