import { mock } from 'node:test';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createAttribution } from '../../../src/live/attribution/attribution.ts';
import type { ShopStore } from '../../../src/live/store/store.ts';

const test = suite('what a shop knows of its lists');

test('a report is made again after a minute, also if the clock was set back meanwhile', async () => {
  const store = {
    recordShown: async () => {},
    shownTo: async () => [],
    shownAfter: async () => [],
    purchasesOfAll: async () => [],
  } as Partial<ShopStore> as ShopStore;
  const shop = { priceOf: () => undefined, hadBefore: () => false };
  const attribution = createAttribution(store, 30, String, () => shop);
  const [noon, elevenAm] = [Date.UTC(2026, 0, 2, 12), Date.UTC(2026, 0, 2, 11)];
  const [clock, running] = [mock.method(Date, 'now', () => noon), mock.method(performance, 'now', () => 0)];
  try {
    assert.is((await attribution.report()).until, noon);
    clock.mock.mockImplementation(() => elevenAm);
    running.mock.mockImplementation(() => 59_000);
    assert.is((await attribution.report()).until, noon);
    running.mock.mockImplementation(() => 61_000);
    assert.is((await attribution.report()).until, elevenAm);
  } finally {
    clock.mock.restore();
    running.mock.restore();
    await attribution.end();
  }
});

test.run();
