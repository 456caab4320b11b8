import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createShop } from '../../../src/live/shop.ts';
import type { Shop } from '../../../src/live/types.ts';
import { saveModel } from '../../../src/model/file/file.ts';
import type { Gate, Model } from '../../../src/model/model.ts';
import { train } from '../../../src/tuning/train.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { dayMs, driftingBaskets, firstDay, ordersUntil } from '../retraining/drifting-shop.ts';

const test = suite<{ folder: string; path: string }>('a worse model in the file of a shop');

const small = { factors: 8, iterations: 4, threads: 1, fast: true };
const drifting = driftingBaskets({ customers: 100, drifts: true, days: 105 });
const stale = await train(ordersUntil(drifting, 70), small);
const fresh = await train(ordersUntil(drifting, 91), small);
const sold = [...drifting].flatMap(([customer, orders]) =>
  orders
    .filter(({ time }) => time! >= firstDay + 60 * dayMs)
    .flatMap(({ products, time }) =>
      (products as string[]).map((product) => {
        return { customer, product, order: `${customer} ${time}`, time: time!, quantity: 1 };
      }),
    ),
);
const versionOf = ({ metadata }: Pick<Model, 'metadata'>) => metadata.version;

test.before.each(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-worse-'));
  context.path = join(context.folder, 'model.safetensors');
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

/** A shop that answers by one model, whose file then holds another one. */
async function within(
  { folder, path }: { folder: string; path: string },
  [answering, next]: [Model, Model],
  use: (shop: Shop) => Promise<void>,
): Promise<void> {
  await saveModel(answering, path);
  const shop = await createShop({ threads: 1, model: path, store: join(folder, 'shop.db') });
  try {
    for (let first = 0; first < sold.length; first += 1000) await shop.recordPurchases(sold.slice(first, first + 1000));
    await saveModel(next, path);
    await use(shop);
  } finally {
    await shop.close();
  }
}

test('it is refused with the figures, the model before answers, and whoever insists gets it', async (context) => {
  await within(context, [fresh, stale], async (shop) => {
    const lists = await shop.recommend('c001');
    const error = await endcapErrorOf(shop.reload());
    assert.is(error.code, 'model_worse');
    assert.match(error.message, /is not taken: its lists find less of what \d+ customers bought: recall \+ NDCG@10/);
    assert.match(error.message, /acceptLoss/);
    const gate = error.details.gate as Gate;
    assert.ok(gate.results[0].gain < -2 * gate.results[0].error!);
    const { version, refused } = shop.status().model;
    assert.equal([version, refused!.reason], [versionOf(fresh), error.message]);
    assert.equal(await shop.recommend('c001'), lists);
    assert.is((await shop.reload({ acceptLoss: true })).model!.version, versionOf(stale));
  });
});

test('a better one is taken', async (context) => {
  await within(context, [stale, fresh], async (shop) => {
    const { model } = await shop.reload();
    assert.equal([model!.before, model!.version], [versionOf(stale), versionOf(fresh)]);
    assert.is(shop.status().model.refused, undefined);
  });
});

test('one that a gate has compared with the model that answers is not compared again', async (context) => {
  const found = {
    outcome: 'tie',
    reason: '',
    newOrders: { orders: 0, customers: 0 },
    results: [],
    damages: [],
  } as const;
  const gated = (served: string, passed: boolean): Model => {
    return { ...stale, metadata: { ...stale.metadata, gate: { ...found, served, passed } } };
  };
  await within(context, [fresh, gated(versionOf(stale), true)], async (shop) => {
    assert.is((await endcapErrorOf(shop.reload())).code, 'model_worse');
    await saveModel(gated(versionOf(fresh), true), context.path);
    assert.is((await shop.reload()).model!.version, versionOf(stale));
  });
});

test.run();
