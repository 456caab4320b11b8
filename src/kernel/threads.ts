import { Worker } from 'node:worker_threads';
import { EndcapError, throwIfAborted } from '../errors.ts';
import type { WorkerSetup } from './kernel.ts';
import { closedError, type Job, type Runner, stopTaking } from './pool.ts';

/**
 * Runs jobs on worker threads. They start at the first run, do not keep the process alive while they are idle, and are
 * replaced if they die. Runs follow one another.
 */
export function createThreads(threads: number, setup: WorkerSetup): Runner {
  const workers: (Worker | undefined)[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  let closed = false;

  function workerAt(index: number): Worker {
    const running = workers[index];
    if (running) return running;
    const worker = startWorker(setup);
    workers[index] = worker;
    worker.once('exit', () => {
      if (workers[index] === worker) workers[index] = undefined;
    });
    return worker;
  }

  async function runNow(jobs: readonly Job[], signal: AbortSignal | undefined): Promise<void> {
    if (closed) throw closedError();
    throwIfAborted(signal);
    const abort = () => stopTaking(jobs[0]);
    signal?.addEventListener('abort', abort);
    try {
      const ready = jobs.map((_, i) => workerAt(i));
      await Promise.all(jobs.map((job, i) => finish(ready[i], job)));
    } catch (error) {
      // The other threads still write to memory that the caller is about to free.
      abort();
      await stopWorkers();
      throw closed ? closedError() : error;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
    throwIfAborted(signal);
  }

  async function stopWorkers(): Promise<void> {
    await Promise.all(workers.map((worker) => worker?.terminate()));
  }

  return {
    threads,
    async run(jobs, signal) {
      const mine = turn.then(() => runNow(jobs, signal));
      turn = mine.catch(() => {});
      await mine;
    },
    async close() {
      closed = true;
      await stopWorkers();
    },
  };
}

function startWorker(setup: WorkerSetup): Worker {
  // The compiled file even if this one runs from its source: a thread has no loader for TypeScript. Flags of the process
  // such as --input-type are for its main program.
  return new Worker(new URL('../../dist/kernel/worker.js', import.meta.url), { workerData: setup, execArgv: [] });
}

/** Gives a worker its job and waits until it is done. Throws `kernel_unavailable` if the worker dies. */
function finish(worker: Worker, job: Job): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit).unref();
      end();
    };
    const onMessage = () => settle(resolve);
    const onError = (error: Error) => settle(() => reject(deathError(error.message, error)));
    const onExit = (code: number) => settle(() => reject(deathError(`it exited with code ${code}`)));
    worker.on('message', onMessage).on('error', onError).on('exit', onExit).ref();
    worker.postMessage(job);
  });
}

function deathError(reason: string, cause?: Error): EndcapError {
  return new EndcapError(
    'kernel_unavailable',
    `a thread of the kernel died: ${reason}; what it was working on is lost. New threads start with the next call. ` +
      'If they die too, give the process more memory or set ENDCAP_THREADS to a lower number',
    { reason },
    { cause },
  );
}
