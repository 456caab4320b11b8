/** A server that is stopped while it retrains, through the real command line. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readOrders } from '../../../src/dataset/read.ts';
import { saveModel } from '../../../src/model/file/file.ts';
import { sampleOrders } from '../../../src/sample/sample.ts';
import { fit } from '../../../src/training/fit.ts';
import { createClock } from '../../support/clock.ts';
import { childrenOf, isRunning, noChildren } from '../../support/processes.ts';
import { testUnless } from '../../support/skip.ts';
import { endcap, json } from '../run.ts';
import { begun, send, serving } from '../serving.ts';

const test = suite<{ folder: string; cwd: string }>('a server that is stopped while it retrains');
const lines = [...sampleOrders({ lines: 1500 })];
const model = await fit(await readOrders(lines.slice(0, 1000)), { factors: 8, iterations: 2, threads: 1 });
const minuteMs = 60_000;
/** So much of a minute is left when the server is started, which takes less; else the run begins a minute later. */
const leftMs = 8000;

test.before.each(async (context) => {
  context.folder = await mkdtemp(join(tmpdir(), 'endcap-cli-retraining-'));
  context.cwd = join(context.folder, 'shop');
  await mkdir(context.cwd);
  await saveModel(model, join(context.cwd, 'm.safetensors'));
  await writeFile(join(context.cwd, 'orders.jsonl'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
});
test.after.each(({ folder }) => rm(folder, { recursive: true }));

const serve = (...more: string[]) => ['serve', 'm.safetensors', '--data', 'shop.db', '--port', '0', ...more];
const retrain = ['retrain', 'm.safetensors', '--orders', 'orders.jsonl', '--data', 'shop.db', '--json', '--fast'];

testUnless(
  test,
  noChildren,
  'SIGTERM ends the run with the server, the model stays, and nothing is in the way of the next start and the next run',
  async ({ folder, cwd }) => {
    const path = join(cwd, 'm.safetensors');
    const before = await readFile(path);
    const clock = createClock(folder);
    await clock.set(Math.ceil((clock.now() + leftMs) / minuteMs) * minuteMs - leftMs);
    const schedule = ['--orders', 'orders.jsonl', '--retrain', '* * * * *'];
    const { child, ran, said, saying } = begun(serve(...schedule), cwd, clock.env);
    try {
      // Its search takes seconds.
      await saying(/Retraining: training/);
      const trainers = childrenOf(child.pid!);
      assert.is(trainers.length, 1);
      child.kill('SIGTERM');
      const { code } = await ran;
      assert.is(code, 0, said());
      assert.not(trainers.some(isRunning));
      assert.not.match(said(), /takes the place|could not be retrained/);
    } finally {
      child.kill('SIGKILL');
    }
    assert.ok((await readFile(path)).equals(before));
    const left = (await readdir(cwd)).filter((name) => !name.startsWith('shop.db'));
    assert.equal(left.sort(), ['m.safetensors', 'orders.jsonl']);

    const again = await serving(serve(), { cwd }, async (url) => {
      assert.is((await send(url, 'GET', '/model')).version, model.metadata.version);
      const run = await endcap(retrain, { cwd });
      assert.is(json(run).outcome, 'swapped', run.stderr);
    });
    assert.is(again.code, 0, again.stderr);
  },
);

test.run();
