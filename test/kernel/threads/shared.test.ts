import { setTimeout } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evenBounds, type OpenKernel } from '../../../src/kernel/kernel.ts';
import { type KernelOptions, openKernel } from '../../../src/kernel/open.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { testUnless } from '../../support/skip.ts';
import { absentBackend } from '../backends.ts';

const test = suite('threads that kernels hand on');
const noNative = absentBackend('native');
const native: KernelOptions = { backend: 'native', threads: 2 };

/** Every worker that this process started. */
const started: Worker[] = [];
process.on('worker', (worker: Worker) => started.push(worker));
test.before.each(() => {
  started.length = 0;
});
const running = () => started.filter(({ threadId }) => threadId !== -1).length;

/** The Gram matrix of `count` rows of ones: `count` in each place. */
function gram(kernel: OpenKernel, stride: number, count: number) {
  const x = kernel.memory.allocate(Float32Array, count * stride).fill(1);
  const gram = kernel.memory.allocate(Float32Array, stride * stride);
  const run = () => kernel.run('gram', { x, count, stride, scale: 1, gram }, evenBounds(stride, 8));
  return { run, gram };
}

testUnless(
  test,
  noNative,
  'the next kernel starts no threads, and they end with the last one that has them',
  async () => {
    const first = openKernel(native);
    await first.start();
    assert.is(running(), 2);
    const second = openKernel(native, first);
    const third = openKernel(native, second);
    await second.start();
    for (const kernel of [first, second, third]) {
      const { run, gram: result } = gram(kernel, 32, 100);
      await run();
      assert.ok(result.every((sum) => sum === 100));
    }
    await first.close();
    await first.close();
    await third.close();
    const { run } = gram(second, 32, 50);
    await run();
    await second.rest();
    assert.is(running(), 0, 'alone with them, it may end them');
    await run();
    assert.is(started.length, 4);
    await second.close();
    assert.is(running(), 0);
    const late = openKernel(native, second);
    await late.start();
    assert.is(started.length, 6, 'those have ended');
    await late.close();
  },
);

testUnless(test, noNative, 'who has them together with another does not end them', async () => {
  const first = openKernel(native);
  const second = openKernel(native, first);
  await first.start();
  await second.rest();
  assert.is(running(), 2);
  await second.close();
  assert.is(running(), 2);
  await first.close();
  assert.is(running(), 0);
});

testUnless(test, noNative, 'a kernel that closes stops its own run, and that of the other one is done', async () => {
  const first = openKernel(native);
  const second = openKernel(native, first);
  const long = gram(first, 512, 20_000);
  const other = gram(second, 32, 100);
  await first.start();
  const stopped = endcapErrorOf(long.run());
  const waiting = endcapErrorOf(long.run());
  const done = other.run();
  await first.close();
  assert.match((await stopped).message, /this kernel is closed/);
  assert.match((await waiting).message, /this kernel is closed/);
  assert.match((await endcapErrorOf(long.run())).message, /this kernel is closed/);
  await done;
  assert.ok(other.gram.every((sum) => sum === 100));
  await second.close();
});

testUnless(test, noNative, 'threads that are handed on let go of what the kernel before had', async () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const first = openKernel(native);
  const second = openKernel(native, first);
  const before = process.memoryUsage().arrayBuffers;
  // Nothing here has it any more.
  await (async () => gram(first, 64, 2 ** 19).run())();
  await first.close();
  const left = () => process.memoryUsage().arrayBuffers - before;
  for (let tries = 0; tries < 200 && left() > 2 ** 26; tries++) {
    gc();
    await setTimeout(20);
  }
  assert.ok(left() < 2 ** 26, `${left()} bytes`);
  assert.is(running(), 2);
  const { run, gram: result } = gram(second, 32, 10);
  await run();
  assert.ok(result.every((sum) => sum === 10));
  assert.is(started.length, 2);
  await second.close();
});

test('a kernel with other threads, or with a memory of its own, starts its own', async () => {
  const others: [before: KernelOptions, options: KernelOptions][] = [
    [{ threads: 2 }, { threads: 3 }],
    [
      { backend: 'wasm', threads: 2 },
      { backend: 'wasm', threads: 2 },
    ],
    [{ threads: 2 }, { backend: 'wasm', threads: 2 }],
    [{ threads: 2 }, { isa: 'scalar', threads: 2 }],
    [{ threads: 1 }, { threads: 2 }],
  ];
  for (const [given, options] of others) {
    const before = openKernel(given);
    await before.start();
    const already = started.length;
    const kernel = openKernel(options, before);
    const { run, gram: result } = gram(kernel, 32, 10);
    await run();
    assert.ok(result.every((sum) => sum === 10));
    assert.is(started.length - already, options.threads);
    await kernel.close();
    await before.close();
  }
  assert.is(running(), 0);
});

test.run();
