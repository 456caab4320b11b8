import { on } from 'node:events';
import { open } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { abortedBy, type EndcapError, unreadable, whenAborted } from '../../errors.ts';
import { whyNot } from '../../files.ts';
import { defaultIdleTimeoutMs, watchProgress } from '../../reading-threads.ts';
import type { BlockLines } from '../csv/records/block-lines.ts';
import type { ReadOptions } from '../options.ts';
import type { ParquetFile } from '../sources/stored.ts';
import type { TableSink } from '../table.ts';
import { startThread, threadFailed } from '../thread.ts';
import { giveRange, sharedFor } from './fetched.ts';
import {
  blockRecords,
  type FilePlace,
  type ParquetJob,
  type ParquetMessage,
  type ParquetRequest,
  steps,
  takenBlocks,
  type Unit,
} from './messages.ts';

/** Each thread after the first needs this many bytes to read to pay for its start and the compilation of its code. */
const bytesPerThread = 32 << 20;
/** As many threads as one thread can keep up with when it adds up what they read. */
const maxThreads = 4;

export interface ParquetReading extends Pick<ReadOptions, 'signal' | 'idleTimeoutMs'> {
  /** By default one, and more for a large file. At most four. */
  threads?: number;
}

/**
 * Reads a Parquet file of any codec on one to four threads, page by page, and after a look at all columns only those that
 * the plan uses. Records count from 1. The result does not depend on the number of threads.
 *
 * A thread checks what the file says about its own sizes before it believes it. Whatever the parser does all the same,
 * reading ends when `signal` fires, or when there is no progress for `idleTimeoutMs`, and the file is closed. Of a file
 * without a path no more is asked for than the columns that are used, at most 8 MiB at a time for each thread.
 *
 * @param onBlock called after each block with the share of the records read so far.
 * @throws `orders_unreadable` if the file is not a complete Parquet file, needs more memory than Node may use, or does not
 *   come to an end; or if a thread cannot run. `aborted`.
 */
export async function readParquet(
  source: ParquetFile,
  sink: TableSink,
  { signal, idleTimeoutMs = defaultIdleTimeoutMs, threads: count }: ParquetReading,
  onBlock: (share: number) => void,
): Promise<void> {
  const { name } = source;
  const stopping = new AbortController();
  const stop = (why: EndcapError) => stopping.abort(why);
  const forget = whenAborted(signal, () => stop(abortedBy(signal)));
  const counters = new Int32Array(new SharedArrayBuffer(4 * takenBlocks(maxThreads + 1)));
  let file: PlacedFile | undefined;
  const threads: Thread[] = [];
  let watch: NodeJS.Timeout | undefined;
  try {
    file = await openFile(source, stopping.signal);
    const { size, placeFor, give, isGiving } = file;
    const start = () => {
      const thread = threads.length;
      const job = { name, file: placeFor(), thread, counters };
      const reader = startReader(job, stopping.signal, stop);
      reader.worker.on('message', (said: ParquetMessage) => {
        if (said.kind === 'range') give(job.file, said).catch(stop);
      });
      threads.push(reader);
      return reader;
    };
    const most = count ?? Math.min(Math.ceil(size / bytesPerThread), availableParallelism(), maxThreads);
    while (threads.length < Math.max(1, most)) start();
    const progress = () => Atomics.load(counters, steps);
    watch = watchProgress(progress, idleTimeoutMs, () => stop(standsStill(name, idleTimeoutMs)), isGiving);
    await readUnits(threads, start, sink, onBlock);
  } catch (error) {
    throw stopping.signal.aborted ? stopping.signal.reason : error;
  } finally {
    clearInterval(watch);
    forget();
    await Promise.all(threads.map(({ worker }) => worker.terminate()));
    await file?.close();
  }
}

interface Thread {
  readonly worker: Worker;
  ask(request: ParquetRequest): void;
  /** Its next message, of this kind or the other one. */
  next<Kind extends ParquetMessage['kind']>(...kinds: Kind[]): Promise<Extract<ParquetMessage, { kind: Kind }>>;
  /** Tells it that a block has been taken. */
  taken(): void;
}

function startReader(job: ParquetJob, signal: AbortSignal, stop: (why: EndcapError) => void): Thread {
  const { name, thread, counters } = job;
  // Messages of a thread cannot be waited for then, and nobody would end it.
  signal.throwIfAborted();
  let worker: Worker;
  try {
    worker = startThread('parquet', job);
  } catch (error) {
    throw threadFailed(name, error as Error);
  }
  worker.once('error', (error) => stop(threadFailed(name, error)));
  const messages = on(worker, 'message', { signal, close: ['exit'] });
  return {
    worker,
    ask: (request) => worker.postMessage(request),
    async next(...kinds) {
      let said: ParquetMessage;
      do {
        const { value, done } = await messages.next();
        if (done) throw threadFailed(name, new Error('it ended before its time'));
        [said] = value as [ParquetMessage];
      } while (said.kind === 'range');
      if (said.kind === 'failure') throw unreadable(name, `is not a complete Parquet file: ${said.problem}; ${advice}`);
      if (!kinds.some((kind) => kind === said.kind)) throw threadFailed(name, new Error(`it sent ${said.kind}`));
      return said as Extract<ParquetMessage, { kind: (typeof kinds)[number] }>;
    },
    taken() {
      Atomics.add(counters, takenBlocks(thread), 1);
      Atomics.notify(counters, takenBlocks(thread));
    },
  };
}

/**
 * Takes the blocks of all row groups in their order, whichever thread reads them. A thread reads a unit as if no date came
 * before its own ones. What follows in a unit once this turns out to be wrong is read again, by a thread that does nothing
 * else.
 *
 * @param start starts a further thread.
 */
async function readUnits(
  threads: readonly Thread[],
  start: () => Thread,
  sink: TableSink,
  onBlock: (share: number) => void,
): Promise<void> {
  const [first] = threads;
  const plan = sink.open((await first.next('look')).look);
  first.ask(plan);
  const { records, isByColumn } = await first.next('records');
  const readers = isByColumn ? [...threads] : [first];
  for (const thread of readers.slice(1)) thread.ask(plan);
  const units = unitsOf(records, readers.length);
  for (const [number, unit] of units.entries()) readers[number % readers.length].ask(unit);

  const total = records.reduce((sum, count) => sum + count, 0);
  let line = 1;
  let again: Thread | undefined;

  function take(number: number, lines: BlockLines): void {
    sink.take(number, lines, line);
    line += lines.textLines;
    onBlock((line - 1) / total);
  }

  /** Takes the blocks of a unit from a thread. Returns how many, if the dates in the next one contradict those before. */
  async function takeUnit(thread: Thread, number: number, skipped: number): Promise<number | undefined> {
    let contradiction: number | undefined;
    for (let block = 0; ; block++) {
      const said = await thread.next('block', 'end');
      if (said.kind === 'end') return contradiction;
      const { lines } = said;
      const known = sink.dateOrder();
      if (known !== undefined && lines.dateOrder !== undefined && lines.dateOrder !== known) contradiction ??= block;
      // The thread has numbered these ids, and will refer to them in later blocks.
      sink.learn(number, lines);
      if (block >= skipped && contradiction === undefined) take(number, lines);
      thread.taken();
    }
  }

  for (const [index, unit] of units.entries()) {
    const number = index % readers.length;
    const contradiction = await takeUnit(readers[number], number, 0);
    if (contradiction === undefined) continue;
    if (again === undefined) {
      again = start();
      again.ask(plan);
    }
    again.ask({ ...unit, dateOrder: sink.dateOrder() });
    await takeUnit(again, threads.length, contradiction);
  }
}

/** Row groups that are read one after the other by the same thread: with more records than a block, if there are several threads. */
function unitsOf(records: readonly number[], threads: number): Unit[] {
  if (threads === 1) return [{ from: 0, to: records.length }];
  const units: Unit[] = [];
  let inUnit = 0;
  let from = 0;
  for (const [group, count] of records.entries()) {
    inUnit += count;
    if (inUnit < blockRecords && group < records.length - 1) continue;
    units.push({ from, to: group + 1 });
    from = group + 1;
    inUnit = 0;
  }
  return units;
}

/** A file as its threads have it. */
interface PlacedFile {
  readonly size: number;
  /** For one thread. */
  placeFor(): FilePlace;
  /** Gives a thread what it has asked for. */
  give(place: FilePlace, range: { from: number; to: number }): Promise<void>;
  /** Whether a thread waits for bytes. */
  isGiving(): boolean;
  close(): Promise<void>;
}

async function openFile({ name, path, size, slice }: ParquetFile, signal: AbortSignal): Promise<PlacedFile> {
  if (path === undefined) {
    let giving = 0;
    return {
      size,
      placeFor: () => ({ size, shared: sharedFor(size) }),
      async give(place, { from, to }) {
        giving++;
        const bytes = await slice(from, to, signal);
        giving--;
        if ('shared' in place) giveRange(place.shared, bytes);
      },
      isGiving: () => giving > 0,
      close: async () => {},
    };
  }
  try {
    const file = await open(path);
    const { size } = await file.stat();
    return {
      size,
      placeFor: () => ({ size, fd: file.fd }),
      give: async () => {},
      isGiving: () => false,
      close: () => file.close(),
    };
  } catch (error) {
    throw unreadable(name, `cannot be read: ${whyNot(error)}`, error);
  }
}

function standsStill(name: string, timeoutMs: number): EndcapError {
  const problem = `cannot be read: no progress for ${timeoutMs} ms`;
  return unreadable(name, `${problem}; it is damaged: ${advice}, or give it longer with idleTimeoutMs`);
}

const advice = 'copy or export it again';
