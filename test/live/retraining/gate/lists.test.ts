import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Dataset } from '../../../../src/dataset/dataset.ts';
import { holdOutFrom } from '../../../../src/dataset/split.ts';
import { askedOf, type Known, knownOf } from '../../../../src/live/retraining/gate/asked.ts';
import { listsOf } from '../../../../src/live/retraining/gate/lists.ts';
import { createShop } from '../../../../src/live/shop.ts';
import type { Model } from '../../../../src/model/model.ts';
import { train } from '../../../../src/tuning/train.ts';
import { finish } from '../../../../src/turns.ts';
import { rotatingShop } from '../../../support/rotating-shop.ts';
import { dayMs, driftingBaskets, firstDay, ordersUntil } from '../drifting-shop.ts';

const test = suite('lists before the gate');
const small = { factors: 8, iterations: 3, threads: 1 };
const kernel = { threads: 1 };

/** What a running shop answers by a model, once it has heard of all orders after those of the model, as of a time. */
async function listsOfShop(model: Model, customers: readonly string[], known: Known, end: number): Promise<string[][]> {
  const folder = mkdtempSync(join(tmpdir(), 'endcap-gate-'));
  const shop = await createShop({ model, store: join(folder, 'shop.db'), ...kernel });
  try {
    for (const { customer, orders } of known.buyersAfter(Number.NEGATIVE_INFINITY)) {
      const isStranger = shop.customerRow(customer) === undefined;
      const lines = orders
        .filter(({ time }) => isStranger || time > end)
        .flatMap(({ time, units }) =>
          Array.from(units, ([product, quantity]) => {
            return { customer, product, quantity, time, order: `${customer} ${time}` };
          }),
        );
      if (lines.length > 0) await shop.recordPurchases(lines);
    }
  } finally {
    await shop.close();
  }
  // What sells counts from the start on.
  const again = await createShop({ model, store: join(folder, 'shop.db'), ...kernel });
  try {
    await again.refresh(known.until);
    const lists = await Promise.all(customers.map((customer) => again.recommend(customer)));
    return lists.map(({ items }) => items.map(({ product }) => product));
  } finally {
    await again.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

test('they are those that a running shop gives that has heard of everything since, for strangers, too', async () => {
  const baskets = driftingBaskets({ customers: 60, drifts: true, launches: 4 });
  const most = new Map([...baskets].filter((_, c) => c % 4 > 0));
  const model = await train(ordersUntil(most, 84), { ...small, fast: true });
  const until = firstDay + 105 * dayMs;
  const { train: before, ...targets } = finish(holdOutFrom(ordersUntil(baskets), until));
  const known = knownOf(before, until)!;
  const asked = askedOf({ train: before, ...targets }, 50);
  assert.is(asked.customers.length, 50);
  assert.ok(asked.customers.some((id) => !model.customers.includes(id)));
  const lists = await listsOf(model, asked, known, { kernel });
  assert.equal(lists.all, await listsOfShop(model, asked.customers, known, model.metadata.account.lastPurchase!));
  const deaf = await listsOf(model, asked, undefined, { kernel });
  assert.not.equal(deaf.all, lists.all);
});

test('what trees say is as old as the orders to predict', async () => {
  const whole = rotatingShop({ customers: 80 });
  const until = Date.UTC(2025, 0, 1 + 7 * 8);
  const now = withEnd(whole);
  const given = { regularization: 8, unobservedWeight: 0.1, tasteDecay: 0.7, blend: {} };
  const orders = withEnd(finish(holdOutFrom(whole, Date.UTC(2025, 0, 1 + 7 * 7))).train);
  const model = await train(orders, { ...small, ...given });
  assert.ok(model.repeatTrees);
  const heldOut = finish(holdOutFrom(now, until));
  const known = knownOf(heldOut.train, until)!;
  const asked = askedOf(heldOut, 60);
  const lists = await listsOf(model, asked, known, { kernel });
  assert.equal(lists.all, await listsOfShop(model, asked.customers, known, model.metadata.account.lastPurchase!));
});

function withEnd(orders: Dataset): Dataset {
  const lastPurchase = orders.history!.times!.reduce((most, time) => Math.max(most, time));
  return { ...orders, account: { ...orders.account, lastPurchase } };
}

test.run();
