import type { OpenKernel } from '../../kernel/kernel.ts';
import { copyIn, type Memory, shareIn } from '../../kernel/memory.ts';
import { createScope } from '../../kernel/scope.ts';
import type { Model } from '../../model/model.ts';
import { turn } from '../../turns.ts';
import type { Filter } from '../filters.ts';
import type { PairBonuses } from '../pair-bonuses.ts';
import { withReturned } from '../scoring/batch.ts';
import type { Snapshot, Snapshots } from '../serving/snapshots.ts';
import type { BatchOptions, RecommendationBlock } from '../types.ts';
import { composedBlocks } from './composed-batch.ts';
import { drawFor } from './diversity.ts';
import { gathered, rowsOf } from './gathered.ts';
import type { Listing } from './listing.ts';

export interface BatchParts {
  /** Rows padded to the candidates' stride, in kernel memory. */
  customerFactors: Float32Array;
  snapshots: Snapshots;
  listing: Listing;
  pairBonuses?: PairBonuses;
}

/** The lists of many customers as the model has them, block by block. */
export type Batches = (filter: Filter, range: Range) => AsyncGenerator<RecommendationBlock>;

type Range = BatchOptions & { from: number; to: number };

/**
 * A batch of so few customers, and of so small a share of all, copies what they need and keeps none of it: who makes lists a
 * few at a time, as servers do in the background, does not pay for the whole shop.
 */
const fewCustomers = 4096;
const fewShare = 1 / 8;

/** What larger batches ask for is copied to the kernel at the first one, and kept. */
export function createBatches(
  kernel: OpenKernel,
  { purchases, returned, customers: { length: customers } }: Model,
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

  async function* ofFew(filter: Filter, range: Range, snapshot: Snapshot): AsyncGenerator<RecommendationBlock> {
    const { from, to } = range;
    const { candidates, categories, gains } = snapshot;
    const rows = Array.from({ length: to - from }, (_, i) => from + i);
    const scope = createScope(kernel);
    try {
      const whole = { customerFactors, candidates, purchases, bonuses: pairBonuses?.current() };
      const few = gathered(scope, whole, rows);
      const { products } = few.purchases;
      if (gains && few.bonuses)
        for (let pair = 0; pair < products.length; pair++) few.bonuses[pair] += gains[products[pair]];
      if (leavesOut(filter))
        few.purchases.known = returned ? withReturned(few.purchases, rowsOf(returned, rows)) : { ...few.purchases };
      const drawn = { draw: drawFor(filter, categories), categories };
      for await (const block of composedBlocks(
        scope,
        few,
        filter,
        { ...range, from: 0, to: to - from },
        drawn,
        listing,
      ))
        yield { ...block, firstCustomer: block.firstCustomer + from };
    } finally {
      scope.end();
    }
  }

  async function* ofMany(filter: Filter, range: Range, snapshot: Snapshot): AsyncGenerator<RecommendationBlock> {
    const { categories, candidates } = snapshot;
    let copy: Copy | undefined;
    try {
      const bonuses = pairBonuses?.current();
      copy = bonuses && (await copies.take(bonuses, snapshot));
      const bought = pairs();
      const shop = {
        customerFactors,
        candidates,
        bonuses: copy?.values,
        purchases: leavesOut(filter) ? { ...bought, known: known() } : bought,
      };
      yield* composedBlocks(kernel, shop, filter, range, { draw: drawFor(filter, categories), categories }, listing);
    } finally {
      if (copy) copies.give(copy);
    }
  }

  return (filter, range) => {
    // Refused before the first list is asked for.
    drawFor(filter, snapshots.current().categories);
    const length = range.to - range.from;
    const made = length <= fewCustomers && length <= fewShare * customers ? ofFew : ofMany;
    return (async function* () {
      const snapshot = snapshots.current();
      snapshots.hold(snapshot);
      try {
        yield* made(filter, range, snapshot);
      } finally {
        snapshots.release(snapshot);
      }
    })();
  };
}

/** Whether lists may have to leave out what was bought. */
const leavesOut = ({ purchased, mix }: Filter) => purchased === 'exclude' || Boolean(mix);

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
