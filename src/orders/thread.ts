/** Threads that read orders. */
import type { Worker } from 'node:worker_threads';
import { EndcapError } from '../errors.ts';
import { type OwnFile, startOwnThread } from '../own-files.ts';

/** V8 by default lets what is soon garbage grow to 48 MiB in each thread, and is hardly quicker for it. */
const maxYoungGenerationSizeMb = 12;

const scripts: Record<'csv' | 'parquet' | 'sqlite', OwnFile> = {
  csv: ['dist/orders/csv/worker.js', (_) => new URL('../../dist/orders/csv/worker.js', import.meta.url)],
  sqlite: ['dist/orders/databases/worker.js', (_) => new URL('../../dist/orders/databases/worker.js', import.meta.url)],
  parquet: ['dist/orders/parquet/worker.js', (_) => new URL('../../dist/orders/parquet/worker.js', import.meta.url)],
};

/** @throws Error if there can be no threads here. */
export function startThread(format: keyof typeof scripts, workerData?: unknown): Worker {
  return startOwnThread(scripts[format], { workerData, resourceLimits: { maxYoungGenerationSizeMb } });
}

/** An `orders_unreadable` error for a thread that could not start, or died. */
export function threadFailed(source: string, cause: Error & { code?: string }): EndcapError {
  const { code, message } = cause;
  const problem =
    code === 'ERR_WORKER_OUT_OF_MEMORY'
      ? 'needs more memory than Node may use; split it, write Parquet with smaller row groups, or give Node more with ' +
        '--max-old-space-size'
      : `cannot be read: a thread that reads orders does not run: ${message}`;
  return new EndcapError('orders_unreadable', `${source} ${problem}`, { source }, { cause });
}
