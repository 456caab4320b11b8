/**
 * A recommender on other threads of the process: what is large is in memory that all of them use, and each makes the rest
 * anew. `assemble` says what there is of a recommender, and makes one of what another thread has.
 */
import { EndcapError } from '../../errors.ts';
import type { Kernel, OpenKernel, WorkerSetup } from '../../kernel/kernel.ts';
import type { Elements } from '../../kernel/memory.ts';
import { joinKernel } from '../../kernel/open.ts';
import { type Crossing, crossed, crossedIn, crossing, crossingIn, type Sent } from '../../kernel/threads/crossing.ts';
import type { Model } from '../../model/model.ts';
import { type PackedModelTexts, packedIn, viewsOf } from '../../model/texts.ts';
import { createBonus, trendsInPieces } from '../../ranking/formula.ts';
import { inTurns, type Pace } from '../../turns.ts';
import type { Copied } from '../copy.ts';
import type { OpenModel } from '../create.ts';
import { assemble } from '../recommender.ts';
import type { Candidates } from '../scoring/candidates.ts';
import type { Recommender } from '../types.ts';
import type { ServedShop } from './served.ts';
import { type Joined, type Shareable, shareableOf } from './shareable.ts';
import type { SharedTrend } from './trend.ts';

/** What another thread gets, with those of its arrays that are in kernel memory: the thread has to adopt them. */
type Shared<T> = Sent<T & { readonly kernelArrays: readonly Elements[] }>;

/** What similar products, or customers, are searched in. */
export type SharedCandidates = Shared<{ readonly candidates: Candidates }>;
/** The bonuses of pairs. */
export type SharedBonuses = Crossing<Float32Array>;

/** Everything large of a recommender, in shared memory. It survives a structured clone as `Sent`. */
interface SharedRecommender {
  readonly candidates: Candidates;
  readonly kernel: Kernel;
  readonly setup: WorkerSetup;
  readonly copied: Copied;
  readonly grouped?: Candidates;
  readonly bonuses?: Float32Array;
  /** Its texts, if they are bytes; they come in pieces before this otherwise. */
  readonly texts?: PackedModelTexts;
}

/**
 * Texts of a model from a row on, or, last of all, the rest. Customers may have been taken out of the model since its trend was
 * counted: that is not to be counted anew.
 */
export type SharedPiece =
  | { customers: readonly string[] }
  | { products: readonly string[]; productInfo: Model['productInfo'] }
  | { rest: Shared<SharedRecommender>; trend: SharedTrend };

/** A recommender that shares. */
export interface Sharing {
  /** A higher one for each that shares in this process. */
  readonly id: number;
  /**
   * What another thread makes the same recommender of, in pieces of some milliseconds each: texts that are strings are copied into
   * every thread.
   */
  pieces(): Generator<SharedPiece>;
  /** What similar products, or customers, are searched in; made at the first use. */
  unitVectors(of: 'products' | 'customers'): Promise<SharedCandidates>;
  /** The bonuses of pairs as they are now; another array after a refresh. */
  bonuses(): SharedBonuses | undefined;
  /** What sells, as lists follow it now. */
  trend(): SharedTrend;
  /**
   * Keeps for another thread what it makes lists of: what `pieces` says at the end, or `trend`, in this turn. Returns what
   * lets go of it.
   */
  hold(): () => void;
}

/** Texts of a piece. */
const textsOfPiece = 20_000;

let lastId = 0;

/** @throws `invalid_options` if it was not made by `createRecommender` or a shop. */
export function shareRecommender(recommender: Recommender): Sharing {
  const own = shareableOf(recommender);
  if (!own)
    throw new EndcapError('invalid_options', 'recommender: expected one that createRecommender returned', {
      option: 'recommender',
    });
  const { shared, sharedOf } = createShared(own.kernel);
  lastId++;
  return {
    id: lastId,
    *pieces() {
      const { model } = own.copied;
      const texts = packedIn(model);
      if (!texts) yield* textPieces(model);
      yield { rest: shared({ ...restOf(own), texts }), trend: own.trend.now() };
    },
    unitVectors: async (of) => shared({ candidates: await own.unitVectors(of) }),
    bonuses() {
      const bonuses = own.pairBonuses?.current();
      return bonuses && crossing(sharedOf(bonuses));
    },
    trend: own.trend.now,
    hold() {
      const { snapshots } = own;
      const snapshot = snapshots.current();
      snapshots.hold(snapshot);
      return () => snapshots.release(snapshot);
    },
  };
}

function* textPieces({ customers, products, productInfo }: Model): Generator<SharedPiece> {
  for (let from = 0; from < customers.length; from += textsOfPiece)
    yield { customers: customers.slice(from, from + textsOfPiece) };
  for (let from = 0; from < products.length; from += textsOfPiece)
    yield {
      products: products.slice(from, from + textsOfPiece),
      productInfo: productInfo.slice(from, from + textsOfPiece),
    };
}

/** All but the texts. */
function restOf({
  kernel,
  copied,
  snapshots,
  categories,
  pairBonuses,
}: Shareable): Omit<SharedRecommender, 'kernelArrays' | 'trend' | 'texts'> {
  const { backend, isa, threads, failed, setup } = kernel;
  const { customerFactors, productFactors, model } = copied;
  // The rows that kernels have are these factors, too.
  const withoutTexts = { ...model, customers: [], products: [], productInfo: [], customerFactors, productFactors };
  return {
    kernel: { backend, isa, threads, failed },
    setup,
    copied: { ...copied, model: withoutTexts },
    candidates: snapshots.current().candidates,
    grouped: categories.packings[1],
    bonuses: pairBonuses?.current(),
  };
}

/** Puts arrays that are not in shared memory there, each once, and lists those of the kernel's memory. */
function createShared({ memory }: Pick<OpenKernel, 'memory'>) {
  const copies = new WeakMap<Elements, Elements>();

  function sharedOf<T extends Elements>(array: T): T {
    if (array.buffer instanceof SharedArrayBuffer) return array;
    const known = copies.get(array);
    if (known) return known as T;
    const make = array.constructor as new (buffer: SharedArrayBuffer) => T;
    const copy = new make(new SharedArrayBuffer(array.byteLength));
    copy.set(array);
    copies.set(array, copy);
    return copy;
  }

  function shared<T extends object>(value: T): Shared<T> {
    const kernelArrays: Elements[] = [];
    // The list is filled before it is looked at.
    return crossingIn({ ...value, kernelArrays }, (array) => {
      if (memory.shares(array)) kernelArrays.push(array);
      return sharedOf(array);
    });
  }

  return { shared, sharedOf };
}

/** What a thread gets of others while it makes a recommender of theirs, and afterwards. */
export interface Joining {
  /** Takes the next piece. Returns the model, to be served by the calling thread alone, once it was the last one. */
  add(piece: SharedPiece): OpenModel | undefined;
}

/**
 * @param unitVectors asks the thread that shares.
 * @param pace of making it.
 */
export function joinRecommender(unitVectors: Sharing['unitVectors'], pace?: Pace): Joining {
  const texts = {
    customers: [] as string[],
    products: [] as string[],
    productInfo: [] as Model['productInfo'][number][],
  };

  function openedOf(sent: Shared<SharedRecommender>, trend: SharedTrend): OpenModel {
    const { kernel: shared, setup, kernelArrays, ...rest } = crossedIn(sent);
    const kernel = joinKernel(shared, setup);
    kernel.memory.adopt(kernelArrays);
    const model: Model = { ...rest.copied.model, ...(rest.texts ? viewsOf(rest.texts) : texts) };
    return {
      model,
      async serve(live) {
        const assembled = await inTurns(joined(kernel, model, rest, live), pace);
        await assembled.controls.takeTrend(trend);
        return assembled;
      },
      close: () => kernel.close(),
    };
  }

  function* joined(
    kernel: OpenKernel,
    model: Model,
    { copied, candidates, grouped, bonuses }: Pick<SharedRecommender, 'copied' | 'candidates' | 'grouped' | 'bonuses'>,
    live: ServedShop | undefined,
  ) {
    const { signals, metadata } = model;
    const { ranking } = metadata;
    const { formula } = candidates;
    const trends = signals && ranking && (yield* trendsInPieces(signals, ranking));
    const scored =
      signals && ranking && trends ? { trends, bonusOf: createBonus(signals, ranking, trends), formula } : {};
    const joining: Joined = {
      ...{ grouped, bonuses },
      async unitVectors(of) {
        const { kernelArrays, candidates } = crossedIn(await unitVectors(of));
        kernel.memory.adopt(kernelArrays);
        return candidates;
      },
    };
    return yield* assemble(kernel, model, { ...copied, model }, { ...scored, candidates }, live, joining);
  }

  return {
    add(piece) {
      if ('rest' in piece) return openedOf(piece.rest, piece.trend);
      if ('customers' in piece) texts.customers.push(...piece.customers);
      else {
        texts.products.push(...piece.products);
        texts.productInfo.push(...piece.productInfo);
      }
      return undefined;
    },
  };
}

/** Takes the bonuses of pairs that another thread has refreshed. */
export function putBonuses(recommender: Recommender, bonuses: SharedBonuses): void {
  shareableOf(recommender)?.pairBonuses?.put(crossed(bonuses));
}
