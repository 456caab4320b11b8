import { evenBounds, type OpenKernel } from '../../kernel/kernel.ts';
import { copyIn } from '../../kernel/memory.ts';
import { type Shared, scratchLength } from '../../kernel/operations/operations.ts';
import { createScope, type Scope } from '../../kernel/scope.ts';
import { invalidOption } from '../../options.ts';
import type { Pace } from '../../turns.ts';
import type { Filter } from '../filters.ts';
import type { Plan } from '../plan.ts';
import type { Candidates } from '../scoring/candidates.ts';
import { type Ranked, rankedAt } from '../scoring/scorer.ts';
import type { Abortable } from '../types.ts';
import type { Categories } from './categories.ts';

/** How a list is made more varied than the best products alone. */
export interface Spread {
  /** 0 to 1. */
  diversity: number;
  /** Products of one category, at most; Infinity for no limit. */
  perCategory: number;
}

/** The best products that a list is made of: all of it, or the pool that diversity chooses from. */
export interface Draw {
  /** At least 1. */
  readonly n: number;
  /** Products of one category, at most; 0 for no limit. */
  readonly groupLimit: number;
}

/** Length of the longest diverse list, and of the longest pool: the work grows with their product. */
const maxDiverse = 1000;
const maxPool = 2000;

/**
 * What to draw for a list. A pool has room for `times` as many products as the list, and for `times` as many of each
 * category: if it is full, the limit leaves enough of them for the list, and if it is not, it holds all that may matter.
 * @throws `invalid_options` if a diverse list is too long.
 */
export function drawFor({ n, spread }: Pick<Filter, 'n' | 'spread'>, { longest }: Categories): Draw {
  const { diversity, perCategory } = spread ?? { diversity: 0, perCategory: Infinity };
  if (diversity > 0 && n > maxDiverse)
    throw invalidOption('n', n, `a whole number from 1 to ${maxDiverse} if diversity is above 0`);
  const pool = diversity > 0 ? Math.min(Math.max(100, 4 * n), maxPool) : n;
  const times = diversity > 0 ? Math.min(4, Math.floor(pool / n)) : 1;
  const limit = times * perCategory;
  return { n: Math.max(1, Math.min(pool, longest(limit))), groupLimit: limit === Infinity ? 0 : limit };
}

export function isDiverse({ spread, n }: Filter): boolean {
  return spread !== undefined && spread.diversity > 0 && n > 0;
}

/** Multiplications of one call on the thread that has one only: some milliseconds in C++, ten in WebAssembly. */
const workOfSlice = 2e7;

/** Lists of several queries to make of their pools. All arrays are in kernel memory. */
export type Diversifying = Omit<Shared<'diversify'>, 'firstStep' | 'steps'>;

/** Chooses the lists of `queries` queries over the threads; with one thread, in slices between which the event loop turns. */
export async function diversifyOnThreads(
  kernel: OpenKernel,
  args: Diversifying,
  queries: number,
  pace: Pace = {},
): Promise<void> {
  const { n, pool, stride } = args;
  const steps = kernel.threads > 1 ? n : Math.max(1, Math.min(n, Math.floor(workOfSlice / pool / stride)));
  const size = Math.max(1, Math.min(16, Math.floor(workOfSlice / pool / stride / steps)));
  const bounds = evenBounds(queries, size);
  for (let firstStep = 0; firstStep < n; firstStep += steps)
    await kernel.run('diversify', { ...args, firstStep, steps }, bounds, pace);
}

/** Arguments for pools of `draw` products and lists of `n`. The pools and the lists are the caller's. */
export function diversifying(
  { rows: candidates, stride }: Candidates,
  { groups }: Categories,
  { n, spread }: Filter,
  arrays: Pick<Diversifying, 'poolRows' | 'poolScores' | 'pool' | 'closeness' | 'rows' | 'scores'>,
): Diversifying {
  const { diversity, perCategory } = spread!;
  const groupLimit = perCategory === Infinity ? 0 : perCategory;
  return { candidates, stride, diversity, groups, groupLimit, n, ...arrays };
}

type ToDiversify = Pick<Plan, 'filter' | 'snapshot'>;

/** Makes diverse lists, one request at a time. */
export interface Diversifier {
  /** On the calling thread. */
  here(pool: readonly Ranked[], plan: ToDiversify): Ranked[];
  /** On the calling thread if that takes no longer than waking others, else on the kernel's threads. */
  choose(pool: readonly Ranked[], plan: ToDiversify, signal: Abortable['signal']): Promise<Ranked[]>;
  /** Resolves once every request so far is answered. */
  idle(): Promise<void>;
}

/** The most multiplications on the calling thread: half a millisecond in C++, some in WebAssembly. */
const maxWorkHere = 5e6;

export function createDiversifier(kernel: OpenKernel, candidates: Candidates): Diversifier {
  const running = new Set<Promise<unknown>>();

  /** Copies a pool into kernel memory that the scope frees, with room for the list. */
  function copied({ memory }: Scope, pool: readonly Ranked[], { filter, snapshot }: ToDiversify) {
    const { n } = filter;
    const poolRows = copyIn(
      memory,
      Uint32Array,
      pool.map(({ row }) => row),
    );
    const poolScores = copyIn(
      memory,
      Float32Array,
      pool.map(({ score }) => score),
    );
    const closeness = memory.allocate(Float32Array, pool.length);
    const rows = memory.allocate(Uint32Array, n);
    const scores = memory.allocate(Float32Array, n);
    const arrays = { poolRows, poolScores, pool: pool.length, closeness, rows, scores };
    return {
      args: diversifying(candidates, snapshot.categories, filter, arrays),
      list: () => rankedAt({ n, rows, scores }, 0, n),
    };
  }

  function here(pool: readonly Ranked[], plan: ToDiversify): Ranked[] {
    if (pool.length === 0) return [];
    const scope = createScope(kernel);
    try {
      const { args, list } = copied(scope, pool, plan);
      const scratch = scope.memory.allocate(Float32Array, scratchLength.diversify(pool.length, candidates.stride));
      kernel.operations.diversify({ ...args, firstStep: 0, steps: args.n, scratch, begin: 0, end: 1 });
      return list();
    } finally {
      scope.end();
    }
  }

  async function onThreads(pool: readonly Ranked[], plan: ToDiversify, signal?: AbortSignal): Promise<Ranked[]> {
    const scope = createScope(kernel);
    try {
      const { args, list } = copied(scope, pool, plan);
      await diversifyOnThreads(kernel, args, 1, { signal });
      return list();
    } finally {
      scope.end();
    }
  }

  return {
    here,
    async choose(pool, plan, signal) {
      const work = pool.length * Math.min(pool.length, plan.filter.n) * candidates.stride;
      if (work <= maxWorkHere) return here(pool, plan);
      const list = onThreads(pool, plan, typeof signal === 'function' ? signal() : signal);
      const settled = list.catch(() => {});
      running.add(settled);
      try {
        return await list;
      } finally {
        running.delete(settled);
      }
    },
    async idle() {
      while (running.size > 0) await Promise.all(running);
    },
  };
}
