/**
 * The part of WebAssembly's JavaScript interface that Endcap uses. Lib `dom` declares all of it, but Node's own types do
 * not, and a library for servers must not make its users pretend that they have a DOM.
 */

/** Memory, in pages of 64 KiB. */
export interface WasmMemory {
  /**
   * The engine replaces it when the memory grows. Earlier buffers of shared memory stay valid views of the same bytes; those
   * of other memory are detached, unless they are resizable.
   */
  readonly buffer: ArrayBufferLike;
  /** @throws RangeError if the engine has no more pages. */
  grow(pages: number): number;
  /** Makes the buffer of memory that is not shared one that grows in its place. Newer engines have it. */
  toResizableBuffer?(): ArrayBuffer;
}

/** Compiled code, which can be sent to other threads. */
export type WasmModule = object;

interface Imports {
  readonly env: { readonly memory: WasmMemory };
}
interface Instance {
  readonly exports: object;
}

interface WebAssembly {
  readonly Memory: new (descriptor: { initial: number; maximum: number; shared: boolean }) => WasmMemory;
  readonly Instance: new (module: WasmModule, imports: Imports) => Instance;
  readonly Module: {
    new (bytes: Uint8Array): WasmModule;
    imports(module: WasmModule): { module: string; name: string; kind: string }[];
    exports(module: WasmModule): { name: string; kind: string }[];
    customSections(module: WasmModule, name: string): ArrayBuffer[];
  };
  instantiate(module: WasmModule, imports: Imports): Promise<Instance>;
  validate(bytes: Uint8Array): boolean;
  compile(bytes: Uint8Array): Promise<WasmModule>;
  /** Some hosts lack it. */
  compileStreaming?(response: Response): Promise<WasmModule>;
}

/** Undefined on hosts without WebAssembly. */
export const { WebAssembly: webAssembly } = globalThis as unknown as { WebAssembly: WebAssembly };
