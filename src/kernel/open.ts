import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { EndcapError } from '../errors.ts';
import { checkedOperations, type RawOperations } from './arguments.ts';
import type { Attempt, Backend, OpenKernel, WorkerSetup } from './kernel.ts';
import { createNativeMemory, createWasmMemory, type Memory } from './memory.ts';
import { loadAddon } from './native.ts';
import { createInlineRunner, createPool } from './pool.ts';
import { createThreads } from './threads.ts';
import { createSharedWasmMemory, wasmOperations } from './wasm.ts';

export interface KernelOptions {
  /** Forces a backend; else ENDCAP_BACKEND, else native where it loads and wasm where it does not. */
  backend?: Backend;
  /** Forces an instruction set of the backend; else ENDCAP_ISA, else the best that runs here. */
  isa?: string;
  /** Threads for training and batch scoring; else ENDCAP_THREADS, else as many as the machine runs at once. */
  threads?: number;
}

const wasmIsas = ['relaxed', 'simd', 'scalar'];
const nativeIsas = ['avx512vnni', 'avx512', 'avx2', 'sse2', 'neon', 'scalar'];
// This file is two levels below the package's root, in the sources and in the build.
const root = new URL('../../', import.meta.url);

interface Found {
  backend: Backend;
  isa: string;
  operations: RawOperations;
  memory: Memory;
  setup: WorkerSetup;
}

/**
 * Opens the best kernel that runs here, or the one that is forced by option or environment.
 * Throws `kernel_unavailable`, with all that was tried, when there is none; `invalid_options` for values unheard of.
 */
export function openKernel(options: KernelOptions = {}): OpenKernel {
  const { backend, isa, threads } = resolve(options);
  const failed: Attempt[] = [];
  const found =
    (backend === 'wasm' ? undefined : findNative(isa, failed)) ??
    (backend === 'native' ? undefined : findWasm(isa, failed));
  if (!found) {
    const asked = [backend, isa].filter(Boolean).join(' ');
    const tried = failed.map(({ what, reason }) => `\n  ${what}: ${reason}`).join('');
    throw new EndcapError('kernel_unavailable', `no ${asked ? `${asked} ` : ''}kernel runs here; tried:${tried}`, {
      tried: failed,
    });
  }
  const runner = threads === 1 ? createInlineRunner(found.operations) : createThreads(threads, found.setup);
  const pool = createPool(found.memory, runner);
  return {
    backend: found.backend,
    isa: found.isa,
    threads,
    failed: failed.filter(({ reason }) => reason !== absent),
    memory: found.memory,
    operations: checkedOperations(found.operations, found.memory),
    run: pool.run,
    close: pool.close,
  };
}

function resolve(options: KernelOptions): { backend?: Backend; isa?: string; threads: number } {
  const { ENDCAP_BACKEND, ENDCAP_ISA, ENDCAP_THREADS } = process.env;
  const backend = options.backend ?? (ENDCAP_BACKEND || undefined);
  if (backend !== undefined && backend !== 'native' && backend !== 'wasm') {
    throw new EndcapError('invalid_options', `backend is '${backend}'; it must be 'native' or 'wasm'`, { backend });
  }
  const isa = options.isa ?? (ENDCAP_ISA || undefined);
  const known = backend === 'native' ? nativeIsas : backend === 'wasm' ? wasmIsas : [...nativeIsas, ...wasmIsas];
  if (isa !== undefined && !known.includes(isa)) {
    const of = backend ? ` of the ${backend} backend` : '';
    throw new EndcapError('invalid_options', `isa is '${isa}'; those${of} are ${[...new Set(known)].join(', ')}`, {
      isa,
    });
  }
  const threads = options.threads ?? (ENDCAP_THREADS ? Number(ENDCAP_THREADS) : availableParallelism());
  if (!Number.isInteger(threads) || threads < 1 || threads > 1024) {
    const given = options.threads ?? ENDCAP_THREADS;
    throw new EndcapError('invalid_options', `threads is '${given}'; it must be a whole number from 1 to 1024`, {
      threads,
    });
  }
  return { backend, isa, threads };
}

const absent = 'no such file';

/** A local build first, then the binary in the package; which C library is here is asked only where it matters. */
export function* addonFiles(): Generator<string> {
  yield 'build/native/Release/endcap.node';
  const { platform, arch } = process;
  const report = platform === 'linux' ? (process.report.getReport() as { header?: Record<string, unknown> }) : {};
  const musl = platform === 'linux' && report.header?.glibcVersionRuntime === undefined;
  yield `prebuilds/${platform}-${arch}${musl ? '-musl' : ''}/endcap.node`;
}

function findNative(isa: string | undefined, failed: Attempt[]): Found | undefined {
  if (isa !== undefined && !nativeIsas.includes(isa)) return undefined;
  for (const file of addonFiles()) {
    const path = fileURLToPath(new URL(file, root));
    const what = `native, ${file}`;
    if (!existsSync(path)) {
      failed.push({ what, reason: absent });
      continue;
    }
    try {
      const addon = loadAddon(path);
      const has = Object.keys(addon.operations);
      const chosen = isa ?? has[0];
      if (has.includes(chosen)) {
        return {
          backend: 'native',
          isa: chosen,
          operations: addon.operations[chosen],
          memory: createNativeMemory(addon.misalignment),
          setup: { backend: 'native', path, isa: chosen },
        };
      }
      failed.push({ what, reason: `this CPU runs ${has.join(', ')}, not ${chosen}` });
    } catch (error) {
      failed.push({ what, reason: (error as Error).message });
    }
  }
  return undefined;
}

function findWasm(isa: string | undefined, failed: Attempt[]): Found | undefined {
  for (const chosen of isa === undefined ? wasmIsas : [isa]) {
    const file = `build/wasm/endcap.${chosen}.wasm`;
    const what = `wasm, ${file}`;
    const url = new URL(file, root);
    if (!existsSync(url)) {
      failed.push({ what, reason: wasmIsas.includes(chosen) ? absent : `wasm has no ${chosen}` });
      continue;
    }
    try {
      const module = new WebAssembly.Module(readFileSync(url));
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
