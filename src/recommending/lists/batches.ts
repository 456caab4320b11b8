import type { OpenKernel } from '../../kernel/kernel.ts';
import { copyIn, type Memory, shareIn } from '../../kernel/memory.ts';
import type { Model } from '../../model/model.ts';
import type { Filter } from '../filters.ts';
import type { PairBonuses } from '../pair-bonuses.ts';
import { withReturned } from '../scoring/batch.ts';
import type { Candidates } from '../scoring/candidates.ts';
import type { BatchOptions, RecommendationBlock } from '../types.ts';
import type { Categories } from './categories.ts';
import { composedBlocks } from './composed-batch.ts';
import { drawFor } from './diversity.ts';
import type { Listing } from './listing.ts';

export interface BatchParts {
  /** Rows padded to the candidates' stride, in kernel memory. */
  customerFactors: Float32Array;
  candidates: Candidates;
  categories: Categories;
  listing: Listing;
  pairBonuses?: PairBonuses;
}

/** The lists of many customers as the model has them, block by block. */
export type Batches = (
  filter: Filter,
  range: BatchOptions & { from: number; to: number },
) => AsyncGenerator<RecommendationBlock>;

/** What is asked for first is copied to the kernel then, and kept. */
export function createBatches(
  kernel: OpenKernel,
  { purchases, returned }: Model,
  { customerFactors, candidates, categories, listing, pairBonuses }: BatchParts,
): Batches {
  const { memory } = kernel;
  const pairs = once(pairsInKernel);
  const known = once(knownInKernel);
  const bonusesInKernel = createReplica(memory, () => pairBonuses?.current());

  /** The pairs, copied once rather than for each batch. */
  function pairsInKernel() {
    const offsets = shareIn(memory, Uint32Array, purchases.offsets);
    const rows = shareIn(memory, Uint32Array, purchases.products);
    return { ...purchases, offsets, products: rows };
  }

  /** The pairs with those returned in full, for batches that list neither. */
  function knownInKernel() {
    const bought = pairs();
    if (!returned) return bought;
    const { offsets, products } = withReturned(purchases, returned);
    return { offsets: copyIn(memory, Uint32Array, offsets), products: copyIn(memory, Uint32Array, products) };
  }

  return (filter, range) => {
    const [bought, bonuses] = [pairs(), bonusesInKernel()];
    const withKnown = filter.purchased === 'exclude' || filter.mix;
    const shop = {
      customerFactors,
      candidates,
      bonuses,
      purchases: withKnown ? { ...bought, known: known() } : bought,
    };
    return composedBlocks(kernel, shop, filter, range, { draw: drawFor(filter, categories), categories }, listing);
  };
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
