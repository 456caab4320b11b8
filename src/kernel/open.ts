import { availableParallelism } from 'node:os';
import { EndcapError } from '../errors.ts';
import { textOf } from '../options.ts';
import { absent, isas, joinedMemory, type Loaded, load, operationsOf } from './backends.ts';
import type { Attempt, Backend, Kernel, OpenKernel, WorkerSetup } from './kernel.ts';
import { checkedOperations } from './operations/arguments.ts';
import { createInlineRunner, createPool } from './threads/pool.ts';
import { createThreads } from './threads/threads.ts';
import { unavailable } from './unavailable.ts';

export interface KernelOptions {
  /** Forces a backend; else ENDCAP_BACKEND does, else it is native, or wasm if native does not load. */
  backend?: Backend;
  /** Forces an instruction set of the backend; else ENDCAP_ISA does, else it is the best that runs here. */
  isa?: string;
  /**
   * Threads for training and batch scoring, from 1 to four times as many as the machine runs at once; else ENDCAP_THREADS,
   * else as many as the machine runs at once.
   */
  threads?: number;
}

/** A few more threads than CPUs do no harm; each takes memory for itself and its scratch. */
const threadsPerCpu = 4;

/**
 * Opens the best kernel that runs here, or the one that options or environment variables force.
 *
 * @throws EndcapError `kernel_unavailable`, with everything that was tried, if none runs; `invalid_options` for a backend
 * or instruction set that does not exist, and for a wrong number of threads.
 */
export function openKernel(options: KernelOptions = {}): OpenKernel {
  const { kernel, loaded } = loadFor(options);
  const { operations, memory, setup } = loaded;
  const inline = createInlineRunner(operations);
  const pool =
    kernel.threads === 1
      ? createPool(memory, inline)
      : createPool(memory, createThreads(kernel.threads, setup, inline), () =>
          createThreads(1, { ...setup, inBackground: true }, inline),
        );
  return { ...kernel, memory, setup, operations: checkedOperations(operations, memory), ...pool };
}

/**
 * The kernel that another thread opened, for the calling thread alone, which has to `adopt` what arrays it is given of that
 * one's memory.
 */
export function joinKernel({ backend, isa, failed }: Kernel, setup: WorkerSetup): OpenKernel {
  const memory = joinedMemory(setup);
  const operations = operationsOf(setup);
  const pool = createPool(memory, createInlineRunner(operations));
  return {
    backend,
    isa,
    failed,
    threads: 1,
    memory,
    setup,
    operations: checkedOperations(operations, memory),
    ...pool,
  };
}

/** Loads the kernel that `openKernel` opens, and starts no threads. Throws what `openKernel` throws. */
export function loadFor(options: KernelOptions): { kernel: Kernel; loaded: Loaded } {
  const { backend, isa, threads } = resolve(options);
  const failed: Attempt[] = [];
  const loaded =
    (backend === 'wasm' ? undefined : load('native', isa, failed)) ??
    (backend === 'native' ? undefined : load('wasm', isa, failed));
  if (!loaded) throw unavailable({ backend, isa }, options, failed);
  const missed = failed.filter(({ reason }) => reason !== absent);
  return { kernel: { backend: loaded.backend, isa: loaded.isa, threads, failed: missed }, loaded };
}

function resolve(options: KernelOptions): { backend?: Backend; isa?: string; threads: number } {
  const { ENDCAP_BACKEND, ENDCAP_ISA, ENDCAP_THREADS } = process.env;
  const backend = options.backend ?? (ENDCAP_BACKEND || undefined);
  if (backend !== undefined && backend !== 'native' && backend !== 'wasm') {
    throw new EndcapError('invalid_options', `backend is '${textOf(backend)}'; it must be 'native' or 'wasm'`, {
      backend,
    });
  }
  const isa = options.isa ?? (ENDCAP_ISA || undefined);
  const known = backend ? isas[backend] : [...isas.native, ...isas.wasm];
  if (isa !== undefined && !known.includes(isa)) {
    const of = backend ? ` of the ${backend} backend` : '';
    throw new EndcapError(
      'invalid_options',
      `isa is '${textOf(isa)}'; those${of} are ${[...new Set(known)].join(', ')}`,
      {
        isa,
      },
    );
  }
  const cpus = availableParallelism();
  const threads = options.threads ?? (ENDCAP_THREADS ? Number(ENDCAP_THREADS) : cpus);
  const maxThreads = threadsPerCpu * cpus;
  if (!Number.isInteger(threads) || threads < 1 || threads > maxThreads) {
    const given = options.threads ?? ENDCAP_THREADS;
    throw new EndcapError(
      'invalid_options',
      `threads is '${textOf(given)}'; it must be a whole number from 1 to ${maxThreads}, four times as many as this machine runs ` +
        `at once. More make nothing faster; without a number, there are ${cpus}`,
      { threads },
    );
  }
  return { backend, isa, threads };
}
