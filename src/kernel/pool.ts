import { Worker } from 'node:worker_threads';
import { EndcapError, throwIfAborted } from '../errors.ts';
import { extentOf, flatten, type RawOperations } from './arguments.ts';
import type { Control, OpenKernel, WorkerSetup } from './kernel.ts';
import type { Argument, Memory } from './memory.ts';
import { definitions, type Operation } from './operations.ts';

/** One cut-up operation as a thread sees it. */
export interface Job {
  operation: Operation;
  args: Argument[];
  bounds: Uint32Array;
  /** [next call, stop, status] */
  counters: Int32Array;
}

const next = 0;
const stop = 1;
const status = 2;

/** Takes calls from the counter until there is none left, or `until` says to pause. Returns whether work is left. */
export function takeCalls(operation: (...args: Argument[]) => number, job: Job, until?: () => boolean): boolean {
  const { args, bounds, counters } = job;
  while (Atomics.load(counters, stop) === 0) {
    const call = Atomics.add(counters, next, 1);
    if (call >= bounds.length - 1) return false;
    const result = operation(...args, bounds[call], bounds[call + 1]);
    if (result !== 0) {
      Atomics.store(counters, status, result);
      Atomics.store(counters, stop, 1);
    }
    if (until?.()) return true;
  }
  return false;
}

export type Pool = Pick<OpenKernel, 'run' | 'close'>;

/**
 * With one thread the calls run here, with pauses for the event loop; with more, on that many workers, which start at
 * the first run and do not keep the process alive while they are idle.
 */
export function createPool(operations: RawOperations, memory: Memory, threads: number, setup: WorkerSetup): Pool {
  let workers: Worker[] | undefined;
  // Runs on the workers follow one another.
  let turn: Promise<unknown> = Promise.resolve();
  let closed = false;

  async function runHere(job: Job, control: Control): Promise<void> {
    const pauseMs = 10;
    for (;;) {
      throwIfAborted(control.signal);
      const pauseAt = performance.now() + pauseMs;
      const left = takeCalls(operations[job.operation], job, () => performance.now() >= pauseAt);
      if (!left) return;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  async function runOnWorkers(jobs: Job[], control: Control): Promise<void> {
    if (closed) throw closedError();
    throwIfAborted(control.signal);
    workers ??= Array.from({ length: threads }, () => startWorker(setup));
    const { counters } = jobs[0];
    const abort = () => Atomics.store(counters, stop, 1);
    control.signal?.addEventListener('abort', abort);
    try {
      await Promise.all(jobs.map((job, i) => answer(workers![i], job)));
    } catch (error) {
      // A thread that failed is gone; the next run starts new ones.
      await stopWorkers();
      throw error;
    } finally {
      for (const worker of workers ?? []) worker.unref();
      control.signal?.removeEventListener('abort', abort);
    }
    throwIfAborted(control.signal);
  }

  async function stopWorkers(): Promise<void> {
    const stopping = workers?.map((worker) => worker.terminate());
    workers = undefined;
    await Promise.all(stopping ?? []);
  }

  return {
    async run(operation, given, bounds, control = {}) {
      if (closed) throw closedError();
      throwIfAborted(control.signal);
      const { args, scratch } = flatten(operation, given, extentOf(operation, bounds), memory);
      const counters = new Int32Array(new SharedArrayBuffer(12));
      const hands = definitions[operation].inOrder ? 1 : threads;
      const scratches = Array.from({ length: scratch === undefined ? 0 : hands }, () =>
        memory.allocate(Float32Array, scratch as number),
      );
      const jobs = Array.from({ length: hands }, (_, i): Job => {
        return { operation, args: scratch === undefined ? args : [...args, scratches[i]], bounds, counters };
      });
      try {
        if (threads === 1) await runHere(jobs[0], control);
        else {
          const mine = turn.then(() => runOnWorkers(jobs, control));
          turn = mine.catch(() => {});
          await mine;
        }
      } finally {
        memory.free(...scratches);
      }
      return counters[status];
    },
    async close() {
      closed = true;
      await stopWorkers();
    },
  };
}

function closedError(): EndcapError {
  return new EndcapError('invalid_options', 'this kernel is closed; open another one');
}

function startWorker(setup: WorkerSetup): Worker {
  // The compiled file, also where this one runs from its source: a thread has no loader for TypeScript. Flags of the
  // process such as --input-type are for its main program.
  return new Worker(new URL('../../dist/kernel/worker.js', import.meta.url), { workerData: setup, execArgv: [] });
}

/** Gives a worker its job and waits for its answer. */
function answer(worker: Worker, job: Job): Promise<void> {
  worker.ref();
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      end();
    };
    const onMessage = () => settle(resolve);
    const onError = (error: unknown) => settle(() => reject(error));
    const onExit = () => settle(() => reject(closedError()));
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage(job);
  });
}
