import type { Kernel } from '../kernel/kernel.ts';
import type { Model } from '../model/model.ts';

/** The product row past the end of a short list in a block. */
export { noRow } from '../kernel/operations.ts';

/** Which products a list may hold, by what the customer bought before. */
export type PurchasedFilter = 'allow' | 'exclude' | 'only';

/** Where a list came from: the customer's own factors, a basket folded in, or what everybody buys. */
export type Source = 'personal' | 'basket' | 'popular';

export interface ListOptions {
  /** Length of the list; 1 to 10,000; 10 by default. */
  n?: number;
  /** When given, only these product ids; ids that the model does not know are skipped. */
  allow?: readonly string[];
  /** Never these product ids. */
  deny?: readonly string[];
}

/** What lists of many customers may have beside their filters. */
export interface SpreadOptions extends ListOptions {
  /** `'allow'` by default: in most shops people buy again. For a basket the default leaves the basket's products out. */
  purchased?: PurchasedFilter;
  /**
   * 0 (the default) for the best products, 1 for those least like one another, between them for some of both: maximal
   * marginal relevance (Carbonell & Goldstein 1998) over the best max(100, 4 n) products, alike by the cosine of their
   * factors. Products stand in the order they are chosen. Above 0, `n` is at most 1000.
   */
  diversity?: number;
  /** The most products of a category; 1 or more; any number by default. Products without a category are not counted. */
  perCategory?: number;
}

export interface RecommendOptions extends SpreadOptions {
  /** Whether each product says why it is in the list; false by default. */
  explain?: boolean;
}

export interface Recommendation {
  product: string;
  /** Product row in the model. */
  row: number;
  score: number;
  name?: string;
  category?: string;
  /** Where it was asked for. */
  explanation?: Explanation;
}

/** Why a product is in a list. */
export interface Explanation {
  /** What the score is made of; their sum. */
  parts: { taste: number; habit: number; trend: number };
  reasons: Reason[];
  /** The reasons as a sentence in English; empty where there is none. */
  text: string;
}

export type Reason =
  /** In how many of the customer's last orders, `of` of them, the product was; `of` is all of them where it is long ago. */
  | { kind: 'habit'; orders: number; of: number; text: string }
  /** The purchases that most speak for the product, each with its share of the taste; all purchases' shares sum to 1. */
  | { kind: 'taste'; products: { product: string; row: number; share: number }[]; text: string }
  /** Orders that hold the product, in the last `days` where the orders have times: more than those of 98 % of products. */
  | { kind: 'trend'; orders: number; days?: number; text: string };

/** A product that orders hold together with another. */
export interface BoughtTogetherProduct {
  product: string;
  /** Product row in the model. */
  row: number;
  /** How many times as often as by chance an order holds both. */
  lift: number;
  /** Orders that hold both. */
  orders: number;
  name?: string;
  category?: string;
}

export interface SimilarCustomer {
  customer: string;
  /** Customer row in the model. */
  row: number;
  /** Cosine of the factors. */
  score: number;
}

export interface Recommendations {
  /**
   * Exactly min(n, products to be had), best first, ties to the lower row; among popular ones ties go to what was bought
   * more often ever.
   */
  items: Recommendation[];
  source: Source;
}

/** One line of a basket; a bare product id stands for a quantity of 1. */
export type BasketLine = string | { product: string; quantity?: number };

export interface BasketOptions extends RecommendOptions {
  /** Adds what this customer bought before to the basket. Unknown customers add nothing. */
  customer?: string;
}

export interface BatchOptions extends SpreadOptions {
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

/**
 * A model on a kernel. Each of the five questions comes in two forms with the same answers. The asynchronous one is for
 * servers: requests made in the same turn of the event loop are scored in one batch, at a fraction of the cost, and on the
 * kernel's threads if that is much work. The `...Sync` one computes its answer on the calling thread before it returns.
 */
export interface Recommender {
  readonly model: Model;
  /** The kernel that answers, and those that would have been preferred but failed to load. */
  readonly kernel: Kernel;
  /** Lists products for a customer. Unknown customers get what everybody buys (`source: 'popular'`). */
  recommend(customerId: string | number, options?: RecommendOptions): Promise<Recommendations>;
  recommendSync(customerId: string | number, options?: RecommendOptions): Recommendations;
  /** Folds the basket in as a new customer, without retraining. With no known product in it the answer is `popular`. */
  recommendForBasket(lines: readonly BasketLine[], options?: BasketOptions): Promise<Recommendations>;
  recommendForBasketSync(lines: readonly BasketLine[], options?: BasketOptions): Recommendations;
  /** Products whose factors point the same way (cosine); the product itself is left out. Throws `unknown_product`. */
  similarProducts(productId: string | number, options?: ListOptions): Promise<Recommendation[]>;
  similarProductsSync(productId: string | number, options?: ListOptions): Recommendation[];
  /**
   * What orders hold together with a product more often than by chance (see `togetherOf`), the surest first; at most as many
   * as training kept. Throws `unknown_product`, and `no_bought_together` where the model was trained without.
   */
  boughtTogether(productId: string | number, options?: ListOptions): Promise<BoughtTogetherProduct[]>;
  boughtTogetherSync(productId: string | number, options?: ListOptions): BoughtTogetherProduct[];
  /** Customers whose factors point the same way (cosine), without the customer. Throws `unknown_customer`. */
  similarCustomers(customerId: string | number, options?: Pick<ListOptions, 'n'>): Promise<SimilarCustomer[]>;
  similarCustomersSync(customerId: string | number, options?: Pick<ListOptions, 'n'>): SimilarCustomer[];
  /** All customers in row order, block by block, at constant memory. */
  recommendBlocks(options?: BatchOptions): AsyncGenerator<RecommendationBlock>;
  /** The same as one object a customer. */
  recommendAll(options?: BatchOptions): AsyncGenerator<CustomerRecommendations>;
  /** Waits for the requests that were made, then stops the workers; later calls throw. */
  close(): Promise<void>;
}
