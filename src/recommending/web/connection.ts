/** Asks a worker by messages. Whatever becomes of the worker, every question is answered, or rejected. */
import { abortedBy, EndcapError, throwIfAborted, whenAborted } from '../../errors.ts';
import { invalidOption, textOf } from '../../options.ts';
import { type Farewell, type FromWorker, fromSent, type Request, type ToWorker } from './messages.ts';

/** A Web Worker, as far as it is used here. */
export interface WorkerLike {
  postMessage(message: unknown, transfer: readonly object[]): void;
  terminate(): void;
}

interface Handlers {
  onmessage: ((event: { data: FromWorker }) => void) | null;
  onmessageerror: (() => void) | null;
  onerror: ((event: { message?: string; preventDefault?(): void }) => void) | null;
}

declare class Worker implements WorkerLike {
  constructor(url: URL, options: { type: 'module'; name: string });
  postMessage(message: unknown, transfer: readonly object[]): void;
  terminate(): void;
}

/** A worker whose file is somewhere else may be loaded as something that never answers. It is long: the file may be, too. */
const startMs = 60_000;

export interface Connection {
  /** @throws `aborted`, once the signal fires; what the worker throws; what the connection ended with. */
  ask(request: Request, signal?: AbortSignal, transfer?: readonly object[]): Promise<unknown>;
  /** Says what needs no answer. */
  tell(farewell: Farewell): void;
  /** Ends the worker. What was asked, and what is asked from here on, is rejected with this. */
  end(why: EndcapError): void;
}

/** @param start makes the worker; it is the bundler's copy of the package's own if absent. */
export function connect(start: (() => WorkerLike) | undefined): Connection {
  const worker = started(start);
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: unknown): void }>();
  let isHeard = false;
  let ended: EndcapError | undefined;
  let lastId = 0;

  function end(why: EndcapError): void {
    if (ended) return;
    ended = why;
    clearTimeout(timer);
    worker.terminate();
    for (const { reject } of waiting.values()) reject(why);
    waiting.clear();
  }

  const fail = (reason: string) => end(isHeard ? died(reason) : notLoaded(reason));
  const timer = setTimeout(() => fail(`it did not answer within ${startMs / 1000} s`), startMs);

  worker.onmessage = ({ data }) => {
    // A script that is not this worker's may say anything.
    if (typeof data !== 'object' || data === null) return;
    if ('heard' in data) {
      isHeard = true;
      clearTimeout(timer);
    }
    if (!('id' in data)) return;
    const asked = waiting.get(data.id);
    if ('error' in data) asked?.reject(fromSent(data.error));
    else asked?.resolve(data.value);
  };
  worker.onmessageerror = () => fail('its answer cannot be read');
  worker.onerror = (event) => {
    event.preventDefault?.();
    fail(event.message || (isHeard ? 'it gave no reason' : 'its file could not be loaded'));
  };

  function post(message: ToWorker, transfer: readonly object[] = []): void {
    try {
      worker.postMessage(message, transfer);
    } catch (cause) {
      const reason = textOf((cause as Error)?.message);
      throw new EndcapError(
        'invalid_options',
        `what was given cannot be sent to the worker: ${reason}; give plain objects, arrays, strings, and numbers`,
        { reason },
        { cause },
      );
    }
  }

  return {
    async ask(request, signal, transfer) {
      throwIfAborted(signal);
      if (ended) throw ended;
      const id = ++lastId;
      let forget = () => {};
      try {
        return await new Promise<unknown>((resolve, reject) => {
          waiting.set(id, { resolve, reject });
          post({ id, ...request }, transfer);
          forget = whenAborted(signal, () => {
            post({ cancel: id });
            reject(abortedBy(signal));
          });
        });
      } finally {
        waiting.delete(id);
        forget();
      }
    },
    tell(farewell) {
      if (!ended) post(farewell);
    },
    end,
  };
}

function started(start: (() => WorkerLike) | undefined): WorkerLike & Handlers {
  let worker: WorkerLike;
  try {
    worker = start
      ? start()
      : new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name: 'endcap-recommender' });
  } catch (cause) {
    throw notLoaded(textOf((cause as Error)?.message).replace(/\.+$/, ''), cause);
  }
  if (typeof worker?.postMessage === 'function' && typeof worker.terminate === 'function')
    return worker as WorkerLike & Handlers;
  throw invalidOption('worker', worker, 'a function that returns a Worker');
}

function notLoaded(reason: string, cause?: unknown): EndcapError {
  return new EndcapError(
    'kernel_unavailable',
    `the recommender's worker did not start: ${reason}. Build with a bundler that follows new URL('...', import.meta.url), or ` +
      "bundle endcap/web/worker and give worker: () => new Worker('/its/address.js', { type: 'module' }); let the " +
      'Content-Security-Policy allow it (worker-src), and answer it with the Cross-Origin-Embedder-Policy of the page. ' +
      'Or make the recommender in this thread: { kernel: await openKernel() }',
    { reason },
    { cause },
  );
}

function died(reason: string): EndcapError {
  return new EndcapError(
    'kernel_unavailable',
    `the recommender's worker died: ${reason}; what it was asked is lost. Create another recommender`,
    { reason },
  );
}
