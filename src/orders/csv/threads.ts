import { tellThreadsMissing } from '../../own-files.ts';
import { startThread, threadFailed } from '../thread.ts';
import type { DateOrder } from '../times/times.ts';
import type { BlockLines } from './records/block-lines.ts';
import type { CsvPlan } from './records/clean.ts';
import type { Block } from './scan.ts';

/** A block for a thread to clean; it is in shared memory. */
export interface BlockJob {
  block: Block;
  dateOrder: DateOrder | undefined;
  /** Memory for the purchases, from an earlier result. */
  memory: Int32Array | undefined;
}

export interface Threads {
  readonly count: number;
  /** Says how to clean; comes before the first block. */
  begin(plan: CsvPlan): void;
  /** Cleans a block on one of the threads; `cleaner` is its number, from 0. */
  clean(block: Block, dateOrder: DateOrder | undefined): { cleaner: number; result: Promise<BlockLines> };
  /** Lets a thread reuse the memory of a result. */
  giveBack(cleaner: number, memory: Int32Array): void;
  close(): Promise<void>;
}

/**
 * Starts threads. They load their code while the look is taken, which shows how to clean. Returns undefined if there can be none
 * here.
 *
 * @param source what is read, for messages.
 */
export function createThreads(count: number, source: string): Threads | undefined {
  const threads: ReturnType<typeof startCleaner>[] = [];
  try {
    while (threads.length < count) threads.push(startCleaner(source));
  } catch (error) {
    for (const { worker } of threads) void worker.terminate();
    tellThreadsMissing(error as Error);
    return undefined;
  }
  let next = 0;
  return {
    count,
    begin(plan) {
      for (const { worker } of threads) worker.postMessage(plan);
    },
    clean(block, dateOrder) {
      const cleaner = next;
      next = (next + 1) % count;
      return { cleaner, result: threads[cleaner].clean(block, dateOrder) };
    },
    giveBack: (cleaner, memory) => threads[cleaner].idle.push(memory),
    async close() {
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

function startCleaner(source: string) {
  const worker = startThread('csv');
  const waiting: { resolve(lines: BlockLines): void; reject(error: unknown): void }[] = [];
  const idle: Int32Array[] = [];
  let failure: unknown;
  const fail = (error: Error) => {
    failure ??= threadFailed(source, error);
    for (const { reject } of waiting.splice(0)) reject(failure);
  };
  worker.on('message', (lines: BlockLines) => waiting.shift()?.resolve(lines));
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('it ended before its time')));
  return {
    worker,
    idle,
    clean(block: Block, dateOrder: DateOrder | undefined): Promise<BlockLines> {
      const result = new Promise<BlockLines>((resolve, reject) => {
        if (failure !== undefined) reject(failure);
        else waiting.push({ resolve, reject });
      });
      // Awaiting the result reports a failure; if reading ends before that, nobody awaits it.
      result.catch(() => {});
      // Blocks of one shape, for which alone the thread compiles its code.
      const { bytes, length } = block;
      worker.postMessage({ block: { bytes, length }, dateOrder, memory: idle.pop() } satisfies BlockJob);
      return result;
    },
  };
}
