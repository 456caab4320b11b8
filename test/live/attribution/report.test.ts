import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { attributed } from '../../../src/live/attribution/attributed.ts';
import type { Outcome } from '../../../src/live/attribution/outcomes.ts';
import { reportOn } from '../../../src/live/attribution/report.ts';
import type { ShownList } from '../../../src/live/store/store.ts';
import { line } from '../../support/purchases.ts';

const test = suite('what came of lists');
const dayMs = 86_400_000;

const list = (id: string, time: number, products: string[], given: Partial<ShownList> = {}): ShownList => ({
  ...{ id, time, products, customer: 'ann', kind: 'recommend', source: 'personal', model: 'm1', ...given },
});

function outcome(
  customer: string,
  lists: ShownList[],
  bought: readonly [product: string, time: number, quantity?: number][],
): Outcome {
  const purchases = bought.map(([product, time, quantity = 1], i) => ({
    ...line({ customer, product, time, quantity, order: `${customer}${i}` }),
    seq: i,
  }));
  return { customer, lists, purchases, lines: attributed(lists, purchases, 30) };
}

const shop = {
  priceOf: (product: string) => ({ tea: 2.5, cups: 10.1 })[product],
  hadBefore: ({ customer }: Outcome, { product }: { product: string }) => customer === 'bob' && product === 'tea',
};

async function* these(...outcomes: Outcome[]) {
  yield* outcomes;
}

test('lists, customers, purchases, and revenue are counted in all and by what lists are', async () => {
  const outcomes = these(
    outcome(
      'ann',
      [
        list('a', 10, ['tea', 'cups'], { scenario: 'home' }),
        list('b', 20, ['tea'], { model: 'm2' }),
        list('c', 30, ['jam'], { kind: 'similar', source: undefined }),
      ],
      // Cups follow the first list, tea the second.
      [
        ['tea', 25, 3],
        ['cups', 26],
        ['jam', 31],
        ['pot', 31],
      ],
    ),
    outcome('bob', [list('d', 10, ['tea'], { scenario: 'home' })], [['tea', 11]]),
    outcome('cid', [list('e', 10, ['tea'])], []),
  );
  const { total, byKind, byScenario, bySource, byModel, days } = await reportOn(
    outcomes,
    { from: 0, until: 7 * dayMs, attributionDays: 30 },
    shop,
  );
  const bare = ({ rate: _, interval: __, ...counts }: typeof total) => counts;
  assert.is(days, 7);
  assert.equal(bare(total), {
    ...{ lists: 5, customers: 3, boughtFrom: 4, products: 4, units: 6, newProducts: 3, revenue: 20.1, unpriced: 1 },
  });
  assert.is(total.rate, 0.8);
  assert.ok(total.interval![0] < 0.8 && total.interval![1] > 0.8);
  assert.equal(bare(byScenario.home), {
    ...{ lists: 2, customers: 2, boughtFrom: 2, products: 2, units: 2, newProducts: 1, revenue: 12.6, unpriced: 0 },
  });
  assert.equal(Object.keys(byKind), ['recommend', 'similar']);
  assert.equal(Object.keys(bySource), ['personal']);
  assert.equal(
    Object.entries(byModel).map(([model, { lists, customers, revenue }]) => [model, lists, customers, revenue]),
    [
      ['m1', 4, 3, 12.6],
      ['m2', 1, 1, 7.5],
    ],
  );
});

test('lists from before count for nothing, and a purchase that follows one is no purchase of a later list', async () => {
  const lists = [list('old', 10, ['tea', 'cups']), list('new', 2 * dayMs, ['cups'])];
  const { total } = await reportOn(
    these(
      outcome('ann', lists, [
        ['tea', 3 * dayMs],
        ['cups', dayMs],
      ]),
    ),
    { from: dayMs, until: 4 * dayMs, attributionDays: 30 },
    shop,
  );
  assert.equal([total.lists, total.boughtFrom, total.products], [1, 0, 0]);
});

test('what is sent back was not bought, and without lists there is no rate', async () => {
  const range = { from: 0, until: dayMs, attributionDays: 30 };
  const lists = [list('a', 10, ['tea'])];
  const { total } = await reportOn(
    these(
      outcome('ann', lists, [
        ['tea', 20, 2],
        ['tea', 21, -2],
      ]),
    ),
    range,
    shop,
  );
  assert.equal([total.lists, total.boughtFrom, total.units, total.rate], [1, 0, 0, 0]);
  const none = await reportOn(these(), range, shop);
  assert.equal([none.total.lists, 'rate' in none.total, none.byModel], [0, false, {}]);
});

test.run();
