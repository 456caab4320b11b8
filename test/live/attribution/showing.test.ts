import { mock } from 'node:test';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { armCode, parseRecommendationId } from '../../../src/live/attribution/ids.ts';
import { createShowing, type GivenList } from '../../../src/live/attribution/showing.ts';
import { maxShownProducts, type ShownList } from '../../../src/live/store/store.ts';

const test = suite('lists that are given out');
test.before.each(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_800_000_000_000 }));
test.after.each(() => mock.timers.reset());

const settled = () => new Promise((resolve) => setImmediate(resolve));
const itemsOf = (...products: string[]) => products.map((product) => ({ product }));
const given = (of: Partial<GivenList> = {}): GivenList => ({
  ...{ kind: 'recommend', customer: 'ann', items: itemsOf('tea', 'cups'), source: 'personal', model: 'm1', ...of },
});

/** A store that remembers batches, and fails if told so. */
function remembering() {
  const batches: (readonly ShownList[])[] = [];
  const state = { fails: false };
  const recordShown = async (lists: readonly ShownList[]) => {
    if (state.fails) throw new Error('the disk is full');
    batches.push(lists);
  };
  return { batches, state, store: { recordShown }, all: () => batches.flat() };
}

const clean = (id: string | number) => (String(id) === 'NULL' ? undefined : String(id).trim());

test('a list is written within a second, with all that is known of it', async () => {
  const { store, all } = remembering();
  const showing = createShowing(store, 30, clean);
  const experiment = { name: 'taste', arm: 'popular' };
  const ids = [
    showing.give(given()),
    showing.give(given({ customer: ' 17 ', scenario: 'home', experiment })),
    showing.give(given({ kind: 'similar', source: undefined })),
  ];
  assert.equal(all(), []);
  mock.timers.tick(1000);
  await settled();
  const list = { time: 1_800_000_000_000, model: 'm1', products: ['tea', 'cups'] };
  assert.equal(all(), [
    { ...list, id: ids[0], customer: 'ann', kind: 'recommend', source: 'personal' },
    {
      ...{ ...list, id: ids[1], customer: '17', kind: 'recommend', source: 'personal' },
      ...{ scenario: 'home', experiment: 'taste', arm: 'popular' },
    },
    { ...list, id: ids[2], customer: 'ann', kind: 'similar' },
  ]);
  assert.equal(parseRecommendationId(ids[1]), { time: list.time, kind: 'recommend', arm: armCode('taste', 'popular') });
  assert.equal(showing.status(), { days: 30, waiting: 0, kept: 3, dropped: 0 });
});

test('without a customer, products, or a store there is an id, and nothing is kept', async () => {
  const { store, batches } = remembering();
  const showing = createShowing(store, 30, clean);
  const ids = [given({ customer: undefined }), given({ items: [] }), given({ customer: 'NULL' })].map(showing.give);
  const none = createShowing(undefined, 0, clean, 'no such store');
  ids.push(none.give(given()), none.give(given()));
  assert.is(new Set(ids).size, 5);
  for (const id of ids) assert.ok(parseRecommendationId(id));
  mock.timers.tick(1000);
  await settled();
  assert.equal(batches.flat(), []);
  assert.equal(none.status(), { days: 0, waiting: 0, kept: 0, dropped: 0, problem: 'no such store' });
  await none.end();
});

test('the same list to the same customer within a minute is one', async () => {
  const { store, all } = remembering();
  const showing = createShowing(store, 30, clean);
  const id = showing.give(given());
  assert.is(showing.give(given()), id);
  const experiment = { name: 'taste', arm: 'popular' };
  const others = [
    given({ customer: 'bob' }),
    given({ kind: 'similar' }),
    given({ scenario: 'home' }),
    given({ items: itemsOf('cups', 'tea') }),
    given({ model: 'm2' }),
    given({ model: 'm2', experiment }),
  ];
  assert.is(new Set([id, ...others.map(showing.give)]).size, 7);
  mock.timers.tick(60_000);
  const again = showing.give(given({ model: 'm2', experiment }));
  await showing.end();
  assert.is(new Set(all().map((list) => list.id)).size, 8);
  assert.ok(all().some((list) => list.id === again));
});

test('of a long list the first products are kept', async () => {
  const { store, all } = remembering();
  const showing = createShowing(store, 30, clean);
  const items = itemsOf(...Array.from({ length: 1000 }, (_, i) => `p${i}`));
  assert.is(showing.give(given({ items })), showing.give(given({ items })));
  await showing.end();
  assert.equal(
    all().map(({ products }) => products),
    [items.slice(0, maxShownProducts).map(({ product }) => product)],
  );
});

test('while the store fails, lists wait, and further ones are dropped; then all that waited are written', async () => {
  const { store, state, all } = remembering();
  const showing = createShowing(store, 30, clean, undefined, 3);
  state.fails = true;
  const customers = ['a', 'b', 'c', 'd', 'e'];
  for (const customer of customers) showing.give(given({ customer }));
  mock.timers.tick(1000);
  await settled();
  assert.equal(showing.status(), { days: 30, waiting: 3, kept: 0, dropped: 2, problem: 'the disk is full' });
  // What was dropped is not taken for what was kept.
  state.fails = false;
  mock.timers.tick(2000);
  await settled();
  assert.equal(
    all().map(({ customer }) => customer),
    ['a', 'b', 'c'],
  );
  showing.give(given({ customer: 'd' }));
  mock.timers.tick(1000);
  await settled();
  assert.equal(showing.status(), { days: 30, waiting: 0, kept: 4, dropped: 2 });
});

test('many lists are written in batches, one after the other', async () => {
  const { store, batches } = remembering();
  const showing = createShowing(store, 30, clean);
  for (let i = 0; i < 600; i++) showing.give(given({ customer: i }));
  await showing.end();
  assert.equal(
    batches.map(({ length }) => length),
    [250, 250, 100],
  );
});

test.run();
