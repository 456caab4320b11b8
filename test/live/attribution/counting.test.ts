import { mock } from 'node:test';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createCounting } from '../../../src/live/attribution/counting.ts';
import type { ShownList } from '../../../src/live/store/store.ts';
import { line } from '../../support/purchases.ts';

const test = suite('counts of the purchases that lists led to');

test('they read a bounded part of what a customer bought, the newest', async () => {
  const bought = Array.from({ length: 30_000 }, (_, i) => ({ ...line({ order: `o${i}` }), seq: i + 1 }));
  const newest = bought.at(-1)!;
  const list: ShownList = {
    ...{ id: 'l1', customer: 'ann', time: newest.time - 1, kind: 'similar', model: 'm' },
    products: [newest.product],
  };
  const read: number[] = [];
  const store = {
    shownTo: async () => [list],
    async purchasesOf(_: string, limit = bought.length) {
      read.push(limit);
      return bought.slice(-limit);
    },
  };
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const counting = createCounting(store, 30);
    counting.add([newest, line({ customer: 'ann', quantity: -1 })]);
    mock.timers.tick(60_000);
    await counting.end();
    assert.equal(counting.counts(), { recommend: 0, similar: 1, 'bought-together': 0 });
    assert.is(read.length, 1);
    assert.ok(read[0] <= 10_000);
  } finally {
    mock.timers.reset();
  }
});

test.run();
