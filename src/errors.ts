/** What went wrong, as a word that programs can compare. The message is for people and may change; the code does not. */
export type ErrorCode =
  /** An option, argument or environment variable has a value it cannot have. */
  | 'invalid_options'
  /** An order source is missing, of an unknown type, or broken at a named line. */
  | 'orders_unreadable'
  /** The customer, product or quantity column could not be told from the header. */
  | 'columns_unrecognized'
  /** Every row was dropped, or there was none. */
  | 'no_orders'
  /** A model file is missing, truncated, edited, foreign or of a later version. */
  | 'model_unreadable'
  /** A file of options, or of a search for them, is missing or holds something else. */
  | 'options_unreadable'
  /** No customer has orders both to learn from and to measure on; the message says what would help. */
  | 'nothing_to_measure'
  /** A file could not be written; nothing was left behind. */
  | 'write_failed'
  /** A product id that the model does not know. */
  | 'unknown_product'
  /** A customer id that the model does not know, where that cannot be answered. */
  | 'unknown_customer'
  /** The model was trained without what is bought together; the message says how to train it with. */
  | 'no_bought_together'
  /** The kernel that was asked for cannot run here, and the message lists what was tried; or one of its threads died. */
  | 'kernel_unavailable'
  /** The kernel's memory is used up. */
  | 'out_of_memory'
  /** Training left the finite numbers. */
  | 'diverged'
  /** A factor or a basket's embedding is not a finite number: there is no order of its scores. */
  | 'not_finite'
  /** The server could not take the address and port it was given. */
  | 'listen_failed'
  /** An AbortSignal stopped the work. */
  | 'aborted';

/** The one error type that Endcap throws on purpose; anything else is a bug. */
export class EndcapError extends Error {
  readonly code: ErrorCode;
  /** Where and what, for programs: file, line, field, expected, ... */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, details: Record<string, unknown> = {}, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EndcapError';
    this.code = code;
    this.details = details;
  }
}

/** Throws `aborted` when the signal has fired. */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new EndcapError('aborted', 'stopped on request', {}, { cause: signal.reason });
}
