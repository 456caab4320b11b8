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
  let running: Job | undefined;
  let closed = false;

  function workerAt(index: number): Worker {
    const idle = workers[index];
    if (idle) return idle;
    const worker = startWorker(setup);
    workers[index] = worker;
    worker.unref();
    worker.once('exit', () => {
      if (workers[index] === worker) workers[index] = undefined;
    });
    // An error that nobody listens to ends the process. An idle thread that dies is replaced at the next run.
    worker.on('error', () => {});
    return worker;
  }

  async function runNow(jobs: readonly Job[], signal: AbortSignal | undefined): Promise<void> {
    if (closed) throw closedError();
    throwIfAborted(signal);
    const ready = jobs.map((_, i) => workerAt(i));
    [running] = jobs;
    const abort = () => stopTaking(jobs[0]);
    signal?.addEventListener('abort', abort);
    // Waits for all threads, even if one dies: they write to memory that the caller is about to free.
    const ended = await Promise.allSettled(jobs.map((job, i) => finish(ready[i], job)));
    signal?.removeEventListener('abort', abort);
    running = undefined;
    if (closed) throw closedError();
    throwIfAborted(signal);
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
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
      if (running) stopTaking(running);
      await turn;
      await Promise.all(workers.map((worker) => worker?.terminate()));
    },
  };
}

/** Throws `kernel_unavailable` if the system has no more threads. */
function startWorker(setup: WorkerSetup): Worker {
  // The compiled file even if this one runs from its source: a thread has no loader for TypeScript. Flags of the process
  // such as --input-type are for its main program.
  const file = new URL('../../dist/kernel/worker.js', import.meta.url);
  try {
    return new Worker(file, { workerData: setup, execArgv: [] });
  } catch (error) {
    throw deathError('did not start', error as Error);
  }
}

/**
 * Gives a worker its job and waits until it is done. If the worker dies, stops the other threads of the job and throws
 * `kernel_unavailable`.
 */
function finish(worker: Worker, job: Job): Promise<void> {
  return new Promise((resolve, reject) => {
    let cause: Error | undefined;
    const settle = () => worker.off('message', onMessage).off('error', onError).off('exit', onExit).unref();
    const onMessage = () => {
      settle();
      resolve();
    };
    // Until it has exited, a worker may still be working.
    const onError = (error: Error) => (cause = error);
    const onExit = (code: number) => {
      settle();
      stopTaking(job);
      reject(deathError('died', cause ?? new Error(`it exited with code ${code}`)));
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit).ref();
    worker.postMessage(job);
  });
}

function deathError(what: 'died' | 'did not start', cause: NodeJS.ErrnoException): EndcapError {
  const isMissing = /^(ERR_)?MODULE_NOT_FOUND$/.test(cause.code ?? '');
  const advice = isMissing
    ? 'Install endcap again, or leave it out of your bundle: its threads are files of their own'
    : 'The next call starts new threads. If they die too, give the process more memory or fewer threads (ENDCAP_THREADS)';
  const { message: reason } = cause;
  return new EndcapError(
    'kernel_unavailable',
    `a thread of the kernel ${what}: ${reason}; the call is lost. ${advice}`,
    { reason },
    { cause },
  );
}
