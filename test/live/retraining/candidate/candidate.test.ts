import {
  appendFileSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../../src/dataset/read.ts';
import { type CandidateTask, makeCandidate } from '../../../../src/live/retraining/candidate/candidate.ts';
import { openDriver } from '../../../../src/live/store/sqlite/database.ts';
import { openSqliteStore } from '../../../../src/live/store/sqlite/sqlite.ts';
import { loadModel, saveModel } from '../../../../src/model/file/file.ts';
import { sampleOrders } from '../../../../src/sample/sample.ts';
import { fit } from '../../../../src/training/fit.ts';

const test = suite<{ folder: string; task: CandidateTask }>('a candidate');
const lines = [...sampleOrders({ lines: 1000 })];
const training = { fast: true, factors: 8, iterations: 1, threads: 1 } as const;
const model = await fit(await readOrders(lines.slice(0, 700)), training);

test.before.each(async (context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-candidate-'));
  const [path, candidate, orders, store] = ['m.safetensors', 'candidate', 'orders.jsonl', 'shop.db'].map((name) =>
    join(context.folder, name),
  );
  await saveModel(model, path);
  await writeFile(orders, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  context.task = { model: path, candidate, orders: [orders], reading: {}, training, store };
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

test('has nobody who was erased while it was made, in whichever stage', async ({ task }) => {
  const store = await openSqliteStore(task.store!);
  const [first, second, third] = model.customers;
  await store.erase(first);
  const hashes = new Map([second, third].map((customer) => [customer, store.hashOf(customer)]));
  await store.close();
  const server = openDriver(task.store!);
  let seq = 100;
  const erase = (customer: string) => {
    if (hashes.has(customer))
      server.exec(`INSERT INTO erasures (hash, seq) VALUES ('${hashes.get(customer)}', ${seq++})`);
    hashes.delete(customer);
  };
  const made = await makeCandidate(task, ({ stage }) => {
    if (stage === 'training') erase(second);
    if (stage === 'writing') erase(third);
  });
  server.close();
  assert.is(made.kind, 'candidate', made.reason);
  const { customers, metadata } = await loadModel(task.candidate);
  assert.equal([metadata.version, metadata.gate], [made.version, made.gate]);
  assert.ok(customers.length > 10);
  for (const customer of [first, second, third]) assert.not.ok(customers.includes(customer), customer);
});

test('is not written if its orders cannot be trusted, or say nothing new', async ({ task }) => {
  const refused = await makeCandidate({ ...task, store: undefined, orders: ['gone.csv'] }, () => {});
  assert.is(refused.kind, 'refused');
  assert.match(refused.reason, 'gone.csv does not exist');
  await saveModel(await fit(await readOrders(lines), training), task.model);
  const same = await makeCandidate({ ...task, store: undefined }, () => {});
  assert.is(same.kind, 'unchanged', same.reason);
  assert.not.ok(existsSync(task.candidate));
});

test('is not made of files that are written while they are read', async ({ folder, task }) => {
  const names = join(folder, 'names.csv');
  const products = [...new Set(lines.map((line) => String(line.product_id)))];
  await writeFile(names, `product_id,stall\n${products.map((id) => `${id},7\n`).join('')}`);
  const [orders] = task.orders;
  const part = join(folder, 'part-2.jsonl');
  const one = { ...task, store: undefined };
  const joined = { ...one, reading: { join: [names] } };
  const all = { ...one, orders: [join(folder, '*.jsonl')] };
  for (const [changed, given, change] of [
    // Of a whole order line, so that nothing else is odd about it.
    [orders, one, () => appendFileSync(orders, `${JSON.stringify(lines[0])}\n`)],
    [orders, one, () => truncateSync(orders, 100)],
    [orders, one, () => renameSync(copyOf(orders), orders)],
    [names, joined, () => appendFileSync(names, 'X,7\n')],
    [part, all, () => writeFileSync(part, `${JSON.stringify(lines[0])}\n`)],
    [part, all, () => rmSync(part)],
  ] as const) {
    let change1: (() => void) | undefined = change;
    const made = await makeCandidate(given, ({ stage, done }) => {
      if (stage === 'reading' && done !== undefined) change1 = void change1?.();
    });
    assert.is(change1, undefined);
    assert.is(made.kind, 'refused', made.reason);
    assert.ok(made.reason.startsWith(`${changed} was written while it was read`), made.reason);
    await writeFile(orders, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  }
  assert.not.ok(existsSync(task.candidate));
});

function copyOf(file: string): string {
  copyFileSync(file, `${file}.copy`);
  return `${file}.copy`;
}

test.run();
