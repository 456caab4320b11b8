import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { holdOutLast } from '../../src/dataset/split.ts';
import { groupCount, groupCustomers, ordersInGroup } from '../../src/measuring/customer-groups.ts';
import { finish } from '../../src/turns.ts';
import { datasetOfLetters } from '../support/baskets.ts';

const test = suite('customer groups');

/** Customer `c07` has seven orders before the last one, which is held out. */
const before = Array.from({ length: 30 }, (_, orders) => orders);
const shop = before.map((orders) => [`c${String(orders).padStart(2, '0')}`, [...'a'.repeat(orders + 1)]] as const);
const { train, ...targets } = finish(holdOutLast(datasetOfLetters(Object.fromEntries(shop))));

test('groups follow each other without gaps, and each customer is in the group of their number of orders', () => {
  const groupOf = groupCustomers({ train, ...targets });
  for (const orders of before.slice(1)) {
    const { from, to } = ordersInGroup(groupOf[orders]);
    assert.ok(orders >= from && orders <= (to ?? Infinity), `${orders} orders in ${from} to ${to}`);
  }
  const groups = Array.from({ length: groupCount }, (_, group) => ordersInGroup(group));
  assert.is(groups[0].from, 1);
  assert.is(groups.at(-1)!.to, null);
  for (let i = 1; i < groupCount; i++) assert.is(groups[i].from, groups[i - 1].to! + 1);
});

test('without a history, all that a customer bought counts as one order', () => {
  const groupOf = groupCustomers({ train: { ...train, history: undefined }, ...targets });
  assert.ok(groupOf.every((group) => group === 0));
});

test.run();
