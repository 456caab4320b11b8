import { EndcapError, throwIfAborted } from '../errors.ts';
import type { OpenKernel } from '../kernel/kernel.ts';
import { copyIn, type Memory, shareIn } from '../kernel/memory.ts';
import { createIds } from '../model/ids.ts';
import type { Model } from '../model/model.ts';
import { finiteNumber, objectOfOptions, optionalFunctions, optionalSignal, wholeNumber } from '../options.ts';
import type { BonusOf, Trends } from '../ranking/formula.ts';
import { popularityOf } from '../ranking/popularity.ts';
import { createAnswers } from './answer.ts';
import { boughtTogetherWith } from './bought-together.ts';
import type { Copied } from './copy.ts';
import { createExplain } from './explain.ts';
import { basketOptions, listOptions, recommendOptions, spreadOptions, toFilter, withDefaultOf } from './filters.ts';
import { createFoldIn } from './fold-in.ts';
import { createCategories } from './lists/categories.ts';
import { composedBlocks } from './lists/composed-batch.ts';
import { createDiversifier, drawFor, isDiverse } from './lists/diversity.ts';
import { createListing } from './lists/listing.ts';
import { createPairBonuses } from './pair-bonuses.ts';
import { createPlanner, type Plan } from './plan.ts';
import { withReturned } from './scoring/batch.ts';
import type { Candidates, Formula } from './scoring/candidates.ts';
import { createQueue } from './scoring/queue.ts';
import { createScorer, type Query, type Ranked, rankedAt } from './scoring/scorer.ts';
import { turn } from './scoring/turns.ts';
import { createSimilar, type Similar } from './similar.ts';
import type {
  Abortable,
  BasketOptions,
  BatchOptions,
  BoughtTogetherProduct,
  CustomerRecommendations,
  ListOptions,
  RecommendationBlock,
  Recommendations,
  Recommender,
} from './types.ts';

/** What scores are made of. */
export interface Scored {
  candidates: Candidates;
  /** These are absent if the model has no ranking. */
  trends?: Trends;
  bonusOf?: BonusOf;
  formula?: Formula;
}

/** A recommender on a kernel, which it closes when it is closed. Everything that takes longer than a request may is done here. */
export function assemble(
  kernel: OpenKernel,
  given: Model,
  { model, customerFactors, productFactors }: Copied,
  { trends, bonusOf, formula, candidates }: Scored,
): Recommender {
  const { factors, customers, purchases, unlisted } = model;
  const { stride } = candidates;
  const pairBonuses =
    bonusOf && trends && createPairBonuses(model, bonusOf, trends, { customerFactors, productFactors, stride });

  const categories = createCategories(kernel, model, candidates);

  const ids = createIds(model);
  const foldIn = createFoldIn(kernel, model, candidates.rows);
  const similar = createSimilar(kernel, factors, customerFactors, productFactors);
  const popularity = popularityOf(model);
  const planner = createPlanner(model, {
    ids,
    candidates,
    categories,
    customerFactors,
    foldIn,
    bonusOf,
    bonuses: pairBonuses?.current,
  });
  const explain = createExplain(kernel, model, popularity, trends, formula?.neighbours, foldIn);
  const answers = createAnswers(model, popularity, explain, categories);
  const listing = createListing(model, categories, answers);
  const scorer = createScorer(kernel);
  const queue = createQueue(kernel);
  const diversifier = createDiversifier(kernel, candidates, categories);
  const pairs = once(pairsInKernel);
  const bonusesInKernel = createReplica(kernel.memory, () => pairBonuses?.current());
  const known = once(knownInKernel);
  let closed = false;

  /** The same function, but an error once the recommender is closed. */
  function whileOpen<A extends unknown[], R>(run: (...args: A) => R): (...args: A) => R {
    return (...args) => {
      if (closed) throw new EndcapError('invalid_options', 'this recommender is closed; create another one');
      return run(...args);
    };
  }

  const forCustomer = whileOpen(planner.forCustomer);
  const forBasket = whileOpen(planner.forBasket);

  const refresh = whileOpen((now: number | Date = Date.now()) => {
    const time = now instanceof Date ? now.getTime() : now;
    finiteNumber('now', time, -8.64e15, 8.64e15);
    return pairBonuses?.refresh(time);
  });

  const forProduct = whileOpen((productId: string | number, options: ListOptions = {}): Query => {
    const filter = toFilter(options, ids.productRow, listOptions, unlisted);
    return similar.productsLike(ids.knownProduct(productId), filter);
  });

  const forSimilarCustomers = whileOpen((customerId: string | number, options: Pick<ListOptions, 'n'> = {}): Query => {
    const { n } = toFilter(options, ids.productRow, ['n']);
    return similar.customersLike(ids.knownCustomer(customerId), n);
  });

  const prepareFoldIn = whileOpen(foldIn.prepare);

  const makePart = whileOpen(({ makePart }: Similar['products']) => makePart());

  /** Makes what similar products or customers are searched in, between other requests. */
  async function prepare(vectors: Similar['products'], signal: Abortable['signal']): Promise<void> {
    while (!vectors.isMade()) {
      throwIfAborted(typeof signal === 'function' ? signal() : signal);
      await turn();
      if (!vectors.isMade()) makePart(vectors);
    }
  }

  const boughtTogether = whileOpen((productId: string | number, options: ListOptions = {}): BoughtTogetherProduct[] => {
    const filter = toFilter(options, ids.productRow, listOptions, unlisted);
    return boughtTogetherWith(model, ids.knownProduct(productId), filter).map(answers.toBoughtTogether);
  });

  function rankNow(query: Query): Ranked[] {
    return rankedAt(scorer.here([query]), 0, query.n);
  }

  function answerNow(plan: Plan): Recommendations {
    const { filter } = plan;
    const drawing = listing.drawn(plan);
    let drawn = drawing.next();
    while (!drawn.done) drawn = drawing.next(rankNow(drawn.value));
    return answers.toAnswer(plan, isDiverse(filter) ? diversifier.here(drawn.value, filter) : drawn.value);
  }

  /** The whole of a question in one function, without copies: each promise and each copy costs a tenth of the scoring. */
  async function answerInBatch<Options extends Abortable & Pick<BasketOptions, 'explain'>>(
    given: Options | undefined,
    planOf: (options: Options) => Plan,
    foldsIn = false,
  ): Promise<Recommendations> {
    const options = checkedSignal(given);
    const { signal } = options;
    if ((foldsIn || options.explain) && !foldIn.isReady()) await prepareFoldIn();
    const plan = planOf(options);
    const { filter } = plan;
    const drawing = listing.drawn(plan);
    let drawn = drawing.next();
    while (!drawn.done) drawn = drawing.next(await queue.rank(drawn.value, signal));
    return answers.toAnswer(
      plan,
      isDiverse(filter) ? await diversifier.choose(drawn.value, filter, signal) : drawn.value,
    );
  }

  /** The pairs, for batches: copied once rather than for each batch. */
  function pairsInKernel() {
    const { memory } = kernel;
    const offsets = shareIn(memory, Uint32Array, purchases.offsets);
    const rows = shareIn(memory, Uint32Array, purchases.products);
    return { ...purchases, offsets, products: rows };
  }

  /** The pairs with those returned in full, for batches that list neither. */
  function knownInKernel() {
    const { memory } = kernel;
    const bought = pairs();
    if (!model.returned) return bought;
    const { offsets, products } = withReturned(purchases, model.returned);
    return { offsets: copyIn(memory, Uint32Array, offsets), products: copyIn(memory, Uint32Array, products) };
  }

  const blocks = whileOpen((options: BatchOptions = {}): AsyncGenerator<RecommendationBlock> => {
    objectOfOptions(options);
    const { from = 0, to = customers.length, signal, onProgress, ...filters } = options;
    optionalSignal(signal);
    optionalFunctions({ onProgress });
    wholeNumber('to', to, 0, customers.length);
    wholeNumber('from', from, 0, to);
    const filter = withDefaultOf(model, toFilter(filters, ids.productRow, spreadOptions, unlisted));
    const range = { from, to, signal, onProgress };
    const [bought, bonuses] = [pairs(), bonusesInKernel()];
    const withKnown = filter.purchased === 'exclude' || filter.mix;
    const shop = {
      customerFactors,
      candidates,
      bonuses,
      purchases: withKnown ? { ...bought, known: known() } : bought,
    };
    return composedBlocks(kernel, shop, filter, range, { draw: drawFor(filter, categories), categories }, listing);
  });

  async function* listsIn(blocks: AsyncIterable<RecommendationBlock>): AsyncGenerator<CustomerRecommendations> {
    for await (const block of blocks) {
      for (let c = 0; c < block.customers; c++) {
        const items = rankedAt(block, c, block.n).map(answers.toItem);
        yield { customer: customers[block.firstCustomer + c], items };
      }
    }
  }

  return {
    model: given,
    kernel: { backend: kernel.backend, isa: kernel.isa, threads: kernel.threads, failed: kernel.failed },
    customerRow: ids.customerRow,
    productRow: ids.productRow,
    recommend: (id, given) => answerInBatch(given, (options) => forCustomer(id, options, recommendAsked)),
    recommendSync: (customerId, options) => answerNow(forCustomer(customerId, options)),
    recommendForBasket: (lines, given) =>
      answerInBatch(given, (options) => forBasket(lines, options, basketAsked), true),
    recommendForBasketSync: (lines, options) => answerNow(forBasket(lines, options)),
    async similarProducts(id, given) {
      const { signal, ...options } = checkedSignal(given);
      await prepare(similar.products, signal);
      return (await queue.rank(forProduct(id, options), signal)).map(answers.toItem);
    },
    similarProductsSync: (id, options) => rankNow(forProduct(id, options)).map(answers.toItem),
    boughtTogether: async (productId, options) => boughtTogether(productId, options),
    boughtTogetherSync: boughtTogether,
    async similarCustomers(id, given) {
      const { signal, ...options } = checkedSignal(given);
      await prepare(similar.customers, signal);
      return (await queue.rank(forSimilarCustomers(id, options), signal)).map(answers.toCustomer);
    },
    similarCustomersSync: (id, options) => rankNow(forSimilarCustomers(id, options)).map(answers.toCustomer),
    recommendBlocks: blocks,
    recommendAll: (options) => listsIn(blocks(options)),
    refresh: async (now) => refresh(now),
    async close() {
      closed = true;
      await queue.idle();
      await diversifier.idle();
      await kernel.close();
    },
  };
}

/** What `recommend` and `recommendForBasket` take besides. */
const recommendAsked = [...recommendOptions, 'signal'];
const basketAsked = [...basketOptions, 'signal'];

/** The options of an asynchronous question, once it is sure that they have a signal or none. */
function checkedSignal<Options extends Abortable>(options: Options = {} as Options): Options {
  objectOfOptions(options);
  if (typeof options.signal !== 'function') optionalSignal(options.signal);
  return options;
}

/**
 * A copy in kernel memory of an array that is replaced by another one now and then. Whoever still reads the copy of the one
 * before may go on; that of the one before that is written over.
 */
function createReplica(memory: Memory, current: () => Float32Array | undefined): () => Float32Array | undefined {
  let [copied, copy, other]: (Float32Array | undefined)[] = [];
  return () => {
    const source = current();
    if (source === undefined || source === copied) return copy;
    const target = other ?? memory.allocate(Float32Array, source.length);
    target.set(source);
    [copied, copy, other] = [source, target, copy];
    return copy;
  };
}

function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
