import type { ProductInfo } from '../dataset/dataset.ts';
import { EndcapError } from '../errors.ts';
import type { OpenKernel } from '../kernel/kernel.ts';
import { copyIn, shareIn } from '../kernel/memory.ts';
import { type KernelOptions, openKernel } from '../kernel/open.ts';
import type { Model } from '../model/model.ts';
import { invalidOption, wholeNumber } from '../options.ts';
import { bonusesOf, createBonus, trendsOf } from '../ranking/formula.ts';
import { popularityOf } from '../ranking/popularity.ts';
import { readBasket, withBasket } from './basket.ts';
import { scoreBlocks } from './batch.ts';
import { togetherWith } from './bought-together.ts';
import { type Buyer, customerOf, nobody } from './buyer.ts';
import { choose, poolFor, type Spread, spreadBlocks } from './diversity.ts';
import { type Asker, createExplainer } from './explain.ts';
import { ascending, type Filter, listOptions, passes, settle, spreadOptions, toFilter } from './filters.ts';
import { createFoldIn } from './fold-in.ts';
import { checkModel, finiteScores, lengthOf } from './lengths.ts';
import { createTogether } from './queue.ts';
import { createScorer, type Lists, packCandidates, padIn, type Question } from './scorer.ts';
import { createAlike } from './similar.ts';
import {
  type BasketLine,
  type BasketOptions,
  type BatchOptions,
  type BoughtTogetherProduct,
  type ListOptions,
  noRow,
  type Recommendation,
  type RecommendationBlock,
  type Recommendations,
  type Recommender,
  type RecommendOptions,
  type SimilarCustomer,
} from './types.ts';

/** A list to be made: from a ranking that is there already, or from a question that gives it. */
interface Plan {
  filter: Filter;
  explain: boolean;
  asker: Asker;
  /** Absent where what everybody buys is the answer. */
  question?: Question;
}

/**
 * Puts a model to work on the best kernel that runs here, or on the one that is forced. Close it when it is done with.
 *
 * @throws `kernel_unavailable`, `invalid_options`, `out_of_memory`, `model_unreadable`.
 */
export function createRecommender(model: Model, options: KernelOptions = {}): Recommender {
  return recommendWith(openKernel(options), model);
}

/**
 * Puts a model to work on a kernel, which it closes when it is closed. Throws `model_unreadable` where the model breaks a
 * promise of its type (the kernels trust what they are given) or its factors are so large that their products would not be
 * finite, `out_of_memory` where the kernel has no room.
 */
export function recommendWith(kernel: OpenKernel, model: Model): Recommender {
  const { factors, customers, products, productInfo, purchases, signals } = model;
  const { ranking } = model.metadata;
  const longestProduct = checkModel(model);
  const customerRow = new Map(customers.map((id, row) => [id, row]));
  const productRow = new Map(products.map((id, row) => [id, row]));
  const rowOf = (id: string) => productRow.get(id);
  const customerFactors = padIn(kernel, model.customerFactors, factors);
  const trends = signals && ranking && trendsOf(signals, ranking);
  const bonusOf = trends && createBonus(signals, ranking, trends);
  const candidates = packCandidates(
    kernel,
    padIn(kernel, model.productFactors, factors),
    factors,
    trends && { priors: copyIn(kernel.memory, Float32Array, trends.fresh), root: ranking.taste },
  );
  const bonuses = bonusOf && bonusesOf(purchases, signals, bonusOf);
  // For batches, which would copy them for each block of customers.
  const pairs = once(() => {
    const { memory } = kernel;
    const offsets = shareIn(memory, Uint32Array, purchases.offsets);
    const rows = shareIn(memory, Uint32Array, purchases.products);
    return [{ ...purchases, offsets, products: rows }, bonuses && copyIn(memory, Float32Array, bonuses)] as const;
  });
  const { stride } = candidates;
  const here = createScorer(kernel);
  const queue = createTogether(kernel, toItems);
  const customerQueue = createTogether(kernel, toCustomers);
  // At once, since these take longer than a request may.
  const foldIn = createFoldIn(kernel, model, candidates.rows);
  const popularity = popularityOf(model);
  const alike = createAlike(kernel, model);
  const explanationOf = createExplainer(model, popularity, trends, (buyer, row) => foldIn.sharesOf(buyer, row));
  let closed = false;

  function checkOpen(): void {
    if (closed) throw new EndcapError('invalid_options', 'this recommender is closed; create another one');
  }

  function toItem<Found extends { row: number }>(found: Found): Found & { product: string } & ProductInfo {
    const { name, category } = productInfo[found.row];
    return { product: products[found.row], ...found, ...(name && { name }), ...(category && { category }) };
  }

  function toItems(question: Question, lists: Lists, index: number): Recommendation[] {
    return placesOf(question, lists, index).map(toItem);
  }

  function toCustomers(question: Question, lists: Lists, index: number): SimilarCustomer[] {
    return placesOf(question, lists, index).map(({ row, score }) => ({ customer: customers[row], row, score }));
  }

  function mostPopular(filter: Filter, n: number): Recommendation[] {
    const { orders, ranking } = popularity;
    const eligible = passes(filter);
    const items: Recommendation[] = [];
    for (const row of ranking) {
      if (items.length === n) break;
      if (eligible(row)) items.push(toItem({ row, score: orders[row] }));
    }
    return items;
  }

  function questionOf(query: Float32Array, { n, allowed, denied }: Filter, { products, bonuses }: Buyer): Question {
    return { query, candidates, n, allowed, denied, ...(bonuses && { bonus: { rows: products, values: bonuses } }) };
  }

  function planFor(customer: number | undefined, given: Filter, explain: boolean): Plan {
    const buyer = customer === undefined ? nobody : customerOf(model, customer, bonuses);
    const filter = settle(given, buyer.products);
    if (customer === undefined) return { filter, explain, asker: { source: 'popular', buyer, customer } };
    const query = customerFactors.subarray(customer * stride, (customer + 1) * stride);
    const asker: Asker = { source: 'personal', buyer, customer };
    return { filter, explain, asker, question: questionOf(query, filter, buyer) };
  }

  function forCustomer(customerId: string | number, { explain = false, ...options }: RecommendOptions = {}): Plan {
    checkOpen();
    const filter = toFilter(options, rowOf, spreadOptions);
    return planFor(customerRow.get(String(customerId)), filter, checkExplain(explain));
  }

  function forBasket(lines: readonly BasketLine[], options: BasketOptions = {}): Plan {
    checkOpen();
    const { customer: customerId, explain = false, ...filters } = options;
    checkExplain(explain);
    const given = toFilter(filters, rowOf, spreadOptions);
    const basket = readBasket(lines, rowOf);
    const customer = customerId === undefined ? undefined : customerRow.get(String(customerId));
    const before = customer === undefined ? nobody : customerOf(model, customer, bonuses);
    const orders = (customer !== undefined && signals?.orders[customer]) || 0;
    const buyer = basket.size === 0 ? before : withBasket(model, bonusOf, before, basket, orders);
    // Left to itself a basket does not recommend what is in it, but may well what the customer buys again and again.
    const filter =
      given.purchased === undefined
        ? settle({ ...given, purchased: 'exclude' }, ascending(basket.keys()))
        : settle(given, buyer.products);
    if (buyer === nobody) return { filter, explain, asker: { source: 'popular', buyer, customer } };
    // A copy, for the next basket may be folded in before this one is scored.
    const query = foldIn.factorsOf(buyer).slice();
    // Told here, since one whose scores are not finite would fail all that are scored with it.
    if (!finiteScores(lengthOf(query, 0, factors), longestProduct))
      throw new EndcapError('not_finite', 'the quantities in this basket are too large for finite scores', { lines });
    const asker: Asker = { source: 'basket', buyer, customer };
    return { filter, explain, asker, question: questionOf(query, filter, buyer) };
  }

  function knownProduct(productId: string | number): number {
    const row = rowOf(String(productId));
    if (row !== undefined) return row;
    const product = String(productId);
    throw new EndcapError('unknown_product', `the model knows no product '${product}'`, { product });
  }

  function forProduct(productId: string | number, options: ListOptions = {}): Question {
    checkOpen();
    const filter = toFilter(options, rowOf, listOptions);
    return alike.toProduct(knownProduct(productId), filter);
  }

  function forSimilarCustomers(customerId: string | number, options: Pick<ListOptions, 'n'> = {}): Question {
    checkOpen();
    const { n } = toFilter(options, rowOf, ['n']);
    const row = customerRow.get(String(customerId));
    if (row !== undefined) return alike.toCustomer(row, n);
    const customer = String(customerId);
    throw new EndcapError('unknown_customer', `the model knows no customer '${customer}'`, { customer });
  }

  function boughtTogether(productId: string | number, options: ListOptions = {}): BoughtTogetherProduct[] {
    checkOpen();
    const filter = toFilter(options, rowOf, listOptions);
    return togetherWith(model, knownProduct(productId), filter).map(toItem);
  }

  /** Asks for the best products, for more of them where categories are full, until there is a list of them. */
  function* listFor({
    filter,
    explain,
    asker,
    question,
  }: Plan): Generator<Question, Recommendations, Recommendation[]> {
    const { n, spread } = filter;
    for (let pool = spread ? poolFor(n, spread) : n; ; pool *= 4) {
      const ranked = question ? yield { ...question, n: pool } : mostPopular(filter, pool);
      const items = spread ? spreadOut(ranked, n, spread) : ranked;
      if (items.length < n && ranked.length === pool) continue;
      if (explain) for (const item of items) item.explanation = explanationOf(item, asker);
      return { items, source: asker.source };
    }
  }

  function spreadOut(ranked: Recommendation[], n: number, spread: Spread): Recommendation[] {
    const pool = { rows: ranked.map(({ row }) => row), scores: ranked.map(({ score }) => score) };
    return choose(pool, n, spread, productInfo, alike.cosine).map((place) => ranked[place]);
  }

  const scoreNow = (question: Question) => toItems(question, here.here([question]), 0);

  function now(plan: Plan): Recommendations {
    const steps = listFor(plan);
    let step = steps.next();
    while (!step.done) step = steps.next(scoreNow(step.value));
    return step.value;
  }

  async function soon(plan: Plan): Promise<Recommendations> {
    const steps = listFor(plan);
    let step = steps.next();
    while (!step.done) step = steps.next(await queue.ask(step.value));
    return step.value;
  }

  function blocks(options: BatchOptions): AsyncGenerator<RecommendationBlock> {
    checkOpen();
    const { from = 0, to = customers.length, signal, onProgress, ...filters } = options;
    wholeNumber('to', to, 0, customers.length);
    wholeNumber('from', from, 0, to);
    const filter = toFilter(filters, rowOf, spreadOptions);
    const { n, spread } = filter;
    const span = { from, to, signal, onProgress };
    const ranked = (pool: number) =>
      scoreBlocks(kernel, customerFactors, candidates, ...pairs(), { ...filter, n: pool }, span);
    if (!spread) return ranked(n);
    return spreadBlocks(
      ranked(Math.min(poolFor(n, spread), products.length)),
      n,
      (pool) => choose(pool, n, spread, productInfo, alike.cosine),
      (customer) => now(planFor(customer, filter, false)).items,
    );
  }

  return {
    model,
    kernel: { backend: kernel.backend, isa: kernel.isa, threads: kernel.threads, failed: kernel.failed },

    recommend: async (customerId, options) => soon(forCustomer(customerId, options)),
    recommendSync: (customerId, options) => now(forCustomer(customerId, options)),
    recommendForBasket: async (lines, options) => soon(forBasket(lines, options)),
    recommendForBasketSync: (lines, options) => now(forBasket(lines, options)),
    similarProducts: async (productId, options) => queue.ask(forProduct(productId, options)),
    similarProductsSync: (productId, options) => scoreNow(forProduct(productId, options)),
    boughtTogether: async (productId, options) => boughtTogether(productId, options),
    boughtTogetherSync: boughtTogether,
    similarCustomers: async (customerId, options) => customerQueue.ask(forSimilarCustomers(customerId, options)),
    similarCustomersSync(customerId, options) {
      const question = forSimilarCustomers(customerId, options);
      return toCustomers(question, here.here([question]), 0);
    },

    recommendBlocks: (options = {}) => blocks(options),

    async *recommendAll(options = {}) {
      for await (const { firstCustomer, customers: count, n, rows, scores } of blocks(options)) {
        for (let c = 0; c < count; c++)
          yield { customer: customers[firstCustomer + c], items: placesOf({ n }, { n, rows, scores }, c).map(toItem) };
      }
    },

    async close() {
      closed = true;
      await Promise.all([queue.idle(), customerQueue.idle()]);
      await kernel.close();
    },
  };
}

/** What stands in the list at `index`. */
function placesOf(
  question: { n: number },
  { n, rows, scores }: Lists,
  index: number,
): { row: number; score: number }[] {
  const places: { row: number; score: number }[] = [];
  const end = index * n + Math.min(n, question.n);
  for (let i = index * n; i < end && rows[i] !== noRow; i++) places.push({ row: rows[i], score: scores[i] });
  return places;
}

function checkExplain(explain: unknown): boolean {
  if (typeof explain === 'boolean') return explain;
  throw invalidOption('explain', explain, 'true or false');
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
