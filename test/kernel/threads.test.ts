import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evenBounds, type OpenKernel } from '../../src/kernel/kernel.ts';
import { openKernel } from '../../src/kernel/open.ts';
import { endcapErrorOf } from '../support/errors.ts';

const test = suite('threads');

/** Every worker that this process started. */
const started: Worker[] = [];
process.on('worker', (worker: Worker) => started.push(worker));
test.before.each(() => {
  started.length = 0;
});

const isRunning = (worker: Worker) => worker.threadId !== -1;

/** A Gram matrix of `count` rows; of many long ones it takes far longer than it takes to kill a thread. */
function gram(kernel: OpenKernel, stride: number, count: number) {
  const x = kernel.memory.allocate(Float32Array, count * stride);
  for (let i = 0; i < 64_000 && i < x.length; i++) x[i] = i % 13;
  const gram = kernel.memory.allocate(Float32Array, stride * stride);
  const run = () => kernel.run('gram', { x, count, stride, scale: 1, gram }, evenBounds(stride, 8));
  return { run, gram };
}

/** Fails instead of waiting for ever. */
function soon<T>(promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout;
  const tooLate = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('nothing happened for 20 s')), 20_000);
  });
  return Promise.race([promise, tooLate]).finally(() => clearTimeout(timer));
}

test('threads start at the first run and serve the next ones', async () => {
  const kernel = openKernel({ threads: 2 });
  const { run } = gram(kernel, 64, 100);
  assert.is(started.length, 0);
  await run();
  await run();
  assert.is(started.length, 2);
  await kernel.close();
  assert.not.ok(started.some(isRunning));
});

test('the death of a thread is reported as such, no other thread goes on, and the next run starts new ones', async () => {
  const kernel = openKernel({ threads: 2 });
  const { run: runLong } = gram(kernel, 512, 40_000);
  const { run, gram: result } = gram(kernel, 64, 1000);
  await run();
  const expected = result.slice();
  result.fill(0);
  const running = endcapErrorOf(soon(runLong()));
  await new Promise((resolve) => setTimeout(resolve, 5));
  void started[1].terminate();
  const error = await running;
  assert.is(error.code, 'kernel_unavailable');
  assert.match(error.message, /a thread of the kernel died: .*exit.*ENDCAP_THREADS/);
  assert.not.ok(started.some(isRunning), 'a thread still writes to memory that was given back');
  assert.is(await soon(run()), 0);
  assert.equal(result, expected);
  assert.is(started.length, 4);
  await kernel.close();
});

test('a thread that died between two runs is replaced', async () => {
  const kernel = openKernel({ threads: 2 });
  const { run, gram: result } = gram(kernel, 64, 1000);
  await run();
  const expected = result.slice();
  await started[0].terminate();
  result.fill(0);
  assert.is(await soon(run()), 0);
  assert.equal(result, expected);
  assert.is(started.length, 3);
  await kernel.close();
});

test('runs that wait behind one that failed run', async () => {
  const kernel = openKernel({ threads: 2 });
  const { run: runLong } = gram(kernel, 512, 40_000);
  const { run } = gram(kernel, 64, 100);
  const failing = endcapErrorOf(runLong());
  const waiting = run();
  const [worker] = (await once(process, 'worker')) as [Worker];
  void worker.terminate();
  assert.is((await soon(failing)).code, 'kernel_unavailable');
  assert.is(await soon(waiting), 0);
  await kernel.close();
});

test('closing in the middle of a run says that the kernel is closed', async () => {
  const kernel = openKernel({ threads: 2 });
  const running = endcapErrorOf(gram(kernel, 512, 40_000).run());
  await once(process, 'worker');
  await kernel.close();
  const error = await soon(running);
  assert.is(error.code, 'invalid_options');
  assert.match(error.message, /closed/);
});

test.run();
