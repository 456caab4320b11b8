/** Threads that the kernel of one model hands on to that of the next: starting them anew would take time from who is waiting. */
import { closedError, type Job, type Runner, stopTaking } from './pool.ts';
import type { ThreadRunner } from './runner.ts';

/** A runner that one kernel closes without ending the threads of another. */
export interface SharedRunner extends Runner {
  /** The same threads for one more kernel, whose runs follow those of the others; undefined if they have ended. */
  share(): SharedRunner | undefined;
}

/** @param users how many have it; the last one closes it. */
export function shareRunner(runner: ThreadRunner, users = { count: 0 }): SharedRunner {
  users.count++;
  const jobs = new Set<Job>();
  const runs = new Set<Promise<void>>();
  let ended: Promise<void> | undefined;

  async function end(): Promise<void> {
    users.count--;
    if (users.count === 0) return runner.close();
    for (const job of jobs) stopTaking(job);
    await Promise.allSettled(runs);
    runner.forget();
  }

  async function run(given: readonly Job[], signal: AbortSignal | undefined): Promise<void> {
    const [job] = given;
    jobs.add(job);
    try {
      await runner.run(given, signal);
    } finally {
      jobs.delete(job);
    }
    // Not all of it was done.
    if (ended) throw closedError();
  }

  return {
    threads: runner.threads,
    async run(given, signal) {
      if (ended) throw closedError();
      const mine = run(given, signal);
      runs.add(mine);
      try {
        await mine;
      } finally {
        runs.delete(mine);
      }
    },
    async rest() {
      if (users.count > 1) runner.forget();
      else await runner.rest();
    },
    close() {
      ended ??= end();
      return ended;
    },
    share: () => (users.count > 0 ? shareRunner(runner, users) : undefined),
  };
}
