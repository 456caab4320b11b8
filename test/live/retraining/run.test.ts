import fs, {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { keptModels } from '../../../src/live/models/kept.ts';
import { rollBack } from '../../../src/live/models/rollback.ts';
import { retrainingHistory } from '../../../src/live/retraining/history.ts';
import { lockRetraining } from '../../../src/live/retraining/lock.ts';
import type { RetrainingOutcome, RetrainingProgress } from '../../../src/live/retraining/outcome.ts';
import { createRetraining, type RetrainOptions } from '../../../src/live/retraining/retraining.ts';
import { openSqliteStore } from '../../../src/live/store/sqlite/sqlite.ts';
import { loadMetadata, loadModel, saveModel } from '../../../src/model/file/file.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';
import { endcapErrorOf, thrownBy } from '../../support/errors.ts';

const test = suite<Context>('a retraining run');

interface Context {
  folder: string;
  path: string;
  orders: string;
}

const lines = [...sampleOrders({ lines: 1500 })];
const write = (path: string, count: number) =>
  writeFileSync(
    path,
    lines
      .slice(0, count)
      .map((line) => `${JSON.stringify(line)}\n`)
      .join(''),
  );
const training = { fast: true, factors: 8, iterations: 2 } as const;
const model = await fit(await readOrders(lines.slice(0, 1000)), { ...training, threads: 1 });

test.before.each(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-run-'));
  context.path = join(context.folder, 'm.safetensors');
  context.orders = join(context.folder, 'orders.jsonl');
  await saveModel(model, context.path);
  write(context.orders, 1500);
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const run = ({ path, orders }: Context, options: Partial<RetrainOptions> = {}, store?: string) =>
  createRetraining({ model: () => path, store }).run({ orders, training, ...options });
const versionAt = async (path: string) => (await loadMetadata(path)).version;
const names = ({ folder }: Context) => readdirSync(folder).sort();
const asBefore = ['m.safetensors', 'orders.jsonl'];
/** Once a run has ended, however that was. */
const remembered = ['m.retraining.json', ...asBefore];
const lastRun = async ({ path }: Context) => (await retrainingHistory(path)).runs[0];

test('goes through its stages, and the new model takes the place of the one before, which is kept', async (context) => {
  const said: RetrainingProgress[] = [];
  const outcome = await run(context, { onProgress: (progress) => said.push(progress) });
  assert.is(outcome.outcome, 'swapped', outcome.reason);
  assert.is(outcome.before, model.metadata.version);
  assert.is(outcome.version, await versionAt(context.path));
  assert.is.not(outcome.version, outcome.before);
  assert.ok(outcome.seconds > 0);
  const stages = said.map(({ stage }) => stage).filter((stage, i, all) => stage !== all[i - 1]);
  assert.is(stages[0], 'reading');
  assert.is(stages.at(-1), 'writing');
  assert.ok(stages.includes('training'));
  assert.ok(said.every(({ done = 0 }) => done >= 0 && done <= 1));
  assert.equal(
    (await keptModels(context.path)).map(({ version }) => version),
    [model.metadata.version],
  );
  const { notes: _, ...rest } = outcome;
  assert.equal(await lastRun(context), rest);
  assert.equal(names(context), [`m.${model.metadata.version}.safetensors`, ...remembered]);
});

test('a run that is aborted before its process begins does not begin it', async (context) => {
  const abort = new AbortController();
  const said: RetrainingProgress[] = [];
  const { statfs } = fs.promises;
  const set = (value: unknown) => {
    Object.assign(fs.promises, { statfs: value });
    syncBuiltinESMExports();
  };
  set((...args: Parameters<typeof statfs>) => {
    abort.abort();
    return statfs(...args);
  });
  const { signal } = abort;
  const error = await endcapErrorOf(run(context, { signal, onProgress: (progress) => said.push(progress) })).finally(
    () => set(statfs),
  );
  assert.equal([error.code, said], ['aborted', []]);
  assert.equal(names(context), asBefore);
});

test('a model that is private stays so, also the candidate while it is made', async (context) => {
  chmodSync(context.path, 0o600);
  const { mode } = statSync(context.path);
  const modes = new Set<number>();
  const onProgress = () => {
    for (const name of readdirSync(context.folder).filter((name) => name.endsWith('.tmp')))
      modes.add(statSync(join(context.folder, name), { throwIfNoEntry: false })?.mode ?? mode);
  };
  const { outcome, reason } = await run(context, { onProgress });
  assert.is(outcome, 'swapped', reason);
  assert.equal([statSync(context.path).mode, ...modes], [mode, mode]);
});

test('learns the purchases of a store that a server has open, and leaves out who was erased', async (context) => {
  const data = join(context.folder, 'shop.db');
  const store = await openSqliteStore(data);
  try {
    const time = Date.now();
    const [product] = model.products;
    for (const customer of ['ann', 'bob'])
      await store.append({ purchases: [{ customer, order: `order of ${customer}`, product, quantity: 1, time }] });
    const [erased] = model.customers;
    await store.erase(erased);
    await store.erase('bob');
    const outcome = await run(context, {}, data);
    assert.is(outcome.outcome, 'swapped', outcome.reason);
    const { customers, metadata } = await loadModel(context.path);
    assert.ok(customers.includes('ann'));
    assert.not.ok(customers.includes('bob') || customers.includes(erased));
    assert.equal(metadata.learned, { store: store.hashOf(''), seq: await store.lastSeq() });
  } finally {
    await store.close();
  }
});

test('on the same orders there is nothing new to learn', async (context) => {
  assert.is((await run(context)).outcome, 'swapped');
  const before = readFileSync(context.path);
  const again = await run(context);
  assert.is(again.outcome, 'unchanged');
  assert.match(again.reason, /^nothing is new, the orders are those that it was trained on$/);
  assert.equal(readFileSync(context.path), before);
  assert.is((await lastRun(context)).outcome, 'unchanged');
  // Other options are something new.
  assert.is((await run(context, { training: { ...training, factors: 16 } })).outcome, 'swapped');
});

test('a model that was rolled back is not served again unasked, and a new one is', async (context) => {
  await run(context);
  const version = await versionAt(context.path);
  await rollBack(context.path);
  const again = await run(context);
  assert.is(again.outcome, 'unchanged');
  assert.match(again.reason, new RegExp(`of model ${version}, which was rolled back`));
  assert.is(await versionAt(context.path), model.metadata.version);
  write(context.orders, 1499);
  assert.is((await run(context)).outcome, 'swapped');
});

test('orders that vanished, shrank, or changed are refused with the reason, and change nothing', async (context) => {
  const before = readFileSync(context.path);
  const missing = await run(context, { orders: join(context.folder, 'gone.csv') });
  assert.equal([missing.outcome, missing.before], ['refused', model.metadata.version]);
  assert.match(missing.reason, /gone\.csv does not exist/);
  write(context.orders, 300);
  const shrunk = await run(context);
  assert.is(shrunk.outcome, 'refused');
  assert.match(shrunk.reason, /fewer than half of the .* before.*acceptLoss/);
  writeFileSync(context.orders, lines.map((line) => JSON.stringify(line).replace('customer_id', 'buyer')).join('\n'));
  const changed = await run(context, { reading: { columns: { customer: 'buyer' } } });
  assert.is(changed.outcome, 'refused');
  assert.match(changed.reason, /customer was in the column "customer_id", and is now in "buyer"/);
  assert.equal(readFileSync(context.path), before);
  assert.equal(names(context), remembered);
  assert.equal(
    (await retrainingHistory(context.path)).runs.map(({ outcome, reason }) => [outcome, reason]),
    [changed, shrunk, missing].map(({ outcome, reason }) => [outcome, reason]),
  );
  write(context.orders, 120);
  const accepted = await run(context, { reading: { acceptLoss: true } });
  assert.is(accepted.outcome, 'swapped', accepted.reason);
  const { customers, products } = await loadModel(context.path);
  assert.ok(2 * customers.filter((id) => model.customers.includes(id)).length < model.customers.length);
  assert.ok(products.length < model.products.length);
});

test('what cannot be read is told, and changes nothing', async (context) => {
  const before = readFileSync(context.path);
  const noStore = await run(context, {}, join(context.folder, 'gone.db'));
  assert.match(noStore.reason, /gone\.db does not exist/);
  const noShop = await run(context, {}, context.orders);
  assert.match(noShop.reason, /orders\.jsonl/);
  assert.equal(readFileSync(context.path), before);
  assert.equal(names(context), remembered);
});

test('a model that is not there is told, and nothing is left beside it', async (context) => {
  const { outcome, reason } = await run({ ...context, path: join(context.folder, 'mistyped.safetensors') });
  assert.is(outcome, 'failed');
  assert.match(reason, /mistyped\.safetensors does not exist/);
  assert.equal(names(context), asBefore);
});

test('a damaged served model is told, and what there is of it stays', async (context) => {
  truncateSync(context.path, 3000);
  const { outcome, reason, before } = await run(context);
  assert.equal([outcome, before], ['failed', undefined]);
  assert.match(reason, /m\.safetensors is truncated/);
  assert.is(readFileSync(context.path).length, 3000);
});

test('a file that is replaced meanwhile stays', async (context) => {
  const other = await fit(await readOrders(lines.slice(0, 800)), { ...training, threads: 1 });
  let isReplaced: Promise<unknown> | undefined;
  const { outcome, reason } = await run(context, {
    onProgress: ({ stage }) => {
      if (stage === 'training') isReplaced ??= saveModel(other, context.path);
    },
  });
  await isReplaced;
  assert.is(outcome, 'failed');
  assert.match(reason, /was replaced while the run was under way/);
  assert.is(await versionAt(context.path), other.metadata.version);
  assert.equal(names(context), remembered);
});

test('a server that cannot take the new model keeps the one before, and its file', async (context) => {
  const before = readFileSync(context.path);
  const retraining = createRetraining({
    model: () => context.path,
    take: () => loadModel(join(context.folder, 'missing')),
  });
  const { outcome, reason } = await retraining.run({ orders: context.orders, training });
  assert.is(outcome, 'failed');
  assert.match(reason, /missing does not exist/);
  assert.equal(readFileSync(context.path), before);
});

test('one runs at a time', async (context) => {
  const retraining = createRetraining({ model: () => context.path });
  let begins = () => {};
  const begun = new Promise<void>((resolve) => {
    begins = resolve;
  });
  const first = retraining.run({ orders: context.orders, training, onProgress: begins });
  await begun;
  assert.ok(retraining.status().running);
  assert.is((await endcapErrorOf(retraining.run({ orders: context.orders, training }))).code, 'retraining_busy');
  assert.is((await endcapErrorOf(run(context))).code, 'retraining_busy');
  assert.is((await first).outcome, 'swapped');
  const { running, last, runs } = retraining.status();
  assert.is(running, undefined);
  assert.is(last?.outcome, 'swapped');
  assert.equal(runs, { swapped: 1, refused: 0, failed: 0, unchanged: 0 });
  await (await lockRetraining(context.path)).release();
});

test('a run that cannot be remembered says so, and has ended all the same', async (context) => {
  mkdirSync(join(context.folder, 'm.retraining.json'));
  const { outcome, notes } = await run(context);
  assert.is(outcome, 'swapped');
  assert.match(notes.at(-1)!, /not remembered: .*m\.retraining\.json cannot be written: it is a directory/);
  assert.is.not(await versionAt(context.path), model.metadata.version);
});

test('an abort, or the end of its server, ends it', async (context) => {
  for (const end of ['signal', 'server'] as const) {
    const controller = new AbortController();
    const retraining = createRetraining({ model: () => context.path });
    let ended: Promise<void> | undefined;
    const work = retraining.run({
      orders: context.orders,
      training,
      signal: controller.signal,
      onProgress: () => {
        if (end === 'signal') controller.abort();
        else ended ??= retraining.end();
      },
    });
    assert.is((await endcapErrorOf(work)).code, 'aborted');
    await ended;
    assert.equal(names(context), asBefore);
  }
});

test('a scheduled run that cannot begin is an outcome, too', async ({ path, orders }) => {
  const { now } = Date;
  const minute = 60_000;
  const start = now();
  // The next minute is near.
  Date.now = () => now() - (start % minute) + minute - 500;
  const retraining = createRetraining({ model: () => path });
  try {
    let onEnd!: (ended: RetrainingOutcome | Error) => void;
    const ended = new Promise<RetrainingOutcome | Error>((resolve) => {
      onEnd = resolve;
    });
    await retraining.schedule({ schedule: '* * * * *', orders, training, onEnd });
    rmSync(orders);
    symlinkSync('/dev/null', orders);
    // The schedule lets the process end.
    const alive = setInterval(() => {}, 1000);
    assert.match(((await ended) as Error).message, /orders\.jsonl' cannot be used; expected files/);
    clearInterval(alive);
    const { last, runs } = retraining.status();
    assert.is(last?.outcome, 'failed');
    assert.match(last!.reason, /orders\.jsonl' cannot be used/);
    assert.equal((await retrainingHistory(path)).runs[0].reason, last!.reason);
    assert.equal(runs, { swapped: 0, refused: 0, failed: 1, unchanged: 0 });
  } finally {
    Date.now = now;
    await retraining.end();
  }
});

test('files to join may be URLs', async (context) => {
  const names = join(context.folder, 'names.csv');
  const products = [...new Set(lines.map((line) => String(line.product_id)))];
  writeFileSync(names, `product_id,stall\n${products.map((id) => `${id},7\n`).join('')}`);
  const outcome = await run(context, { reading: { join: [pathToFileURL(names)] } });
  assert.is(outcome.outcome, 'swapped', outcome.reason);
});

test('a caller that fails while it is told ends the run with its own error', async (context) => {
  const own = new Error('told too much');
  const work = run(context, {
    onProgress: () => {
      throw own;
    },
  });
  assert.is(await thrownBy(work), own);
  assert.equal(names(context), asBefore);
});

test('more memory than it may take ends it, with the reason', async (context) => {
  const { outcome, reason } = await run(context, { memory: 64 });
  assert.is(outcome, 'failed');
  assert.match(reason, /may take/);
  assert.equal(names(context), remembered);
});

test('a run that takes too long, as on a source that hangs, is given up', async (context) => {
  const { outcome, reason } = await run(context, { hours: 0.00001 });
  assert.is(outcome, 'failed');
  assert.match(reason, /took more than 0.00001 hours, and was stopped/);
  assert.equal(names(context), remembered);
  assert.equal((await lastRun(context)).reason, reason);
});

test('options that cannot be used are told before anything begins', async (context) => {
  for (const [options, message] of [
    [{ orders: [] }, /^orders: /],
    [{ orders: '-' }, /^orders: '-' cannot be used; expected files/],
    [{ memory: 1 }, /^memory: 1 /],
    [{ hours: 0 }, /^hours: 0 /],
    [{ training: { factors: -1 } }, /^factors: -1 /],
    [{ training: { onProgress: () => {} } }, /^onProgress: .* sent to another process/],
    [{ reading: { encoding: 'x' } }, /^encoding: 'x' /],
    [{ reading: { history: false } }, /^history: .* compared on the newest orders/],
    [{ threads: 2 }, /^threads: 2 /],
  ] as [object, RegExp][]) {
    const error = await endcapErrorOf(run(context, options));
    assert.is(error.code, 'invalid_options');
    assert.match(error.message, message);
  }
});

test.run();
