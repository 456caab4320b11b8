import type { Worker } from 'node:worker_threads';
import { EndcapError, throwIfAborted } from '../errors.ts';
import { type OwnFile, startOwnThread, tellThreadsMissing } from '../own-files.ts';
import type { WorkerSetup } from './kernel.ts';
import { closedError, type Job, type Runner, stopTaking } from './pool.ts';

const script: OwnFile = ['dist/kernel/worker.js', (_) => new URL('../../dist/kernel/worker.js', import.meta.url)];

/** What a worker says: that it has loaded its operations and takes jobs, and that one is done. */
export type Told = 'ready' | 'done';

interface Thread {
  readonly worker: Worker;
  isReady: boolean;
}

/**
 * Runs jobs on worker threads. They start at the first run, do not keep the process alive while they are idle, and are
 * replaced if they die. Runs follow one another. Where threads do not start, those that do take their work, or else the calling
 * one, and the results are the same.
 *
 * @param inline runs jobs on the calling thread.
 * @param retryMs how long it goes on like that before it tries again, in milliseconds.
 */
export function createThreads(count: number, setup: WorkerSetup, inline: Runner, retryMs = 10_000): Runner {
  const threads: (Thread | undefined)[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  let running: Job | undefined;
  let closed = false;
  let startsAfter = Number.NEGATIVE_INFINITY;

  /** Undefined if it does not start. */
  function threadAt(index: number): Thread | undefined {
    const idle = threads[index];
    if (idle || performance.now() < startsAfter) return idle;
    let worker: Worker;
    try {
      worker = startOwnThread(script, { workerData: setup });
    } catch (error) {
      missed(error as Error);
      return undefined;
    }
    const thread: Thread = { worker, isReady: false };
    threads[index] = thread;
    worker.unref();
    worker.on('message', (told: Told) => {
      if (told === 'ready') thread.isReady = true;
    });
    worker.once('exit', () => {
      if (threads[index] === thread) threads[index] = undefined;
    });
    // An error that nobody listens to ends the process. An idle thread that dies is replaced at the next run.
    worker.on('error', () => {});
    return thread;
  }

  function missed(why: Error): void {
    startsAfter = performance.now() + retryMs;
    tellThreadsMissing(why);
  }

  async function runNow(jobs: readonly Job[], signal: AbortSignal | undefined): Promise<void> {
    if (closed) throw closedError();
    throwIfAborted(signal);
    const ready = jobs.flatMap((job, i) => {
      const thread = threadAt(i);
      return thread ? [{ thread, job }] : [];
    });
    [running] = jobs;
    const abort = () => stopTaking(jobs[0]);
    signal?.addEventListener('abort', abort);
    // Waits for all threads, even if one dies: they write to memory that the caller is about to free.
    const ended = await Promise.allSettled(ready.map(({ thread, job }) => finish(thread, job)));
    signal?.removeEventListener('abort', abort);
    const failures = ended.flatMap((end) => (end.status === 'fulfilled' && end.value ? [end.value] : []));
    if (failures.length > 0) missed(failures[0]);
    const isDone = ended.some((end) => end.status === 'rejected' || end.value === undefined);
    try {
      if (!isDone && !closed) await inline.run(jobs, signal);
    } finally {
      running = undefined;
    }
    if (closed) throw closedError();
    throwIfAborted(signal);
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
  }

  return {
    threads: count,
    async run(jobs, signal) {
      const mine = turn.then(() => runNow(jobs, signal));
      turn = mine.catch(() => {});
      await mine;
    },
    async close() {
      closed = true;
      if (running) stopTaking(running);
      await turn;
      await Promise.all(threads.map((thread) => thread?.worker.terminate()));
    },
  };
}

/**
 * Gives a thread its job and waits until it is done. Resolves to what it died of if that was before it could take the job. If it
 * dies later, stops the other threads of the job and throws `kernel_unavailable`.
 */
function finish(thread: Thread, job: Job): Promise<Error | undefined> {
  const { worker } = thread;
  return new Promise((resolve, reject) => {
    let cause: Error | undefined;
    const settle = () => worker.off('message', onMessage).off('error', onError).off('exit', onExit).unref();
    const onMessage = (told: Told) => {
      if (told !== 'done') return;
      settle();
      resolve(undefined);
    };
    // Until it has exited, a worker may still be working.
    const onError = (error: Error) => (cause = error);
    const onExit = (code: number) => {
      settle();
      const why = cause ?? new Error(`it exited with code ${code}`);
      if (!thread.isReady) {
        resolve(why);
        return;
      }
      stopTaking(job);
      reject(deathError(why));
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit).ref();
    worker.postMessage(job);
  });
}

function deathError(cause: Error): EndcapError {
  const { message: reason } = cause;
  return new EndcapError(
    'kernel_unavailable',
    `a thread of the kernel died: ${reason}; the call is lost. The next call starts new threads. If they die too, give the ` +
      'process more memory or fewer threads (ENDCAP_THREADS)',
    { reason },
    { cause },
  );
}
