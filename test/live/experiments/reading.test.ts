import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type AttributionStore, outcomesOf } from '../../../src/live/attribution/outcomes.ts';
import { assignment } from '../../../src/live/experiments/assignment.ts';
import type { CompiledExperiment } from '../../../src/live/experiments/compile.ts';
import { readExperiments } from '../../../src/live/experiments/reading.ts';
import type { Facts } from '../../../src/live/experiments/tally.ts';
import type { ShownList, StoredPurchase } from '../../../src/live/store/store.ts';

const test = suite('reading of experiments');
const facts: Facts = { rowOf: () => 0, priceOf: () => 1, hadBefore: () => false };
type Store = Pick<AttributionStore, 'shownAfter' | 'purchasesOfAll'>;
const arms = { control: { share: 50 }, b: { share: 50 } };

function experimentOf(given: Partial<CompiledExperiment> = {}): CompiledExperiment {
  const { name = 'taste', arms: own = arms } = given;
  return {
    ...{ name, arms: own, control: 'control', armOf: assignment(name, own) },
    ...{ begins: Number.NEGATIVE_INFINITY, ends: Number.POSITIVE_INFINITY, models: [], ...given },
  };
}

const experiment = experimentOf();
const shownTo = (customer: string, time: number, given: Partial<ShownList> = {}): ShownList => ({
  ...{ id: `${customer}-${time}`, customer, time, kind: 'recommend', model: 'm', products: ['a'] },
  ...{ experiment: 'taste', arm: experiment.armOf(customer), ...given },
});
const boughtBy = (customer: string, time: number, product = 'a'): StoredPurchase => ({
  ...{ seq: time, customer, order: `${customer}-${time}`, product, quantity: 1, time },
});

/** A store with some lists and purchases, and how much of it was read at a time. */
function storeOf(lists: ShownList[], lines: StoredPurchase[] = []): Store & { mostRead: () => number } {
  const key = ({ customer, time, id }: Pick<ShownList, 'customer' | 'time' | 'id'>) =>
    `${customer}\0${String(time).padStart(15, '0')}\0${id}`;
  const sorted = lists.map((list) => [key(list), list] as const).sort(([a], [b]) => (a < b ? -1 : 1));
  let most = 0;
  return {
    async shownAfter(place, limit) {
      const from = place ? sorted.findIndex(([text]) => text > key(place)) : 0;
      return from < 0 ? [] : sorted.slice(from, from + limit).map(([, list]) => list);
    },
    async purchasesOfAll(customers) {
      most = Math.max(most, customers.length);
      const asked = new Set(customers);
      return lines.filter(({ customer }) => asked.has(customer));
    },
    mostRead: () => most,
  };
}

const read = async (store: Store, experiments = [experiment], at = 1e6) =>
  readExperiments(() => outcomesOf(store, 1), experiments, facts, { at, days: 1, products: 8 });
const all = Array.from({ length: 1500 }, (_, i) => `c${i}`);
const countsOf = (tallies: ReadonlyMap<string, { customers: number }>) =>
  Object.fromEntries(Array.from(tallies, ([arm, { customers }]) => [arm, customers]));

test('every customer counts once, in pages, whatever the lists of others were', async () => {
  const lists = all.flatMap((customer) => [shownTo(customer, 10), shownTo(customer, 20)]);
  const others = all.map((customer) => shownTo(customer, 15, { experiment: undefined, arm: undefined }));
  const store = storeOf([...lists, ...others], [boughtBy('c7', 11), boughtBy('c7', 12, 'x'), boughtBy('c9', 9)]);
  const { tallies, since, changed, endedArms } = (await read(store)).get('taste')!;
  const { control, b } = countsOf(tallies);
  assert.is(control + b, all.length);
  assert.is(b, all.filter((customer) => experiment.armOf(customer) === 'b').length);
  assert.equal([since, changed, endedArms.size], [10, undefined, 0]);
  const [one, other] = tallies.values();
  assert.equal([one.lists + other.lists, one.buyers + other.buyers], [2 * all.length, 1]);
  assert.equal([one.recall.x + other.recall.x, one.recall.y + other.recall.y], [2, 1]);
  assert.ok(store.mostRead() <= 500);
});

test('a customer with more lists than a page counts once', async () => {
  const lists = Array.from({ length: 777 }, (_, i) => shownTo('m', i));
  const { tallies } = (await read(storeOf([shownTo('a', 1), ...lists, shownTo('z', 1)]))).get('taste')!;
  const [one, other] = tallies.values();
  assert.equal([one.customers + other.customers, one.lists + other.lists], [3, 779]);
});

test('a list that is there twice counts once', async () => {
  const { tallies } = (await read(storeOf([shownTo('m', 1), shownTo('m', 1), shownTo('m', 2)]))).get('taste')!;
  assert.is(
    [...tallies.values()].reduce((sum, { lists }) => sum + lists, 0),
    2,
  );
});

test('lists from before and after the experiment do not count', async () => {
  const store = storeOf([5, 10, 19, 20].map((time) => shownTo('m', time)));
  const lists = async (given: Partial<CompiledExperiment>, at?: number) => {
    const { tallies } = (await read(store, [experimentOf(given)], at)).get('taste')!;
    return [...tallies.values()].reduce((sum, { lists }) => sum + lists, 0);
  };
  assert.is(await lists({}), 4);
  assert.is(await lists({ begins: 10, ends: 20 }), 2);
  assert.is(await lists({ begins: 30 }), 0);
  assert.is(await lists({}, 19), 3);
});

test('once shares were others, only what came since counts, and it is told until when', async () => {
  const before = experimentOf({ arms: { control: { share: 90 }, b: { share: 10 } } });
  const lists = all.flatMap((customer) => [
    shownTo(customer, 10, { arm: before.armOf(customer) }),
    shownTo(customer, 30),
  ]);
  const { tallies, since, changed } = (await read(storeOf(lists))).get('taste')!;
  assert.equal([since, changed], [30, 10]);
  const [one, other] = tallies.values();
  assert.is(one.lists + other.lists, all.length);
});

test('an arm that is not there any more has ended', async () => {
  const lists = all.flatMap((customer, i) => [
    ...(i % 3 === 0 ? [shownTo(customer, 10, { arm: 'gone' })] : []),
    shownTo(customer, 30),
  ]);
  const { endedArms, changed, tallies } = (await read(storeOf(lists))).get('taste')!;
  assert.equal([...endedArms], [['gone', 500]]);
  assert.is(changed, 10);
  assert.equal([...tallies.keys()], ['control', 'b']);
});

test('several experiments are read together, each with its own lists', async () => {
  const other = experimentOf({ name: 'home' });
  const lists = all.flatMap((customer) => [
    shownTo(customer, 10),
    ...(customer.endsWith('1') ? [shownTo(customer, 11, { experiment: 'home', arm: other.armOf(customer) })] : []),
  ]);
  const readings = await read(storeOf(lists), [experiment, other]);
  const sum = (name: string) =>
    Object.values(countsOf(readings.get(name)!.tallies)).reduce((sum, count) => sum + count, 0);
  assert.equal([sum('taste'), sum('home')], [1500, 150]);
});

test('a store without lists has nothing to say', async () => {
  const { since, tallies } = (await read(storeOf([]))).get('taste')!;
  assert.is(since, undefined);
  assert.equal(countsOf(tallies), { control: 0, b: 0 });
});

test.run();
