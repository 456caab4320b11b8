import { ordersOf, quantityOf } from '../dataset/dataset.ts';
import { EndcapError } from '../errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { modelProblem } from '../model/check.ts';
import type { Model } from '../model/model.ts';
import { invalidOption, wholeNumber } from '../options.ts';
import { scoreBlocks } from './batch.ts';
import { ascending, both, either, type Filter, noRows, passes, toFilter, without } from './filters.ts';
import { type Bought, createFoldIn } from './fold-in.ts';
import { popularityOf } from './popular.ts';
import {
  type BasketLine,
  type BasketOptions,
  type BatchOptions,
  noRow,
  type Recommendation,
  type RecommendationBlock,
  type Recommendations,
  type Recommender,
  type RecommendOptions,
  type Source,
} from './recommender.ts';
import { createScorer, type Lists, packCandidates, padIn, type Question } from './scorer.ts';
import { createTogether } from './together.ts';

/** A list that is there already, or the question that gives it. */
type Plan = { source: Source } & (
  | { items: Recommendation[]; question?: undefined }
  | { items?: undefined; question: Question }
);

/**
 * Puts a model to work on a kernel, which it closes when it is closed. Throws `model_unreadable` where the model breaks a
 * promise of its type (the kernels trust what they are given) or its factors are so large that their products would not be
 * finite, `out_of_memory` where the kernel has no room.
 */
export function recommendWith(kernel: Kernel, model: Model): Recommender {
  const { factors, customers, products, productInfo, purchases } = model;
  const longestProduct = checkModel(model);
  const customerRow = new Map(customers.map((id, row) => [id, row]));
  const productRow = new Map(products.map((id, row) => [id, row]));
  const rowOf = (id: string) => productRow.get(id);
  const customerFactors = padIn(kernel, model.customerFactors, factors);
  const candidates = packCandidates(kernel, padIn(kernel, model.productFactors, factors), factors);
  const { stride } = candidates;
  const here = createScorer(kernel);
  const queue = createTogether(kernel, toItems);
  const foldIn = once(() => createFoldIn(kernel, model, candidates.rows));
  // At once, since it takes longer than a request may.
  const popularity = popularityOf(purchases, products.length);
  const directions = once(() =>
    packCandidates(kernel, padIn(kernel, unitLength(model.productFactors, factors), factors), factors),
  );
  let closed = false;

  function checkOpen(): void {
    if (closed) throw new EndcapError('invalid_options', 'this recommender is closed; create another one');
  }

  function toItem(row: number, score: number): Recommendation {
    const item: Recommendation = { product: products[row], row, score };
    const { name, category } = productInfo[row];
    if (name) item.name = name;
    if (category) item.category = category;
    return item;
  }

  function toItems(question: Question, { n, rows, scores }: Lists, index: number): Recommendation[] {
    const items: Recommendation[] = [];
    const end = index * n + Math.min(n, question.n);
    for (let i = index * n; i < end && rows[i] !== noRow; i++) items.push(toItem(rows[i], scores[i]));
    return items;
  }

  const boughtBy = (customer: number | undefined) =>
    customer === undefined
      ? noRows
      : purchases.products.subarray(purchases.offsets[customer], purchases.offsets[customer + 1]);

  /** Settles the filter on what was bought: from then on there are only allowed and denied rows. */
  function settle(filter: Filter, bought: () => Uint32Array): Filter {
    const { n, purchased, allowed, denied } = filter;
    const refused = purchased === 'exclude' ? either(denied, bought()) : denied;
    const listed = purchased === 'only' ? (allowed ? both(bought(), allowed) : bought()) : allowed;
    return { n, allowed: listed && without(listed, refused), denied: refused };
  }

  function popular(filter: Filter): Plan {
    const { orders, ranking } = popularity;
    const eligible = passes(filter);
    const items: Recommendation[] = [];
    for (const row of ranking) {
      if (items.length === filter.n) break;
      if (eligible(row)) items.push(toItem(row, orders[row]));
    }
    return { items, source: 'popular' };
  }

  function forCustomer(customerId: string | number, options: RecommendOptions = {}): Plan {
    checkOpen();
    const filter = toFilter(options, rowOf);
    const row = customerRow.get(String(customerId));
    const settled = settle(filter, () => boughtBy(row));
    if (row === undefined) return popular(settled);
    const query = customerFactors.subarray(row * stride, (row + 1) * stride);
    return { question: { query, candidates, ...settled }, source: 'personal' };
  }

  function forBasket(lines: readonly BasketLine[], options: BasketOptions = {}): Plan {
    checkOpen();
    const filter = toFilter(options, rowOf, ['n', 'purchased', 'allow', 'deny', 'customer']);
    const basket = readBasket(lines, rowOf);
    const row = options.customer === undefined ? undefined : customerRow.get(String(options.customer));
    const inBasket = ascending(basket.keys());
    // Left to itself a basket does not recommend what is in it, but may well what the customer buys again and again.
    const settled =
      filter.purchased === undefined
        ? settle({ ...filter, purchased: 'exclude' }, () => inBasket)
        : settle(filter, () => either(boughtBy(row), inBasket));
    if (basket.size === 0 && row === undefined) return popular(settled);
    if (row !== undefined) addHistory(basket, model, row);
    // A copy, for the next basket may be folded in before this one is scored.
    const query = foldIn()(basket).slice();
    // Told here, since one whose scores are not finite would fail all that are scored with it.
    if (!finiteScores(lengthOf(query, 0, factors), longestProduct))
      throw new EndcapError('not_finite', 'the quantities in this basket are too large for finite scores', { lines });
    return { question: { query, candidates, ...settled }, source: 'basket' };
  }

  function forProduct(productId: string | number, options: RecommendOptions = {}): Question {
    checkOpen();
    const filter = toFilter(options, rowOf, ['n', 'allow', 'deny']);
    const row = rowOf(String(productId));
    if (row === undefined) {
      throw new EndcapError('unknown_product', `the model knows no product '${productId}'`, {
        product: String(productId),
      });
    }
    const all = directions();
    const query = all.rows.subarray(row * stride, (row + 1) * stride);
    return { query, candidates: all, ...settle({ ...filter, purchased: 'exclude' }, () => Uint32Array.of(row)) };
  }

  const scoreNow = (question: Question) => toItems(question, here.here([question]), 0);

  function now({ items, question, source }: Plan): Recommendations {
    return { items: items ?? scoreNow(question), source };
  }

  async function soon(toPlan: () => Plan): Promise<Recommendations> {
    const { items, question, source } = toPlan();
    return { items: items ?? (await queue.ask(question)), source };
  }

  function blocks(options: BatchOptions): AsyncGenerator<RecommendationBlock> {
    checkOpen();
    const { from = 0, to = customers.length, signal, onProgress, ...filters } = options;
    wholeNumber('to', to, 0, customers.length);
    wholeNumber('from', from, 0, to);
    const filter = toFilter(filters, rowOf);
    return scoreBlocks(kernel, customerFactors, candidates, purchases, undefined, filter, {
      from,
      to,
      signal,
      onProgress,
    });
  }

  return {
    model,
    kernel: { backend: kernel.backend, isa: kernel.isa, threads: kernel.threads },

    recommend: (customerId, options) => now(forCustomer(customerId, options)),
    recommendForBasket: (lines, options) => now(forBasket(lines, options)),
    similarProducts: (productId, options) => scoreNow(forProduct(productId, options)),

    together: {
      recommend: (customerId, options) => soon(() => forCustomer(customerId, options)),
      recommendForBasket: (lines, options) => soon(() => forBasket(lines, options)),
      similarProducts: async (productId, options) => queue.ask(forProduct(productId, options)),
    },

    recommendBlocks: (options = {}) => blocks(options),

    async *recommendAll(options = {}) {
      for await (const { firstCustomer, customers: count, n, rows, scores } of blocks(options)) {
        for (let c = 0; c < count; c++) {
          const items: Recommendation[] = [];
          for (let i = c * n; i < (c + 1) * n && rows[i] !== noRow; i++) items.push(toItem(rows[i], scores[i]));
          yield { customer: customers[firstCustomer + c], items };
        }
      }
    },

    async close() {
      closed = true;
      await queue.idle();
      await kernel.close();
    },
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Quantities by product row; lines of products that the model does not know are left out. Throws `invalid_options`. */
function readBasket(
  lines: readonly BasketLine[],
  rowOf: (productId: string) => number | undefined,
): Map<number, Bought> {
  if (!Array.isArray(lines)) throw invalidOption('lines', lines, 'an array of product ids or of {product, quantity}');
  const basket = new Map<number, Bought>();
  for (const [index, line] of lines.entries()) {
    const { product, quantity = 1 } = typeof line === 'object' && line !== null ? line : { product: line };
    if (typeof product !== 'string' && typeof product !== 'number')
      throw invalidOption(`lines[${index}].product`, product, 'a product id');
    if (!Number.isFinite(quantity) || quantity <= 0 || quantity > 1e9)
      throw invalidOption(`lines[${index}].quantity`, quantity, 'a number above 0, at most 1,000,000,000');
    const row = rowOf(String(product));
    if (row === undefined) continue;
    basket.set(row, { orders: 1, quantity: quantity + (basket.get(row)?.quantity ?? 0) });
  }
  return basket;
}

function addHistory(basket: Map<number, Bought>, { purchases }: Model, customer: number): void {
  for (let pair = purchases.offsets[customer]; pair < purchases.offsets[customer + 1]; pair++) {
    const { orders, quantity } = basket.get(purchases.products[pair]) ?? { orders: 0, quantity: 0 };
    basket.set(purchases.products[pair], {
      orders: orders + ordersOf(purchases, pair),
      quantity: quantity + quantityOf(purchases, pair),
    });
  }
}

/** The length of the vector of so many values from `start` on. */
function lengthOf(values: Float32Array, start: number, count: number): number {
  let square = 0;
  for (let k = start; k < start + count; k++) square += values[k] * values[k];
  return Math.sqrt(square);
}

/** Rows scaled to length 1; rows of zeros stay. */
function unitLength(values: Float32Array, factors: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += factors) {
    const length = lengthOf(values, row, factors);
    const scale = length > 0 ? 1 / length : 0;
    for (let k = row; k < row + factors; k++) result[k] = values[k] * scale;
  }
  return result;
}

/** No score can be larger than the product of the largest lengths; beyond the floats, ranking would be noise. */
function finiteScores(length: number, other: number): boolean {
  return length * other < 1e38;
}

/** The length of the longest product. Throws `model_unreadable`. */
function checkModel(model: Model): number {
  const { customerFactors, productFactors, factors } = model;
  const longest = (values: Float32Array) => {
    let most = 0;
    for (let row = 0; row < values.length; row += factors) most = Math.max(most, lengthOf(values, row, factors));
    return most;
  };
  let problem = modelProblem(model);
  if (problem === undefined) {
    const longestProduct = longest(productFactors);
    if (finiteScores(longest(customerFactors), longestProduct)) return longestProduct;
    problem = 'the factors are too large for finite scores';
  }
  throw new EndcapError('model_unreadable', `this model cannot be used: ${problem}; train it again`, {
    reason: 'values',
    problem,
  });
}
