import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { keepModel } from '../../../src/live/models/kept.ts';
import { rollBack } from '../../../src/live/models/rollback.ts';
import { createShop } from '../../../src/live/shop.ts';
import { openSqliteStore } from '../../../src/live/store/sqlite/sqlite.ts';
import type { ShopOptions } from '../../../src/live/types.ts';
import { loadMetadata, loadModel, saveModel } from '../../../src/model/file/file.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite<{ folder: string; path: string; orders: string }>('a shop that learns while it serves');
const lines = [...sampleOrders({ lines: 1500 })];
const training = { fast: true, factors: 8, iterations: 2 } as const;
const model = await fit(await readOrders(lines.slice(0, 1000)), { ...training, threads: 1 });

test.before.each(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-learning-'));
  context.path = join(context.folder, 'm.safetensors');
  context.orders = join(context.folder, 'orders.jsonl');
  await saveModel(model, context.path);
  writeFileSync(context.orders, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const open = (path: string, options: Partial<ShopOptions> = {}) => createShop({ model: path, threads: 1, ...options });

test('a new model answers once its run has ended, with what was bought, and a rollback brings the one before back', async ({
  folder,
  path,
  orders,
}) => {
  const shop = await open(path, { store: join(folder, 'shop.db') });
  try {
    const [product] = model.products;
    await shop.recordPurchases([{ customer: 'ann', order: 'w1', product, quantity: 1 }]);
    assert.is(shop.customerRow('ann'), undefined);
    let stage: string | undefined;
    const outcome = await shop.retrain({
      orders,
      training,
      onProgress: () => {
        stage ??= shop.status().retraining?.running?.stage;
      },
    });
    assert.is(outcome.outcome, 'swapped', outcome.reason);
    assert.is(stage, 'reading');
    assert.is(shop.model.metadata.version, outcome.version);
    assert.is(shop.status().model.version, outcome.version);
    assert.ok(shop.customerRow('ann') !== undefined);
    assert.equal(shop.status().retraining, {
      last: outcome,
      runs: { swapped: 1, refused: 0, failed: 0, unchanged: 0 },
    });
    // It has learned that purchase, which counts once.
    assert.is(shop.model.metadata.learned?.seq, shop.status().seq);

    const done = await shop.rollback();
    assert.equal([done.version, done.before], [model.metadata.version, outcome.version]);
    assert.is(shop.model.metadata.version, model.metadata.version);
    assert.is((await loadMetadata(path)).version, model.metadata.version);
    const again = await shop.retrain({ orders, training });
    assert.is(again.outcome, 'unchanged', again.reason);
    const [served, kept, ...others] = await shop.models();
    assert.equal([served.version, served.isServed, served.wasRolledBack], [model.metadata.version, true, false]);
    assert.equal([kept.version, kept.isServed, kept.wasRolledBack], [outcome.version, false, true]);
    assert.equal([kept.gate, others], [outcome.gate, []]);
    assert.equal(
      (await shop.retrainingHistory()).runs.map(({ outcome, reason }) => [outcome, reason]),
      [again, outcome].map(({ outcome, reason }) => [outcome, reason]),
    );
    assert.is((await endcapErrorOf(shop.rollback('nonsense'))).code, 'unknown_version');
  } finally {
    await shop.close();
  }
});

test('of two servers of one folder one retrains at a time, and the other takes its model', async ({ path, orders }) => {
  const shops = await Promise.all([open(path), open(path)]);
  let second: Promise<unknown> | undefined;
  // The first run reads its orders from here, and has none until the other server was told that there is one.
  const server = createServer(async (_, response) => {
    await second;
    response.end(readFileSync(orders));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const [one, other] = shops;
    const first = one.retrain({
      orders: `http://127.0.0.1:${port}/orders.jsonl`,
      training,
      onProgress: () => {
        second ??= endcapErrorOf(other.retrain({ orders, training }));
      },
    });
    const { outcome, version } = await first;
    assert.is(outcome, 'swapped');
    assert.match(((await second) as Error).message, `by process ${process.pid}`);
    assert.equal((await other.reload()).model, { file: path, version, before: model.metadata.version });
    assert.is(other.model.metadata.version, version);
    // As the command does it, beside both.
    await rollBack(path);
    for (const shop of shops) {
      assert.is((await shop.reload()).model?.version, model.metadata.version);
      assert.is(shop.status().model.rollbacks, 1);
    }
  } finally {
    for (const shop of shops) await shop.close();
    server.close();
    server.closeAllConnections();
  }
});

test('a rollback during a run, and during a reload, is not undone by either', async ({ path, orders }) => {
  const shop = await open(path);
  try {
    await shop.retrain({ orders, training });
    let rollback: Promise<unknown> | undefined;
    const run = await shop.retrain({
      orders,
      training: { ...training, factors: 16 },
      onProgress: ({ stage }) => {
        if (stage === 'training') rollback ??= Promise.all([shop.rollback(), shop.reload(), shop.reload()]);
      },
    });
    await rollback;
    assert.is(run.outcome, 'failed');
    assert.match(run.reason, /was replaced while the run was under way/);
    assert.is((await loadMetadata(path)).version, model.metadata.version);
    assert.is(shop.model.metadata.version, model.metadata.version);
    assert.is(shop.status().model.refused, undefined);
  } finally {
    await shop.close();
  }
});

test('an erased customer leaves the kept models, too, also if only these know them', async ({
  folder,
  path,
  orders,
}) => {
  const shop = await open(path, { store: join(folder, 'shop.db') });
  try {
    const { file } = await keepModel(path);
    const [customer] = model.customers;
    const others = lines.filter((line) => String(line.customer_id) !== customer);
    writeFileSync(orders, others.map((line) => `${JSON.stringify(line)}\n`).join(''));
    assert.is((await shop.retrain({ orders, training })).outcome, 'swapped');
    assert.is(shop.customerRow(customer), undefined);
    assert.ok((await loadModel(file)).customers.includes(customer));
    assert.is((await shop.eraseCustomer(customer)).inModel, false);
    assert.not.ok((await loadModel(file)).customers.includes(customer));
  } finally {
    await shop.close();
  }
});

test('runs by a schedule are announced, and end with the shop', async ({ folder, path, orders }) => {
  const shop = await open(path, { retrain: { schedule: '0 3 * * *', timeZone: 'UTC', orders } });
  const { next } = shop.status().retraining!;
  assert.ok(next! > Date.now());
  assert.is(new Date(next!).toISOString().slice(11), '03:00:00.000Z');
  let begins = () => {};
  const begun = new Promise<void>((resolve) => {
    begins = resolve;
  });
  const running = shop.retrain({ orders, training, onProgress: begins });
  running.catch(() => {});
  await begun;
  await shop.close();
  assert.is((await endcapErrorOf(running)).code, 'aborted');
  assert.equal(readdirSync(folder).sort(), ['m.safetensors', 'orders.jsonl']);
});

test('what cannot be retrained, or rolled back, says why', async ({ folder, path, orders }) => {
  const store = await openSqliteStore(join(folder, 'own.db'));
  try {
    const own = await open(path, { store });
    assert.match((await endcapErrorOf(own.retrain({ orders }))).message, /^store: /);
    const outcome = await own.retrain({ orders, training, store: join(folder, 'own.db') });
    assert.is(outcome.outcome, 'swapped', outcome.reason);
    await own.close();
  } finally {
    await store.close();
  }
  const inMemory = await createShop({ model, threads: 1 });
  for (const work of [inMemory.retrain({ orders }), inMemory.rollback()]) {
    const error = await endcapErrorOf(work);
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, 'needs the file of a model');
  }
  assert.equal(
    (await inMemory.models()).map(({ version, isServed }) => [version, isServed]),
    [[model.metadata.version, true]],
  );
  assert.equal(await inMemory.retrainingHistory(), { runs: [] });
  await inMemory.close();
  for (const [retrain, message] of [
    [{ schedule: 'nightly', orders }, /^schedule: 'nightly'/],
    [{ schedule: '0 3 * * *' }, /^orders: it is missing/],
    [{ schedule: '0 3 * * *', orders, timeZone: 'Mars' }, /^timeZone: 'Mars'/],
  ] as [ShopOptions['retrain'], RegExp][])
    assert.match((await endcapErrorOf(open(path, { retrain }))).message, message);
});

test.run();
