import { fork } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { remember, retrainingHistory } from '../../../src/live/retraining/history.ts';
import type { RetrainingOutcome } from '../../../src/live/retraining/outcome.ts';
import type { Gate } from '../../../src/model/model.ts';
import { endcapErrorOf } from '../../support/errors.ts';

const test = suite<{ folder: string; model: string; file: string }>('the history of retraining runs');

test.before.each((context) => {
  context.folder = mkdtempSync(join(tmpdir(), 'endcap-history-'));
  context.model = join(context.folder, 'shop.safetensors');
  context.file = join(context.folder, 'shop.retraining.json');
});
test.after.each(({ folder }) => rmSync(folder, { recursive: true, force: true }));

const gate: Gate = {
  outcome: 'worse',
  passed: false,
  reason: 'its lists find less',
  served: 'before',
  newOrders: { orders: 900, customers: 400 },
  heldOut: { orders: 450, from: 1, to: 2 },
  question: 'all',
  results: [
    {
      question: 'all',
      customers: 300,
      served: { recall: 0.2, ndcg: 0.3 },
      candidate: { recall: 0.1, ndcg: 0.2 },
      gain: -0.2,
      error: 0.01,
    },
  ],
  damages: [],
};
const outcome = (n: number, change: Partial<RetrainingOutcome> = {}): RetrainingOutcome => ({
  ...{ outcome: 'refused', reason: `reason ${n}`, before: 'before', gate, notes: ['a note'] },
  ...{ startedAt: 1000 + n, seconds: 2.5, ...change },
});

test('keeps how runs ended, the newest first, and no notes, which may quote orders', async ({ model }) => {
  assert.equal(await retrainingHistory(model), { runs: [] });
  await remember(model, outcome(1));
  await remember(model, outcome(2, { outcome: 'swapped', version: 'after' }));
  const { notes: _, ...first } = outcome(1);
  const { notes: __, ...second } = outcome(2, { outcome: 'swapped', version: 'after' });
  assert.equal(await retrainingHistory(model), { runs: [second, first] });
});

test('keeps the first line of a reason, which names no cell of the orders', async ({ model, file }) => {
  const reason = 'orders.csv: only 3 of 9 rows are kept\n  6  unreadable quantity: line 4 ("anna@shop.example")';
  await remember(model, outcome(1, { reason }));
  await remember(model, outcome(2, { reason: 'x'.repeat(5000) }));
  const { runs } = await retrainingHistory(model);
  assert.is(runs[1].reason, 'orders.csv: only 3 of 9 rows are kept');
  assert.is(runs[0].reason.length, 1000);
  assert.not.match(readFileSync(file, 'utf8'), 'anna');
});

test('has 50 runs at most', async ({ model, file }) => {
  writeFileSync(file, JSON.stringify({ format: 1, runs: Array.from({ length: 52 }, (_, n) => outcome(n)) }));
  assert.is((await retrainingHistory(model)).runs.length, 50);
  await remember(model, outcome(52));
  const { runs } = await retrainingHistory(model);
  assert.is(runs.length, 50);
  assert.equal([runs[0].reason, runs[49].reason], ['reason 52', 'reason 3']);
});

test('a file that is damaged, hostile, or unreadable is told, and the next run begins a new one', async ({
  model,
  file,
}) => {
  const run = outcome(1);
  for (const [text, problem] of [
    ['{"format":1,"ru', 'it is not JSON'],
    ['', 'it is not JSON'],
    ['[]', 'expected an object'],
    ['{"format":1}', 'runs: expected a list'],
    [JSON.stringify({ format: 1, runs: [{ ...run, outcome: 'won' }] }), 'runs.0.outcome: expected one of swapped'],
    [JSON.stringify({ format: 1, runs: [{ ...run, reason: { html: '<b>' } }] }), 'runs.0.reason: expected text'],
    [
      JSON.stringify({ format: 1, runs: [{ ...run, reason: 'x'.repeat(1001) }] }),
      'runs.0.reason: expected text of at most',
    ],
    [JSON.stringify({ format: 1, runs: [{ ...run, startedAt: 1e300 }] }), 'runs.0.startedAt: expected a number'],
    [JSON.stringify({ format: 1, runs: [{ ...run, gate: { ...gate, results: 3 } }] }), 'runs.0.gate.results'],
    ['x'.repeat(2 ** 21 + 1), 'more than such a file can have'],
  ] as const) {
    writeFileSync(file, text);
    const history = await retrainingHistory(model);
    assert.equal(history.runs, []);
    assert.match(history.problem!, problem);
    assert.match(history.problem!, 'shop.retraining.json');
  }
  await remember(model, outcome(9));
  const history = await retrainingHistory(model);
  assert.equal([history.runs.length, history.problem], [1, undefined]);
  rmSync(file);
  mkdirSync(file);
  assert.match((await retrainingHistory(model)).problem!, 'it is a directory');
  assert.is((await endcapErrorOf(remember(model, outcome(1)))).code, 'write_failed');
});

test('whoever is killed while a run is remembered leaves the runs before, or all of them', async ({
  model,
  folder,
}) => {
  for (let n = 0; n < 2; n++) {
    const child = fork(fileURLToPath(import.meta.url), ['remember', model], { execArgv: process.execArgv });
    await new Promise((resolve) => child.once('message', resolve));
    await setTimeout(20 * n);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const { runs, problem } = await retrainingHistory(model);
    assert.is(problem, undefined);
    assert.ok(runs.length > 0);
    assert.equal(
      runs.map(({ startedAt }) => startedAt),
      [...runs.keys()].map((i) => runs[0].startedAt - i),
    );
  }
  await remember(model, outcome(0));
  assert.equal(readdirSync(folder), ['shop.retraining.json']);
});

/** In a process of its own: remembers runs, one after the other, until it is killed. */
if (process.argv[2] === 'remember') {
  const model = process.argv[3];
  const known = await retrainingHistory(model);
  for (let n = known.runs.length > 0 ? known.runs[0].startedAt - 999 : 0; ; n++) {
    await remember(model, outcome(n));
    process.send!(n);
  }
}

test.run();
