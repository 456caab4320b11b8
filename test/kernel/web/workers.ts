/** Web Workers for hosts that have none, as far as web kernels and recommenders use them. */
import { Worker as Thread, type TransferListItem } from 'node:worker_threads';

const program = `
  const { parentPort, workerData } = require('node:worker_threads');
  globalThis.postMessage = (answer, transfer) => parentPort.postMessage(answer, transfer);
  import(workerData).then(() => parentPort.on('message', (data) => globalThis.onmessage({ data })));`;

/** What `createWebWorkers` counts. */
export interface WebWorkers {
  started: number;
  ended: number;
  /** Ends this test's workers, and takes the class away. */
  remove(): void;
}

/** Provides `Worker`. @param file the program of all workers, compiled; what is asked for if absent. */
export function provideWebWorkers(file?: string): WebWorkers {
  const host = globalThis as { Worker?: unknown };
  const threads = new Set<Thread>();
  const seen: WebWorkers = {
    started: 0,
    ended: 0,
    remove() {
      delete host.Worker;
      for (const thread of threads) void thread.terminate();
    },
  };
  host.Worker = class {
    onmessage?: (event: { data: unknown }) => void;
    onerror?: (event: { message: string }) => void;
    readonly #thread: Thread;
    constructor(url: URL) {
      seen.started++;
      const path = file ?? url.href.replace('/src/', '/dist/');
      this.#thread = new Thread(program, { eval: true, workerData: path, execArgv: [] });
      threads.add(this.#thread);
      this.#thread.unref();
      this.#thread.on('message', (data) => this.onmessage?.({ data }));
      this.#thread.on('error', ({ message }) => this.onerror?.({ message }));
    }
    postMessage(message: unknown, transfer?: TransferListItem[]): void {
      this.#thread.postMessage(message, transfer);
      this.#thread.ref();
    }
    terminate(): void {
      seen.ended++;
      threads.delete(this.#thread);
      void this.#thread.terminate();
    }
  };
  return seen;
}
