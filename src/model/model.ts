import type { Account, ProductInfo, Purchases } from '../dataset/dataset.ts';
import type { Signals } from '../ranking/signals.ts';
import type { Ranking } from '../ranking/weights.ts';

/**
 * A trained model: immutable, whole, and independent of the kernel that made it. Scores are dot products of a
 * customer's and a product's factors, or where `metadata.ranking` says so, a blend of these with the signals.
 */
export interface Model {
  readonly algorithm: 'als' | 'quantity';
  /** Length of one embedding. */
  readonly factors: number;
  /** Customer ids by row, sorted. */
  readonly customers: readonly string[];
  /** Product ids by row, sorted. */
  readonly products: readonly string[];
  readonly productInfo: readonly ProductInfo[];
  /** customers x factors, row-major, unpadded. */
  readonly customerFactors: Float32Array;
  /** products x factors, row-major, unpadded. */
  readonly productFactors: Float32Array;
  /** What each customer bought; the source of filters and of popularity. */
  readonly purchases: Purchases;
  /** What the orders say beside taste; there where `metadata.ranking` is. */
  readonly signals?: Signals;
  /** Which products orders hold together; where training was asked for it and the orders were known. */
  readonly boughtTogether?: BoughtTogether;
  readonly metadata: ModelMetadata;
}

/** What is bought with each product: for product `p` at `offsets[p]` to `offsets[p + 1]`, the strongest first. */
export interface BoughtTogether {
  /** products + 1 */
  readonly offsets: Uint32Array;
  /** Product row of the other product. */
  readonly products: Uint32Array;
  /** How many times as often as by chance an order holds both; above 1. */
  readonly lifts: Float32Array;
  /** Orders that hold both; at least 1. */
  readonly orders: Uint32Array;
}

export interface ModelMetadata {
  /** Names this very model: the first 16 hex digits of SHA-256 over its factors, its data's fingerprint and its ranking. */
  readonly version: string;
  /** The `endcap` version that trained it. */
  readonly endcap: string;
  /** ISO 8601, UTC. */
  readonly trainedAt: string;
  /** Every training option with the value that was used. */
  readonly options: Readonly<Record<string, string | number | boolean>>;
  /** Training loss after each epoch. */
  readonly losses: readonly number[];
  readonly trainingMs: number;
  /** `Dataset.fingerprint` and `Dataset.account` of the orders. */
  readonly fingerprint: string;
  readonly account: Account;
  readonly kernel: { readonly backend: string; readonly isa: string; readonly threads: number };
  /** What folding in a new customer needs beside the factors; numbers by name, set by the algorithm. */
  readonly foldIn: Readonly<Record<string, number>>;
  /** Absent where scores are plain dot products. */
  readonly ranking?: Ranking;
  /** Absent where no option was chosen by trying it. */
  readonly choice?: Choice;
  /** Why none was: all options were `given`, or `too_few` customers bought enough to try options on. Absent where one was. */
  readonly unchosen?: 'given' | 'too_few';
  /** A metric on held-out orders after each epoch; there where the number of iterations was found by it. */
  readonly validation?: { readonly metric: string; readonly values: readonly number[] };
}

/** How options were chosen: by what models with them found of orders that were held out. */
export interface Choice {
  /** `orders`: the last order of each customer. `products`: a fifth of each customer's products, where orders tell nothing. */
  readonly heldOut: 'orders' | 'products';
  /** Customers that were measured. */
  readonly customers: number;
  /** What was tried; the first of several are the defaults. */
  readonly tried: readonly Tried[];
  /**
   * Whether the model has the best options of those tried. Otherwise nothing was better than the defaults by more than the
   * noise, and the model has these. Absent in files of earlier versions, which have the best.
   */
  readonly beatsDefaults?: boolean;
  /** Whether the weights of the ranking were learned from the held-out orders too. */
  readonly learned: boolean;
}

export interface Tried {
  readonly regularization: number;
  readonly unobservedWeight: number;
  /** Absent in files of earlier versions. */
  readonly tasteDecay?: number;
  /** Recall and NDCG of the first ten of all products. Absent where a customer's targets cannot be bought before. */
  readonly all?: Accuracy;
  /** The same of products that were new to the customer. Absent where nobody bought any. */
  readonly explore?: Accuracy;
}

export interface Accuracy {
  readonly recall: number;
  readonly ndcg: number;
}
