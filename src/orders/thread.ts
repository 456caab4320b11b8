/** Threads that read orders. */
import type { Worker } from 'node:worker_threads';
import { type EndcapError, unreadable } from '../errors.ts';
import type { OwnFile } from '../own-files.ts';
import { startReadingThread, whyThreadFailed } from '../reading-threads.ts';

const scripts: Record<'csv' | 'parquet' | 'sqlite', OwnFile> = {
  csv: ['dist/orders/csv/worker.js', (_) => new URL('../../dist/orders/csv/worker.js', import.meta.url)],
  sqlite: ['dist/orders/databases/worker.js', (_) => new URL('../../dist/orders/databases/worker.js', import.meta.url)],
  parquet: ['dist/orders/parquet/worker.js', (_) => new URL('../../dist/orders/parquet/worker.js', import.meta.url)],
};

/** @throws Error if there can be no threads here. */
export function startThread(format: keyof typeof scripts, workerData?: unknown): Worker {
  return startReadingThread(scripts[format], workerData);
}

const leaner = 'split it, write Parquet with smaller row groups';

/** An `orders_unreadable` error for a thread that could not start, or died. */
export function threadFailed(source: string, cause: Error): EndcapError {
  return unreadable(source, whyThreadFailed(cause, leaner), cause);
}
