import { EndcapError, throwIfAborted } from '../errors.ts';
import type { OpenKernel } from '../kernel/kernel.ts';
import { createIds } from '../model/ids.ts';
import type { Model } from '../model/model.ts';
import { finiteNumber } from '../options.ts';
import { popularityIn } from '../ranking/popularity.ts';
import { turn } from '../turns.ts';
import { createAnswers, descriptionsOf } from './answer.ts';
import { boughtTogetherWith } from './bought-together.ts';
import type { Copied } from './copy.ts';
import { createExplain } from './explain.ts';
import {
  basketAsked,
  basketOptions,
  checkedSignal,
  holdsHidden,
  listOptions,
  maxTries,
  recommendAsked,
  recommendOptions,
  toFilter,
  withoutHidden,
} from './filters.ts';
import { createFoldIn } from './fold-in.ts';
import { createBatches } from './lists/batches.ts';
import { createCategories } from './lists/categories.ts';
import { createDiversifier, isDiverse } from './lists/diversity.ts';
import { createDrawing } from './lists/drawing.ts';
import { createEverybody } from './lists/everybody.ts';
import { createListing, type Drawable } from './lists/listing.ts';
import { createLiveWords } from './lists/live-words.ts';
import { createPairBonuses } from './pair-bonuses.ts';
import { createPlanner, type Plan } from './plan.ts';
import type { Candidates } from './scoring/candidates.ts';
import { createQueue } from './scoring/queue.ts';
import type { Query, Ranked } from './scoring/scorer.ts';
import { createControls } from './serving/controls.ts';
import { createMask } from './serving/mask.ts';
import { createMasks } from './serving/masks.ts';
import { createMerchandiser, type Parts, type Shown } from './serving/merchandising.ts';
import type { Merchandising } from './serving/options.ts';
import { type Served, type ServedControls, type ServedShop, withoutBarred } from './serving/served.ts';
import { type Joined, setShareable } from './serving/shareable.ts';
import { createSnapshots, type Snapshot } from './serving/snapshots.ts';
import { createLiveTrend } from './serving/trend.ts';
import { createSimilar } from './similar.ts';
import type {
  Abortable,
  BasketOptions,
  BoughtTogetherProduct,
  ListOptions,
  Recommendations,
  Recommender,
} from './types.ts';

/** A recommender, and what changes its lists. */
export interface Assembled {
  recommender: Recommender;
  controls: ServedControls;
}

/**
 * A recommender on a kernel, which it closes when it is closed. Everything that takes longer than a request may is done here, a
 * piece at a time, for those who have others waiting.
 *
 * @param live what a running shop knows; nothing if absent.
 * @param joined what another thread has made of it; nothing if absent.
 */
export function* assemble(
  kernel: OpenKernel,
  given: Model,
  copied: Copied,
  first: Omit<Snapshot, 'categories'>,
  live?: ServedShop,
  joined?: Joined,
): Generator<undefined, Assembled> {
  const { model, customerFactors, productFactors } = copied;
  const { factors, customers, unlisted } = model;
  const mask = createMask(kernel.memory, model.products.length, unlisted);
  /** Customers who are not barred. */
  const mayBeNamed = createMask(kernel.memory, customers.length);
  const masks = createMasks(kernel.memory, model.products.length, mask);
  const descriptions = yield* descriptionsOf(model);
  const { candidates, trends, bonusOf, formula } = first;
  const categories = yield* createCategories(kernel, model, candidates, joined?.grouped);
  const snapshots = createSnapshots(kernel, first, categories.current);
  const rows = { customerFactors, productFactors, stride: candidates.stride };
  const pairBonuses = bonusOf && trends && (yield* createPairBonuses(model, bonusOf, trends, rows, joined?.bonuses));

  const ids = withoutBarred(yield* createIds(model), mayBeNamed);
  const foldIn = createFoldIn(kernel, model, candidates.rows);
  const similar = createSimilar(kernel, factors, customerFactors, productFactors);
  /** It changes in place: whoever has it asks it for each list. */
  const popularity = yield* popularityIn(model);
  const planner = createPlanner(model, {
    ids,
    snapshot: snapshots.current,
    mask,
    customerFactors,
    foldIn,
    bonuses: pairBonuses?.current,
  });
  const explain = createExplain(kernel, model, descriptions, popularity, formula?.neighbours, foldIn);
  const answers = createAnswers(model, descriptions, popularity, explain, categories.current);
  const listing = createListing(yield* createLiveWords(descriptions.names), answers);
  const queue = createQueue(kernel);
  const diversifier = createDiversifier(kernel, candidates);
  const drawing = createDrawing(kernel, listing, queue, diversifier);
  const batches = createBatches(kernel, model, { customerFactors, snapshots, listing, pairBonuses });
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

  const forProduct = whileOpen((productId: string | number, options: ListOptions = {}, shown?: Shown): Drawable => {
    const filter = toFilter(options, ids.productRow, listOptions, shown?.mask ?? mask);
    return { ...similar.productsLike(ids.knownProduct(productId), filter, shown), snapshot: snapshots.current() };
  });

  const forSimilarCustomers = whileOpen((customerId: string | number, options: Pick<ListOptions, 'n'> = {}): Query => {
    const { n } = toFilter(options, ids.productRow, ['n']);
    return similar.customersLike(ids.knownCustomer(customerId), n, mayBeNamed);
  });

  const prepareFoldIn = whileOpen(foldIn.prepare);

  const makePart = whileOpen(({ makePart }: Parts) => makePart());

  /** Makes what a question needs, such as what similar products are searched in, between other requests. */
  async function prepare(parts: Parts, signal: Abortable['signal']): Promise<void> {
    while (!parts.isMade()) {
      throwIfAborted(typeof signal === 'function' ? signal() : signal);
      await turn();
      if (!parts.isMade()) makePart(parts);
    }
  }

  async function unitVectors(of: 'products' | 'customers', signal?: Abortable['signal']): Promise<Candidates> {
    if (joined && !similar[of].isMade()) similar[of].take(await joined.unitVectors(of));
    await prepare(similar[of], signal);
    return similar[of].whole();
  }

  const merchandiser = createMerchandiser(masks, mask, live?.select, prepare);
  const shownBy = whileOpen(merchandiser.shownBy);
  const { over, overNow } = merchandiser;

  const boughtTogether = whileOpen(
    (productId: string | number, options: ListOptions = {}, shown?: Shown): BoughtTogetherProduct[] => {
      const filter = toFilter(options, ids.productRow, listOptions, shown?.mask ?? mask);
      return boughtTogetherWith(model, ids.knownProduct(productId), filter, shown).map(answers.toBoughtTogether);
    },
  );

  const answerNow = (plan: Plan) => answers.toAnswer(plan, drawing.here(plan));

  /**
   * The whole of a question in one function, without copies: each promise and each copy costs a tenth of the scoring.
   *
   * @param customerId who is asked for; undefined for a basket of nobody.
   */
  async function answerInBatch<Options extends Abortable & Merchandising & Pick<BasketOptions, 'explain'>>(
    customerId: string | number | undefined,
    given: Options | undefined,
    planOf: (options: Options, served: Served | undefined, shown: Shown | undefined) => Plan,
    foldsIn = false,
    triesLeft = maxTries - 1,
  ): Promise<Recommendations> {
    const options = checkedSignal(given);
    const { signal } = options;
    const shown = shownBy(options)?.();
    let plan: Plan | undefined;
    try {
      if (shown) await prepare(shown, signal);
      let served = customerId === undefined ? undefined : live?.served(customerId);
      if (served instanceof Promise) served = await served;
      if ((foldsIn || served || options.explain) && !foldIn.isReady()) await prepareFoldIn();
      plan = planOf(options, served, shown);
      snapshots.hold(plan.snapshot);
      const { filter } = plan;
      const queries = listing.drawn(plan);
      let drawn = queries.next();
      while (!drawn.done) drawn = queries.next(await queue.rank(drawn.value, signal));
      const list = isDiverse(filter) ? await diversifier.choose(drawn.value, plan, signal) : drawn.value;
      const whole = plan.pinned ? await drawing.withPins(plan, list, signal) : list;
      if (!holdsHidden(whole, filter)) return answers.toAnswer(plan, whole);
      if (triesLeft > 0) return await answerInBatch(customerId, given, planOf, foldsIn, triesLeft - 1);
      return answers.toAnswer(plan, withoutHidden(whole, filter));
    } finally {
      if (plan) snapshots.release(plan.snapshot);
      shown?.giveBack();
    }
  }

  async function similarInTurn(
    id: string | number,
    options: ListOptions,
    shown: Shown | undefined,
    signal: Abortable['signal'],
  ): Promise<Ranked[]> {
    for (let tries = 1; ; tries++) {
      const plan = forProduct(id, options, shown);
      const list = await drawing.inTurn(plan, signal);
      if (!holdsHidden(list, plan.filter)) return list;
      if (tries === maxTries) return withoutHidden(list, plan.filter);
    }
  }

  function servedNow(customerId: string | number | undefined): Served | undefined {
    const served = customerId === undefined ? undefined : live?.served(customerId);
    if (!(served instanceof Promise)) return served;
    // Whoever needs it asks again.
    served.catch(() => {});
    throw new EndcapError('invalid_options', 'the store has to be asked first; use the form that returns a promise');
  }

  const { blocks, all, withheld } = createEverybody(model, {
    memory: kernel.memory,
    productRow: ids.productRow,
    mask,
    mayBeNamed,
    live,
    batches,
    shownBy,
    prepare,
    async listOf(row, served, filter, shown, signal) {
      const plan = () => (served ? planner.forServed(served, filter, shown) : planner.forRow(row, filter, shown));
      return (await answerInBatch(undefined, { signal }, plan, served !== undefined)).items;
    },
    toItem: answers.toItem,
  });

  const recommender: Recommender = {
    model: given,
    kernel: { backend: kernel.backend, isa: kernel.isa, threads: kernel.threads, failed: kernel.failed },
    customerRow: ids.customerRow,
    productRow: ids.productRow,
    recommend: (id, given) =>
      answerInBatch(id, given, (options, served, shown) => forCustomer(id, options, recommendAsked, served, shown)),
    recommendSync: (id, options) =>
      overNow(options, (shown) => answerNow(forCustomer(id, options, recommendOptions, servedNow(id), shown))),
    recommendForBasket: (lines, given) =>
      answerInBatch(
        given?.customer,
        given,
        (options, served, shown) => forBasket(lines, options, basketAsked, served, shown),
        true,
      ),
    recommendForBasketSync: (lines, options) =>
      overNow(options, (shown) =>
        answerNow(forBasket(lines, options, basketOptions, servedNow(options?.customer), shown)),
      ),
    async similarProducts(id, given) {
      const { signal, ...options } = checkedSignal(given);
      await unitVectors('products', signal);
      return over(options, signal, async (shown) =>
        (await similarInTurn(id, options, shown, signal)).map(answers.toItem),
      );
    },
    similarProductsSync: (id, options) =>
      overNow(options, (shown) => drawing.here(forProduct(id, options, shown)).map(answers.toItem)),
    boughtTogether: (id, options = {}) => over(options, undefined, (shown) => boughtTogether(id, options, shown)),
    boughtTogetherSync: (id, options) => overNow(options, (shown) => boughtTogether(id, options, shown)),
    async similarCustomers(id, given) {
      const { signal, ...options } = checkedSignal(given);
      await unitVectors('customers', signal);
      const similarOnes = await queue.rank(forSimilarCustomers(id, options), signal);
      // Whoever was barred while this was scored is nobody's to name.
      return similarOnes.filter(({ row }) => mayBeNamed.has(row)).map(answers.toCustomer);
    },
    similarCustomersSync: (id, options) => drawing.rank(forSimilarCustomers(id, options)).map(answers.toCustomer),
    recommendBlocks: whileOpen(blocks),
    recommendAll: whileOpen(all),
    refresh: async (now) => refresh(now),
    async close() {
      closed = true;
      await queue.idle();
      await diversifier.idle();
      await kernel.close();
    },
  };
  const trend = createLiveTrend(kernel, model, snapshots, categories, popularity);
  setShareable(recommender, { kernel, copied, snapshots, categories, pairBonuses, trend, unitVectors, withheld });
  const changed = { copied, mask, masks, mayBeNamed, descriptions, categories, listing, trend, foldIn };
  return { recommender, controls: createControls(changed) };
}
