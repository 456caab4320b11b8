/** What `evaluate` returns, as plain data that JSON can hold: for the terminal, for `--json`, and for the report. */
import type { ProtocolReport, Unmeasured } from '../measuring/protocols/held-out-part.ts';
import type { EvaluationQuestion } from '../measuring/questions.ts';
import type { Measured } from '../measuring/results.ts';
import type { Choice, ModelMetadata } from '../model/model.ts';

/** Shares lie from 0 to 1, times are milliseconds since 1970 UTC, durations are milliseconds. */
export interface Evaluation extends Measured {
  readonly protocol: ProtocolReport;
  readonly account: EvaluationAccount;
  /** What the hits of the model are made of, by question; absent if scores have no parts, or there were no hits. */
  readonly parts?: readonly HitParts[];
  /** How the model was trained; absent if it was not trained here. */
  readonly training?: TrainingReport;
  /** A few customers, drawn at random from those measured. */
  readonly examples: readonly ExampleCustomer[];
  /** What all of this means, in plain sentences, the most important first. */
  readonly conclusions: readonly string[];
}

/** What could be measured and what could not. */
export interface EvaluationAccount {
  /**
   * Customers and products with at least one order in the training part, its orders, and its customer-product pairs; of
   * several windows, the last one's.
   */
  readonly training: {
    readonly customers: number;
    readonly products: number;
    readonly orders: number;
    readonly pairs: number;
  };
  /** Customers with any targets, in any window; a single question may measure fewer. */
  readonly measured: number;
  /** Customers with targets for each question, and the number of these targets in all windows; 0 if there are none. */
  readonly targets: Readonly<Record<EvaluationQuestion, { readonly customers: number; readonly targets: number }>>;
  readonly unmeasured: readonly Unmeasured[];
  /** Targets that nobody had bought before: a list can contain them only by chance. */
  readonly unseenTargets: number;
  /**
   * What a reader has to know to trust the figures, in plain sentences: how orders were told apart, what the data lack,
   * and which measurement is missing as a result.
   */
  readonly notes: readonly string[];
}

/** Each part's share of what lifts hits above other products, as a mean over hits. */
export interface HitParts {
  readonly question: EvaluationQuestion;
  /** The hits in the first `mainK` places that were explained: all, or those of 10,000 lists a window. */
  readonly hits: number;
  /** By the names of the parts of an explanation; they sum to 1 unless nothing lifted some hits. */
  readonly shares: Readonly<Record<string, number>>;
}

interface TrainingReport {
  readonly algorithm: string;
  readonly options: Readonly<Record<string, string | number | boolean>>;
  /** How `train` picked the options that were left open. */
  readonly choice?: Choice;
  /** What kind of shop the training part is from; likewise the guards that acted. */
  readonly shop?: ModelMetadata['shop'];
  readonly guards?: ModelMetadata['guards'];
  /** Whether trees correct the scores of products bought before; absent if none were tried. */
  readonly repeatTrees?: ModelMetadata['repeatTrees'];
  /** Why `train` picked none. */
  readonly unchosen?: ModelMetadata['unchosen'];
  /** Training loss after each epoch. */
  readonly losses: readonly number[];
  /** A metric on orders held out of the training part, after each epoch; absent without early stopping. */
  readonly validation?: { readonly metric: string; readonly values: readonly number[] };
  readonly trainingMs: number;
  readonly kernel: { readonly backend: string; readonly isa: string; readonly threads: number };
}

export interface ExampleProduct {
  /** Its id. */
  readonly product: string;
  readonly name?: string;
}

/** A customer: what they had bought, what the first contestant listed, and what they then bought. */
export interface ExampleCustomer {
  /** Their id. */
  readonly customer: string;
  /** Number of orders before those in `history`. */
  readonly earlierOrders: number;
  /** The last few orders of the training part, oldest first. */
  readonly history: readonly { readonly time?: number; readonly products: readonly ExampleProduct[] }[];
  /** The list for the question `all`, best first; at most ten products, fewer if shorter lists were measured. */
  readonly list: readonly (ExampleProduct & {
    /** Whether it is one of the targets. */
    readonly hit: boolean;
    /** Number of this customer's earlier orders that held it. */
    readonly ordersBefore: number;
  })[];
  /** What they then bought. */
  readonly targets: readonly (ExampleProduct & { readonly ordersBefore: number })[];
}
