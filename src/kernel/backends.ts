/** The backends: where each one's files are, and how an instruction set of it is loaded. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Attempt, Backend, WorkerSetup } from './kernel.ts';
import { type BufferTools, createNativeMemory, createWasmMemory, type WholeMemory } from './memory.ts';
import type { RawOperations } from './operations/arguments.ts';
import { createSharedWasmMemory, wasmOperations } from './wasm.ts';
import { type WasmModule, webAssembly } from './webassembly.ts';

/** The instruction sets of each backend, best first, for all machines. */
export const isas: Readonly<Record<Backend, readonly string[]>> = {
  native: ['avx512vnni', 'avx512', 'avx2', 'sse2', 'neon', 'scalar'],
  wasm: ['relaxed', 'simd', 'scalar'],
};

/** The reason of an attempt whose file is not there. */
export const absent = 'no such file';

// This file is two levels below the package's root, in the sources and in the build.
const root = new URL('../../', import.meta.url);

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
 * The files that may hold the addon, below the package's root: a local build first, then the binary in the package.
 * ENDCAP_ADDON names another one, such as a build with sanitizers, and then there is no choice.
 */
export function* addonFiles(): Generator<string> {
  const { ENDCAP_ADDON } = process.env;
  if (ENDCAP_ADDON) {
    yield ENDCAP_ADDON;
    return;
  }
  yield 'build/native/Release/endcap.node';
  const { platform, arch } = process;
  yield `prebuilds/${platform}-${arch}${platform === 'linux' && isMusl() ? '-musl' : ''}/endcap.node`;
}

let musl: boolean | undefined;

/** Whether Node runs on musl instead of glibc. The report takes a while, so it is made once, and only if it is needed. */
function isMusl(): boolean {
  if (musl !== undefined) return musl;
  // Without this, Node asks DNS for the name of every connected peer. Older versions do not know the property.
  const settings = process.report as { excludeNetwork?: boolean };
  const before = settings.excludeNetwork;
  if (before !== undefined) settings.excludeNetwork = true;
  const { header } = process.report.getReport() as { header?: Record<string, unknown> };
  if (before !== undefined) settings.excludeNetwork = before;
  musl = header?.glibcVersionRuntime === undefined;
  return musl;
}

/** What an addon file exports. */
interface Addon extends BufferTools {
  /** The operations of each instruction set that this CPU runs, best first. */
  operations: Readonly<Record<string, RawOperations>>;
}

function loadAddon(path: string): Addon {
  return createRequire(import.meta.url)(path) as Addon;
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
    const path = fileURLToPath(new URL(file, root));
    const what = `native, ${file}`;
    if (!existsSync(path)) {
      failed.push({ what, reason: absent });
      continue;
    }
    try {
      const { operations, ...tools } = loadAddon(path);
      const available = Object.keys(operations);
      const chosen = isa ?? available[0];
      if (available.includes(chosen)) {
        const memory = createNativeMemory(tools);
        const setup: WorkerSetup = { backend: 'native', path, isa: chosen };
        return { backend: 'native', isa: chosen, operations: operations[chosen], memory, setup };
      }
      failed.push({ what, reason: `this CPU runs ${available.join(', ')}, not ${chosen}` });
    } catch (error) {
      failed.push({ what, reason: (error as Error).message });
    }
  }
  return undefined;
}

function loadWasm(isa: string | undefined, failed: Attempt[]): Loaded | undefined {
  for (const chosen of isa === undefined ? isas.wasm : [isa]) {
    const file = `build/wasm/endcap.${chosen}.wasm`;
    const what = `wasm, ${file}`;
    if (!existsSync(new URL(file, root))) {
      failed.push({ what, reason: absent });
      continue;
    }
    try {
      const module = compiled(file);
      const memory = createSharedWasmMemory();
      return {
        backend: 'wasm',
        isa: chosen,
        operations: wasmOperations(module, memory),
        memory: createWasmMemory(memory),
        setup: { backend: 'wasm', module, memory },
      };
    } catch (error) {
      failed.push({ what, reason: (error as Error).message });
    }
  }
  return undefined;
}

const modules = new Map<string, WasmModule>();

/** Compiles a file once per process. */
function compiled(file: string): WasmModule {
  let module = modules.get(file);
  if (!module) {
    module = new webAssembly.Module(readFileSync(new URL(file, root)));
    modules.set(file, module);
  }
  return module;
}
