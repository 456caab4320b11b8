/** Opens a kernel without Node's modules: in browsers, their workers, and edge runtimes. */
import { EndcapError } from '../../errors.ts';
import { invalidOption, oneOf, onlyKnown, wholeNumber } from '../../options.ts';
import type { Attempt, OpenKernel } from '../kernel.ts';
import { createWasmMemory, outOfMemory, sharedBuffer } from '../memory.ts';
import { checkedOperations } from '../operations/arguments.ts';
import { createInlineRunner, createPool, type Job, type Runner } from '../threads/pool.ts';
import { createThreadRunner } from '../threads/runner.ts';
import {
  createSharedWasmMemory,
  createUnsharedWasmMemory,
  type Exports,
  maxPages,
  operationsIn,
  wasmIsas,
} from '../wasm.ts';
import { type WasmMemory, type WasmModule, webAssembly } from '../webassembly.ts';
import { fetchModule, givenModule, needWebAssembly } from './module.ts';
import { hardwareThreads, noThreads, notStarted, startThread, type WebSetup } from './threads.ts';

export interface WebKernelOptions {
  /**
   * A compiled module of `endcap/wasm/`, for hosts that cannot fetch and compile one, such as edge runtimes: with shared memory
   * for threads (`endcap.simd.wasm`), or without (`endcap.simd.unshared.wasm`).
   */
  module?: WasmModule;
  /**
   * Where to fetch the module from: the address of one, or, if it ends in a slash, of a folder that has the files of the
   * package's `build/wasm/`. By default they are where bundlers put them.
   */
  url?: string | URL;
  /** Forces an instruction set, `'relaxed'`, `'simd'` or `'scalar'`; else it is the best that runs here. Not with `module`. */
  isa?: string;
  /**
   * The most bytes of memory that the kernel takes, from 1 MiB to 4 GiB. By default 4 GiB; where engines cannot let memory
   * grow, it is reserved at once, and by default what the model needs, or 256 MiB.
   */
  memory?: number;
  /**
   * Threads for training and batch scoring, from 1 to four times as many as the machine runs at once; by default as many as
   * it runs at once. On hosts that cannot share memory with Web Workers there is one, the calling thread, which works in slices.
   */
  threads?: number;
}

export const webKernelOptions = ['module', 'url', 'isa', 'memory', 'threads'];

const threadsPerCpu = 4;
const pageBytes = 65536;
const fixedBytes = 2 ** 28;

/**
 * Opens the best kernel that runs here, or the one that the options force.
 *
 * @param needed how many bytes are reserved where memory cannot grow and `memory` is absent.
 * @throws `invalid_options`; `kernel_unavailable` if none runs here, with everything that was tried and what to do;
 * `out_of_memory` if there is no room for `memory`.
 *
 * @example
 * const kernel = await openKernel({ url: '/wasm/' }); // a folder with the files of build/wasm/
 */
export async function openKernel(options: WebKernelOptions = {}, needed = fixedBytes): Promise<OpenKernel> {
  const { module: given, url, forced, memory: limit, threads: asked } = checked(options);
  needWebAssembly();
  const tried: Attempt[] = [];
  const failed: Attempt[] = [];
  const isForced = asked !== undefined;
  let wanted = asked ?? hardwareThreads();
  const without = (reason: string) => {
    if (isForced && asked > 1) throw noThreadsError(asked, reason);
    if (!isForced) failed.push({ what: 'threads', reason });
    wanted = 1;
  };
  const missing = noThreads();
  if (missing !== undefined) without(missing);
  const { module, isa, shared } = given ? givenModule(given) : await fetchModule(url, forced, wanted > 1, tried);
  if (wanted > 1 && !shared) without(unshared);
  let wasm: WasmMemory;
  try {
    wasm = memoryFor(shared, limit, needed);
  } catch (error) {
    if (!shared || given || isForced) throw error;
    const kernel = await openKernel({ ...options, threads: 1 }, needed);
    const reason = (error as Error).message;
    return { ...kernel, failed: [{ what: 'threads', reason }, ...kernel.failed] };
  }
  // Without AssemblyScript's loader: what it does for strings and objects, which kernels don't have, takes 5 kB.
  const instance = await webAssembly.instantiate(module, { env: { memory: wasm } });
  const operations = operationsIn(module, instance.exports as Exports);
  const reserved = wasm.buffer.byteLength;
  const memory = createWasmMemory(wasm, false, limit ?? (reserved > pageBytes ? reserved : undefined));
  // Of memory that is not shared, the engine knows how much there is.
  const whole = shared ? memory : { ...memory, witness: () => undefined };
  const setup = { backend: 'wasm', module, memory: wasm } as const;
  const inline = createInlineRunner(operations);
  const runner = (shared && wanted > 1 && (await threadsFor(setup, wanted, isForced, inline, failed))) || inline;
  return {
    backend: 'wasm',
    isa,
    threads: runner.threads,
    failed: [...tried, ...failed],
    memory,
    setup,
    operations: checkedOperations(operations, memory),
    ...createPool(whole, runner),
  };
}

const unshared = "the module's memory cannot be shared; give endcap.simd.wasm instead of endcap.simd.unshared.wasm";

/** A job without work. */
const nothing = (): Job => ({
  operation: 'pack',
  args: [],
  bounds: new Uint32Array(1),
  counters: new Int32Array(sharedBuffer(12)),
});

/** Threads of which the first has started; undefined if it cannot, and threads are not forced. */
async function threadsFor(
  setup: WebSetup,
  threads: number,
  isForced: boolean,
  inline: Runner,
  failed: Attempt[],
): Promise<Runner | undefined> {
  let why: Error | undefined;
  const runner = createThreadRunner(
    threads,
    (died) => startThread(setup, died),
    inline,
    (cause) => {
      why = cause;
    },
  );
  await runner.run([nothing()]).catch((error: Error) => {
    why = error;
  });
  if (!why) return runner;
  await runner.close();
  const error = notStarted(why);
  if (isForced) throw error;
  failed.push({ what: 'threads', reason: error.message });
  return undefined;
}

/** Throws `out_of_memory` if the host has no room. */
function memoryFor(shared: boolean, limit: number | undefined, needed: number): WasmMemory {
  const most = limit === undefined ? maxPages : Math.floor(limit / pageBytes);
  const fixed = limit === undefined ? Math.min(maxPages, Math.ceil(needed / pageBytes)) : most;
  try {
    return shared ? createSharedWasmMemory(most) : createUnsharedWasmMemory(most, fixed);
  } catch (cause) {
    const advice = shared
      ? 'use a module without shared memory, such as endcap.simd.unshared.wasm'
      : 'give it less by the option memory';
    throw outOfMemory(fixed * pageBytes, `the host has none (${(cause as Error).message}); ${advice}`, cause);
  }
}

function noThreadsError(threads: number, why: string): EndcapError {
  const message = `no kernel with ${threads} threads runs here: ${why}; or leave threads out`;
  return new EndcapError('kernel_unavailable', message, { threads });
}

function checked(options: WebKernelOptions) {
  onlyKnown(options, webKernelOptions);
  const { module, url, isa, memory, threads } = options;
  if (module !== undefined) {
    for (const [name, value] of Object.entries({ url, isa }))
      if (value !== undefined) throw invalidOption(name, value, 'nothing, since a module is given');
  }
  if (url !== undefined && !(url instanceof URL) && (typeof url !== 'string' || url === ''))
    throw invalidOption('url', url, 'the address of a module, or of a folder, which ends in a slash');
  const forced = isa === undefined ? undefined : oneOf('isa', isa, wasmIsas);
  if (forced !== undefined && url !== undefined && !String(url).endsWith('/'))
    throw invalidOption('isa', isa, 'nothing, since the address of one module is given');
  if (memory !== undefined) wholeNumber('memory', memory, 2 ** 20, 2 ** 32);
  if (threads !== undefined) wholeNumber('threads', threads, 1, threadsPerCpu * hardwareThreads());
  return { module, url: url === undefined ? undefined : String(url), forced, memory, threads };
}
