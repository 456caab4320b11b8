import { once } from 'node:events';
import { constants, getPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createRests } from '../../../src/kernel/threads/priority.ts';

const test = suite('priority');
const isLinux = process.platform === 'linux';

/** The priority of a thread, before and after it lets others go first. */
async function prioritiesOfThread(): Promise<[number, number]> {
  const file = new URL('../../../dist/kernel/threads/priority.js', import.meta.url).href;
  const program = `
    const { getPriority } = require('node:os');
    const { parentPort } = require('node:worker_threads');
    const before = getPriority();
    import(${JSON.stringify(file)}).then(({ letOthersFirst }) => {
      letOthersFirst();
      parentPort.postMessage([before, getPriority()]);
    });`;
  const worker = new Worker(program, { eval: true, execArgv: [] });
  const [priorities] = await once(worker, 'message');
  await worker.terminate();
  return priorities;
}

test('a thread lets others go first on Linux, and changes nothing of them', async () => {
  const own = getPriority();
  const [before, after] = await prioritiesOfThread();
  assert.is(before, own);
  assert.is(after, isLinux ? Math.max(own, constants.priority.PRIORITY_LOW) : own);
  assert.is(getPriority(), own);
});

test('work in the background sleeps for as long as each bit has taken, and for a millisecond at most', () => {
  const [{ now }, { wait }] = [performance, Atomics];
  const slept: unknown[] = [];
  let time = 0;
  try {
    performance.now = () => time;
    Atomics.wait = ((...args: unknown[]) => {
      slept.push(args[3]);
      time += args[3] as number;
      return 'timed-out';
    }) as typeof wait;
    const rest = createRests();
    for (const taken of [0.1, 0.4, 0, 30]) {
      time += taken;
      rest();
    }
  } finally {
    performance.now = now;
    Atomics.wait = wait;
  }
  assert.equal(
    slept.map((ms) => Math.round((ms as number) * 1000)),
    [100, 400, 0, 1000],
  );
});

test.run();
