/** The modules of the package for web kernels, read from the disk: Node fetches no files. */
import { readFileSync } from 'node:fs';
import '../../support/relaxed-simd.ts';
import { type WasmIsa, wasmIsas } from '../../../src/kernel/wasm.ts';
import { type WasmModule, webAssembly } from '../../../src/kernel/webassembly.ts';

export const moduleFile = (name: string) => new URL(`../../../build/wasm/${name}`, import.meta.url);

export interface TestModule {
  name: string;
  isa: WasmIsa;
  shared: boolean;
  /** Why it does not run here. */
  absent: string | undefined;
  /** Compiles it. */
  module(): WasmModule;
}

/** Every module of the package. */
export const modules: TestModule[] = wasmIsas.flatMap((isa) =>
  [true, false].map((shared): TestModule => {
    const name = `endcap.${isa}${shared ? '' : '.unshared'}.wasm`;
    const bytes = readFileSync(moduleFile(name));
    const absent = webAssembly.validate(bytes) ? undefined : `this engine has no ${isa} SIMD`;
    return { name, isa, shared, absent, module: () => new webAssembly.Module(bytes) };
  }),
);
