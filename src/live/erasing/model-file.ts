import { setTimeout } from 'node:timers/promises';
import { type OwnFile, startOwnThread } from '../../own-files.ts';
import { keptModels } from '../models/kept.ts';

/** Takes customers out of the file of a model, and out of kept ones, which are written anew, complete or not at all. */
export interface ModelFile {
  /**
   * Takes a customer out, with all who come before it begins. If it fails, it is tried again until it works; whoever was
   * erased is in the store, and is found there by the next server, too.
   */
  erase(customer: string): void;
  /** The same for a customer whom the model does not know: if earlier ones are kept beside it, these may. */
  eraseKept(customer: string): Promise<void>;
  /** Whether the file may still have a customer who is to be taken out, once that was tried, or after so many milliseconds. */
  mayHave(customer: string, ms: number): Promise<boolean>;
  /** How many customers the file is still to lose, and what went wrong the last time. */
  status(): { pending: number; problem?: string };
  /** Waits for what is being written. */
  close(): Promise<void>;
}

/** How long to wait after a failure, in milliseconds; twice as long after the next one, up to an hour. */
const retryMs = 30_000;
const maxRetryMs = 3_600_000;

/** The whole file is written for each group of customers; then it rests as long as that took: half of a core at most. */
export function openModelFile(path: string, firstRetryMs = retryMs): ModelFile {
  /** The customers, and when they were told: the file may be replaced by one that has them while another is written. */
  const pending = new Map<string, number>();
  let told = 0;
  const closing = new AbortController();
  let problem: string | undefined;
  let restMs = 0;
  /** The attempt that has not begun: whoever comes meanwhile is part of it. */
  let next: Promise<void> | undefined;
  /** Resolves when it may begin. */
  let free: Promise<void> = Promise.resolve();
  let running: Promise<void> = Promise.resolve();

  function attempt(): Promise<void> {
    next ??= free.then(() => {
      next = undefined;
      running = closing.signal.aborted || pending.size === 0 ? Promise.resolve() : write();
      free = running.then(rest);
      return running;
    });
    return next;
  }

  async function write(): Promise<void> {
    const began = performance.now();
    const [customers, until] = [[...pending.keys()], told];
    const hadProblem = problem !== undefined;
    problem = await rewrite(path, customers);
    if (problem === undefined) {
      for (const customer of customers) if (pending.get(customer)! <= until) pending.delete(customer);
      restMs = performance.now() - began;
    } else {
      restMs = hadProblem ? Math.min(2 * restMs, maxRetryMs) : firstRetryMs;
    }
    if (pending.size > 0) void attempt();
  }

  async function rest(): Promise<void> {
    await setTimeout(restMs, undefined, { ref: false, signal: closing.signal }).catch(() => {});
  }

  function erase(customer: string): void {
    pending.set(customer, ++told);
    void attempt();
  }

  return {
    erase,
    async eraseKept(customer) {
      if ((await keptModels(path)).length > 0) erase(customer);
    },
    async mayHave(customer, ms) {
      // While it fails, nobody waits.
      if (pending.has(customer) && problem === undefined) {
        const waiting = new AbortController();
        const { signal } = waiting;
        await Promise.race([attempt(), setTimeout(ms, undefined, { signal }).catch(() => {})]);
        waiting.abort();
      }
      return pending.has(customer);
    },
    status: () => ({ pending: pending.size, ...(problem !== undefined && { problem }) }),
    async close() {
      closing.abort();
      await running;
    },
  };
}

/** The files that models of a shop are loaded from: that of the served model, and those of arms of experiments. */
export interface ModelFiles extends Pick<ModelFile, 'mayHave' | 'close'> {
  /** The same for each path; undefined without one. */
  of(path: string | undefined): ModelFile | undefined;
  /** Of the files of models that are open; undefined if there is none. */
  status(): ReturnType<ModelFile['status']> | undefined;
}

/**
 * @param hasErasures whether customers are ever taken out: without, there are none.
 * @param models those that are open. A file of none may be that of another shop.
 */
export function createModelFiles(
  hasErasures: boolean,
  models: Iterable<{ readonly file: ModelFile | undefined }>,
): ModelFiles {
  const files = new Map<string, ModelFile>();

  function ofEach<T>(ask: (file: ModelFile) => T): T[] {
    const used = new Set(Array.from(models, ({ file }) => file));
    return Array.from(used).flatMap((file) => (file ? [ask(file)] : []));
  }

  return {
    of(path) {
      if (path === undefined || !hasErasures) return undefined;
      const file = files.get(path) ?? openModelFile(path);
      files.set(path, file);
      return file;
    },
    async mayHave(customer, ms) {
      await Promise.all(ofEach((file) => file.eraseKept(customer)));
      return (await Promise.all(ofEach((file) => file.mayHave(customer, ms)))).includes(true);
    },
    status() {
      const each = ofEach((file) => file.status());
      if (each.length === 0) return undefined;
      const problem = each.find(({ problem }) => problem !== undefined)?.problem;
      const pending = each.reduce((sum, { pending }) => sum + pending, 0);
      return { pending, ...(problem !== undefined && { problem }) };
    },
    async close() {
      await Promise.all(Array.from(files.values(), (file) => file.close()));
    },
  };
}

const script: OwnFile = [
  'dist/live/erasing/worker.js',
  (_) => new URL('../../../dist/live/erasing/worker.js', import.meta.url),
];

/** What went wrong; undefined if nothing. */
function rewrite(path: string, customers: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve) => {
    try {
      startOwnThread(script, { workerData: { path, customers } })
        .once('message', resolve)
        .once('error', ({ message }) => resolve(message))
        .once('exit', () => resolve('the thread that writes it ended'));
    } catch (error) {
      resolve((error as Error).message);
    }
  });
}
