import type { Kernel } from '../kernel/kernel.ts';
import type { Model } from '../model/model.ts';
import type { Pace } from '../turns.ts';
import type { Shard } from './lists/shard.ts';
import type { Merchandising } from './serving/options.ts';

/**
 * Fills the rest of a short list in `RecommendationBlock.rows`: 4,294,967,295 (0xFFFFFFFF), the row of no product. The list
 * of a customer ends at the first one.
 */
export { noRow } from '../kernel/operations/operations.ts';

/**
 * A model that answers, made by `createRecommender`.
 *
 * Each of the five questions has two forms with the same answers. `recommend` and its siblings return promises: requests
 * made in the same turn of the event loop are scored in one batch, at a fraction of the cost, and a batch that takes long is
 * scored on the kernel's threads (with one thread in slices), so that the event loop stays free. Their errors reject the
 * promise. `recommendSync` and its siblings compute on the calling thread, which suits scripts. A `signal` that fires before
 * a request of the first form is scored ends it with `aborted`.
 *
 * Ids are strings; a number stands for its digits. All of them throw `invalid_options` for unknown options and values out of
 * range, and after `close`.
 */
export interface Recommender {
  readonly model: Model;
  /** What computes the answers: backend, instruction set, threads, and what failed to load before it. */
  readonly kernel: Kernel;

  /**
   * Row of the customer in `model.customers`; undefined if the model does not know the id. Here as everywhere, ids are
   * cleaned as those of the orders were: ` 10276.0 ` is 10276.
   */
  customerRow(customerId: string | number): number | undefined;
  /** Row of the product in `model.products`; undefined if the model does not know the id. */
  productRow(productId: string | number): number | undefined;

  /**
   * Lists products for a customer, best first. A customer that the model does not know gets what most orders hold
   * (`source: 'popular'`).
   *
   * @throws `invalid_options`
   *
   * @example
   * const { items, source } = await recommender.recommend('10276', { n: 5, purchased: 'exclude' });
   * // source: 'personal'
   * // items: [{ product: 'COF-1015', row: 116, score: 0.908, name: 'Kenya AA Decaf Coffee, 1 kg', category: 'Coffee' }, ...]
   */
  recommend(customerId: string | number, options?: RecommendOptions & Abortable): Promise<Recommendations>;
  recommendSync(customerId: string | number, options?: RecommendOptions): Recommendations;

  /**
   * Lists products for a basket, which counts as the buyer's newest order. The model is not retrained: the basket, together
   * with the customer's earlier purchases if `options.customer` is known, is folded in as training would do it with the
   * products' factors fixed. Without a known product or customer the list is what most orders hold (`source: 'popular'`).
   *
   * @throws `invalid_options`; `not_finite` if the quantities are too large for scores to be finite.
   *
   * @example
   * const basket = ['PAS-1007', { product: 'SPI-1007', quantity: 2 }];
   * const { items } = await recommender.recommendForBasket(basket, { customer: '10276', n: 5 });
   */
  recommendForBasket(lines: readonly BasketLine[], options?: BasketOptions & Abortable): Promise<Recommendations>;
  recommendForBasketSync(lines: readonly BasketLine[], options?: BasketOptions): Recommendations;

  /**
   * Lists the products most similar to one, by the cosine of their factors, without the product itself. The model's ranking
   * plays no part: popularity and habits don't count.
   *
   * @throws `invalid_options`; `unknown_product`
   */
  similarProducts(productId: string | number, options?: ListOptions & Abortable): Promise<Recommendation[]>;
  similarProductsSync(productId: string | number, options?: ListOptions): Recommendation[];

  /**
   * Lists the products that orders hold together with one more often than by chance, strongest evidence first (Dunning's
   * log-likelihood ratio, 1993). Training found them, so there are at most as many as its option `together` says.
   *
   * @throws `invalid_options`; `unknown_product`; `no_bought_together` if the model was trained without.
   */
  boughtTogether(productId: string | number, options?: ListOptions): Promise<BoughtTogetherProduct[]>;
  boughtTogetherSync(productId: string | number, options?: ListOptions): BoughtTogetherProduct[];

  /**
   * Lists the customers most similar to one, by the cosine of their factors, without the customer.
   *
   * @throws `invalid_options`; `unknown_customer`
   */
  similarCustomers(
    customerId: string | number,
    options?: Pick<ListOptions, 'n'> & Abortable,
  ): Promise<SimilarCustomer[]>;
  similarCustomersSync(customerId: string | number, options?: Pick<ListOptions, 'n'>): SimilarCustomer[];

  /**
   * Makes the lists of many customers in blocks of typed arrays, in row order: the fastest way to all lists, on all threads
   * and in constant memory. The kernel works on the next block while you use one. Leave the loop at any time.
   *
   * @throws `invalid_options`, at the call; `aborted`, from the loop.
   *
   * @example
   * const { customers: ids, products } = recommender.model;
   * for await (const { firstCustomer, customers, n, rows } of recommender.recommendBlocks({ n: 10 })) {
   *   for (let c = 0; c < customers; c++) {
   *     const list = rows.subarray(c * n, (c + 1) * n).filter((row) => row !== noRow);
   *     console.log(ids[firstCustomer + c], Array.from(list, (row) => products[row]));
   *   }
   * }
   */
  recommendBlocks(options?: BatchOptions): AsyncGenerator<RecommendationBlock>;

  /**
   * Makes the same lists as `recommendBlocks`, one object per customer, and throws the same.
   *
   * @example
   * for await (const { customer, items } of recommender.recommendAll({ n: 10, purchased: 'exclude' }))
   *   console.log(customer, items.map(({ product }) => product));
   */
  recommendAll(options?: BatchOptions): AsyncGenerator<CustomerRecommendations>;

  /**
   * Ages what trees say about products bought before, from the time of the model's last order to another one, at most 30 days
   * later: now by default. It works in slices, so that requests are answered in between, and resolves when lists take it into
   * account. The server calls it once a day. It does nothing if the model has no trees, or its orders no times.
   *
   * @param now a Date, or milliseconds since 1970 UTC.
   * @throws `invalid_options` if it is neither.
   */
  refresh(now?: number | Date): Promise<void>;

  /** Waits for the requests made so far, then ends the kernel's threads. Finish or leave loops over batches first. */
  close(): Promise<void>;
}

export interface ListOptions extends Merchandising {
  /** Length of the list, 1 to 10,000; 10 by default. */
  n?: number;
  /** The only product ids that the list may hold; all by default. Ids that the model does not know are skipped. */
  allow?: readonly string[];
  /** Product ids that the list may not hold. Ids that the model does not know are skipped. */
  deny?: readonly string[];
}

/** What the asynchronous questions take besides their options. */
export interface Abortable {
  /**
   * Ends the request with `aborted` if it fires before scoring begins. A function that returns the signal is called only if
   * the request has to wait, since making a signal takes as long as scoring a short list.
   */
  signal?: AbortSignal | (() => AbortSignal);
}

/** Which products a list may hold: any, those not bought before, or only those bought before. */
export type PurchasedFilter = 'allow' | 'exclude' | 'only';

/** Options of lists for customers, one at a time or in batches. */
export interface SpreadOptions extends ListOptions {
  /**
   * `'allow'` by default, since in most shops people buy again; `'exclude'` if nobody did in the orders that the model was
   * trained on. A basket's products count as bought before; where people buy again, its list leaves out just these.
   */
  purchased?: PurchasedFilter;
  /**
   * From 0, the best products, to 1, those least similar to one another. By default the best, but in lists of 5 to 50 no
   * more than six of ten products have names that share a word, such as ten sizes of the same bag: as far as there are
   * others. Words of fewer than four letters don't count, nor do those of every fifth name. Above 0, it is maximal marginal relevance
   * (Carbonell & Goldstein 1998) over the best max(100, 4 n) products, at most 2,000, similar by the cosine of their
   * factors. With `perCategory`, they hold as many times more of each category. Products stand in the order in which they are
   * chosen. Above 0, `n` is at most 1,000.
   */
  diversity?: number;
  /**
   * Products of one category, 1 to 10,000; no limit by default. Of a product with several, the first counts; products without
   * one are not limited.
   */
  perCategory?: number;
  /**
   * How many of the `n` products, at least, are new to the customer: as far as there are any. 0 to `n`; 0 by default. The
   * best new products take the places of the lowest ones that the customer bought before. Not with `purchased: 'only'`.
   */
  mix?: number;
}

export interface RecommendOptions extends SpreadOptions {
  /** Whether each product has an `explanation`; false by default. */
  explain?: boolean;
}

export interface BasketOptions extends RecommendOptions {
  /** Whose basket it is: what they bought before counts too. An unknown customer adds nothing. */
  customer?: string | number;
}

/** A product in a basket. A bare id stands for a quantity of 1; quantities are above 0, at most 1,000,000,000. */
export type BasketLine = string | { product: string; quantity?: number };

export interface BatchOptions extends SpreadOptions, Pace {
  /** First customer row; 0 by default. */
  from?: number;
  /** The row after the last one; the number of customers by default. */
  to?: number;
  /** Instead of `from` and `to`: a run of customers; see `Shard`. */
  shard?: Shard;
  /** Called before each block is handed out; `done` and `total` are customers. */
  onProgress?: (progress: { done: number; total: number; elapsedMs: number }) => void;
}

export interface Recommendations {
  /**
   * Exactly min(n, eligible products), best first, but for pins. Eligible are those that pass every filter and limit. Ties go
   * to the lower row, of popular products to the one that more orders ever held.
   */
  items: Recommendation[];
  source: Source;
}

/**
 * What a list was made from: `personal`, the customer's own factors; `personal-new`, the same without what they bought, as
 * nobody here buys a product twice; `basket`, a basket folded in, also if a known customer's has no known product; `popular`,
 * the number of orders; `too-early`, popularity and habit, as orders are too few; `new`, what the model does not know.
 */
export type Source = 'personal' | 'personal-new' | 'basket' | 'popular' | 'too-early' | 'new';

export interface Recommendation {
  product: string;
  /** Row of the product in `model.products`; `noRow` for what a shop lists and the model does not know. */
  row: number;
  /**
   * What the list is sorted by, comparable within it. For a customer or a basket it is the score of the model's `Ranking`,
   * or the dot product of factors if the model has none; for popular products the orders that hold them, in the last
   * `windowDays` if the orders have times; for similar products the cosine.
   */
  score: number;
  /** Absent if the orders gave none; so is `category`. */
  name?: string;
  category?: string;
  /** Present if asked for with `explain`. */
  explanation?: Explanation;
}

/** Why a product is in a list. */
export interface Explanation {
  /** What the score is made of; they sum to it. `neighbours` is absent without a weight for it, `boost` without boosts. */
  parts: { taste: number; neighbours?: number; habit: number; trend: number; boost?: number };
  reasons: Reason[];
  /** The reasons as one English sentence; empty if there is none. */
  text: string;
}

export type Reason =
  /** The product was in `orders` of the customer's last `of` orders, which are all of them if it is long ago. */
  | { kind: 'habit'; orders: number; of: number; text: string }
  /** The up to three purchases that speak most for the product, with their shares of its taste; all shares sum to 1. */
  | { kind: 'taste'; products: { product: string; row: number; share: number }[]; text: string }
  /** The same with their shares of the strengths that the product has as their neighbour; see `Neighbours`. */
  | { kind: 'neighbours'; products: { product: string; row: number; share: number }[]; text: string }
  /** The product is in the top 2 % by orders, in the last `days` if the orders have times. */
  | { kind: 'trend'; orders: number; days?: number; text: string }
  | { kind: 'boost' | 'pin'; text: string };

/** A product that orders hold together with another. */
export interface BoughtTogetherProduct {
  product: string;
  /** Row of the product in `model.products`. */
  row: number;
  /** How many times as many orders hold both as chance would have it; above 1, or 0 for a pin without evidence. */
  lift: number;
  /** Orders that hold both; 0 for the same. */
  orders: number;
  /** Absent if the orders gave none; so is `category`. */
  name?: string;
  category?: string;
}

export interface SimilarCustomer {
  customer: string;
  /** Row of the customer in `model.customers`. */
  row: number;
  /** Cosine of the factors, -1 to 1. */
  score: number;
}

/** The lists of consecutive customers. The arrays are yours to keep. */
export interface RecommendationBlock {
  /** Row of the first customer. */
  firstCustomer: number;
  /** Number of customers. */
  customers: number;
  /** Length of each list, filled up with `noRow`. */
  n: number;
  /** customers x n product rows, each list best first. */
  rows: Uint32Array;
  /** customers x n scores; 0 past the end of a short list. */
  scores: Float32Array;
}

export interface CustomerRecommendations {
  customer: string;
  items: Recommendation[];
}
