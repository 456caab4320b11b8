import { evenBounds, type OpenKernel } from '../../kernel/kernel.ts';
import { createBuffer, type Elements, type ElementsConstructor } from '../../kernel/memory.ts';
import { noRow, type Shared, scratchLength } from '../../kernel/operations/operations.ts';
import type { Pace } from '../../turns.ts';
import { noRows, placeOf } from '../filters.ts';
import type { Mask } from '../serving/mask.ts';
import { type Candidates, checkFinite, type GroupLimit } from './candidates.ts';
import { createRaiser, type NeighbourTerm, type Raiser } from './neighbours.ts';

/** Rows for each query, ascending unless said otherwise: those of query `q` are `rows[offsets[q]] .. rows[offsets[q + 1]]`. */
export interface RowLists {
  offsets: Uint32Array;
  rows: Uint32Array;
  /** A bonus for each of the rows; 0 for all if absent. */
  bonuses?: Float32Array;
}

/** What one call to the kernel scores: queries, what their lists may hold, and room for the lists. All in kernel memory. */
export interface Scoring {
  candidates: Candidates;
  /** Rows of the candidates' stride. */
  queries: Float32Array;
  /** At least 1. */
  n: number;
  /** The only rows that each query's list may hold. If given, `denied`, `mask` and `bonus` are ignored. */
  allowed?: RowLists;
  /** Rows that each query's list may not hold. */
  denied?: RowLists;
  /** One bit per candidate, 1 if lists may hold it. */
  mask?: Uint32Array;
  /** Rows with a bonus for each query; what was bought comes first, ascending, and then others in any order. */
  bonus?: Required<RowLists>;
  /** Candidates of one group that a list may hold; no limit if absent. */
  limit?: GroupLimit;
  /** queries x n, best first, `noRow` past the end of a short list. */
  rows: Uint32Array;
  scores: Float32Array;
}

type Call =
  | { operation: 'topN'; args: Shared<'topN'>; scratch: (queries: number) => number }
  | { operation: 'topNListed'; args: Shared<'topNListed'>; scratch: (queries: number) => number };

/**
 * The one place that knows the arguments of the kernel's scoring operations. They are written out because spreading records
 * this wide takes longer than scoring a query.
 */
function toCall({ candidates, queries, n, allowed, denied, mask, bonus, limit, rows, scores }: Scoring): Call {
  const { factors, stride, count, lengths, formula } = candidates;
  const { packed, order } = limit?.packing ?? candidates;
  const groupLimit = limit?.groupLimit ?? 0;
  if (allowed) {
    return {
      operation: 'topNListed',
      args: {
        queries,
        stride,
        candidates: candidates.rows,
        priors: formula?.priors,
        root: formula?.root ?? 0,
        listOffsets: allowed.offsets,
        listRows: allowed.rows,
        listBonuses: allowed.bonuses,
        groups: limit?.groups,
        groupLimit,
        n,
        rows,
        scores,
      },
      scratch: () => scratchLength.topNListed(n, groupLimit),
    };
  }
  return {
    operation: 'topN',
    args: {
      queries,
      stride,
      packed,
      candidates: candidates.rows,
      order,
      count,
      factors,
      priors: formula?.priors,
      root: formula?.root ?? 0,
      mask,
      excludeOffsets: denied?.offsets,
      excludeRows: denied?.rows,
      bonusOffsets: bonus?.offsets,
      bonusRows: bonus?.rows,
      bonuses: bonus?.bonuses,
      lengths,
      groups: limit?.groups,
      groupLimit,
      n,
      rows,
      scores,
    },
    scratch: (queries) => scratchLength.topN(queries, factors, n, groupLimit),
  };
}

/** Scores the first `queries` queries over the threads, in calls of `size`. */
export async function scoreOnThreads(
  kernel: OpenKernel,
  scoring: Scoring,
  queries: number,
  size: number,
  pace: Pace = {},
): Promise<void> {
  const call = toCall(scoring);
  const bounds = evenBounds(queries, size);
  checkFinite(
    call.operation === 'topN'
      ? await kernel.run('topN', call.args, bounds, pace)
      : await kernel.run('topNListed', call.args, bounds, pace),
  );
}

/** A list to make: the best candidates for one vector. */
export interface Query {
  /** As long as the candidates' stride. */
  vector: Float32Array;
  candidates: Candidates;
  /** At least 1. */
  n: number;
  /** Ascending rows, the only ones that the list may hold. If given, `denied` is ignored. */
  allowed?: Uint32Array;
  /** Ascending rows that the list may not hold. */
  denied: Uint32Array;
  /** What no list of these candidates may hold; `allowed` holds none of it. Nothing if absent. */
  mask?: Mask;
  /**
   * What was bought: ascending rows, whether or not the list may hold them, and a finite bonus for each. If the formula has
   * neighbours, they add to it.
   */
  bonus?: { rows: Uint32Array; values: Float32Array };
  /** No limit if absent. */
  limit?: GroupLimit;
}

/** Lists one after the other, `n` entries per query. */
export interface Lists {
  n: number;
  /** `noRow` past the end of a short list. */
  rows: Uint32Array;
  scores: Float32Array;
}

/** An entry of a list. */
export interface Ranked {
  row: number;
  score: number;
  /** Decides ties in place of the row. */
  place?: number;
}

/** The first `n` entries of the list at `index`, fewer if it is short. */
export function rankedAt({ n: length, rows, scores }: Lists, index: number, n: number): Ranked[] {
  const ranked: Ranked[] = [];
  const end = index * length + Math.min(length, n);
  for (let i = index * length; i < end && rows[i] !== noRow; i++) ranked.push({ row: rows[i], score: scores[i] });
  return ranked;
}

/**
 * Scores queries that have the same candidates, mask and limit, and either all or none say what is allowed. The lists are valid until the
 * scorer's next call.
 */
export interface Scorer {
  /** On the calling thread. */
  here(queries: readonly Query[]): Lists;
  /** On the kernel's threads; one call at a time. */
  onThreads(queries: readonly Query[]): Promise<Lists>;
}

/** Queries in a whole number of tiles, for every instruction set. */
const tile = 12;

/** Its buffers are kept from call to call. */
export function createScorer(kernel: OpenKernel): Scorer {
  const { memory } = kernel;
  const buffer = <T extends Elements>(type: ElementsConstructor<T>) => createBuffer(memory, type);
  const vectors = buffer(Float32Array);
  const filterOffsets = buffer(Uint32Array);
  const filterRows = buffer(Uint32Array);
  const bonusOffsets = buffer(Uint32Array);
  const bonusRows = buffer(Uint32Array);
  const bonusValues = buffer(Float32Array);
  const allowedValues = buffer(Float32Array);
  const bestRows = buffer(Uint32Array);
  const bestScores = buffer(Float32Array);
  const scratchSpace = buffer(Float32Array);
  let raiser: { term: NeighbourTerm; raiser: Raiser } | undefined;

  /** What the queries bought, with their bonuses; undefined if nothing. */
  function boughtOf(queries: readonly Query[]): Required<RowLists> | undefined {
    const { offsets, rows } = join(
      queries.map(({ bonus }) => bonus?.rows ?? noRows),
      bonusOffsets(queries.length + 1),
      bonusRows,
    );
    if (offsets[queries.length] === 0) return undefined;
    const bonuses = bonusValues(offsets[queries.length]);
    for (let i = 0; i < queries.length; i++) {
      const { bonus } = queries[i];
      if (bonus) bonuses.set(bonus.values, offsets[i]);
    }
    return { offsets, rows, bonuses };
  }

  function raiserOf({ formula }: Candidates): Raiser | undefined {
    const term = formula?.neighbours;
    if (!term) return undefined;
    if (raiser?.term !== term) raiser = { term, raiser: createRaiser(kernel, term) };
    return raiser.raiser;
  }

  function gather(queries: readonly Query[], bonus: Required<RowLists> | undefined): Scoring {
    const { candidates, allowed, limit, mask } = queries[0];
    const { stride } = candidates;
    const count = queries.length;
    // A model may have no products, and the kernels take no lists of length 0.
    const n = Math.max(1, Math.min(Math.max(...queries.map(({ n }) => n)), candidates.count));
    const joined = vectors(count * stride);
    for (let i = 0; i < count; i++) joined.set(queries[i].vector, i * stride);
    const scoring: Scoring = {
      candidates,
      queries: joined,
      n,
      limit,
      rows: bestRows(count * n),
      scores: bestScores(count * n),
    };
    const filters = join(
      queries.map(({ allowed, denied }) => allowed ?? denied),
      filterOffsets(count + 1),
      filterRows,
    );
    if (allowed) {
      scoring.allowed = bonus ? { ...filters, bonuses: allowedBonuses(filters, count, bonus) } : filters;
      return scoring;
    }
    if (filters.offsets[count] > 0) scoring.denied = filters;
    if (mask && mask.hidden() > 0) scoring.mask = mask.bits;
    scoring.bonus = bonus;
    return scoring;
  }

  /** Lists one after the other. */
  function join(lists: Uint32Array[], offsets: Uint32Array, room: (length: number) => Uint32Array): RowLists {
    for (let i = 0; i < lists.length; i++) offsets[i + 1] = offsets[i] + lists[i].length;
    const rows = room(offsets[lists.length]);
    for (let i = 0; i < lists.length; i++) rows.set(lists[i], offsets[i]);
    return { offsets, rows };
  }

  /** A bonus for each allowed row, 0 for those that have none. */
  function allowedBonuses(allowed: RowLists, count: number, bonus: Required<RowLists>): Float32Array {
    const total = allowed.offsets[count];
    const values = allowedValues(total).fill(0, 0, total);
    for (let i = 0; i < count; i++) {
      const rows = allowed.rows.subarray(allowed.offsets[i], allowed.offsets[i + 1]);
      for (let b = bonus.offsets[i]; b < bonus.offsets[i + 1]; b++) {
        const place = placeOf(bonus.rows[b], rows);
        if (place >= 0) values[allowed.offsets[i] + place] = bonus.bonuses[b];
      }
    }
    return values;
  }

  return {
    here(queries) {
      const count = queries.length;
      const bought = boughtOf(queries);
      const raiser = bought && raiserOf(queries[0].candidates);
      const scoring = gather(queries, raiser ? raiser.here(bought, count) : bought);
      const call = toCall(scoring);
      // Assigned, since a spread would copy the wide record.
      const own = { scratch: scratchSpace(call.scratch(count)), begin: 0, end: count };
      checkFinite(
        call.operation === 'topN'
          ? kernel.operations.topN(Object.assign(call.args, own))
          : kernel.operations.topNListed(Object.assign(call.args, own)),
      );
      return scoring;
    },
    async onThreads(queries) {
      const count = queries.length;
      const bought = boughtOf(queries);
      const raiser = bought && raiserOf(queries[0].candidates);
      const scoring = gather(queries, raiser ? await raiser.onThreads(bought, count) : bought);
      const tiles = kernel.threads === 1 ? 1 : Math.ceil(count / kernel.threads / tile);
      await scoreOnThreads(kernel, scoring, count, tiles * tile);
      return scoring;
    },
  };
}
