/** Web Workers as threads of a kernel. */
import { EndcapError } from '../../errors.ts';
import { type Job, stopTaking } from '../threads/pool.ts';
import { type Thread, threadDied } from '../threads/runner.ts';
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
  if (!crossOriginIsolated) {
    return (
      'this page is not cross-origin isolated, so that threads cannot share memory; ' +
      'answer it with the headers Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp'
    );
  }
  return typeof SharedArrayBuffer === 'function' ? undefined : 'this host has no SharedArrayBuffer';
}

/** How many threads the machine runs at once. */
export function hardwareThreads(): number {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  return Math.max(1, navigator?.hardwareConcurrency ?? 1);
}

/** Starts a worker. */
export function startThread(setup: WebSetup, died: () => void): Thread {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'endcap' });
  let isReady = false;
  let death: Error | undefined;
  /** Whoever waits for a job, or for the worker to take one. */
  let settle = () => {};

  function die(why: Error): void {
    end();
    death = why;
    died();
    settle();
  }

  function end(): void {
    clearTimeout(timer);
    worker.terminate();
  }

  /** Resolves when it is, or once the worker has died. */
  function until(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      settle = () => {
        if (death || isSo()) resolve();
      };
      settle();
    });
  }

  const timer = setTimeout(() => die(new Error(`it did not answer within ${startMs / 1000} s`)), startMs);
  let done = 0;
  worker.onmessage = ({ data }) => {
    clearTimeout(timer);
    if (data === 'ready') isReady = true;
    else done++;
    settle();
  };
  worker.onerror = (event) => {
    event.preventDefault?.();
    die(new Error(event.message || 'its file could not be loaded'));
  };
  worker.postMessage(setup);
  return {
    async run(job) {
      // A worker that is not ready is ended without a job: it may still be starting then.
      await until(() => isReady);
      if (death) return death;
      const before = done;
      worker.postMessage(job);
      await until(() => done > before);
      if (!death) return undefined;
      stopTaking(job);
      throw threadDied(death, 'use fewer (threads)');
    },
    end,
  };
}

/** What threads are missing for, if they are asked for. */
export function notStarted(cause: Error): EndcapError {
  const { message: reason } = cause;
  return new EndcapError(
    'kernel_unavailable',
    `a thread of the kernel did not start: ${reason}. Have the bundler copy endcap's kernel/web/worker.js, and let the ` +
      'Content-Security-Policy allow it (worker-src), or open the kernel with threads: 1',
    { reason },
    { cause },
  );
}
