/** What measuring finds, as plain data that JSON can hold. */

/**
 * Three different questions. `all`: what does a customer buy next, whatever it is? `explore`: which products does a
 * customer buy for the first time? Targets are those never bought before, and lists leave bought ones out. `repeat`:
 * which does a customer buy again? Targets are those bought before, and lists hold bought ones only.
 */
export type EvaluationQuestion = 'all' | 'explore' | 'repeat';

export const questions = ['all', 'explore', 'repeat'] as const satisfies EvaluationQuestion[];

/** Of a list of the first k products against the set of targets; see `metricsOf`. All lie from 0 to 1. */
export type Metric = 'recall' | 'ndcg' | 'hitRate' | 'precision' | 'mrr' | 'map';

export const metrics = ['recall', 'ndcg', 'hitRate', 'precision', 'mrr', 'map'] as const satisfies Metric[];

/** A mean over customers. */
export interface Measure {
  readonly mean: number;
  /** Of the mean: standard deviation over customers / sqrt(customers). Null where only one customer was measured. */
  readonly standardError: number | null;
}

export interface ProtocolReport {
  /**
   * `next-basket`: the last order of each customer with two or more is held out. `time`: every order from a time on.
   * `given`: the targets come from orders of their own.
   */
  readonly name: 'next-basket' | 'time' | 'given';
  /** The same in a sentence, with its numbers. */
  readonly description: string;
  /** Where the held-out part begins; only of `time`. */
  readonly from?: number;
  /** First and last order that was trained on, and that was held out; absent where orders have no times. */
  readonly trained?: Span;
  readonly heldOut?: Span;
}

export interface Span {
  readonly first: number;
  readonly last: number;
}

export interface ContestantReport {
  /** Distinct, short, for machines and for column headings: `als`, `popular`, `gp-top`, ... */
  readonly name: string;
  readonly kind: 'model' | 'baseline';
  /** For people, a few words: `own frequency, then popularity`. */
  readonly description: string;
  /** To make all lists, and to measure them. */
  readonly elapsedMs: number;
}

/** What one contestant reached on one question with lists of k products. */
export interface Result {
  readonly question: EvaluationQuestion;
  readonly contestant: string;
  readonly k: number;
  /** Customers with targets of this question; all count the same. */
  readonly customers: number;
  readonly metrics: Readonly<Record<Metric, Measure>>;
  /** Share of all products that stand in the list of at least one of these customers. */
  readonly coverage: number;
  /** Share of the places in these lists that go to popular products: the tenth of products that is in most orders. */
  readonly popularShare: number;
}

/** `better`: the first contestant is. `tie`: the difference is within two standard errors. */
export type Verdict = 'better' | 'tie' | 'worse';

/** The first contestant minus another one, paired: over the same customers. */
export interface Comparison {
  readonly question: EvaluationQuestion;
  /** The name of the first contestant, and of the other one. */
  readonly contestant: string;
  readonly against: string;
  readonly k: number;
  readonly metrics: Readonly<Record<Metric, Measure & { readonly verdict: Verdict }>>;
}

/** A `Result` of the customers with `from` to `to` orders in the training part. */
export interface GroupResult {
  readonly question: EvaluationQuestion;
  readonly contestant: string;
  readonly k: number;
  readonly from: number;
  /** Null where the group has no upper end. */
  readonly to: number | null;
  readonly customers: number;
  readonly metrics: Readonly<Record<Metric, Measure>>;
  /** The first contestant minus this one; absent for the first one itself. */
  readonly difference?: Comparison['metrics'];
}

/** Customers who cannot be measured, and why. */
export interface Unmeasured {
  readonly customers: number;
  readonly reason: string;
}

/** What `measure` finds. Shares lie from 0 to 1. */
export interface Measured {
  /** The lengths of lists that were measured, ascending. */
  readonly ks: readonly number[];
  /** The k that conclusions, examples and the table of groups speak of: 10 if it was measured, else the longest. */
  readonly mainK: number;
  /** Who was measured: the models first, then the baselines. */
  readonly contestants: readonly ContestantReport[];
  /** One for each question that has targets, each contestant that answers it, and each k; in this order. */
  readonly results: readonly Result[];
  /** The first contestant against every other one: one for each question, other contestant and k. */
  readonly comparisons: readonly Comparison[];
  /** The results at `mainK` again, by how many orders customers had before; each group has customers. */
  readonly groups: readonly GroupResult[];
}
