import { invalidOption } from '../options.ts';
import type { Pace } from '../turns.ts';
import type { Memory } from './memory.ts';
import type { Operations, Ranged, Shared } from './operations/operations.ts';
import type { WasmMemory, WasmModule } from './webassembly.ts';

export type Backend = 'native' | 'wasm';

/** Something that was tried and could not be used, and why. */
export interface Attempt {
  readonly what: string;
  readonly reason: string;
}

/** Which kernel runs: a backend at an instruction set, and how many threads it uses. */
export interface Kernel {
  readonly backend: Backend;
  /** For native `avx512vnni`, `avx512`, `avx2`, `sse2`, `neon`, or `scalar`; for wasm `relaxed`, `simd`, or `scalar`. */
  readonly isa: string;
  readonly threads: number;
  /** What would have been preferred but failed to load. Files that do not exist are not listed. */
  readonly failed: readonly Attempt[];
}

/** A kernel with its memory and its threads, which runs the hot loops. */
export interface OpenKernel extends Kernel {
  readonly memory: Memory;
  /** What other threads need to run its operations on its memory. */
  readonly setup: WorkerSetup;
  /** The operations, on the calling thread. They throw a TypeError or RangeError for arguments that are not theirs. */
  readonly operations: Operations;
  /**
   * Cuts an operation by rows over the threads: call `i` covers the rows `bounds[i] .. bounds[i + 1]`. The cuts must not
   * depend on the number of threads unless the operation gives the same bytes for any. Returns 0, or the status of a call
   * that failed. Throws `aborted`, and a TypeError or RangeError if an argument is not what the operation takes.
   *
   * @param pace in the background, it runs on a thread of its own if the kernel has any.
   */
  run<O extends Ranged>(operation: O, args: Shared<O>, bounds: Uint32Array, pace?: Pace): Promise<number>;
  /**
   * Starts the threads, which start at the first run otherwise: that takes some tens of milliseconds, for which it would wait.
   *
   * @param pace in the background, one after the other, with rests.
   * @throws `aborted`; `kernel_unavailable` if the system has no more threads.
   */
  start(pace?: Pace): Promise<void>;
  /**
   * Ends the threads after what they run now; they start again at the next run. An idle thread holds on to arrays that it was
   * given, even if they have been freed since.
   */
  rest(): Promise<void>;
  /** Stops the threads. The memory is freed when nothing refers to it any more. */
  close(): Promise<void>;
}

/** @throws `invalid_options` unless an option is a kernel. */
export function checkKernel(kernel: OpenKernel): void {
  if (typeof kernel?.memory !== 'object') throw invalidOption('kernel', kernel, 'what openKernel returned');
}

/** What a thread needs to load the kernel's operations; it must survive a structured clone. */
export type WorkerSetup = (
  | { readonly backend: 'native'; readonly path: string; readonly isa: string }
  | { readonly backend: 'wasm'; readonly module: WasmModule; readonly memory: WasmMemory }
) &
  Pick<Pace, 'inBackground'>;

/** Bounds that cut `rows` rows into calls of `size` rows. */
export function evenBounds(rows: number, size: number): Uint32Array {
  const calls = Math.ceil(rows / size);
  return Uint32Array.from({ length: calls + 1 }, (_, i) => Math.min(rows, i * size));
}

/** Bounds that cut the rows of a sparse matrix into calls of about `entries` entries and at most `rows` rows. */
export function balancedBounds(offsets: Uint32Array, entries: number, rows: number): Uint32Array {
  const bounds = [0];
  let last = 0;
  for (let row = 1; row < offsets.length; row++) {
    if (offsets[row] - offsets[last] >= entries || row - last >= rows || row === offsets.length - 1) {
      bounds.push(row);
      last = row;
    }
  }
  return Uint32Array.from(bounds);
}
