/** What a page and the worker in which its recommender lives say to each other. */
import { EndcapError, type ErrorCode } from '../../errors.ts';
import type { Kernel } from '../../kernel/kernel.ts';
import type { WebKernelOptions } from '../../kernel/web/open.ts';
import type { Model } from '../../model/model.ts';
import type { BatchOptions, Recommender } from '../types.ts';

/** The questions that take a `signal`: in their second argument. */
export const abortable = ['recommend', 'recommendForBasket', 'similarProducts', 'similarCustomers'] as const;
export type Question = (typeof abortable)[number] | 'boughtTogether' | 'refresh' | 'close';

/** The questions that are answered by many lists, one after the other. */
export type Batch = 'recommendBlocks' | 'recommendAll';

/** What is answered by one message with the same `id`. */
export type Request =
  | { readonly open: Model | Uint8Array; readonly options: WebKernelOptions }
  | { readonly ask: Question; readonly args: readonly unknown[] }
  /** The next lists of a batch; `begin` is in the first request of it. */
  | { readonly pull: number; readonly begin?: { readonly batch: Batch; readonly options: BatchOptions } };

/** The end of a question, or of a batch, that nobody waits for any more. */
export type Farewell = { readonly cancel: number } | { readonly leave: number };

export type ToWorker = ({ readonly id: number } & Request) | Farewell;

/** `heard` is said at once, before the model is made ready, by whichever script knows these messages. */
export type FromWorker =
  | { readonly heard: true }
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: SentError };

/** What `open` is answered. */
export type Opened = Pick<Model, 'algorithm' | 'factors' | 'metadata'> & {
  readonly customers: number;
  readonly products: number;
  readonly kernel: Kernel;
};

/** What `pull` is answered: lists, and what ends the batch after them. */
export interface Pulled {
  readonly lists: readonly unknown[];
  /** What `onProgress` is to be told before. */
  readonly progress: readonly Parameters<NonNullable<BatchOptions['onProgress']>>[0][];
  readonly isDone: boolean;
  readonly error?: SentError;
}

/** Structured clones of errors lose what programs compare. */
export type SentError =
  | { readonly code: ErrorCode; readonly message: string; readonly details: EndcapError['details'] }
  | { readonly bug: unknown };

export function toSent(error: unknown): SentError {
  if (!(error instanceof EndcapError)) return { bug: error };
  const { code, message, details } = error;
  return { code, message, details };
}

export function fromSent(sent: SentError): unknown {
  return 'bug' in sent ? sent.bug : new EndcapError(sent.code, sent.message, sent.details);
}

/** The questions by name, with their arguments and answers. */
export type Questions = Pick<Recommender, Question | Batch>;
