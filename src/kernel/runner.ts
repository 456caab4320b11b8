import { throwIfAborted } from '../errors.ts';
import { closedError, type Job, type Runner, stopTaking } from './pool.ts';

/** A thread that runs one job at a time. */
export interface Thread {
  /** Resolves once the job is done. If the thread dies, it stops the other threads of the job, and rejects. */
  run(job: Job): Promise<void>;
  end(): unknown;
}

/**
 * Runs jobs on threads, which start at the first run and are replaced if they die. Runs follow one another.
 *
 * @param start starts a thread, which calls back when it dies.
 */
export function createThreadRunner(threads: number, start: (died: () => void) => Thread): Runner {
  const started: (Thread | undefined)[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  let running: Job | undefined;
  let closed = false;

  function threadAt(index: number): Thread {
    const thread =
      started[index] ??
      start(() => {
        if (started[index] === thread) started[index] = undefined;
      });
    started[index] = thread;
    return thread;
  }

  async function runNow(jobs: readonly Job[], signal: AbortSignal | undefined): Promise<void> {
    if (closed) throw closedError();
    throwIfAborted(signal);
    const ready = jobs.map((_, i) => threadAt(i));
    [running] = jobs;
    const abort = () => stopTaking(jobs[0]);
    signal?.addEventListener('abort', abort);
    // Waits for all threads, even if one dies: they write to memory that the caller is about to free.
    const ended = await Promise.allSettled(jobs.map((job, i) => ready[i].run(job)));
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
      await Promise.all(started.map((thread) => thread?.end()));
    },
  };
}
