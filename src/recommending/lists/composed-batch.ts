import { throwIfAborted } from '../../errors.ts';
import type { OpenKernel } from '../../kernel/kernel.ts';
import { noRow } from '../../kernel/operations/operations.ts';
import { createScope, type Scope } from '../../kernel/scope.ts';
import type { Pace } from '../../turns.ts';
import { type Filter, placeOf } from '../filters.ts';
import { type Rows, scoreBlocks } from '../scoring/batch.ts';
import type { Candidates } from '../scoring/candidates.ts';
import { type Ranked, rankedAt } from '../scoring/scorer.ts';
import type { BatchOptions, RecommendationBlock } from '../types.ts';
import { emptyBlocks, write } from './block.ts';
import type { Categories } from './categories.ts';
import { type Draw, diversifying, diversifyOnThreads, isDiverse } from './diversity.ts';
import { gathered, type Shop } from './gathered.ts';
import type { Listing } from './listing.ts';

type Range = BatchOptions & { from: number; to: number };

const paceOf = ({ signal, inBackground }: Range): Pace => ({ signal, inBackground });

/** Customers whose pools are drawn together: their pools hold at most this many products. */
const maxEntries = 1e6;
const maxCustomers = 4096;

/** Makes the blocks of `scoreBlocks`, and composes those lists again that do not keep to the rules of `listing`. */
export async function* composedBlocks(
  kernel: OpenKernel,
  shop: Shop,
  filter: Filter,
  range: Range,
  drawn: { draw: Draw; categories: Categories },
  listing: Listing,
): AsyncGenerator<RecommendationBlock> {
  const { draw, categories } = drawn;
  const { purchases } = shop;
  const rules = listing.rulesFor(filter);
  const lists = (kernel: OpenKernel, shop: Shop, filter: Filter, range: Range, draw: Draw) =>
    scoreBlocks(kernel, shop.customerFactors, shop.candidates, shop.purchases, shop.bonuses, filter, range, {
      draw,
      categories,
    });
  if (!rules) {
    yield* lists(kernel, shop, filter, range, draw);
    return;
  }
  const { n } = filter;
  const pool = listing.poolFor(filter, draw, categories);
  const plain = { ...filter, ...(filter.spread && { spread: { ...filter.spread, diversity: 0 } }) };

  /** Puts new lists of some customers of a block into its arrays. */
  async function compose(block: RecommendationBlock, places: readonly number[]): Promise<void> {
    const scope = createScope(kernel);
    try {
      const some = gathered(
        scope,
        shop,
        places.map((place) => block.firstCustomer + place),
      );
      const all = await collected(lists(scope, some, { ...plain, n: pool.n }, rangeOf(places), pool));
      const fresh =
        rules!.mix > 0
          ? await collected(lists(scope, some, { ...plain, n: pool.n, purchased: 'exclude' }, rangeOf(places), pool))
          : [];
      const composed = places.map((place, i) => {
        const isBought = boughtBy(purchases, block.firstCustomer + place);
        const traits = { isBought, groups: categories.groups };
        return listing.composed({ all: all[i], fresh: fresh[i] ?? [] }, filter, rules!, traits);
      });
      const made = isDiverse(filter)
        ? await diversified(scope, shop.candidates, categories, composed, filter, paceOf(range))
        : composed;
      for (const [i, place] of places.entries()) write(block, place, made[i]);
    } finally {
      scope.end();
    }
  }

  const rangeOf = (places: readonly number[]) => ({ from: 0, to: places.length, ...paceOf(range) });
  const together = Math.max(1, Math.floor(maxEntries / Math.max(n, pool.n)));
  // Where every list is chosen from a pool, the best products alone are none.
  const isChosen = isDiverse(filter);
  const started = performance.now();
  throwIfAborted(range.signal);
  const blocks = isChosen
    ? emptyBlocks(n, Math.min(together, maxCustomers), range)
    : lists(kernel, shop, plain, range, { ...draw, n: Math.min(draw.n, n) });
  for await (const block of blocks) {
    const others: number[] = [];
    for (let place = 0; place < block.customers; place++) {
      const rows = listAt(block, place);
      if (!listing.suits(rows, filter, rules, boughtBy(purchases, block.firstCustomer + place))) others.push(place);
    }
    for (let from = 0; from < others.length; from += together)
      await compose(block, others.slice(from, from + together));
    if (isChosen) {
      const done = block.firstCustomer + block.customers - range.from;
      range.onProgress?.({ done, total: range.to - range.from, elapsedMs: performance.now() - started });
    }
    yield block;
  }
}

function boughtBy({ offsets, products }: Rows, customer: number): (row: number) => boolean {
  const own = products.subarray(offsets[customer], offsets[customer + 1]);
  return (row) => placeOf(row, own) >= 0;
}

async function collected(blocks: AsyncIterable<RecommendationBlock>): Promise<Ranked[][]> {
  const lists: Ranked[][] = [];
  for await (const block of blocks)
    for (let place = 0; place < block.customers; place++) lists.push(rankedAt(block, place, block.n));
  return lists;
}

/** The lists that diversity chooses from pools, one for each. */
async function diversified(
  kernel: Scope,
  candidates: Candidates,
  categories: Categories,
  pools: readonly Ranked[][],
  filter: Filter,
  pace: Pace,
): Promise<Ranked[][]> {
  const { memory } = kernel;
  const { n } = filter;
  const pool = Math.max(1, ...pools.map(({ length }) => length));
  const poolRows = memory.allocate(Uint32Array, pools.length * pool).fill(noRow);
  const poolScores = memory.allocate(Float32Array, pools.length * pool);
  for (const [i, ranked] of pools.entries()) {
    poolRows.set(
      ranked.map(({ row }) => row),
      i * pool,
    );
    poolScores.set(
      ranked.map(({ score }) => score),
      i * pool,
    );
  }
  const closeness = memory.allocate(Float32Array, pools.length * pool);
  const rows = memory.allocate(Uint32Array, pools.length * n);
  const scores = memory.allocate(Float32Array, pools.length * n);
  const args = diversifying(candidates, categories, filter, { poolRows, poolScores, pool, closeness, rows, scores });
  await diversifyOnThreads(kernel, args, pools.length, pace);
  return pools.map((_, i) => rankedAt({ n, rows, scores }, i, n));
}

function listAt({ n, rows }: RecommendationBlock, place: number): Uint32Array {
  let end = place * n;
  while (end < (place + 1) * n && rows[end] !== noRow) end++;
  return rows.subarray(place * n, end);
}
