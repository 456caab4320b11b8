import { Worker } from 'node:worker_threads';
import type { DateOrder } from '../times.ts';
import type { LineBlock } from './lines.ts';
import type { RowPlan } from './rows.ts';
import type { Block } from './scan.ts';

/** What a thread is asked; the block is in shared memory. */
export interface Question {
  block: Block;
  dateOrder: DateOrder | undefined;
  /** Memory for the answer's records, from an earlier answer. */
  records: Int32Array | undefined;
}

export interface Threads {
  /** Reads a block on one of the threads; `reader` is its number. */
  read(block: Block, dateOrder: DateOrder | undefined): { reader: number; result: Promise<LineBlock> };
  /** Lets the thread use the records of an answer for another one. */
  giveBack(reader: number, records: Int32Array): void;
  close(): Promise<void>;
}

export function createThreads(plan: RowPlan, count: number): Threads {
  const threads = Array.from({ length: count }, () => startThread(plan));
  let next = 0;
  return {
    read(block, dateOrder) {
      const reader = next;
      next = (next + 1) % count;
      return { reader, result: threads[reader].ask(block, dateOrder) };
    },
    giveBack: (reader, records) => threads[reader].idle.push(records),
    async close() {
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}

function startThread(plan: RowPlan) {
  // The compiled file, also where this one runs from its source: a thread has no loader for TypeScript. Flags of the
  // process such as --input-type are for its main program.
  const worker = new Worker(new URL('../../../dist/orders/csv/worker.js', import.meta.url), {
    workerData: plan,
    execArgv: [],
  });
  const waiting: { resolve(lines: LineBlock): void; reject(error: unknown): void }[] = [];
  const idle: Int32Array[] = [];
  let failure: unknown;
  const fail = (error: unknown) => {
    failure ??= error;
    for (const { reject } of waiting.splice(0)) reject(failure);
  };
  worker.on('message', (lines: LineBlock) => waiting.shift()?.resolve(lines));
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('a thread that reads orders has gone')));
  return {
    worker,
    idle,
    ask(block: Block, dateOrder: DateOrder | undefined): Promise<LineBlock> {
      const answer = new Promise<LineBlock>((resolve, reject) => {
        if (failure !== undefined) reject(failure);
        else waiting.push({ resolve, reject });
      });
      // Whoever awaits it hears of a failure; where reading ended before that, nobody needs to.
      answer.catch(() => {});
      worker.postMessage({ block, dateOrder, records: idle.pop() } satisfies Question);
      return answer;
    },
  };
}
