import { EndcapError, throwIfAborted, whenAborted } from '../../errors.ts';
import { closedError, type Job, type Runner, stopTaking } from './pool.ts';

/** A thread that runs one job at a time. */
export interface Thread {
  /**
   * Resolves once the job is done, to what the thread died of if that was before it could take the job. If it dies later, it stops
   * the other threads of the job and rejects.
   */
  run(job: Job): Promise<Error | undefined>;
  end(): unknown;
}

/**
 * Runs jobs on threads. They start at the first run, and are replaced if they die. Runs follow one another. Where threads do
 * not start, those that do take their work, or else the calling one, and the results are the same.
 *
 * @param start starts a thread, which calls back when it dies; throws if the host has none.
 * @param inline runs jobs on the calling thread.
 * @param tell is told why a thread does not start.
 * @param retryMs how long it goes on like that before it tries again, in milliseconds.
 */
export function createThreadRunner(
  count: number,
  start: (died: () => void) => Thread,
  inline: Runner,
  tell: (why: Error) => void,
  retryMs = 10_000,
): Runner {
  const threads: (Thread | undefined)[] = [];
  let turn: Promise<unknown> = Promise.resolve();
  let running: Job | undefined;
  let closed = false;
  let startsAfter = Number.NEGATIVE_INFINITY;

  /** Undefined if it does not start. */
  function threadAt(index: number): Thread | undefined {
    const idle = threads[index];
    if (idle || performance.now() < startsAfter) return idle;
    try {
      const thread = start(() => {
        if (threads[index] === thread) threads[index] = undefined;
      });
      threads[index] = thread;
      return thread;
    } catch (error) {
      missed(error as Error);
      return undefined;
    }
  }

  function missed(why: Error): void {
    startsAfter = performance.now() + retryMs;
    tell(why);
  }

  async function runNow(jobs: readonly Job[], signal: AbortSignal | undefined): Promise<void> {
    if (closed) throw closedError();
    throwIfAborted(signal);
    const ready = jobs.flatMap((job, i) => {
      const thread = threadAt(i);
      return thread ? [{ thread, job }] : [];
    });
    [running] = jobs;
    const forget = whenAborted(signal, () => stopTaking(jobs[0]));
    // Waits for all threads, even if one dies: they write to memory that the caller is about to free.
    const ended = await Promise.allSettled(ready.map(({ thread, job }) => thread.run(job)));
    forget();
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
    async rest() {
      const mine = turn.then(() => Promise.all(threads.splice(0).map((thread) => thread?.end())));
      turn = mine.catch(() => {});
      await mine;
    },
    async close() {
      closed = true;
      if (running) stopTaking(running);
      await turn;
      await Promise.all(threads.map((thread) => thread?.end()));
    },
  };
}

/** What a job is rejected with whose thread dies. @param help what may help if those that start next die, too. */
export function threadDied(cause: Error, help: string): EndcapError {
  const { message: reason } = cause;
  return new EndcapError(
    'kernel_unavailable',
    `a thread of the kernel died: ${reason}; the call is lost. The next call starts new threads. If they die too, ${help}`,
    { reason },
    { cause },
  );
}
