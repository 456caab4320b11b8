/** A recommender that answers from a Web Worker. */
import { EndcapError } from '../../errors.ts';
import type { WebKernelOptions } from '../../kernel/web/open.ts';
import { optionalFunctions, optionalSignal } from '../../options.ts';
import { checkedSignal } from '../filters.ts';
import type { Abortable, BatchOptions } from '../types.ts';
import { connect, type WorkerLike } from './connection.ts';
import {
  abortable,
  type Batch,
  fromSent,
  type Opened,
  type Pulled,
  type Question,
  type Questions,
} from './messages.ts';
import { type Parcel, sendableOptions } from './sending.ts';

/**
 * A recommender that lives in a Web Worker, so that the page never waits for it: the questions of `Recommender`, without the
 * forms that end in `Sync`, and with the same answers. What it is asked, and what it answers, are copies. All reject with
 * `kernel_unavailable` once the worker has died.
 *
 * `recommendBlocks` and `recommendAll` check their options in the loop rather than at the call, and make the next lists when they are
 * asked for.
 */
export type RemoteRecommender = Questions & {
  /** What is small of the model: `customers` and `products` are how many there are. */
  readonly model: Omit<Opened, 'kernel'>;
  /** What computes the answers, in the worker. */
  readonly kernel: Opened['kernel'];
};

/** @throws what the worker throws when it opens the model, and `kernel_unavailable` if it does not start. */
export async function openRemote(
  { given, transfer }: Parcel,
  options: WebKernelOptions,
  worker: (() => WorkerLike) | undefined,
): Promise<RemoteRecommender> {
  const { ask, tell, end } = connect(worker);
  const opening = { open: given, options: sendableOptions(options) };
  const opened = ask(opening, undefined, transfer).catch((error) => {
    end(closed());
    throw error;
  });
  const { kernel, ...model } = (await opened) as Opened;
  let closing: Promise<void> | undefined;
  let lastBatch = 0;

  function checkOpen(): void {
    if (closing) throw closed();
  }

  /** Questions of one answer. */
  function question<Name extends Exclude<Question, 'close'>>(name: Name): Questions[Name] {
    const takesSignal = (abortable as readonly string[]).includes(name);
    return (async (...args: unknown[]) => {
      checkOpen();
      if (!takesSignal || args[1] === undefined) return ask({ ask: name, args });
      const { signal, ...options } = checkedSignal(args[1] as Abortable);
      return ask({ ask: name, args: [args[0], options] }, typeof signal === 'function' ? signal() : signal);
    }) as Questions[Name];
  }

  async function* lists(batch: Batch, { signal, onProgress, ...options }: BatchOptions) {
    const pull = ++lastBatch;
    let begin: { batch: Batch; options: BatchOptions } | undefined = { batch, options };
    try {
      for (;;) {
        checkOpen();
        const pulled = (await ask({ pull, begin }, signal)) as Pulled;
        begin = undefined;
        for (const progress of pulled.progress) onProgress?.(progress);
        yield* pulled.lists;
        if (pulled.error) throw fromSent(pulled.error);
        if (pulled.isDone) return;
      }
    } finally {
      tell({ leave: pull });
    }
  }

  function questionOfMany<Name extends Batch>(name: Name): Questions[Name] {
    return ((options: BatchOptions = {}) => {
      checkOpen();
      const { signal, onProgress } = checkedSignal(options);
      optionalSignal(signal);
      optionalFunctions({ onProgress });
      return lists(name, options);
    }) as Questions[Name];
  }

  async function close(): Promise<void> {
    // A worker that has died is closed.
    await ask({ ask: 'close', args: [] }).catch(() => {});
    end(closed());
  }

  return {
    model,
    kernel,
    recommend: question('recommend'),
    recommendForBasket: question('recommendForBasket'),
    similarProducts: question('similarProducts'),
    boughtTogether: question('boughtTogether'),
    similarCustomers: question('similarCustomers'),
    recommendBlocks: questionOfMany('recommendBlocks'),
    recommendAll: questionOfMany('recommendAll'),
    refresh: question('refresh'),
    close() {
      closing ??= close();
      return closing;
    },
  };
}

function closed(): EndcapError {
  return new EndcapError('invalid_options', 'this recommender is closed; create another one');
}
