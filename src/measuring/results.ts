/** What `measure` returns, as plain data that JSON can hold. Shares and metrics lie from 0 to 1. */
import type { EvaluationQuestion } from './questions.ts';

/** Everything that `measure` finds out. */
export interface Measured {
  /** The measured lengths of lists, ascending. */
  readonly ks: readonly number[];
  /** The k that conclusions, examples, and `groups` are about: 10 if it was measured, otherwise the longest. */
  readonly mainK: number;
  /** Who was measured, in the order given. */
  readonly contestants: readonly ContestantReport[];
  /** One for each question with targets, each contestant that answers it, and each k; in this order. */
  readonly results: readonly Result[];
  /** The first contestant against each other one: one for each question, other contestant, and k. */
  readonly comparisons: readonly Comparison[];
  /** The results at `mainK`, split by how many orders customers had before; groups without customers are left out. */
  readonly groups: readonly GroupResult[];
  /** The results at `mainK` in each window; present if there are several. */
  readonly windows?: readonly WindowResult[];
}

interface ContestantReport {
  /** Short and distinct, for programs and table headings: `als`, `popular`, `gp-top`, ... */
  readonly name: string;
  /** `ablation`: the model without one of its parts. */
  readonly kind: 'model' | 'baseline' | 'ablation';
  /** A few words for people: `own frequency, then popularity`. */
  readonly description: string;
  /** Time to make all lists and to measure them. */
  readonly elapsedMs: number;
}

/** Metrics of a list of k products against a set of targets; `metricsOf` defines them. */
export type Metric = 'recall' | 'ndcg' | 'hitRate' | 'precision' | 'mrr' | 'map';

export const metrics = ['recall', 'ndcg', 'hitRate', 'precision', 'mrr', 'map'] as const satisfies Metric[];

/** A mean over lists: one for each customer and, if there are several, window. */
export interface Measure {
  readonly mean: number;
  /**
   * Of the mean: standard deviation over customers / sqrt(customers). With several windows, all lists of one customer are
   * drawn together. Null if only one customer was measured.
   */
  readonly standardError: number | null;
}

/** How one contestant does on one question with lists of k products. */
export interface Result {
  readonly question: EvaluationQuestion;
  /** Name of the contestant. */
  readonly contestant: string;
  readonly k: number;
  /** Customers with targets for this question. */
  readonly customers: number;
  /** How many lists they got, one in each window: what the metrics are means over. */
  readonly lists: number;
  readonly metrics: Readonly<Record<Metric, Measure>>;
  /** Share of all products that are in the list of at least one of these customers. */
  readonly coverage: number;
  /** Share of the places in these lists that hold a popular product: one of the tenth that is in the most orders. */
  readonly popularShare: number;
}

/** `better`: the first contestant is better. `tie`: the difference is within two standard errors. */
export type Verdict = 'better' | 'tie' | 'worse';

/** The first contestant minus another one, paired: over the same customers. */
export interface Comparison {
  readonly question: EvaluationQuestion;
  /** Name of the first contestant. */
  readonly contestant: string;
  /** Name of the other contestant. */
  readonly against: string;
  readonly k: number;
  readonly metrics: Readonly<Record<Metric, Measure & { readonly verdict: Verdict }>>;
}

/** Results of one contestant in one window. */
export interface WindowResult {
  readonly question: EvaluationQuestion;
  /** Name of the contestant. */
  readonly contestant: string;
  readonly k: number;
  /** Its place among the windows, from 0, the oldest. */
  readonly window: number;
  readonly customers: number;
  readonly metrics: Readonly<Record<Metric, Measure>>;
  /** The first contestant minus this one; absent for the first contestant itself. */
  readonly difference?: Comparison['metrics'];
}

/** Results of one contestant over the customers with `from` to `to` orders in the training part. */
export interface GroupResult {
  readonly question: EvaluationQuestion;
  /** Name of the contestant. */
  readonly contestant: string;
  readonly k: number;
  readonly from: number;
  /** Null if the group has no upper end. */
  readonly to: number | null;
  readonly customers: number;
  readonly metrics: Readonly<Record<Metric, Measure>>;
  /** The first contestant minus this one; absent for the first contestant itself. */
  readonly difference?: Comparison['metrics'];
}
