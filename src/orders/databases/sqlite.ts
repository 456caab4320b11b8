/** Orders in a file of SQLite: a thread reads the rows, since SQLite makes who asks it wait, and gives them as CSV. */
import { on } from 'node:events';
import { stat } from 'node:fs/promises';
import type { Worker } from 'node:worker_threads';
import { EndcapError, type ErrorCode, throwIfAborted, unreadable, whenAborted } from '../../errors.ts';
import { whyNot } from '../../files.ts';
import type { Decision } from '../look.ts';
import type { ReadOptions } from '../options.ts';
import type { Chunks } from '../sources/chunks.ts';
import type { Before, Queried } from '../sources/stored.ts';
import { startThread, threadFailed } from '../thread.ts';
import { type DatabaseAddress, sqlitePath } from './address.ts';
import { queriedBy } from './driver.ts';

/** What the thread starts with. */
export interface SqliteJob {
  path: string;
  /** The file's name in messages. */
  name: string;
  options: Pick<ReadOptions, 'query' | 'table' | 'since' | 'acceptLoss'>;
  before: Before;
  /** Shared: the blocks that the other thread has taken. */
  taken: Int32Array;
}

export type SqliteMessage =
  | { kind: 'block'; bytes: Uint8Array<ArrayBuffer> }
  | { kind: 'since'; decision: Decision }
  | { kind: 'end' }
  | { kind: 'failure'; code: ErrorCode; message: string; details: Readonly<Record<string, unknown>> };

/** Blocks that may wait for who takes them. */
export const maxWaiting = 2;

/** The rows of a table or a query, once they are asked for. */
export function querySqlite(address: DatabaseAddress, options: ReadOptions): Queried {
  return queriedBy(address.name, (before, decide) => rowsOf(address, options, before, decide));
}

async function* rowsOf(
  { address, name }: DatabaseAddress,
  { query, table, since, acceptLoss, signal }: ReadOptions,
  before: Before,
  decide: (since: Decision) => void,
): Chunks {
  throwIfAborted(signal);
  const path = sqlitePath(address);
  const found = await stat(path).catch((error) => {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw unreadable(name, isMissing ? 'does not exist; check the path' : `cannot be read: ${whyNot(error)}`, error);
  });
  if (!found.isFile()) throw unreadable(name, 'is no file');
  const taken = new Int32Array(new SharedArrayBuffer(4));
  const job: SqliteJob = { path, name, options: { query, table, since, acceptLoss }, before, taken };
  let worker: Worker;
  try {
    worker = startThread('sqlite', job);
  } catch (error) {
    throw threadFailed(name, error as Error);
  }
  let died: Error | undefined;
  worker.once('error', (error) => {
    died = error;
  });
  const stopping = new AbortController();
  const forget = whenAborted(signal, () => stopping.abort());
  try {
    for await (const [said] of on(worker, 'message', { signal: stopping.signal, close: ['exit'] })) {
      const message = said as SqliteMessage;
      if (message.kind === 'end') return;
      if (message.kind === 'since') {
        decide(message.decision);
        continue;
      }
      if (message.kind === 'failure') throw new EndcapError(message.code, message.message, message.details);
      yield message.bytes;
      Atomics.add(taken, 0, 1);
      Atomics.notify(taken, 0);
    }
    throw threadFailed(name, died ?? new Error('it ended before its time'));
  } catch (error) {
    throwIfAborted(signal);
    throw died === undefined || error instanceof EndcapError ? error : threadFailed(name, died);
  } finally {
    forget();
    // Not waited for: a thread within SQLite ends when that returns.
    void worker.terminate();
  }
}
