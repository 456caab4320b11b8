import type { Model } from '../model/model.ts';

/** The product row past the end of a short list in a block. */
export { noRow } from '../kernel/operations.ts';

/** Which products a list may hold, by what the customer bought before. */
export type PurchasedFilter = 'allow' | 'exclude' | 'only';

/** Where a list came from: the customer's own factors, a basket folded in, or what everybody buys. */
export type Source = 'personal' | 'basket' | 'popular';

export interface RecommendOptions {
  /** Length of the list; 1 to 10,000; 10 by default. */
  n?: number;
  /** `'allow'` by default: in most shops people buy again. For a basket the default leaves the basket's products out. */
  purchased?: PurchasedFilter;
  /** When given, only these product ids; ids that the model does not know are skipped. */
  allow?: readonly string[];
  /** Never these product ids. */
  deny?: readonly string[];
}

export interface Recommendation {
  product: string;
  /** Product row in the model. */
  row: number;
  score: number;
  name?: string;
  category?: string;
}

export interface Recommendations {
  /** Exactly min(n, eligible products), best first, ties to the lower row. */
  items: Recommendation[];
  source: Source;
}

/** One line of a basket; a bare product id stands for a quantity of 1. */
export type BasketLine = string | { product: string; quantity?: number };

export interface BasketOptions extends RecommendOptions {
  /** Adds what this customer bought before to the basket. Unknown customers add nothing. */
  customer?: string;
}

export interface BatchOptions extends RecommendOptions {
  /** Customer rows `[from, to)`; all by default. */
  from?: number;
  to?: number;
  signal?: AbortSignal;
  onProgress?: (progress: { done: number; total: number; elapsedMs: number }) => void;
}

/** Lists for consecutive customers. The arrays are the reader's to keep. */
export interface RecommendationBlock {
  /** Row of the first customer in the block. */
  firstCustomer: number;
  customers: number;
  n: number;
  /** customers x n product rows, best first; `noRow` (0xFFFFFFFF) past the end of a short list. */
  rows: Uint32Array;
  /** customers x n scores; 0 past the end of a short list. */
  scores: Float32Array;
}

export interface CustomerRecommendations {
  customer: string;
  items: Recommendation[];
}

/** A model at a kernel: answers for customers, baskets and products. */
export interface Recommender {
  readonly model: Model;
  /** What answers: backend, ISA and threads. */
  readonly kernel: { readonly backend: 'native' | 'wasm'; readonly isa: string; readonly threads: number };
  recommend(customerId: string | number, options?: RecommendOptions): Recommendations;
  /** Folds the basket in as a new customer, without retraining. With no known product in it the answer is `popular`. */
  recommendForBasket(lines: readonly BasketLine[], options?: BasketOptions): Recommendations;
  /** Products whose factors point the same way (cosine); the product itself is left out. Throws `unknown_product`. */
  similarProducts(productId: string | number, options?: Omit<RecommendOptions, 'purchased'>): Recommendation[];
  /** All customers in row order, block by block, at constant memory. */
  recommendBlocks(options?: BatchOptions): AsyncGenerator<RecommendationBlock>;
  /** The same as one object a customer. */
  recommendAll(options?: BatchOptions): AsyncGenerator<CustomerRecommendations>;
  /** Stops the workers; later calls throw. */
  close(): Promise<void>;
}
