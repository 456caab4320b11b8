import { EndcapError, throwIfAborted } from '../../errors.ts';
import { afterAWhile, afterThisTurn, restAfter } from '../../turns.ts';
import { abandon } from '../garbage.ts';
import type { OpenKernel } from '../kernel.ts';
import { type Argument, sharedBuffer, type WholeMemory } from '../memory.ts';
import { extentOf, flatten, type RawOperations } from '../operations/arguments.ts';
import { definitions } from '../operations/definitions.ts';
import type { Operation } from '../operations/operations.ts';

/** A run as one thread sees it. */
export interface Job {
  readonly operation: Operation;
  /** All arguments but the range. */
  readonly args: Argument[];
  /** Call `i` covers the rows `bounds[i] .. bounds[i + 1]`. */
  readonly bounds: Uint32Array;
  /** Shared by all threads: [next call, stop, status]. */
  readonly counters: Int32Array;
}

const next = 0;
const stop = 1;
const status = 2;

/** Takes calls from the counter until none is left or `until` asks for a pause. Returns whether calls are left. */
export function takeCalls(operations: RawOperations, job: Job, until?: () => boolean): boolean {
  const { operation, args, bounds, counters } = job;
  while (Atomics.load(counters, stop) === 0) {
    const call = Atomics.add(counters, next, 1);
    if (call >= bounds.length - 1) return false;
    const result = operations[operation](...args, bounds[call], bounds[call + 1]);
    if (result !== 0) {
      Atomics.store(counters, status, result);
      stopTaking(job);
    }
    if (until?.()) return true;
  }
  return false;
}

/** Ends a job on all its threads, each after the call that it is in. */
export function stopTaking({ counters }: Job): void {
  Atomics.store(counters, stop, 1);
}

/** What jobs run on: the calling thread, or workers. */
export interface Runner {
  /** How many jobs run at the same time. */
  readonly threads: number;
  /** Runs jobs that share their counters, at most `threads` of them. Throws `aborted`. */
  run(jobs: readonly Job[], signal?: AbortSignal): Promise<void>;
  /** Ends the threads; they start again at the next run. */
  rest(): Promise<void>;
  close(): Promise<void>;
}

/** Runs jobs on the calling thread, and lets the event loop turn after every few milliseconds of work. */
export function createInlineRunner(operations: RawOperations): Runner {
  const turnMs = 10;
  // Counts across runs: training on few orders is thousands of short ones, and must not keep signals and timers waiting.
  let busyMs = 0;
  return {
    threads: 1,
    async run([job], signal) {
      for (;;) {
        throwIfAborted(signal);
        const startedAt = performance.now();
        const pauseAt = startedAt + turnMs - busyMs;
        const isLeft = takeCalls(operations, job, () => performance.now() >= pauseAt);
        busyMs += performance.now() - startedAt;
        if (busyMs >= turnMs) {
          busyMs = 0;
          await new Promise<void>(afterThisTurn);
        }
        if (!isLeft) return;
      }
    },
    async rest() {},
    async close() {},
  };
}

/**
 * `run`, `start`, and `close` of a kernel: cuts operations into calls, and gives each thread its own scratch.
 *
 * @param createBackground makes what runs operations in the background, one at a time; without it, the others' runner does.
 * @param idleMs how long its thread is kept without work, in milliseconds.
 */
export function createPool(
  memory: WholeMemory,
  runner: Runner,
  createBackground?: () => Runner,
  idleMs = 5000,
): Pick<OpenKernel, 'run' | 'start' | 'rest' | 'close'> {
  let closed = false;
  /** Started when it is needed, and closed when it has had nothing to do for a while. */
  let background: Runner | undefined;
  let runsInBackground = 0;
  let idle: ReturnType<typeof setTimeout> | undefined;
  let ended: Promise<void> | undefined;
  /** Scratch that no run uses now: training runs by the hundred, and each needs as much as the one before. */
  const spare: Float32Array[] = [];

  function takeScratch(length: number): Float32Array {
    const index = spare.findIndex((scratch) => scratch.length >= length);
    return index < 0 ? memory.allocate(Float32Array, length) : spare.splice(index, 1)[0];
  }

  /** Keeps the longest, one for each thread. */
  function giveBack(scratches: readonly Float32Array[]): void {
    spare.push(...scratches);
    spare.sort((a, b) => b.length - a.length);
    memory.free(...spare.splice(runner.threads));
  }

  async function runInBackground(jobs: readonly Job[], signal: AbortSignal | undefined): Promise<void> {
    clearTimeout(idle);
    background ??= createBackground!();
    runsInBackground++;
    try {
      await background.run(jobs, signal);
    } finally {
      runsInBackground--;
      if (runsInBackground === 0 && !closed) idle = afterAWhile(endBackground, idleMs);
    }
  }

  function endBackground(): void {
    ended = background?.close();
    background = undefined;
  }

  return {
    async run(operation, given, bounds, { signal, inBackground } = {}) {
      if (closed) throw closedError();
      throwIfAborted(signal);
      const { args, scratch } = flatten(operation, given, extentOf(operation, bounds), memory);
      const counters = new Int32Array(sharedBuffer(12));
      const isApart = inBackground && createBackground !== undefined;
      // A thread more than there are calls would wake up for nothing, which others notice.
      const threads =
        definitions[operation].inOrder || isApart ? 1 : Math.max(1, Math.min(runner.threads, bounds.length - 1));
      const scratches: Float32Array[] = [];
      try {
        const jobs = Array.from({ length: threads }, (): Job => {
          if (scratch === undefined) return { operation, args, bounds, counters };
          const own = takeScratch(scratch);
          scratches.push(own);
          return { operation, args: [...args, own], bounds, counters };
        });
        await (isApart ? runInBackground(jobs, signal) : runner.run(jobs, signal));
      } finally {
        giveBack(scratches);
      }
      return counters[status];
    },
    async start({ signal, inBackground } = {}) {
      // What has no calls is over once all threads have looked at it.
      const nothing = { operation: 'gram', bounds: Uint32Array.of(0) } as const;
      for (let threads = inBackground ? 1 : runner.threads; threads <= runner.threads; threads++) {
        if (closed) throw closedError();
        const began = performance.now();
        const counters = new Int32Array(sharedBuffer(12));
        const jobs = Array.from({ length: threads }, (): Job => ({ ...nothing, args: [], counters }));
        await runner.run(jobs, signal);
        if (inBackground) await restAfter(performance.now() - began);
      }
    },
    rest: () => runner.rest(),
    async close() {
      closed = true;
      clearTimeout(idle);
      await Promise.all([runner.close(), background?.close(), ended]);
      memory.free(...spare.splice(0));
      void abandon(memory);
    },
  };
}

export function closedError(): EndcapError {
  return new EndcapError('invalid_options', 'this kernel is closed; open another one');
}
