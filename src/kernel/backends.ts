/** The backends: where each one's files are, and how an instruction set of it is loaded. */
import { readFileSync } from 'node:fs';
import { findOwnFile, type OwnFile, requireFrom } from '../own-files.ts';
import { problemOfBinary } from './binary.ts';
import { wasmOperations } from './instance.ts';
import type { Attempt, Backend, WorkerSetup } from './kernel.ts';
import { type BufferTools, createNativeMemory, createWasmMemory, type WholeMemory } from './memory.ts';
import type { RawOperations } from './operations/arguments.ts';
import { definitions } from './operations/definitions.ts';
import type { Operation } from './operations/operations.ts';
import { createSharedWasmMemory, wasmIsas } from './wasm.ts';
import { type WasmModule, webAssembly } from './webassembly.ts';

/** The instruction sets of each backend, best first, for all machines. */
export const isas: Readonly<Record<Backend, readonly string[]>> = {
  native: ['avx512vnni', 'avx512', 'avx2', 'sse2', 'neon', 'scalar'],
  wasm: wasmIsas,
};

/** The reason of an attempt whose file is not there. */
export const absent = 'no such file';

const prebuilt: readonly OwnFile[] = [
  ['prebuilds/linux-x64/endcap.node', (_) => new URL('../../prebuilds/linux-x64/endcap.node', import.meta.url)],
  ['prebuilds/linux-arm64/endcap.node', (_) => new URL('../../prebuilds/linux-arm64/endcap.node', import.meta.url)],
  ['prebuilds/win32-x64/endcap.node', (_) => new URL('../../prebuilds/win32-x64/endcap.node', import.meta.url)],
  ['prebuilds/win32-arm64/endcap.node', (_) => new URL('../../prebuilds/win32-arm64/endcap.node', import.meta.url)],
  ['prebuilds/darwin-arm64/endcap.node', (_) => new URL('../../prebuilds/darwin-arm64/endcap.node', import.meta.url)],
  ['prebuilds/darwin-x64/endcap.node', (_) => new URL('../../prebuilds/darwin-x64/endcap.node', import.meta.url)],
];

/** The platforms that have a binary in the package. */
export const binaries = prebuilt.map(([path]) => path.split('/')[1]);

const wasm: readonly OwnFile[] = [
  ['build/wasm/endcap.relaxed.wasm', (_) => new URL('../../build/wasm/endcap.relaxed.wasm', import.meta.url)],
  ['build/wasm/endcap.simd.wasm', (_) => new URL('../../build/wasm/endcap.simd.wasm', import.meta.url)],
  ['build/wasm/endcap.scalar.wasm', (_) => new URL('../../build/wasm/endcap.scalar.wasm', import.meta.url)],
];

/** One instruction set of a backend, ready to run. */
export interface Loaded {
  backend: Backend;
  isa: string;
  operations: RawOperations;
  memory: WholeMemory;
  setup: WorkerSetup;
}

/** Loads an instruction set of a backend, or the best that runs here. Adds to `failed` what could not be loaded and why. */
export function load(backend: Backend, isa: string | undefined, failed: Attempt[]): Loaded | undefined {
  if (isa !== undefined && !isas[backend].includes(isa)) return undefined;
  return backend === 'native' ? loadNative(isa, failed) : loadWasm(isa, failed);
}

/**
 * The files that may hold the addon, below the package's folder: a local build first, which is not in the package, then the
 * package's own for this platform, which on Linux is one for glibc and musl. ENDCAP_ADDON names another one, there or anywhere,
 * such as a build with sanitizers, and then there is no choice.
 */
function addonFiles(): string[] {
  const { ENDCAP_ADDON } = process.env;
  if (ENDCAP_ADDON) return [ENDCAP_ADDON];
  return ['build/native/Release/endcap.node', `prebuilds/${process.platform}-${process.arch}/endcap.node`];
}

/** What an addon file exports. */
interface Addon extends BufferTools {
  /** The operations of each instruction set that this CPU runs, best first. */
  operations: Readonly<Record<string, RawOperations>>;
}

function loadAddon(path: string): Addon {
  return requireFrom(path)(path) as Addon;
}

/** The operations of a kernel that another thread loaded. */
export function operationsOf(setup: WorkerSetup): RawOperations {
  if (setup.backend === 'wasm') return wasmOperations(setup.module, setup.memory);
  return loadAddon(setup.path).operations[setup.isa];
}

/** The memory of a kernel that another thread loaded, in which this one allocates as well. */
export function joinedMemory(setup: WorkerSetup): WholeMemory {
  return setup.backend === 'wasm' ? createWasmMemory(setup.memory, true) : createNativeMemory(loadAddon(setup.path));
}

function loadNative(isa: string | undefined, failed: Attempt[]): Loaded | undefined {
  for (const file of addonFiles()) {
    const path = findOwnFile(prebuilt.find(([path]) => path === file) ?? [file]);
    const what = `native, ${file}`;
    if (path === undefined) {
      failed.push({ what, reason: absent });
      continue;
    }
    try {
      const problem = problemOfBinary(path);
      if (problem !== undefined) throw new Error(problem);
      const { operations, ...tools } = loadAddon(path);
      const available = Object.keys(operations ?? {});
      const chosen = isa ?? available[0] ?? 'scalar';
      if (available.length > 0 && !available.includes(chosen)) {
        failed.push({ what, reason: `this CPU runs ${available.join(', ')}, not ${chosen}` });
        continue;
      }
      return {
        backend: 'native',
        isa: chosen,
        operations: complete(operations?.[chosen]),
        memory: createNativeMemory(tools),
        setup: { backend: 'native', path, isa: chosen },
      };
    } catch (error) {
      failed.push({ what, reason: (error as Error).message });
    }
  }
  return undefined;
}

function loadWasm(isa: string | undefined, failed: Attempt[]): Loaded | undefined {
  for (const chosen of isa === undefined ? isas.wasm : [isa]) {
    const file = wasm[isas.wasm.indexOf(chosen)];
    const what = `wasm, ${file[0]}`;
    const path = findOwnFile(file);
    if (path === undefined) {
      failed.push({ what, reason: absent });
      continue;
    }
    try {
      if (!webAssembly) throw new Error('this host has no WebAssembly');
      const module = compiled(path);
      const memory = createSharedWasmMemory();
      return {
        backend: 'wasm',
        isa: chosen,
        operations: complete(wasmOperations(module, memory)),
        memory: createWasmMemory(memory),
        setup: { backend: 'wasm', module, memory },
      };
    } catch (error) {
      failed.push({ what, reason: reasonOf(error as Error, chosen) });
    }
  }
  return undefined;
}

function reasonOf({ name, message }: Error, isa: string): string {
  if (name === 'CompileError')
    return isa === 'scalar'
      ? `it is damaged; install endcap again (${message})`
      : `this host does not run it, or it is damaged (${message})`;
  if (name === 'RangeError')
    return `there is no address space for its memory; raise the limit of this process, such as ulimit -v (${message})`;
  return message;
}

/** @throws if it is of something else, or of another version. */
function complete(operations: RawOperations | undefined): RawOperations {
  const missing = Object.keys(definitions).find((name) => typeof operations?.[name as Operation] !== 'function');
  if (missing !== undefined)
    throw new Error(`it is of something else than this version of endcap, without ${missing}; install endcap again`);
  return operations!;
}

const modules = new Map<string, WasmModule>();

/** Compiles a file once per process. */
function compiled(path: string): WasmModule {
  let module = modules.get(path);
  if (!module) {
    module = new webAssembly.Module(readFileSync(path));
    modules.set(path, module);
  }
  return module;
}
