/** Threads that read orders. */
import { Worker } from 'node:worker_threads';
import { EndcapError } from '../errors.ts';

/** V8 by default lets what is soon garbage grow to 48 MiB in each thread, and is hardly quicker for it. */
const maxYoungGenerationSizeMb = 12;

/**
 * Starts a thread.
 *
 * @param script relative to this folder.
 * @param source what the thread reads, for messages.
 * @throws `orders_unreadable` if Node does not allow threads.
 */
export function startThread(
  script: 'csv/worker.js' | 'parquet/worker.js',
  source: string,
  workerData: unknown,
): Worker {
  try {
    // The compiled file, even if this one runs from source, since a thread has no loader for TypeScript. Without the flags
    // of the process: some, such as --input-type, apply to the main program only.
    return new Worker(new URL(`../../dist/orders/${script}`, import.meta.url), {
      workerData,
      execArgv: [],
      resourceLimits: { maxYoungGenerationSizeMb },
    });
  } catch (error) {
    throw threadFailed(source, error as Error);
  }
}

/** What helps against the usual reasons, by Node's codes of errors. */
const advice: Record<string, string> = {
  ERR_ACCESS_DENIED: '; allow threads with --allow-worker',
  MODULE_NOT_FOUND: '; bundlers must leave this package as it is',
  ERR_MODULE_NOT_FOUND: '; bundlers must leave this package as it is',
};

/** An `orders_unreadable` error for a thread that could not start, or died. */
export function threadFailed(source: string, cause: Error & { code?: string }): EndcapError {
  const { code = '', message } = cause;
  const problem =
    code === 'ERR_WORKER_OUT_OF_MEMORY'
      ? 'needs more memory than Node may use; split it, write Parquet with smaller row groups, or give Node more with ' +
        '--max-old-space-size'
      : `cannot be read: a thread that reads orders does not run: ${message}${advice[code] ?? ''}`;
  return new EndcapError('orders_unreadable', `${source} ${problem}`, { source }, { cause });
}
