/** What an evaluation found, as plain data that JSON can hold: for the terminal, for `--json` and for the report. */
import type { ProtocolReport, Unmeasured } from '../measuring/protocols.ts';
import type { EvaluationQuestion } from '../measuring/questions.ts';
import type { Measured } from '../measuring/results.ts';
import type { Choice, ModelMetadata } from '../model/model.ts';

/** What an evaluation found. Shares lie from 0 to 1, times are milliseconds since 1970 UTC, durations milliseconds. */
export interface Evaluation extends Measured {
  readonly protocol: ProtocolReport;
  readonly account: EvaluationAccount;
  /** How the model was trained; absent where it was not trained here. */
  readonly training?: TrainingReport;
  /** A few customers drawn at random from those measured. */
  readonly examples: readonly ExampleCustomer[];
  /** What all this says, in plain sentences, the most important first. */
  readonly conclusions: readonly string[];
}

/** What could be measured and what could not. */
export interface EvaluationAccount {
  /** The training part: customers and products with an order in it, orders, customer-product pairs. */
  readonly training: {
    readonly customers: number;
    readonly products: number;
    readonly orders: number;
    readonly pairs: number;
  };
  /** Customers who have targets at all; the questions may measure fewer. */
  readonly measured: number;
  /** Customers with targets of each question, and how many targets these have together. 0 where there are none. */
  readonly targets: Readonly<Record<EvaluationQuestion, { readonly customers: number; readonly targets: number }>>;
  /** Customers who could not be measured, and why. */
  readonly unmeasured: readonly Unmeasured[];
  /** Targets that nobody had bought before: a list holds them by chance only. */
  readonly unseenTargets: number;
  /**
   * What else one should know to trust the figures, in plain sentences: how orders were told apart, what the data do not
   * have and which measurement is missing for it.
   */
  readonly notes: readonly string[];
}

export interface TrainingReport {
  readonly algorithm: string;
  readonly options: Readonly<Record<string, string | number | boolean>>;
  /** How those of the options that were left open were chosen, or why none was. */
  readonly choice?: Choice;
  readonly unchosen?: ModelMetadata['unchosen'];
  /** Training loss after each epoch. */
  readonly losses: readonly number[];
  /** A metric on held-out orders of the training part after each epoch, where training measured one. */
  readonly validation?: { readonly metric: string; readonly values: readonly number[] };
  readonly trainingMs: number;
  readonly kernel: { readonly backend: string; readonly isa: string; readonly threads: number };
}

export interface ExampleProduct {
  readonly product: string;
  readonly name?: string;
}

/** A customer: what they had bought, what the first contestant listed, and what they then bought. */
export interface ExampleCustomer {
  readonly customer: string;
  /** Orders before those in `history`. */
  readonly earlierOrders: number;
  /** The last few orders that were trained on, oldest first. */
  readonly history: readonly { readonly time?: number; readonly products: readonly ExampleProduct[] }[];
  /** The first ten products for the question `all`, best first; fewer where the longest list that was measured is shorter. */
  readonly list: readonly (ExampleProduct & {
    /** Whether it is one of the targets. */
    readonly hit: boolean;
    /** Orders of this customer that held it before. */
    readonly ordersBefore: number;
  })[];
  /** What they then bought. */
  readonly targets: readonly (ExampleProduct & { readonly ordersBefore: number })[];
}
