import { instantiateSync } from '@assemblyscript/loader';
import type { Argument } from './memory.ts';
import type { RawOperations } from './operations/arguments.ts';
import { type WasmMemory, type WasmModule, webAssembly } from './webassembly.ts';

type Export = (...args: number[]) => number;

/** The operations of a compiled module over a memory. Arrays are passed as the addresses of their first elements. */
export function wasmOperations(module: WasmModule, memory: WasmMemory): RawOperations {
  const { exports } = instantiateSync<Record<string, Export>>(module, { env: { memory } });
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

/** Memory that can grow as far as the host allows, up to wasm's 4 GiB. Only address space is reserved. */
export function createSharedWasmMemory(): WasmMemory {
  for (let maximum = 65536; ; maximum /= 2) {
    try {
      return new webAssembly.Memory({ initial: 1, maximum, shared: true });
    } catch (error) {
      if (maximum <= 1024) throw error;
    }
  }
}
