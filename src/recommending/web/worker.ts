/**
 * A Web Worker in which a recommender lives. It is also a thread of a kernel, if it is told to be one: bundlers that take this
 * file alone (esbuild) put it where its kernel looks for the file of threads.
 */
import '../../kernel/web/worker.ts';
import { textOf } from '../../options.ts';
import type { BatchOptions, Recommender } from '../types.ts';
import { openHere } from './here.ts';
import {
  abortable,
  type FromWorker,
  type Opened,
  type Pulled,
  type SentError,
  type ToWorker,
  toSent,
} from './messages.ts';

const host = globalThis as unknown as {
  onmessage(event: { data: object }): void;
  postMessage(message: FromWorker, transfer?: readonly object[]): void;
};
const asThread = host.onmessage;

let recommender: Recommender;
const running = new Map<number, AbortController>();

interface OpenBatch {
  lists: AsyncGenerator<object>;
  progress: Pulled['progress'][number][];
  /** How many lists are sent at a time. */
  most: number;
  ending: AbortController;
}
const batches = new Map<number, OpenBatch>();

host.onmessage = (event) => {
  const data = event.data as ToWorker;
  if ('id' in data) void answer(data);
  else if ('cancel' in data) running.get(data.cancel)?.abort();
  else if ('leave' in data) leave(data.leave);
  else asThread(event);
};

async function answer(request: Extract<ToWorker, { id: number }>): Promise<void> {
  const { id } = request;
  try {
    const value = 'open' in request ? await open(request) : 'ask' in request ? await ask(request) : await pull(request);
    host.postMessage({ id, value }, 'pull' in request ? buffersOf(value as Pulled) : []);
  } catch (error) {
    fail(id, toSent(error));
  }
}

/** Whoever asked gets an error, even if what it is about cannot be sent. */
function fail(id: number, error: SentError): void {
  try {
    host.postMessage({ id, error });
  } catch {
    host.postMessage({ id, error: 'bug' in error ? { bug: new Error(textOf(error.bug)) } : { ...error, details: {} } });
  }
}

async function open({ open, options }: Extract<ToWorker, { open: unknown }>): Promise<Opened> {
  host.postMessage({ heard: true });
  recommender = await openHere(open, options);
  const { kernel, model } = recommender;
  const { algorithm, factors, metadata, customers, products } = model;
  return { kernel, algorithm, factors, metadata, customers: customers.length, products: products.length };
}

async function ask({ id, ask, args }: Extract<ToWorker, { ask: unknown }>): Promise<unknown> {
  const call = recommender[ask] as (...args: readonly unknown[]) => Promise<unknown>;
  if (!(abortable as readonly string[]).includes(ask)) return call(...args);
  const ending = new AbortController();
  running.set(id, ending);
  try {
    const [about, options] = args;
    return await call(about, { ...(options as object), signal: ending.signal });
  } finally {
    running.delete(id);
  }
}

/** Lists that are one object for each customer are sent many at a time. */
const listsAtATime = 64;

async function pull({ pull, begin }: Extract<ToWorker, { pull: unknown }>): Promise<Pulled> {
  if (begin) {
    const { batch, options } = begin;
    const ending = new AbortController();
    const progress: OpenBatch['progress'] = [];
    const onProgress: BatchOptions['onProgress'] = (report) => void progress.push(report);
    const lists = recommender[batch]({ ...options, onProgress, signal: ending.signal });
    batches.set(pull, { lists, progress, most: batch === 'recommendAll' ? listsAtATime : 1, ending });
  }
  const { lists, progress, most } = batches.get(pull)!;
  const ready: object[] = [];
  try {
    while (ready.length < most) {
      const { done, value } = await lists.next();
      if (done) return { lists: ready, progress: progress.splice(0), isDone: true };
      ready.push(value);
    }
  } catch (error) {
    return { lists: ready, progress: progress.splice(0), isDone: true, error: toSent(error) };
  }
  return { lists: ready, progress: progress.splice(0), isDone: false };
}

function leave(id: number): void {
  const batch = batches.get(id);
  batches.delete(id);
  batch?.ending.abort();
  batch?.lists.return(undefined).catch(() => {});
}

/** Blocks are copies that nobody else has: their arrays move. */
function buffersOf({ lists }: Pulled): object[] {
  return lists.flatMap((list) => Object.values(list as object).filter(ArrayBuffer.isView)).map(({ buffer }) => buffer);
}
