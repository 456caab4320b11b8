import { on } from 'node:events';
import { type FileHandle, open } from 'node:fs/promises';
import type { Worker } from 'node:worker_threads';
import { EndcapError, unreadable } from '../../errors.ts';
import type { ReadOptions } from '../options.ts';
import type { TableSink } from '../table.ts';
import { startThread, threadFailed } from '../thread.ts';
import { type ParquetJob, type ParquetMessage, steps, takenBlocks } from './messages.ts';

/** Time without progress after which reading ends, by default: a page of values takes seconds at most. */
const defaultIdleTimeoutMs = 60_000;
/** Looks at the progress during that time. One look would not do: this thread may have been the one that stood still. */
const looks = 4;

/**
 * Reads a Parquet file of any codec on a thread of its own, page by page, and after a look at all columns only those that
 * the plan uses. Records count from 1.
 *
 * The thread checks what the file says about its own sizes before it believes it. Whatever the parser does all the same,
 * reading ends when `signal` fires, or when nothing has come forward for `idleTimeoutMs`, and the file is closed.
 *
 * @param onBlock called after each block with the share of the records read so far.
 * @throws `orders_unreadable` if the file is not a complete Parquet file, needs more memory than Node may use, or does not
 *   come to an end; or if the thread cannot run. `aborted`.
 */
export async function readParquet(
  path: string,
  sink: TableSink,
  { signal, idleTimeoutMs = defaultIdleTimeoutMs }: Pick<ReadOptions, 'signal' | 'idleTimeoutMs'>,
  onBlock: (share: number) => void,
): Promise<void> {
  const stopping = new AbortController();
  const stop = (why: EndcapError) => stopping.abort(why);
  const onAbort = () => stop(new EndcapError('aborted', 'stopped on request', {}, { cause: signal?.reason }));
  const counters = new Int32Array(new SharedArrayBuffer(8));
  let file: FileHandle | undefined;
  let worker: Worker | undefined;
  let watch: NodeJS.Timeout | undefined;
  try {
    file = await openFile(path);
    const { size } = await file.stat();
    const job: ParquetJob = { path, file: { fd: file.fd, size }, counters };
    worker = startThread('parquet/worker.js', path, job);
    worker.once('error', (error) => stop(threadFailed(path, error)));
    signal?.addEventListener('abort', onAbort);
    if (signal?.aborted) onAbort();
    watch = watchProgress(counters, idleTimeoutMs, () => stop(standsStill(path, idleTimeoutMs)));
    let line = 1;
    for await (const [message] of on(worker, 'message', { signal: stopping.signal, close: ['exit'] })) {
      const said = message as ParquetMessage;
      if (said.kind === 'end') return;
      if (said.kind === 'failure') throw unreadable(path, `is not a complete Parquet file: ${said.problem}; ${advice}`);
      if (said.kind === 'look') worker.postMessage(sink.open(said.look));
      else {
        sink.learn(0, said.lines);
        sink.take(0, said.lines, line);
        line += said.lines.textLines;
        Atomics.add(counters, takenBlocks, 1);
        Atomics.notify(counters, takenBlocks);
        onBlock(said.share);
      }
    }
    throw threadFailed(path, new Error('it ended before its time'));
  } catch (error) {
    throw stopping.signal.aborted ? stopping.signal.reason : error;
  } finally {
    clearInterval(watch);
    signal?.removeEventListener('abort', onAbort);
    await worker?.terminate();
    await file?.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (error) {
    throw unreadable(path, `cannot be opened: ${(error as Error).message}`, error);
  }
}

/** Calls `onStop` once nothing has come forward for some time. */
function watchProgress(counters: Int32Array, timeoutMs: number, onStop: () => void): NodeJS.Timeout {
  let last = 0;
  let still = 0;
  return setInterval(
    () => {
      const now = Atomics.load(counters, steps);
      still = now === last ? still + 1 : 0;
      last = now;
      if (still >= looks) onStop();
    },
    Math.max(1, timeoutMs / looks),
  );
}

function standsStill(path: string, timeoutMs: number): EndcapError {
  const problem = `cannot be read: nothing has come forward for ${timeoutMs} ms`;
  return unreadable(path, `${problem}; it is damaged: ${advice}, or give it longer with idleTimeoutMs`);
}

const advice = 'copy or export it again';
