import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mock } from 'node:test';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { checkKeepDays, createRetention } from '../../src/live/retention.ts';
import { createShop } from '../../src/live/shop.ts';
import { smallModel } from '../model/models.ts';
import { endcapErrorOf } from '../support/errors.ts';
import { until } from '../support/until.ts';

const test = suite('how long purchases and shown lists are kept');

const dayMs = 86_400_000;

/** A store that counts what is asked of it, and fails if told so. */
function counting() {
  const asked: number[] = [];
  const askedForLists: (number | undefined)[] = [];
  const state = { fails: false, removed: 0 };
  const compact = async (before: number, shownBefore?: number) => {
    asked.push(before);
    askedForLists.push(shownBefore);
    if (state.fails) throw new Error('the disk is full');
    return { purchases: 1 };
  };
  return { asked, askedForLists, state, store: { compact } };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('what is too old goes at the start, and once a day', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 100 * dayMs });
  try {
    const { asked, state, store } = counting();
    const { begin, end } = createRetention(store, 30, 7, () => state.removed++);
    await begin();
    assert.equal(asked, [70 * dayMs]);
    mock.timers.tick(dayMs - 1);
    assert.is(asked.length, 1);
    mock.timers.tick(1);
    await settled();
    assert.equal(asked, [70 * dayMs, 71 * dayMs]);
    assert.is(state.removed, 2);
    await end();
    mock.timers.tick(3 * dayMs);
    assert.is(asked.length, 2);
  } finally {
    mock.timers.reset();
  }
});

test('lists go after their own days, no later than purchases, and at once if none are kept', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 100 * dayMs });
  try {
    for (const [keepDays, attributionDays, expected] of [
      [undefined, 30, 70],
      [90, 30, 70],
      [10, 30, 90],
      [undefined, 0, 100],
    ] as const) {
      const { askedForLists, store } = counting();
      const { begin, end } = createRetention(store, keepDays, attributionDays, () => {});
      await begin();
      await end();
      assert.equal(askedForLists, [expected * dayMs]);
    }
  } finally {
    mock.timers.reset();
  }
});

test('a store that fails is asked again after an hour', async () => {
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 0 });
  try {
    const { asked, state, store } = counting();
    const { begin, end } = createRetention(store, undefined, 30, () => state.removed++);
    state.fails = true;
    await begin();
    state.fails = false;
    mock.timers.tick(3_600_000);
    await settled();
    assert.equal([asked, state.removed], [[0, 0], 1]);
    await end();
  } finally {
    mock.timers.reset();
  }
});

test('old purchases are gone from the store and from lists, also those in memory, and the others stay', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'endcap-retention-'));
  try {
    const options = { model: smallModel(), store: join(folder, 'shop.db'), threads: 1 };
    const line = { customer: 'ann', order: 'w1', product: 'tea', quantity: 1 };
    const shop = await createShop(options);
    await shop.recordPurchases([
      { ...line, time: Date.now() - 31 * dayMs },
      { ...line, customer: 'bob', order: 'w2', time: Date.now() - 29 * dayMs },
    ]);
    assert.is((await shop.recommend('ann')).source, 'personal');
    await shop.close();
    const keeping = await createShop({ ...options, keepDays: 30 });
    assert.is((await keeping.recommend('ann')).source, 'popular');
    assert.is((await keeping.recommend('bob')).source, 'personal');
    assert.equal((await keeping.customerData('ann'))!.purchases, []);
    assert.is((await keeping.customerData('bob'))!.purchases.length, 1);
    await keeping.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a shop that runs forgets in memory, too, what was removed', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'endcap-retention-'));
  mock.timers.enable({ apis: ['setTimeout', 'Date'], now: Date.now() });
  try {
    const shop = await createShop({ model: smallModel(), store: join(folder, 'shop.db'), keepDays: 30, threads: 1 });
    const line = { customer: 'ann', order: 'w1', product: 'tea', quantity: 1 };
    await shop.recordPurchases([{ ...line, time: Date.now() - 29.5 * dayMs }]);
    assert.is((await shop.recommend('ann')).source, 'personal');
    mock.timers.tick(dayMs);
    // Nobody has anything of them at the end, unless the list above is kept by then.
    await until(async () => !(await shop.customerData('ann'))?.purchases.length, 0);
    await settled();
    assert.is((await shop.recommend('ann')).source, 'popular');
    await shop.close();
  } finally {
    mock.timers.reset();
    rmSync(folder, { recursive: true });
  }
});

test('days are a whole number from 1, and take a store', async () => {
  for (const days of [0, -1, 1.5, 40_000, '30', Number.NaN, null])
    assert.throws(() => checkKeepDays(days), /^keepDays: .* expected a whole number from 1 to 36500/);
  const error = await endcapErrorOf(createShop({ model: smallModel(), keepDays: 30, threads: 1 }));
  assert.equal([error.code, error.details.option], ['invalid_options', 'keepDays']);
});

test.run();
