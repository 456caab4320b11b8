import type { OpenKernel } from '../../kernel/kernel.ts';
import { copyIn, type Memory, shareIn } from '../../kernel/memory.ts';
import type { Model } from '../../model/model.ts';
import { turn } from '../../turns.ts';
import type { Filter } from '../filters.ts';
import type { PairBonuses } from '../pair-bonuses.ts';
import { withReturned } from '../scoring/batch.ts';
import type { Snapshot, Snapshots } from '../serving/snapshots.ts';
import type { BatchOptions, RecommendationBlock } from '../types.ts';
import { composedBlocks } from './composed-batch.ts';
import { drawFor } from './diversity.ts';
import type { Listing } from './listing.ts';

export interface BatchParts {
  /** Rows padded to the candidates' stride, in kernel memory. */
  customerFactors: Float32Array;
  snapshots: Snapshots;
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
  { customerFactors, snapshots, listing, pairBonuses }: BatchParts,
): Batches {
  const { memory } = kernel;
  const pairs = once(pairsInKernel);
  const known = once(knownInKernel);
  const copies = createCopies(memory, purchases.products);

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
    // Refused before the first list is asked for.
    drawFor(filter, snapshots.current().categories);
    return (async function* () {
      const snapshot = snapshots.current();
      snapshots.hold(snapshot);
      const { categories, candidates } = snapshot;
      let copy: Copy | undefined;
      try {
        const bonuses = pairBonuses?.current();
        copy = bonuses && (await copies.take(bonuses, snapshot));
        const bought = pairs();
        const withKnown = filter.purchased === 'exclude' || filter.mix;
        const shop = {
          customerFactors,
          candidates,
          bonuses: copy?.values,
          purchases: withKnown ? { ...bought, known: known() } : bought,
        };
        yield* composedBlocks(kernel, shop, filter, range, { draw: drawFor(filter, categories), categories }, listing);
      } finally {
        if (copy) copies.give(copy);
        snapshots.release(snapshot);
      }
    })();
  };
}

/** The bonuses of all pairs in kernel memory, for so many batches. */
interface Copy {
  readonly of: Float32Array;
  /** Of each trend another object, while its arrays are used again. */
  readonly trends: Snapshot['trends'];
  readonly values: Float32Array;
  batches: number;
}

/** Pairs that are copied in a turn of the event loop. */
const pairsOfTurn = 2 ** 19;

/** Copies of bonuses, and what their products gain. The last one is kept, and the room of those that no batch reads. */
function createCopies(memory: Memory, products: Uint32Array) {
  let latest: Copy | undefined;
  const unused: Float32Array[] = [];

  const discard = ({ values }: Copy) => void unused.push(values);

  return {
    async take(of: Float32Array, { trends, gains }: Pick<Snapshot, 'trends' | 'gains'>): Promise<Copy> {
      if (latest?.of === of && latest.trends === trends) {
        latest.batches++;
        return latest;
      }
      const values = unused.pop() ?? memory.allocate(Float32Array, of.length);
      values.set(of);
      for (let pair = 0; gains && pair < of.length; pair++) {
        if (pair % pairsOfTurn === 0) await turn();
        values[pair] += gains[products[pair]];
      }
      if (latest?.batches === 0) discard(latest);
      latest = { of, trends, values, batches: 1 };
      return latest;
    },
    give(copy: Copy): void {
      copy.batches--;
      if (copy.batches === 0 && copy !== latest) discard(copy);
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
