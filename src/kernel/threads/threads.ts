import type { Worker } from 'node:worker_threads';
import { type OwnFile, startOwnThread, tellThreadsMissing } from '../../own-files.ts';
import type { WorkerSetup } from '../kernel.ts';
import { crossing } from './crossing.ts';
import { type Job, type Runner, stopTaking } from './pool.ts';
import { createThreadRunner, type Thread, threadDied } from './runner.ts';

const script: OwnFile = [
  'dist/kernel/threads/worker.js',
  (_) => new URL('../../../dist/kernel/threads/worker.js', import.meta.url),
];

/** What a worker says: that it has loaded its operations and takes jobs, and that one is done. */
export type Told = 'ready' | 'done';

/**
 * Runs jobs on worker threads, which do not keep the process alive while they are idle.
 *
 * @param inline runs jobs on the calling thread.
 * @param retryMs how long it does so where threads do not start before it tries again, in milliseconds.
 */
export function createThreads(count: number, setup: WorkerSetup, inline: Runner, retryMs?: number): Runner {
  return createThreadRunner(count, (died) => startThread(setup, died), inline, tellThreadsMissing, retryMs);
}

function startThread(setup: WorkerSetup, died: () => void): Thread {
  const worker = startOwnThread(script, { workerData: setup });
  let isReady = false;
  worker.unref();
  worker.on('message', (told: Told) => {
    if (told === 'ready') isReady = true;
  });
  worker.once('exit', died);
  // An error that nobody listens to ends the process. An idle thread that dies is replaced at the next run.
  worker.on('error', () => {});
  return { run: (job) => finish(worker, () => isReady, job), end: () => worker.terminate() };
}

/** Gives a worker its job and waits until it is done, as `Thread.run` says. */
function finish(worker: Worker, isReady: () => boolean, job: Job): Promise<Error | undefined> {
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
      if (!isReady()) {
        resolve(why);
        return;
      }
      stopTaking(job);
      reject(threadDied(why, 'give the process more memory or fewer threads (ENDCAP_THREADS)'));
    };
    worker.on('message', onMessage).on('error', onError).on('exit', onExit).ref();
    worker.postMessage({ ...job, args: job.args.map(crossing) });
  });
}
