import type { Memory } from './memory.ts';
import type { Operations, Ranged, Shared } from './operations.ts';
import type { WasmMemory, WasmModule } from './webassembly.ts';

export type Backend = 'native' | 'wasm';

/** A backend that was tried and could not be used, and why. */
export interface Attempt {
  readonly what: string;
  readonly reason: string;
}

/** Which kernel runs: one backend at one instruction set, on so many threads. */
export interface Kernel {
  readonly backend: Backend;
  /** `avx512vnni`, `avx512`, `avx2`, `sse2`, `neon`, `scalar`; for wasm `relaxed`, `simd`, `scalar`. */
  readonly isa: string;
  readonly threads: number;
  /** What would have been preferred but failed to load; files that are not there are not listed. */
  readonly failed: readonly Attempt[];
}

/** What runs the hot loops, with its memory and its threads. */
export interface OpenKernel extends Kernel {
  readonly memory: Memory;
  /** The operations, on the calling thread. */
  readonly operations: Operations;
  /**
   * Cuts an operation by rows over the threads: call `i` covers the rows `bounds[i] .. bounds[i + 1]`. The cuts must not
   * depend on the number of threads unless the operation gives the same bytes for any. Returns 0, or the status of a call
   * that failed. Throws `aborted`, and a TypeError or RangeError if an argument is not what the operation takes.
   */
  run<O extends Ranged>(operation: O, args: Shared<O>, bounds: Uint32Array, control?: Control): Promise<number>;
  /** Stops the threads. The memory goes when nothing refers to it any more. */
  close(): Promise<void>;
}

export interface Control {
  signal?: AbortSignal;
}

/** How a thread is told to make itself a kernel; it must survive a structured clone. */
export type WorkerSetup =
  | { readonly backend: 'native'; readonly path: string; readonly isa: string }
  | { readonly backend: 'wasm'; readonly module: WasmModule; readonly memory: WasmMemory };

/** Cuts `rows` rows into calls of `size`. */
export function evenBounds(rows: number, size: number): Uint32Array {
  const calls = Math.ceil(rows / size);
  return Uint32Array.from({ length: calls + 1 }, (_, i) => Math.min(rows, i * size));
}

/** Cuts the rows of a sparse matrix into calls of about `entries` entries, and at most `rows` rows. */
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
