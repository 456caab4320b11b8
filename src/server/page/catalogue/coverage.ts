/** How many lists hold each product: counted once for each model that answers, in the background, while requests come first. */
import { servedBy } from '../../../live/swapping/answering.ts';
import type { Model } from '../../../model/model.ts';
import type { Withheld } from '../../../recommending/lists/everybody.ts';
import { shareableOf } from '../../../recommending/serving/shareable.ts';
import type { Recommender } from '../../../recommending/types.ts';
import type { Answering } from '../page.ts';
import { countLists, gently, type Lists, listLength } from './counting.ts';

/**
 * What was counted so far, of the lists that customers get by default: of ten products, by the model that answers, without
 * scenarios and experiments. It changes in place while it is `running`.
 */
export interface Coverage {
  /**
   * `done`: the lists of all customers are counted; `sampled`: those of some, as the budget ended first; `ended`: the model
   * answers no more; `failed`: a list could not be made.
   */
  readonly state: 'running' | 'done' | 'sampled' | 'ended' | 'failed';
  /** Of the model. */
  readonly version: string;
  /** All customers. */
  readonly customers: number;
  /** Those whose lists are counted, in a fixed random order: however many there are, they are a fair sample. */
  readonly counted: number;
  /** Those of them whose lists are empty. */
  readonly empty: number;
  /** How many of the lists hold each product, by row. */
  readonly lists: Uint32Array;
  /** The same of products that the shop keeps out of lists, if it did not. */
  readonly withoutStock: Uint32Array;
  /** When it began, in milliseconds since 1970 UTC; lists are of what could be sold from then on. */
  readonly began: number;
  /** When it came to its end. */
  readonly ended?: number;
  /** Why it failed. */
  readonly problem?: string;
}

/** A failure is most likely to last for a while. */
const againMs = 60_000;

interface Known {
  /** Weak, so that a model that was replaced is not kept for its counts. */
  readonly model: WeakRef<Model>;
  readonly coverage: Coverage;
}

const known = new WeakMap<Answering, Known>();

/**
 * What is counted of the lists of what answers. The first call for a model begins to count. Each process, and each thread that
 * serves, counts for itself what it is asked for; the counts are the same.
 */
export function coverageOf(answering: Answering): Coverage {
  const { model } = answering;
  const latest = known.get(answering);
  if (latest?.model.deref() === model && !mayBeginAnew(latest.coverage)) return latest.coverage;
  const coverage = emptyCoverage(model);
  known.set(answering, { model: new WeakRef(model), coverage });
  void countLists(coverage, listsOf(answering), gently);
  return coverage;
}

function mayBeginAnew({ state, ended = 0 }: Coverage): boolean {
  return state === 'ended' || (state === 'failed' && Date.now() - ended > againMs);
}

/** Nothing counted yet. */
export function emptyCoverage({ metadata, customers, products }: Model): Coverage {
  return {
    state: 'running',
    version: metadata.version,
    customers: customers.length,
    counted: 0,
    empty: 0,
    lists: new Uint32Array(products.length),
    withoutStock: new Uint32Array(products.length),
    began: Date.now(),
  };
}

/** The lists to be counted: those of the model that answers now, as long as it does. */
export function listsOf(answering: Answering): Lists {
  const model = new WeakRef(answering.model);
  const { customers, products, factors } = answering.model;
  return {
    size: { customers: customers.length, products: products.length, factors },
    isCurrent: () => model.deref() === answering.model,
    blocks: (from, to) => answering.recommendBlocks({ n: listLength, from, to, inBackground: true }),
    withheld: () => withheldBy(answering),
  };
}

/** What the shop keeps out of lists right now; undefined if it is not known. */
export function withheldBy(answering: Answering): Withheld | undefined {
  const recommender = servedBy(answering) ?? answering;
  return shareableOf(recommender as Recommender)?.withheld;
}
