import type { Account, ProductInfo, Purchases, Returned } from '../dataset/dataset.ts';
import type { Reading } from '../dataset/reading.ts';
import type { Corrections } from '../ranking/corrections.ts';
import type { RepeatSignals } from '../ranking/repeat-signals.ts';
import type { Signals } from '../ranking/signals.ts';
import type { Ranking } from '../ranking/weights.ts';
import type { FoldInNumbers, Imported } from './imported.ts';
import type { MeasuredModel } from './measured.ts';
import type { SalesByPeriod, SalesPeriods } from './sales-by-period.ts';

/**
 * A trained model: immutable, complete, and independent of the kernel that trained it. The score of a product for a
 * customer is the dot product of their factors or, if `metadata.ranking` is present, a blend of it with the signals.
 *
 * Nobody changes a model, its objects or its arrays once it exists: they are shared rather than copied, with the dataset it
 * was trained on, too. If somebody does all the same, answers may be wrong, but memory is safe: a recommender keeps copies
 * of what its kernels rely on (factors and the products bought), and checks the copies; only `loadRecommender` hands out a model
 * that is in use. `tensors.ts` has the range of every array.
 */
export interface Model {
  /** The training method: alternating least squares, or regression of the quantities. */
  readonly algorithm: 'als' | 'quantity';
  /** The number of factors per customer and product. */
  readonly factors: number;
  /** Customer ids; a customer's row is its index here. Distinct and sorted by UTF-16 code units. */
  readonly customers: readonly string[];
  /** Product ids; a product's row is its index here. Distinct and sorted by UTF-16 code units. */
  readonly products: readonly string[];
  /** What else is known about each product, by product row. */
  readonly productInfo: readonly ProductInfo[];
  /** customers x factors, row-major, without padding. */
  readonly customerFactors: Float32Array;
  /** products x factors, row-major, without padding. */
  readonly productFactors: Float32Array;
  /** What each customer bought, for filters and popularity. */
  readonly purchases: Purchases;
  /** Rows of products that no list holds, ascending; absent if all may be listed. */
  readonly unlisted?: Uint32Array;
  /** What customers returned in full, for filters; absent if nobody did. */
  readonly returned?: Returned;
  /** What the orders say besides taste; present if `metadata.ranking` is. */
  readonly signals?: Signals;
  /** Products that are often in the same order; present if trained with `boughtTogether`, from a dataset with a history. */
  readonly boughtTogether?: BoughtTogether;
  /** What customers buy with each product; present if `metadata.ranking` weighs it. */
  readonly neighbours?: Neighbours;
  /** What corrects the scores of products bought before; present if training kept it. */
  readonly repeatTrees?: RepeatTrees;
  /** What each product sold when; present if `metadata.sales` is. Lists do not depend on it: people look at it. */
  readonly sales?: SalesByPeriod;
  readonly metadata: ModelMetadata;
}

/**
 * The products bought together with each product, as compressed sparse rows: those of product row `p` have the indices
 * `offsets[p]` up to, but excluding, `offsets[p + 1]`, strongest first.
 */
export interface BoughtTogether {
  /** products + 1 values, from 0 to the length of `products`. */
  readonly offsets: Uint32Array;
  /** Product row of the other product, which no product has twice. */
  readonly products: Uint32Array;
  /** How many times more often than by chance the two are in the same order; above 1. */
  readonly lifts: Float32Array;
  /** The number of orders that contain both; at least 1. */
  readonly orders: Uint32Array;
}

/**
 * The products that customers of each product also buy, or buy next (see `neighboursOf`), as compressed sparse rows: those of
 * product row `p` have the indices `offsets[p]` up to, but excluding, `offsets[p + 1]`.
 */
export interface Neighbours {
  /** products + 1 values, from 0 to the length of `products`. */
  readonly offsets: Uint32Array;
  /** Product rows, ascending for each product. */
  readonly products: Uint32Array;
  /** What having bought the product says for its neighbour; of at most 1e9 in magnitude, of either sign. */
  readonly strengths: Float32Array;
}

/** What is added to the score of a pair, and what that reads besides the signals; see `repeatFeatures`. */
export interface RepeatTrees extends Corrections, RepeatSignals {}

/** How a model came about, and what its recommender needs besides the arrays. */
export interface ModelMetadata {
  /** Identifies the model: the first 16 hex digits of a hash of its factors, the fingerprint, the ranking and neighbours. */
  readonly version: string;
  /** The version of Endcap that trained the model. */
  readonly endcap: string;
  /** When training ended, ISO 8601 in UTC. */
  readonly trainedAt: string;
  /** Every training option with the value used. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
  /** The training loss after each iteration. */
  readonly losses: readonly number[];
  /** The duration of training in milliseconds, without the search for options. */
  readonly trainingMs: number;
  /** `Dataset.fingerprint` of the orders. */
  readonly fingerprint: string;
  /** `Dataset.account` of the orders. */
  readonly account: Account;
  /** How their source was understood; absent in models of earlier versions, and of a dataset that was made by hand. */
  readonly reading?: Reading;
  /** The purchases of a store that it was trained on, too: up to a place in it. Absent if there are none. */
  readonly learned?: Learned;
  /** The rules by which the ids of the orders were cleaned, as are those of requests; absent if ids are as they are. */
  readonly idCleaning?: number;
  /** The kernel that trained the model. */
  readonly kernel: { readonly backend: string; readonly isa: string; readonly threads: number };
  /** What the algorithm needs to compute factors for a new customer, besides the product factors. */
  readonly foldIn: FoldInNumbers;
  /** The weights of the scoring formula; absent if scores are plain dot products. */
  readonly ranking?: Ranking;
  /** What kind of shop the orders are from; absent without a history, and in models of earlier versions. */
  readonly shop?: Shop;
  /** The guards that acted: where simple lists found more than those of the learned weights, which moved towards them. */
  readonly guards?: readonly Guard[];
  /** Whether trees correct the scores of products bought before; absent if none were tried. */
  readonly repeatTrees?: RepeatTreesTried;
  /** The periods of `Model.sales`; absent if orders have no times, and in models of earlier versions. */
  readonly sales?: SalesPeriods;
  /** How training options were picked by trying them; absent if none was. */
  readonly choice?: Choice;
  /**
   * Why no option was picked by trying: all options were `given`, the training was to be `fast`, there were `too_few` customers
   * or orders to measure on, it is `too_early`, with so few orders that lists go by popularity and habit alone, or there is
   * `no_history`, but pairs. Absent if `choice` is present, and in models that were trained without picking.
   */
  readonly unchosen?: Unchosen;
  /** What lists find of held-out orders next to best-sellers and other simple lists; absent if that was not measured. */
  readonly measured?: MeasuredModel;
  /** A metric on held-out orders after each iteration; present if the number of iterations was picked by it. */
  readonly validation?: { readonly metric: string; readonly values: readonly number[] };
  /** The system that the factors come from; absent if Endcap trained them. */
  readonly imported?: Imported;
  /** What was found when the model was to take the place of a served one; absent if it was not. */
  readonly gate?: Gate;
}

/** Which purchases a model was trained on besides its orders. */
interface Learned {
  /** The name of the store: its hash of the empty id, which no other store has. */
  readonly store: string;
  /** The place of the last purchase that counts; see `StoredPurchase.seq`. */
  readonly seq: number;
}

/** What the orders say about how customers buy. */
export interface Shop {
  /**
   * The share of products that the customer had bought before among the order lines of those who ordered before, 0 to 1.
   * Lines of first orders do not count. At 0 nobody buys a product twice: lists leave out what was bought by default.
   */
  readonly rebought: number;
}

/** Why the weights of a ranking are not those that were learned: simple lists found more of the held-out orders. */
export interface Guard {
  /** `all` products, products that are new to the customer (`explore`), or products bought before (`repeat`). */
  readonly question: 'all' | 'explore' | 'repeat';
  /** The name of the simple lists, as in an evaluation. */
  readonly baseline: string;
  /** What was done about it, in words. */
  readonly action: string;
}

/** See `ModelMetadata.unchosen`. */
export type Unchosen = 'given' | 'fast' | 'too_few' | 'too_early' | 'no_history';

/** Trees that were tried on held-out orders: those of half of the customers on the other half. */
export interface RepeatTreesTried {
  /** Whether the model has them: lists of all products were better by more than two standard errors. */
  readonly kept: boolean;
  /** The number of customers measured. */
  readonly customers: number;
  /** What lists of all products gained in recall + NDCG at ten; the mean over customers. */
  readonly gain: number;
  /** The standard error of the gain. */
  readonly error: number;
  /** What lists of products bought before gained. */
  readonly repeatGain: number;
  /** When the model's orders end, in milliseconds since 1970 UTC: the time that days are counted to. Absent without times. */
  readonly asOf?: number;
}

/** How training options were picked: models with different options were measured on held-out orders. */
export interface Choice {
  /**
   * What was held out: `orders`, the last order of each customer, or `products`, a fifth of each customer's products, if
   * the orders have no sequence.
   */
  readonly heldOut: 'orders' | 'products';
  /** The number of customers measured. */
  readonly customers: number;
  /** The options tried; if there are several, the first are the defaults. */
  readonly tried: readonly Tried[];
  /** What the search and the training take; absent in models of earlier versions. */
  readonly budget?: Budget;
  /**
   * Whether the model has the best of the options tried. If false, none was better than the defaults by more than the
   * noise, and the model has the defaults. Absent in models of earlier versions, which have the best.
   */
  readonly beatsDefaults?: boolean;
  /** Whether the weights of the ranking were also learned from the held-out orders. */
  readonly learned: boolean;
}

/** In minutes of a machine that does 50 billion floating-point operations a second: counted, not timed. */
interface Budget {
  /** What the search and the training may take. */
  readonly minutes: number;
  /** What they are estimated to take. */
  readonly estimate: number;
  /** The number of factors that would have been tried next if the budget were larger; absent if it was large enough. */
  readonly beyond?: number;
}

/** Options tried, and how well a model with them predicts the held-out orders. */
export interface Tried {
  /** The number of factors; absent in models of earlier versions. */
  readonly factors?: number;
  readonly regularization: number;
  readonly unobservedWeight: number;
  /** Absent in models of earlier versions. */
  readonly tasteDecay?: number;
  /** The accuracy of lists of all products; absent if held-out products cannot be ones bought before. */
  readonly all?: Accuracy;
  /** The accuracy of lists of products that are new to the customer; absent if nobody bought any. */
  readonly explore?: Accuracy;
}

/** The accuracy of the first ten products of a list, as the mean over customers; both are from 0 to 1. */
export interface Accuracy {
  /** The share of the held-out products that are in the list. */
  readonly recall: number;
  /** Normalized discounted cumulative gain: the same, counting a product for less the lower it is in the list. */
  readonly ndcg: number;
}

/**
 * How a candidate's lists compare with those of the model that was served, on the newest orders, which neither had seen. The
 * model that passed was then trained on these, too, with the options of the candidate.
 */
export interface Gate {
  /**
   * `better`, `tie`, `worse`: by what the lists find of the newest orders; within two standard errors it is a tie. If `unshown` has
   * a result, by that. `too_few`: there are too few new orders to tell. `damaged`: the candidate cannot be served, whatever it
   * finds.
   */
  readonly outcome: 'better' | 'tie' | 'worse' | 'too_few' | 'damaged';
  /** Whether the candidate may be served. */
  readonly passed: boolean;
  /** Why, in a sentence with the numbers. */
  readonly reason: string;
  /** The version of the model that was served. */
  readonly served: string;
  /** Orders with a later time than the served model's last one, and customers among them who ordered before. */
  readonly newOrders: { readonly orders: number; readonly customers: number };
  /** What the candidate did not learn from, from the first to the last one, in milliseconds since 1970 UTC; absent if nothing. */
  readonly heldOut?: { readonly orders: number; readonly from: number; readonly to: number };
  /** The question that decides: `explore` where nobody buys a product twice. Absent if nothing was compared. */
  readonly question?: 'all' | 'explore';
  /** By question; none if nothing was compared. */
  readonly results: readonly GateResult[];
  /**
   * The same without what customers had seen in a list before they bought it, which favours the model that was served; lists
   * of both models leave out what was shown. Present if the candidate is worse by `results`, and something was bought from lists that the store keeps.
   */
  readonly unshown?: UnshownResult;
  /** What is wrong with the candidate, in words; empty if nothing is. */
  readonly damages: readonly string[];
}

/** What is left of the products to be found without those that lists had shown. */
interface UnshownResult {
  /** Products that the customers bought: each once for a customer. */
  readonly bought: number;
  /** Of these, the ones that a list had shown to the customer. */
  readonly shown: number;
  /** How the models compare on the others; absent if too few customers bought any. */
  readonly result?: GateResult;
}

/** How the lists of two models compare on the same customers. */
export interface GateResult {
  /** `all` products, products that are new to the customer (`explore`), or products bought before (`repeat`). */
  readonly question: 'all' | 'explore' | 'repeat';
  readonly customers: number;
  readonly served: Accuracy;
  readonly candidate: Accuracy;
  /** How much higher recall + NDCG of the candidate's lists are: the mean over customers. */
  readonly gain: number;
  /** The standard error of the gain; absent if only one customer was measured. */
  readonly error?: number;
}
