/**
 * The part of WebAssembly's JavaScript interface that Endcap uses. Lib `dom` declares all of it, but Node's own types do
 * not, and a library for servers must not make its users pretend that they have a DOM.
 */

/** Shared memory, in pages of 64 KiB. */
export interface WasmMemory {
  /** The engine replaces it when the memory grows; earlier buffers stay valid views of the same bytes. */
  readonly buffer: SharedArrayBuffer;
  /** @throws RangeError if the engine has no more pages. */
  grow(pages: number): number;
}

/** Compiled code, which can be sent to other threads. */
export type WasmModule = object;

interface WebAssembly {
  readonly Memory: new (descriptor: { initial: number; maximum: number; shared: true }) => WasmMemory;
  readonly Module: {
    new (bytes: Uint8Array): WasmModule;
    imports(module: WasmModule): { module: string; name: string; kind: string }[];
    exports(module: WasmModule): { name: string; kind: string }[];
  };
}

export const { WebAssembly: webAssembly } = globalThis as unknown as { WebAssembly: WebAssembly };
