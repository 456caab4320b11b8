/** Threads that read files. They can be ended, whatever a file makes its parser do. */
import type { Worker } from 'node:worker_threads';
import { type OwnFile, startOwnThread } from './own-files.ts';

/** Time without progress after which reading ends, by default: a page of values takes seconds at most. */
export const defaultIdleTimeoutMs = 60_000;
/** Looks at the progress during that time. One look would not do: this thread may have been the one that stood still. */
const looks = 4;
/** V8 by default lets what is soon garbage grow to 48 MiB in each thread, and is hardly quicker for it. */
const maxYoungGenerationSizeMb = 12;

/** @throws Error if there can be no threads here. */
export function startReadingThread(script: OwnFile, workerData?: unknown): Worker {
  return startOwnThread(script, { workerData, resourceLimits: { maxYoungGenerationSizeMb } });
}

/** Why a thread did not start, or died, to follow the name of what it reads. `leaner` says how to write it so that it fits. */
export function whyThreadFailed({ code, message }: Error & { code?: string }, leaner: string): string {
  return code === 'ERR_WORKER_OUT_OF_MEMORY'
    ? `needs more memory than Node may use; ${leaner}, or give Node more with --max-old-space-size`
    : `cannot be read: a thread that reads it does not run: ${message}`;
}

/**
 * Calls `onStop` once there is no progress for some time.
 *
 * @param progress grows as long as there is some.
 * @param isWaiting whether it is not the thread that takes so long.
 */
export function watchProgress(
  progress: () => number,
  timeoutMs: number,
  onStop: () => void,
  isWaiting: () => boolean = () => false,
): NodeJS.Timeout {
  let last = progress();
  let still = 0;
  return setInterval(
    () => {
      const now = progress();
      still = now === last && !isWaiting() ? still + 1 : 0;
      last = now;
      if (still >= looks) onStop();
    },
    Math.max(1, timeoutMs / looks),
  );
}
