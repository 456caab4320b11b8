import type { Account, ProductInfo, Purchases } from '../dataset/dataset.ts';

/**
 * A trained model: immutable, whole, and independent of the kernel that made it. Scores are dot products of a
 * customer's and a product's factors.
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
  readonly metadata: ModelMetadata;
}

export interface ModelMetadata {
  /** Names this very model: the first 16 hex digits of SHA-256 over its factors and its data's fingerprint. */
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
}
