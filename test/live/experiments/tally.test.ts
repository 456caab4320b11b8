import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { BoughtLine } from '../../../src/live/attribution/attributed.ts';
import { coveredOf, type Facts, noTally, type Tally, tallying } from '../../../src/live/experiments/tally.ts';
import type { ShownList } from '../../../src/live/store/store.ts';
import { finish } from '../../../src/turns.ts';

const test = suite('tallies of experiments');
const rows = ['a', 'b', 'c', 'd'];
const facts: Facts = {
  rowOf: (product) => (rows.includes(product) ? rows.indexOf(product) : undefined),
  priceOf: (product) => ({ a: 10, b: 5 })[product],
  hadBefore: ({ customer, lines }, { product, time }) =>
    (customer === 'ann' && product === 'a') || lines.some((line) => line.product === product && line.time < time),
};
const bought = (product: string, time: number, units = 1): BoughtLine => ({ order: `o${time}`, product, units, time });
const list = (time: number, ...products: string[]): ShownList => ({
  ...{ id: String(time), customer: 'ann', time, kind: 'recommend', model: 'm', products },
});
const add = (tally: Tally, lists: ShownList[], lines: BoughtLine[], customer: string, newSince = 0) =>
  finish(tallying(tally, { customer, lists, lines, purchases: [] }, lists, facts, 10, newSince));

function tallied(lists: ShownList[], lines: BoughtLine[], customer = 'ann') {
  const tally = noTally(rows.length);
  add(tally, lists, lines, customer);
  return tally;
}

test('what is bought within the days after a list follows it, and counts as from it if it was there', () => {
  const { recall, buyers, customers, lists } = tallied(
    [list(100, 'a', 'b')],
    [bought('a', 99), bought('a', 100), bought('c', 105), bought('b', 110), bought('b', 111)],
  );
  assert.equal([customers, lists, buyers], [1, 1, 1]);
  assert.equal([recall.y, recall.x, recall.customers], [2, 3, 1]);
});

test('a product counts for the lists that had it, however many came since', () => {
  const lists = [list(100, 'a'), list(106, 'b')];
  assert.is(tallied(lists, [bought('a', 108)]).recall.y, 1);
  // It follows the second list, which did not have it; the first one is too long ago.
  const late = tallied(lists, [bought('a', 112)]);
  assert.equal([late.recall.y, late.recall.x, late.buyers], [0, 1, 0]);
});

test('units cost what they cost, and nothing if all were sent back', () => {
  const { recall, revenue, priced } = tallied([list(100, 'a')], [bought('a', 101, 2), bought('b', 102, 0)]);
  assert.equal([recall.y, recall.x, priced, revenue.y], [1, 2, 2, 20]);
});

test('prices that are not known count as nothing, and it is told how many are', () => {
  const { revenue, priced, recall } = tallied([list(100, 'a')], [bought('b', 101), bought('d', 101)]);
  assert.equal([revenue.y, revenue.customers, priced, recall.x], [5, 1, 1, 2]);
});

test('somebody who buys nothing counts as a customer, and says nothing of recall', () => {
  const { customers, recall, revenue, buyers } = tallied([list(100, 'a')], []);
  assert.equal([customers, recall.customers, revenue.customers, buyers], [1, 0, 1, 0]);
});

test('new is what the customer had not bought before the list', () => {
  const { shown, shownNew } = tallied([list(100, 'a', 'b', 'c')], [bought('b', 99), bought('c', 101)]);
  assert.equal([shown, shownNew], [3, 1]);
  assert.is(tallied([list(100, 'a')], [], 'bob').shownNew, 1);
});

test('coverage counts each product of the model once', () => {
  const tally = tallied([list(100, 'a', 'd'), list(101, 'a', 'unknown')], []);
  assert.is(coveredOf(tally), 2);
  add(tally, [list(100, 'a', 'c')], [], 'bob');
  assert.equal([coveredOf(tally), tally.shown, tally.customers], [3, 6, 2]);
});

test('who was first shown a list of late is a newcomer', () => {
  const tally = noTally(rows.length);
  add(tally, [list(99, 'a'), list(120, 'a')], [], 'ann', 100);
  add(tally, [list(100, 'a')], [], 'bob', 100);
  assert.equal([tally.customers, tally.newcomers], [2, 1]);
});

test.run();
