/** Web Workers as threads of a kernel. */
import { EndcapError } from '../../errors.ts';
import { type Job, stopTaking } from '../pool.ts';
import type { Thread } from '../runner.ts';
import type { WasmMemory, WasmModule } from '../webassembly.ts';

/** What a worker is sent first. */
export interface WebSetup {
  readonly module: WasmModule;
  readonly memory: WasmMemory;
}

/** What a worker answers: once it has loaded the kernel, and after each job. */
export type WebAnswer = 'ready' | 'done';

/** The part of Web Workers that is used here. */
declare class Worker {
  constructor(url: URL, options: { type: 'module'; name: string });
  onmessage: ((event: { data: WebAnswer }) => void) | null;
  onerror: ((event: { message?: string; preventDefault?(): void }) => void) | null;
  postMessage(message: WebSetup | Job): void;
  terminate(): void;
}

/** A worker whose file is somewhere else may be loaded as something that never answers. */
const startMs = 10_000;

/** Why this host cannot run the kernel on threads; undefined if it can. */
export function noThreads(): string | undefined {
  if (typeof Worker === 'undefined') return 'this host has no Web Workers';
  const { crossOriginIsolated = true } = globalThis as { crossOriginIsolated?: boolean };
  if (typeof SharedArrayBuffer === 'function' && crossOriginIsolated) return undefined;
  return (
    'this page is not cross-origin isolated, so that threads cannot share memory; ' +
    'answer it with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp'
  );
}

/** How many threads the machine runs at once. */
export function hardwareThreads(): number {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  return Math.max(1, navigator?.hardwareConcurrency ?? 1);
}

/** Starts a worker. Its first job rejects with `kernel_unavailable` if it does not start. */
export function startThread(setup: WebSetup, died: () => void): Thread {
  let worker: Worker | undefined;
  let settle: { answer: WebAnswer; resolve(): void; reject(error: EndcapError): void } | undefined;

  /** Waits until the worker says so, or dies. */
  function answered(answer: WebAnswer): Promise<void> {
    return new Promise((resolve, reject) => {
      settle = { answer, resolve, reject };
    });
  }

  function die(error: EndcapError): void {
    end();
    died();
    settle?.reject(error);
  }

  function end(): void {
    worker?.terminate();
    worker = undefined;
  }

  function started(): Promise<void> {
    const ready = answered('ready');
    try {
      worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'endcap' });
    } catch (error) {
      die(notStarted((error as Error).message));
      return ready;
    }
    let isReady = false;
    worker.onmessage = ({ data }) => {
      isReady = true;
      if (data === settle?.answer) settle.resolve();
    };
    worker.onerror = (event) => {
      event.preventDefault?.();
      const reason = event.message || 'its file could not be loaded';
      die(isReady ? threadDied(reason) : notStarted(reason));
    };
    worker.postMessage(setup);
    const timer = setTimeout(() => die(notStarted(`it did not answer within ${startMs / 1000} s`)), startMs);
    return ready.finally(() => clearTimeout(timer));
  }

  const ready = started();
  ready.catch(() => {});
  return {
    async run(job) {
      try {
        await ready;
        const done = answered('done');
        worker!.postMessage(job);
        await done;
      } catch (error) {
        stopTaking(job);
        throw error;
      }
    },
    end,
  };
}

function notStarted(reason: string): EndcapError {
  return failed(
    `a thread of the kernel did not start: ${reason}. Have the bundler copy endcap's kernel/web/worker.js, and let the ` +
      'Content-Security-Policy allow it (worker-src), or open the kernel with threads: 1',
    reason,
  );
}

function threadDied(reason: string): EndcapError {
  return failed(
    `a thread of the kernel died: ${reason}; the call is lost. The next call starts new threads. If they die too, use fewer (threads)`,
    reason,
  );
}

function failed(message: string, reason: string): EndcapError {
  return new EndcapError('kernel_unavailable', message, { reason });
}
