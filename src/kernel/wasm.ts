import type { Argument } from './memory.ts';
import type { RawOperations } from './operations/arguments.ts';
import { type WasmMemory, type WasmModule, webAssembly } from './webassembly.ts';

/** What a module exports. */
export type Exports = Record<string, (...args: number[]) => number>;

/** The instruction sets that there are modules for, best first. */
export const wasmIsas = ['relaxed', 'simd', 'scalar'] as const;
export type WasmIsa = (typeof wasmIsas)[number];

/** The operations of an instance. Arrays are passed as the addresses of their first elements. */
export function operationsIn(module: WasmModule, exports: Exports): RawOperations {
  const operations: Record<string, (...args: Argument[]) => number> = {};
  for (const { name } of webAssembly.Module.exports(module)) {
    const run = exports[name];
    operations[name] = (...args) => {
      // In place: a call for a single list takes some microseconds, and another array of arguments one of them.
      for (let i = 0; i < args.length; i++) {
        const arg = args[i];
        if (typeof arg !== 'number') args[i] = arg.byteOffset;
      }
      return run(...(args as number[])) >>> 0;
    };
  }
  return operations as RawOperations;
}

/** As far as 32-bit offsets reach, 4 GiB. */
export const maxPages = 65536;

/** Memory that can grow as far as the host allows, up to `most` pages. Only address space is reserved. */
export function createSharedWasmMemory(most = maxPages): WasmMemory {
  return growing(most, true);
}

/**
 * Memory for one thread, of at most `most` pages. It grows if the engine can do that without detaching arrays; else it has
 * `fixed` pages from the start, which the system provides as they are touched.
 */
export function createUnsharedWasmMemory(most: number, fixed: number): WasmMemory {
  const memory = growing(most, false);
  if (!memory.toResizableBuffer) return new webAssembly.Memory({ initial: fixed, maximum: fixed, shared: false });
  memory.toResizableBuffer();
  return memory;
}

function growing(most: number, shared: boolean): WasmMemory {
  for (let maximum = most; ; maximum = Math.ceil(maximum / 2)) {
    try {
      return new webAssembly.Memory({ initial: 1, maximum, shared });
    } catch (error) {
      if (maximum <= 1024) throw error;
    }
  }
}
