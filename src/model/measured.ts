/** What a model keeps of how its lists did next to simple lists. */
import type { Choice } from './model.ts';

/**
 * What lists of a model find of held-out orders, next to simple lists for the same customers. The model was trained without
 * these orders, with the options and weights that were picked, and then anew with them. Absent if nothing was picked by trying, or
 * the weights of the ranking or the number of iterations were settled in another way.
 */
export interface MeasuredModel {
  /** What was held out; see `Choice.heldOut`. */
  readonly heldOut: Choice['heldOut'];
  /** The number of products of a list. */
  readonly n: number;
  /** When the last of the orders was placed, in milliseconds since 1970 UTC; absent if orders have no times. */
  readonly until?: number;
  /**
   * Whether options were picked on these same orders, or guards moved weights on them, which flatters the model a little.
   * Weights that were learned do not: each customer's lists are made with those that others taught.
   */
  readonly picked: boolean;
  /**
   * Whether lists are measured with the trees that the model has, each customer with those that were fitted to others. False if
   * the trees could not be tried on these customers: lists find more than this says then. Absent if the model has none.
   */
  readonly trees?: boolean;
  /** By question, in the order of `all`, `explore`, `repeat`; of those that 30 customers or more answer, at least one. */
  readonly results: readonly MeasuredResult[];
}

export interface MeasuredResult {
  /**
   * `all` products, products that are new to the customer (`explore`), or products bought before (`repeat`). Where nobody buys a
   * product twice, and of held-out products, all are new: there is only `explore`.
   */
  readonly question: 'all' | 'explore' | 'repeat';
  readonly customers: number;
  readonly model: MeasuredLists;
  /** Simple lists, `popular` first. */
  readonly baselines: readonly MeasuredBaseline[];
}

/** See `Accuracy`. */
export interface MeasuredLists {
  readonly recall: MeasuredMean;
  readonly ndcg: MeasuredMean;
}

export interface MeasuredBaseline extends MeasuredLists {
  /** As in an evaluation. */
  readonly name: string;
  /** The model's lists less these, paired: over the same customers. */
  readonly gain: MeasuredLists;
}

/** A mean over customers. */
export interface MeasuredMean {
  readonly mean: number;
  readonly standardError: number;
}
