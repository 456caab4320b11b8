import type { Purchases } from '../dataset/dataset.ts';
import { throwIfAborted } from '../errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { copyIn } from '../kernel/memory.ts';
import { type Filter, passes } from './filters.ts';
import type { BatchOptions, RecommendationBlock } from './recommender.ts';
import { type Candidates, scoreOnThreads } from './scorer.ts';

/** Queries of one kernel call: whole tiles of every instruction set, and enough to pack them at no cost. */
export const queriesInCall = 240;

/**
 * Scores customers `[from, to)` block by block. While the reader is busy with a block, the kernel works on the next one;
 * memory is that of two blocks, whatever the number of customers.
 */
export async function* scoreBlocks(
  kernel: Kernel,
  customerFactors: Float32Array,
  candidates: Candidates,
  purchases: Purchases,
  filter: Filter,
  { from, to, signal, onProgress }: BatchOptions & { from: number; to: number },
): AsyncGenerator<RecommendationBlock> {
  const { memory } = kernel;
  const { stride, count } = candidates;
  const n = filter.n;
  const size = Math.max(1, Math.min(to - from, 4096, Math.floor(4e6 / n)));
  const started = performance.now();
  const only = filter.purchased === 'only';
  const mask = only ? undefined : maskOf(filter, count);
  const kernelMask = mask && copyIn(memory, Uint32Array, mask);
  const buffers = [0, 1].map(() => ({
    rows: memory.allocate(Uint32Array, size * n),
    scores: memory.allocate(Float32Array, size * n),
  }));

  async function score(first: number, { rows, scores }: (typeof buffers)[number]): Promise<void> {
    const customers = Math.min(size, to - first);
    const queries = customerFactors.subarray(first * stride, (first + customers) * stride);
    const given = only || filter.purchased === 'exclude';
    const bought = given ? listsOf(purchases, first, customers, only ? filter : undefined) : undefined;
    const lists = bought && {
      offsets: copyIn(memory, Uint32Array, bought.offsets),
      rows: copyIn(memory, Uint32Array, bought.rows),
    };
    const filters = only ? { allowed: lists } : { denied: lists, mask: kernelMask };
    try {
      const scoring = { candidates, queries, n, ...filters, rows, scores };
      await scoreOnThreads(kernel, scoring, customers, queriesInCall, { signal });
    } finally {
      if (lists) memory.free(lists.offsets, lists.rows);
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
      // The reader may take long to come back; a failure meanwhile is thrown when it does.
      running?.catch(() => {});
      const customers = Math.min(size, to - first);
      const { rows, scores } = buffers[turn];
      onProgress?.({ done: first + customers - from, total: to - from, elapsedMs: performance.now() - started });
      yield {
        firstCustomer: first,
        customers,
        n,
        rows: rows.slice(0, customers * n),
        scores: scores.slice(0, customers * n),
      };
    }
  } finally {
    await running?.catch(() => {});
    for (const { rows, scores } of buffers) memory.free(rows, scores);
    if (kernelMask) memory.free(kernelMask);
  }
}

/** One bit a product, 1 where it may be in a list; undefined where all may. */
function maskOf({ allowed, denied }: Filter, count: number): Uint32Array | undefined {
  if (!allowed && denied.length === 0) return undefined;
  const mask = new Uint32Array(Math.ceil(count / 32)).fill(allowed ? 0 : 0xffffffff);
  for (const row of allowed ?? []) mask[row >>> 5] |= 1 << (row & 31);
  for (const row of denied) mask[row >>> 5] &= ~(1 << (row & 31));
  return mask;
}

/** The purchases of some customers as lists of their own; with a filter only those that pass it. */
function listsOf(
  { offsets, products }: Purchases,
  first: number,
  customers: number,
  filter: Filter | undefined,
): { offsets: Uint32Array; rows: Uint32Array } {
  const start = offsets[first];
  const rows = products.subarray(start, offsets[first + customers]);
  const ends = offsets.subarray(first, first + customers + 1).map((offset) => offset - start);
  if (!filter || (!filter.allowed && filter.denied.length === 0)) return { offsets: ends, rows };
  const eligible = passes(filter);
  const keptEnds = new Uint32Array(customers + 1);
  const kept: number[] = [];
  for (let c = 0; c < customers; c++) {
    for (let i = ends[c]; i < ends[c + 1]; i++) {
      if (eligible(rows[i])) kept.push(rows[i]);
    }
    keptEnds[c + 1] = kept.length;
  }
  return { offsets: keptEnds, rows: Uint32Array.from(kept) };
}
