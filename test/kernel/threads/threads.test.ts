import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { evenBounds, type OpenKernel } from '../../../src/kernel/kernel.ts';
import { loadFor, openKernel } from '../../../src/kernel/open.ts';
import { checkedOperations } from '../../../src/kernel/operations/arguments.ts';
import { createInlineRunner, createPool, type Runner } from '../../../src/kernel/threads/pool.ts';
import { createThreads } from '../../../src/kernel/threads/threads.ts';
import { endcapErrorOf } from '../../support/errors.ts';
import { testUnless } from '../../support/skip.ts';
import { withoutWorkers, withWorkers } from '../../support/workers.ts';

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
    timer = setTimeout(() => reject(new Error('nothing happened for five minutes')), 300_000);
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

test('threads that rest have ended, what runs before is done, and the next run starts others', async () => {
  const kernel = openKernel({ threads: 2 });
  const { run } = gram(kernel, 64, 100);
  await kernel.rest();
  const [status] = await Promise.all([run(), kernel.rest()]);
  assert.is(status, 0);
  assert.is(started.length, 2);
  assert.not.ok(started.some(isRunning));
  assert.is(await run(), 0);
  assert.is(started.filter(isRunning).length, 2);
  await kernel.close();
});

test('the death of a thread is reported as such, no other thread goes on, and the next run replaces it', async () => {
  const kernel = openKernel({ threads: 2 });
  const { run: runLong, gram: written } = gram(kernel, 512, 40_000);
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
  written.fill(7);
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.ok(
    written.every((value) => value === 7),
    'a thread still writes to memory that was given back',
  );
  assert.is(await soon(run()), 0);
  assert.equal(result, expected);
  assert.is(started.length, 3);
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
  await run();
  const failing = endcapErrorOf(runLong());
  const waiting = Promise.all(Array.from({ length: 5 }, run));
  const [worker] = started;
  worker.postMessage = () => void worker.terminate();
  assert.is((await soon(failing)).code, 'kernel_unavailable');
  assert.equal(await soon(waiting), [0, 0, 0, 0, 0]);
  await kernel.close();
});

/** Runs six times in a process of its own, whose second thread does something before its first call. */
function sixRuns(deed: string, flags: string[] = []): { codes: unknown[]; message: string } {
  const folder = mkdtempSync(join(tmpdir(), 'endcap-threads-'));
  const preload = join(folder, 'preload.cjs');
  // Loaded by threads as well.
  writeFileSync(
    preload,
    `const { threadId } = require('node:worker_threads');
    const { add } = Atomics;
    Atomics.add = (...args) => {
      if (threadId === 2) { ${deed} }
      return add(...args);
    };`,
  );
  const program = `
    import { openKernel } from './dist/kernel/open.js';
    const kernel = openKernel({ threads: 2 });
    const gram = kernel.memory.allocate(Float32Array, 256);
    const x = kernel.memory.allocate(Float32Array, 160).fill(1);
    const args = { x, count: 10, stride: 16, scale: 1, gram };
    const run = () => kernel.run('gram', args, Uint32Array.of(0, 8, 16));
    const ended = await Promise.allSettled(Array.from({ length: 6 }, run));
    if (gram.some((value) => value !== 10)) throw new Error('a wrong matrix');
    const codes = ended.map(({ reason, value }) => reason?.code ?? value);
    console.log(JSON.stringify({ codes, message: ended[0].reason?.message }));`;
  try {
    const { stdout, stderr } = spawnSync(process.execPath, [...flags, '--input-type=module', '-e', program], {
      encoding: 'utf8',
      timeout: 300_000,
      env: { ...process.env, NODE_OPTIONS: `--require ${preload}` },
    });
    assert.ok(stdout, stderr);
    return JSON.parse(stdout);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

for (const [what, deed, message, flags] of [
  ['exits', 'process.exit(3);', /died: it exited with code 3/],
  ['throws', "throw new Error('a broken thread');", /died: a broken thread/],
  [
    'runs out of memory',
    'for (const all = []; ; ) all.push(new Array(1e5).fill(0.5));',
    /died: .*memory.*give the process more memory/,
    ['--max-old-space-size=60'],
  ],
] as const) {
  test(`a thread that ${what} in a run fails that run with advice, and those behind it run`, () => {
    const ended = sixRuns(deed, [...(flags ?? [])]);
    assert.equal(ended.codes, ['kernel_unavailable', 0, 0, 0, 0, 0]);
    assert.match(ended.message, message);
  });
}

/** Threads by which two jobs fill a Gram matrix, and what the calling thread has to do itself. */
function createPair(retryMs?: number) {
  const { kernel: chosen, loaded } = loadFor({});
  const { operations, memory, setup } = loaded;
  const onThisThread = createInlineRunner(operations);
  const inline: Runner & { runs: number } = {
    ...onThisThread,
    runs: 0,
    run(...args) {
      inline.runs++;
      return onThisThread.run(...args);
    },
  };
  const pool = createPool(memory, createThreads(2, setup, inline, retryMs));
  const kernel: OpenKernel = { ...chosen, memory, setup, operations: checkedOperations(operations, memory), ...pool };
  return { ...gram(kernel, 64, 1000), inline, close: kernel.close };
}

/** The matrix that threads give. */
async function expectedGram(): Promise<Float32Array> {
  const { run, gram, close } = createPair();
  await run();
  await close();
  return gram.slice();
}

test('threads that the system does not start leave their work to those that do, and start later', async () => {
  const expected = await expectedGram();
  started.length = 0;
  const { run, gram: result, inline, close } = createPair(0);
  let left = 1;
  const limited = (real: typeof Worker) =>
    class extends real {
      constructor(...args: ConstructorParameters<typeof Worker>) {
        if (left-- === 0) throw Object.assign(new Error('ENOMEM'), { code: 'ERR_WORKER_INIT_FAILED' });
        super(...args);
      }
    };
  await withWorkers(limited, async () => assert.is(await soon(run()), 0));
  assert.equal(result, expected);
  assert.is(inline.runs, 0);
  assert.is(await soon(run()), 0);
  assert.is(started.length, 2, 'the thread that did start is used');
  await close();
});

test('where no thread starts, the calling one does the same work, and does not try again soon', async () => {
  const expected = await expectedGram();
  const { run, gram: result, inline, close } = createPair();
  const tries = await withoutWorkers(async () => {
    for (let i = 0; i < 3; i++) {
      result.fill(0);
      assert.is(await soon(run()), 0);
      assert.equal(result, expected);
    }
  });
  assert.is(inline.runs, 3);
  assert.is(tries, 1);
  await close();
});

test('threads that die before they are ready have taken nothing: the calling one does their work', async () => {
  const expected = await expectedGram();
  const { run, gram: result, inline, close } = createPair();
  const misled = (real: typeof Worker) =>
    class extends real {
      constructor(file: string, options: object) {
        super(`${file}.missing.js`, options);
      }
    };
  await withWorkers(misled, async () => assert.is(await soon(run()), 0));
  assert.equal(result, expected);
  assert.is(inline.runs, 1);
  await close();
});

test('that there are no threads is said once, with the reason', () => {
  const program = `
    import { openKernel } from './dist/kernel/open.js';
    const said = [];
    process.on('warning', ({ name, message }) => said.push(name + ': ' + message));
    const results = [];
    for (let i = 0; i < 3; i++) {
      const kernel = openKernel({ threads: 2 });
      const gram = kernel.memory.allocate(Float32Array, 256);
      const x = kernel.memory.allocate(Float32Array, 160).fill(1);
      results.push(await kernel.run('gram', { x, count: 10, stride: 16, scale: 1, gram }, Uint32Array.of(0, 8, 16)), gram[0]);
      await kernel.close();
    }
    await new Promise((resolve) => setImmediate(resolve));
    console.log(JSON.stringify({ results, said }));`;
  const preload =
    "data:text/javascript,import module from 'node:module'; import threads from 'node:worker_threads';" +
    "threads.Worker = class { constructor() { throw Object.assign(new Error('no'), { code: 'ERR_ACCESS_DENIED' }); } };" +
    'module.syncBuiltinESMExports();';
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', preload, '--input-type=module', '-e', program], {
    encoding: 'utf8',
  });
  const { results, said } = JSON.parse(stdout || stderr);
  assert.equal(results, [0, 10, 0, 10, 0, 10]);
  assert.is(said.length, 1, said.join());
  assert.match(
    said[0],
    /^EndcapWarning: threads do not start: .*--allow-worker.*on the thread that asks.*same results/,
  );
});

const native = loadFor({ threads: 1 }).loaded.setup;

testUnless(
  test,
  native.backend === 'wasm' ? 'no native kernel runs here' : undefined,
  'a thread that is stopped while it loads the addon leaves the process alive',
  () => {
    const program = `
      const { Worker } = require('node:worker_threads');
      const code = \`
        const { workerData } = require('node:worker_threads');
        Atomics.store(workerData.flag, 0, 1);
        require(workerData.path);\`;
      (async () => {
        for (let i = 0; i < 20; i++) {
          const flag = new Int32Array(new SharedArrayBuffer(4));
          const worker = new Worker(code, { eval: true, workerData: { path: process.argv[1], flag } });
          while (Atomics.load(flag, 0) === 0);
          // Loading takes part of a millisecond.
          for (const until = performance.now() + 0.05 * i; performance.now() < until; );
          await worker.terminate();
        }
        console.log('alive');
      })();`;
    const path = native.backend === 'native' ? native.path : '';
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', program, path], { encoding: 'utf8' });
    assert.is(stdout.trim(), 'alive', stderr);
  },
);

test('a thread that breaks between two runs does not end the process', async () => {
  const kernel = openKernel({ threads: 2 });
  const { run } = gram(kernel, 64, 100);
  await run();
  started[0].emit('error', new Error('out of memory'));
  await started[0].terminate();
  assert.is(await soon(run()), 0);
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
