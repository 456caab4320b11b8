/** What went wrong, for programs to compare. The code is stable; the message is for people and may change. */
export type ErrorCode =
  /** An option, argument or environment variable is unknown or has an invalid value. */
  | 'invalid_options'
  /** A source of orders is missing, of an unknown format, broken, or too large. */
  | 'orders_unreadable'
  /** The column of the customer, product or quantity was not recognized, or a named column does not exist. */
  | 'columns_unrecognized'
  /** Every record was dropped, or there were none. */
  | 'no_orders'
  /** Fewer than half of the records that should be purchases were kept; the message says why, and what helps. */
  | 'orders_lost'
  /**
   * A table from another system, such as factors, ids, or pairs, is missing, broken, or does not fit the others; `details` has
   * the file and, of what is about one, the row, from 1.
   */
  | 'table_unreadable'
  /** A model file is missing, truncated, changed, of another program, or of a later version. */
  | 'model_unreadable'
  /** A model knows fewer than half of the products or customers of the one that answers; the message says what helps. */
  | 'model_lost'
  /** A model finds less of the newest purchases than the one that answers, or is damaged; the message says by how much. */
  | 'model_worse'
  /** A file of options, or of a search for options, is missing or contains something else. */
  | 'options_unreadable'
  /** No customer has orders both to train on and to measure on; the message says what would help. */
  | 'nothing_to_measure'
  /** A file could not be written; the old one is as it was. `details.reason` is the system's code, such as `ENOSPC`. */
  | 'write_failed'
  /** A product id that the model does not know. */
  | 'unknown_product'
  /** A customer id that the model does not know, in a request that needs a known customer. */
  | 'unknown_customer'
  /** An experiment that is not in the settings; the message says which are. */
  | 'unknown_experiment'
  /** The model was trained without the products bought together; the message says how to train one with them. */
  | 'no_bought_together'
  /** The requested kernel cannot run here, and the message lists what was tried; or one of its threads died. */
  | 'kernel_unavailable'
  /** The kernel's memory is used up. */
  | 'out_of_memory'
  /** What `endcap solve` reads is no frame, is truncated, or comes out of turn; the message says where. */
  | 'frame_unreadable'
  /** Training produced numbers that are not finite. */
  | 'diverged'
  /** A model's or a basket's factors are not finite numbers, so its scores cannot be ranked. */
  | 'not_finite'
  /** A store of a running shop is missing what it needs, in use, of a later version, or something else. */
  | 'store_unreadable'
  /** A product file is missing, of an unknown format, broken, or has none of the model's products. */
  | 'catalogue_unreadable'
  /** Fewer than half of the products that are listed would be left by a product file; the message says what helps. */
  | 'catalogue_lost'
  /** A file of scenarios is missing, or contains something else; the message names the place. */
  | 'scenarios_unreadable'
  /** A file of keys is missing, or contains something else. */
  | 'keys_unreadable'
  /** A store could not be written; nothing of the request is in it. */
  | 'store_failed'
  /** More purchases wait for the store than it takes; send them again in a moment. */
  | 'store_busy'
  /** A key, or an order, stands for something else already. */
  | 'conflict'
  /** No earlier model is kept, or none of this version; the message lists those that are. */
  | 'unknown_version'
  /** Another retraining run of this model is under way; the message says whose, and since when. */
  | 'retraining_busy'
  /** The process of a retraining run did not come to its end; the model is as it was. */
  | 'retraining_failed'
  /** The server could not listen on the given address and port. */
  | 'listen_failed'
  /** A thread of the server died; its requests are lost, and another one takes its place. */
  | 'worker_failed'
  /** An AbortSignal stopped the work. */
  | 'aborted';

/** The only error that Endcap throws on purpose; any other is a bug. */
export class EndcapError extends Error {
  readonly code: ErrorCode;
  /** Details for programs, such as the file, the line, the option, or the expected value. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EndcapError';
    this.code = code;
    this.details = details;
  }
}

/** @throws `aborted` if the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedBy(signal);
}

/** The error of what a signal stops. */
export function abortedBy(signal: AbortSignal | undefined): EndcapError {
  return new EndcapError('aborted', 'stopped on request', {}, { cause: signal?.reason });
}

/**
 * Calls back once a signal fires, at once if it has: while something was awaited, it may have, and nobody is told again.
 *
 * @returns what ends the waiting for it.
 */
export function whenAborted(signal: AbortSignal | undefined, act: () => void): () => void {
  if (signal?.aborted) act();
  else signal?.addEventListener('abort', act, { once: true });
  return () => signal?.removeEventListener('abort', act);
}

/** An `orders_unreadable` error for a source. @param problem what follows its name, such as "does not exist". */
export function unreadable(source: string, problem: string, cause?: unknown): EndcapError {
  return new EndcapError('orders_unreadable', `${source} ${problem}`, { source }, { cause });
}
