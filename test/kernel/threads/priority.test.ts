import { once } from 'node:events';
import { constants, getPriority } from 'node:os';
import { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

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

test.run();
