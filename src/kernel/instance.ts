import { instantiateSync } from '@assemblyscript/loader';
import type { RawOperations } from './operations/arguments.ts';
import { type Exports, operationsIn } from './wasm.ts';
import type { WasmMemory, WasmModule } from './webassembly.ts';

/** The operations of a compiled module over a memory, on Node. */
export function wasmOperations(module: WasmModule, memory: WasmMemory): RawOperations {
  return operationsIn(module, instantiateSync<Exports>(module, { env: { memory } }).exports);
}
