import type { Purchases, Returned } from '../../dataset/dataset.ts';
import { throwIfAborted } from '../../errors.ts';
import type { OpenKernel } from '../../kernel/kernel.ts';
import { type Memory, shareIn } from '../../kernel/memory.ts';
import { noRow } from '../../kernel/operations/operations.ts';
import { type Filter, passes } from '../filters.ts';
import type { Categories } from '../lists/categories.ts';
import { type Draw, diversifying, diversifyOnThreads, isDiverse } from '../lists/diversity.ts';
import type { BatchOptions, RecommendationBlock } from '../types.ts';
import type { Candidates } from './candidates.ts';
import { createRaiser } from './neighbours.ts';
import { type RowLists, type Scoring, scoreOnThreads } from './scorer.ts';

/**
 * Queries of one kernel call: a whole number of tiles for every instruction set, and enough to make packing them cheap; fewer
 * if lists are long, since each needs scratch for twice its length.
 */
export function queriesInCall(n: number): number {
  const tile = 12;
  return tile * Math.max(1, Math.min(20, Math.floor(20_000 / n)));
}

/** Room for lists, one after the other. */
type Room = Pick<Scoring, 'rows' | 'scores'>;

export type Rows = Pick<Purchases, 'offsets' | 'products'>;

/** List entries of one block, at most. */
const maxEntries = 4e6;
const maxCustomers = 4096;
/**
 * Customers for each thread whose bonus lists are made at a time, if there are neighbours: these are fifteen times as long as
 * lists, and getting memory for those of a whole block takes longer than making them.
 */
const customersInPart = 720;

/**
 * Scores customers `[from, to)` block by block. While the reader is busy with one block, the kernel works on the next.
 * Memory is that of two blocks, however many customers there are, plus the purchases if a filter or a bonus needs them and
 * the kernel cannot use them in place.
 * @param customerFactors rows padded to the candidates' stride, in kernel memory.
 * @param purchases ascending rows of each customer; `known` is what lists without purchases may not hold, if that is more.
 * @param bonuses one per purchase; undefined if the candidates have no formula.
 * @param drawn what to draw for a filter with a spread.
 */
export async function* scoreBlocks(
  kernel: OpenKernel,
  customerFactors: Float32Array,
  candidates: Candidates,
  purchases: Rows & { known?: Rows },
  bonuses: Float32Array | undefined,
  filter: Filter,
  { from, to, signal, inBackground, onProgress }: BatchOptions & { from: number; to: number },
  drawn?: { draw: Draw; categories: Categories },
): AsyncGenerator<RecommendationBlock> {
  const { memory } = kernel;
  const pace = { signal, inBackground };
  const { stride, count } = candidates;
  const { n } = filter;
  const { draw, categories } = drawn ?? { draw: { n, groupLimit: 0 } };
  const limit = categories?.limitOf(draw);
  const size = Math.max(1, Math.min(to - from, maxCustomers, Math.floor(maxEntries / Math.max(n, draw.n))));
  const started = performance.now();
  const { purchased = 'allow' } = filter;
  const isOnly = purchased === 'only';
  /** That of the shop where nothing else is asked for, else a copy of all that is. */
  let ownMask: Uint32Array | undefined;
  /** What the threads write: lists of `n`, or of fewer if there can be no more. */
  const width = isDiverse(filter) ? n : draw.n;
  const listsOf = (length: number) => ({
    rows: memory.allocate(Uint32Array, size * length),
    scores: memory.allocate(Float32Array, size * length),
  });
  const buffers = [listsOf(width), listsOf(width)];
  const pools = isDiverse(filter)
    ? { ...listsOf(draw.n), closeness: memory.allocate(Float32Array, size * draw.n) }
    : undefined;
  const isFiltered = () =>
    isOnly && (filter.allowed !== undefined || filter.denied.length > 0 || (filter.mask?.hidden() ?? 0) > 0);
  const isExclude = purchased === 'exclude';
  const term = candidates.formula?.neighbours;
  const raiser = term && createRaiser(kernel, term);
  const needsBought = raiser || (isOnly && !isFiltered()) || (!isOnly && !isExclude && bonuses !== undefined);
  const whole = needsBought ? listsIn(memory, purchases, isExclude ? undefined : bonuses) : undefined;
  const known = isExclude ? listsIn(memory, purchases.known ?? purchases, undefined) : undefined;

  /** The mask of a block, so that a long batch follows the shop. No other block is being scored. */
  function maskOfNow(): Uint32Array | undefined {
    if (isOnly) return undefined;
    const mask = maskOf(filter, count);
    if (!mask || mask === filter.mask?.bits) return mask;
    ownMask ??= memory.allocate(Uint32Array, mask.length);
    ownMask.set(mask);
    return ownMask;
  }

  async function score(first: number, lists: Room): Promise<void> {
    const end = Math.min(first + size, to);
    const mask = maskOfNow();
    const inPart = raiser ? customersInPart * kernel.threads : size;
    for (let from = first; from < end; from += inPart)
      await scorePart(from, Math.min(from + inPart, end), fromEntry(lists, (from - first) * width), mask);
  }

  async function scorePart(first: number, end: number, lists: Room, mask: Uint32Array | undefined): Promise<void> {
    const customers = end - first;
    const queries = customerFactors.subarray(first * stride, end * stride);
    const ofPart = ({ offsets, ...lists }: RowLists): RowLists => ({
      ...lists,
      offsets: offsets.subarray(first, end + 1),
    });
    const bought = whole && ofPart(whole);
    const bonus =
      raiser && bought ? await raiser.onThreads(bought, customers, isOnly ? 'bought' : undefined, pace) : bought;
    // What is hidden may change from block to block.
    const picked =
      isFiltered() || (isOnly && !bonus)
        ? listsIn(memory, ...pick(bonus ?? ofPart({ ...purchases, rows: purchases.products, bonuses }), filter))
        : undefined;
    const scoring: Scoring = { candidates, queries, n: draw.n, mask, limit, ...(pools ?? lists) };
    if (isOnly) scoring.allowed = picked ?? bonus;
    else if (bonus?.bonuses) scoring.bonus = { ...bonus, bonuses: bonus.bonuses };
    if (known) scoring.denied = ofPart(known);
    try {
      await scoreOnThreads(kernel, scoring, customers, queriesInCall(draw.n), pace);
      if (!pools || !categories) return;
      const { rows: poolRows, scores: poolScores, closeness } = pools;
      const arrays = { poolRows, poolScores, pool: draw.n, closeness, ...lists };
      await diversifyOnThreads(kernel, diversifying(candidates, categories, filter, arrays), customers, pace);
    } finally {
      picked?.free();
    }
  }

  let running: Promise<void> | undefined;
  try {
    throwIfAborted(signal);
    if (from < to) running = score(from, buffers[0]);
    for (let first = from, turn = 0; first < to; first += size, turn ^= 1) {
      await running;
      const next = first + size;
      running = next < to ? score(next, buffers[turn ^ 1]) : undefined;
      // A failure while the reader is busy is thrown when it asks for the next block.
      running?.catch(() => {});
      const customers = Math.min(size, to - first);
      const { rows, scores } = buffers[turn];
      onProgress?.({ done: first + customers - from, total: to - from, elapsedMs: performance.now() - started });
      yield {
        firstCustomer: first,
        customers,
        n,
        rows: widened(Uint32Array, rows, customers, width, n, noRow),
        scores: widened(Float32Array, scores, customers, width, n, 0),
      };
    }
  } finally {
    await running?.catch(() => {});
    for (const { rows, scores } of buffers) memory.free(rows, scores);
    if (pools) memory.free(pools.rows, pools.scores, pools.closeness);
    if (ownMask) memory.free(ownMask);
    whole?.free();
    known?.free();
    raiser?.free();
  }
}

/** The same from an entry on. */
const fromEntry = ({ rows, scores }: Room, entry: number): Room => ({
  rows: rows.subarray(entry),
  scores: scores.subarray(entry),
});

/** A copy of the first `count` lists, filled up from `width` to `n`. */
function widened<T extends Uint32Array | Float32Array>(
  type: new (length: number) => T,
  lists: T,
  count: number,
  width: number,
  n: number,
  rest: number,
): T {
  if (width === n) return lists.slice(0, count * n) as T;
  const wide = new type(count * n);
  wide.fill(rest);
  for (let i = 0; i < count; i++) wide.set(lists.subarray(i * width, (i + 1) * width), i * n);
  return wide;
}

/** One bit per product, 1 if it passes; undefined if all do. */
export function maskOf(
  { allowed, denied, mask: shared }: Pick<Filter, 'allowed' | 'denied' | 'mask'>,
  count: number,
): Uint32Array | undefined {
  const base = shared && shared.hidden() > 0 ? shared.bits : undefined;
  if (!allowed && denied.length === 0) return base;
  const mask = new Uint32Array(Math.ceil(count / 32)).fill(allowed ? 0 : 0xffffffff);
  for (const row of allowed ?? []) mask[row >>> 5] |= 1 << (row & 31);
  for (const row of denied) mask[row >>> 5] &= ~(1 << (row & 31));
  return base ? mask.map((word, i) => word & base[i]) : mask;
}

/** Customers' purchases in kernel memory; arrays that are already there are used in place. */
function listsIn(
  memory: Memory,
  { offsets, products }: Pick<Purchases, 'offsets' | 'products'>,
  bonuses: Float32Array | undefined,
): RowLists & { free(): void } {
  const lists = {
    offsets: shareIn(memory, Uint32Array, offsets),
    rows: shareIn(memory, Uint32Array, products),
    ...(bonuses && { bonuses: shareIn(memory, Float32Array, bonuses) }),
  };
  const copies = [
    ...(lists.offsets === offsets ? [] : [lists.offsets]),
    ...(lists.rows === products ? [] : [lists.rows]),
    ...(lists.bonuses === undefined || lists.bonuses === bonuses ? [] : [lists.bonuses]),
  ];
  return { ...lists, free: () => memory.free(...copies) };
}

/** The rows of each customer in either part, ascending. */
export function withReturned(purchases: Pick<Purchases, 'offsets' | 'products'>, returned: Returned): Returned {
  const products = new Uint32Array(purchases.products.length + returned.products.length);
  const offsets = purchases.offsets.map((offset, c) => offset + returned.offsets[c]);
  for (let c = 0; c + 1 < offsets.length; c++) {
    const bought = purchases.products.subarray(purchases.offsets[c], purchases.offsets[c + 1]);
    const sent = returned.products.subarray(returned.offsets[c], returned.offsets[c + 1]);
    products.set(bought, offsets[c]);
    products.set(sent, offsets[c] + bought.length);
    if (sent.length > 0) products.subarray(offsets[c], offsets[c + 1]).sort();
  }
  return { offsets, products };
}

/** The rows of lists that pass a filter, and their bonuses. */
function pick({ offsets, rows, bonuses }: RowLists, filter: Filter): [rows: Rows, bonuses: Float32Array | undefined] {
  const eligible = passes(filter);
  const ends = new Uint32Array(offsets.length);
  const places: number[] = [];
  for (let list = 0; list + 1 < offsets.length; list++) {
    for (let place = offsets[list]; place < offsets[list + 1]; place++) if (eligible(rows[place])) places.push(place);
    ends[list + 1] = places.length;
  }
  return [
    { offsets: ends, products: Uint32Array.from(places, (place) => rows[place]) },
    bonuses && Float32Array.from(places, (place) => bonuses[place]),
  ];
}
