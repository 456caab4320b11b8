import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { balancedBounds, evenBounds, type OpenKernel } from '../../../src/kernel/kernel.ts';
import { createWasmMemory } from '../../../src/kernel/memory.ts';
import { openKernel } from '../../../src/kernel/open.ts';
import type { RawOperations } from '../../../src/kernel/operations/arguments.ts';
import { strideOf } from '../../../src/kernel/operations/operations.ts';
import { createPool, type Job, takeCalls } from '../../../src/kernel/threads/pool.ts';
import { webAssembly } from '../../../src/kernel/webassembly.ts';
import type { Pace } from '../../../src/turns.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { testUnless } from '../../support/skip.ts';
import { until } from '../../support/until.ts';
import { backends, matrix, openBackend } from '../backends.ts';

const test = suite('pool');
const stride = strideOf(40);

async function gramOn(kernel: OpenKernel, size: number, pace?: Pace): Promise<Float32Array> {
  const x = matrix(kernel, 500, 40, stride, 1);
  const gram = kernel.memory.allocate(Float32Array, stride * stride);
  assert.is(await kernel.run('gram', { x, count: 500, stride, scale: 1, gram }, evenBounds(stride, size), pace), 0);
  return gram.slice();
}

for (const backend of backends) {
  testUnless(
    test,
    backend.absent,
    `${backend.name}: the bytes do not depend on the number of threads or on the cuts`,
    async () => {
      const expected = await gramOn(openBackend(backend), stride);
      for (const threads of [1, 3]) {
        const kernel = openBackend(backend, threads);
        for (const size of [8, 16]) assert.equal(await gramOn(kernel, size), expected);
        assert.equal(await gramOn(kernel, 8, { inBackground: true }), expected);
        await kernel.close();
      }
    },
  );
}

test('runs that start at the same time do not mix', async () => {
  const kernel = openKernel({ threads: 2 });
  const expected = await gramOn(openKernel({ threads: 1 }), stride);
  for (const gram of await Promise.all(Array.from({ length: 8 }, () => gramOn(kernel, 8))))
    assert.equal(gram, expected);
  await kernel.close();
});

test('a run over no rows does nothing', async () => {
  for (const threads of [1, 2]) {
    const kernel = openKernel({ threads });
    const x = matrix(kernel, 500, 40, stride, 1);
    const gram = kernel.memory.allocate(Float32Array, stride * stride).fill(7);
    assert.is(await kernel.run('gram', { x, count: 500, stride, scale: 1, gram }, evenBounds(0, 8)), 0);
    assert.ok(gram.every((value) => value === 7));
    await kernel.close();
  }
});

test('an AbortSignal stops a run before it starts and while it works', async () => {
  for (const threads of [1, 2]) {
    const kernel = openKernel({ threads });
    // Takes longer than the signal below waits, in calls of a few milliseconds.
    const [count, stride] = [40_000, 512];
    const x = kernel.memory.allocate(Float32Array, count * stride);
    const gram = kernel.memory.allocate(Float32Array, stride * stride);
    const stop = new AbortController();
    const args = { x, count, stride, scale: 1, gram };
    const endless = () => kernel.run('gram', args, evenBounds(stride, 8), { signal: stop.signal });
    const running = endless();
    setTimeout(() => stop.abort(), 20);
    await failsWith(running, 'aborted');
    await failsWith(endless(), 'aborted');
    await kernel.close();
  }
});

test('short runs one after the other do not keep timers and signals waiting', async () => {
  for (const threads of [1, 2]) {
    const kernel = openKernel({ threads });
    const x = matrix(kernel, 500, 40, stride, 1);
    const gram = kernel.memory.allocate(Float32Array, stride * stride);
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 20);
    const manyRuns = async () => {
      const args = { x, count: 500, stride, scale: 1, gram };
      for (let run = 0; run < 10_000; run++)
        await kernel.run('gram', args, evenBounds(stride, 8), { signal: stop.signal });
    };
    await failsWith(manyRuns(), 'aborted');
    await kernel.close();
  }
});

test('a closed kernel reports that it is closed', async () => {
  for (const threads of [1, 2]) {
    const kernel = openKernel({ threads });
    await gramOn(kernel, 8);
    await kernel.close();
    await failsWith(gramOn(kernel, 8), 'invalid_options');
  }
});

test('a run whose scratch does not fit frees the part it allocated', async () => {
  const wasm = new webAssembly.Memory({ initial: 12, maximum: 12, shared: true });
  const memory = createWasmMemory(wasm);
  const f32 = (length: number) => memory.allocate(Float32Array, length);
  const u32 = (length: number) => memory.allocate(Uint32Array, length);
  const none = { offsets: u32(1), order: u32(0), indices: u32(0), weights: f32(0), rights: f32(0), objective: f32(0) };
  const rows = { solved: f32(0), fixed: f32(0), gram: f32(256), regularization: f32(0) };
  let jobsRun = 0;
  const runner = {
    async run(jobs: readonly Job[]) {
      jobsRun += jobs.length;
    },
    async rest() {},
    async close() {},
  };
  const run = async (threads: number) => {
    const pool = createPool(memory, { ...runner, threads });
    const args = { ...none, ...rows, stride: 16, factors: 3, steps: 3, solver: 0 } as const;
    try {
      return await pool.run('alsSolve', args, Uint32Array.of(0, 0, 0, 0));
    } finally {
      await pool.close();
    }
  };
  await failsWith(run(3), 'out_of_memory');
  assert.is(jobsRun, 0);
  // The scratch of two threads takes most of the memory, so that a leak would leave too little.
  assert.is(await run(2), 0);
  assert.is(await run(2), 0);
  assert.is(jobsRun, 4);
});

test('runs one after another use the same scratch, which closing frees', async () => {
  const memory = createWasmMemory(new webAssembly.Memory({ initial: 12, maximum: 12, shared: true }));
  const used = new Set<unknown>();
  const runner = {
    threads: 2,
    async run(jobs: readonly Job[]) {
      for (const { args } of jobs) used.add(args[args.length - 1]);
    },
    async rest() {},
    async close() {},
  };
  const pool = createPool(memory, runner);
  const x = memory.allocate(Float32Array, 16);
  const vectors = memory.allocate(Float32Array, 256);
  const end = memory.allocate(Float32Array, 1).byteOffset + 64;
  for (let i = 0; i < 3; i++) await pool.run('rotate', { x, vectors, stride: 16 }, Uint32Array.of(0, 1, 1));
  assert.is(used.size, 2, 'one for each thread');
  await pool.close();
  assert.is(memory.allocate(Float32Array, 1).byteOffset, end);
});

test('in the background, operations run on one thread, which ends when it is idle, or with the kernel', async () => {
  const memory = createWasmMemory(new webAssembly.Memory({ initial: 12, maximum: 12, shared: true }));
  const seen: string[] = [];
  const runner = (name: string, threads: number) => ({
    threads,
    async run(jobs: readonly Job[]) {
      seen.push(`${name} runs ${jobs.length}`);
      if (name === 'other') throw new Error('no more threads');
    },
    async rest() {},
    async close() {
      seen.push(`${name} is closed`);
    },
  });
  let name = 'background';
  const pool = createPool(memory, runner('all', 3), () => runner(name, 1), 1);
  const args = { x: memory.allocate(Float32Array, 16), count: 1, stride: 16, scale: 1 };
  const run = (pace?: Pace, calls = 3) => {
    const bounds = Uint32Array.from({ length: calls + 1 }, (_, call) => Math.min(8 * call, 16));
    return pool.run('gram', { ...args, gram: memory.allocate(Float32Array, 256) }, bounds, pace);
  };
  await run();
  // None wakes up for nothing.
  await run({}, 2);
  await Promise.all([run({ inBackground: true }), run({ inBackground: true })]);
  await until(() => seen.includes('background is closed'), 1);
  name = 'other';
  const failed = await run({ inBackground: true }).then(() => undefined, String);
  assert.is(failed, 'Error: no more threads');
  await pool.close();
  assert.equal(seen.slice(0, 6), [
    ...['all runs 3', 'all runs 2', 'background runs 1', 'background runs 1', 'background is closed', 'other runs 1'],
  ]);
  assert.equal(seen.slice(6).sort(), ['all is closed', 'other is closed']);
});

test('threads start when they are told to, in the background one after the other', async () => {
  const memory = createWasmMemory(new webAssembly.Memory({ initial: 12, maximum: 12, shared: true }));
  const started: number[] = [];
  const runner = {
    threads: 3,
    async run(jobs: readonly Job[]) {
      started.push(jobs.length);
      for (const job of jobs) assert.not(takeCalls({} as RawOperations, job), 'there is nothing to do');
    },
    async rest() {},
    async close() {},
  };
  const pool = createPool(memory, runner);
  await pool.start();
  await pool.start({ inBackground: true });
  assert.equal(started, [3, 1, 2, 3]);
  await pool.close();
  await failsWith(pool.start(), 'invalid_options');
});

test('a kernel ends what runs in the background when it is closed', async () => {
  const kernel = openKernel({ threads: 2 });
  const [count, stride] = [40_000, 512];
  const x = kernel.memory.allocate(Float32Array, count * stride);
  const gram = kernel.memory.allocate(Float32Array, stride * stride);
  const running = kernel.run('gram', { x, count, stride, scale: 1, gram }, evenBounds(stride, 8), {
    inBackground: true,
  });
  const ended = failsWith(running, 'invalid_options');
  await new Promise((resolve) => setTimeout(resolve, 20));
  await kernel.close();
  await ended;
});

test('idle threads do not keep a process alive', () => {
  const program = `
    import { openKernel } from './dist/kernel/open.js';
    const kernel = openKernel({ threads: 2 });
    const gram = kernel.memory.allocate(Float32Array, 256);
    await kernel.run('gram', { x: gram, count: 1, stride: 16, scale: 1, gram }, Uint32Array.of(0, 8, 16));
    console.log('done');`;
  const { stdout, status } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    timeout: 300_000,
  });
  assert.is(stdout.trim(), 'done');
  assert.is(status, 0);
});

test('without workers, the kernel imports no Node module', () => {
  const seen = new Set<string>();
  const visit = (url: URL) => {
    if (seen.has(url.href)) return;
    seen.add(url.href);
    for (const [, path] of readFileSync(url, 'utf8').matchAll(/(?:from|import) '([^']+)'/g)) {
      assert.not.match(path, /^node:/, `${url}`);
      if (path.startsWith('.')) visit(new URL(path, url));
    }
  };
  for (const file of ['kernel', 'memory', 'threads/pool', 'wasm', 'operations/arguments', 'operations/operations'])
    visit(new URL(`../../../src/kernel/${file}.ts`, import.meta.url));
});

test('bounds cover each row once', () => {
  assert.equal([...evenBounds(10, 4)], [0, 4, 8, 10]);
  assert.equal([...evenBounds(0, 4)], [0]);
  assert.equal([...balancedBounds(Uint32Array.of(0), 10, 5)], [0]);
  const offsets = Uint32Array.of(0, 1, 2, 100, 100, 100, 101, 130, 131);
  assert.equal([...balancedBounds(offsets, 50, 3)], [0, 3, 6, 8]);
  assert.equal([...balancedBounds(offsets, 1000, 2)], [0, 2, 4, 6, 8]);
});

async function failsWith(promise: Promise<unknown>, code: string): Promise<void> {
  assert.is((await endcapErrorOf(promise)).code, code);
}

test.run();
