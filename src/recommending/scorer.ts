import { EndcapError } from '../errors.ts';
import { type Control, evenBounds, type OpenKernel } from '../kernel/kernel.ts';
import type { Elements, ElementsConstructor } from '../kernel/memory.ts';
import { packedLength, panelWidth, type Shared, scratchLength, strideOf } from '../kernel/operations.ts';
import { noRows } from './filters.ts';

/** Candidates in kernel memory, in both layouts that scoring takes. */
export interface Candidates {
  readonly count: number;
  readonly factors: number;
  readonly stride: number;
  /** Rows padded to the stride. */
  readonly rows: Float32Array;
  /** The rows in the order of the packed form, about the longest first, with a ranking in runs by their priors. */
  readonly order: Uint32Array;
  readonly packed: Float32Array;
  /** What makes a ranking of the dot products; left out, a score is the dot product. */
  readonly ranking?: Ranking;
}

/** Score = root * sqrt(max(0, dot product)) + the candidate's prior + what bonus the query gives it. */
export interface Ranking {
  /** 0 or more. */
  readonly root: number;
  /** A finite number for each candidate; in kernel memory. */
  readonly priors: Float32Array;
}

/** Rows of `factors` numbers, padded to the stride in kernel memory. */
export function padIn(kernel: OpenKernel, values: Float32Array, factors: number): Float32Array {
  const stride = strideOf(factors);
  const rows = values.length / factors;
  const padded = kernel.memory.allocate(Float32Array, rows * stride);
  if (stride === factors) padded.set(values);
  else
    for (let row = 0; row < rows; row++) padded.set(values.subarray(row * factors, (row + 1) * factors), row * stride);
  return padded;
}

/** Throws `not_finite` where a factor or a prior is not a finite number. */
export function packCandidates(kernel: OpenKernel, rows: Float32Array, factors: number, ranking?: Ranking): Candidates {
  const stride = strideOf(factors);
  const count = rows.length / stride;
  const order = longestFirst(rows, stride, kernel.memory.allocate(Uint32Array, count));
  if (ranking) highestPriorFirst(order, ranking.priors);
  const packed = kernel.memory.allocate(Float32Array, packedLength(count, factors));
  const { priors } = ranking ?? {};
  const end = Math.ceil(count / panelWidth);
  checkFinite(
    kernel.operations.pack({ candidates: rows, order, count, stride, factors, priors, packed, begin: 0, end }),
  );
  return { count, factors, stride, rows, order, packed, ranking };
}

/**
 * Rows about in the order of their length, which lets scoring leave out the short ones together. Sorted by the sign,
 * exponent and first seven digits of the squared length.
 */
function longestFirst(rows: Float32Array, stride: number, order: Uint32Array): Uint32Array {
  const squares = new Float32Array(order.length);
  for (let row = 0, k = 0; row < order.length; row++) {
    let square = 0;
    for (const end = k + stride; k < end; k++) square += rows[k] * rows[k];
    squares[row] = square;
  }
  const bits = new Uint32Array(squares.buffer);
  const places = new Uint32Array(0x10001);
  for (const each of bits) places[(each >>> 16) ^ 0xffff]++;
  for (let i = 0, place = 0; i < places.length; i++) {
    const many = places[i];
    places[i] = place;
    place += many;
  }
  for (let row = 0; row < order.length; row++) order[places[(bits[row] >>> 16) ^ 0xffff]++] = row;
  return order;
}

/** So many keep the lengths of what is scored together about the same, and many lists find all they will hold in them. */
const priorRun = 512;

/**
 * Sorts each run of an order by the priors. What gains most is scored first, and lists that are good from the start leave
 * out most of the rest; and panels whose priors are alike leave out more than those whose priors are mixed.
 */
function highestPriorFirst(order: Uint32Array, priors: Float32Array): void {
  for (let at = 0; at < order.length; at += priorRun)
    order.subarray(at, at + priorRun).sort((a, b) => priors[b] - priors[a]);
}

function checkFinite(status: number): void {
  if (status !== 0)
    throw new EndcapError('not_finite', 'a factor is not a finite number, so there is no order of scores; train again');
}

/** Ascending rows for each query: those of query `q` are `rows[offsets[q]] .. rows[offsets[q + 1]]`. */
export interface RowLists {
  offsets: Uint32Array;
  rows: Uint32Array;
  /** What each of the rows has for a bonus; where left out, none has one. */
  bonuses?: Float32Array;
}

/** Queries in kernel memory, what their lists may hold, and room for the lists. */
export interface Scoring {
  candidates: Candidates;
  /** Rows of the candidates' stride. */
  queries: Float32Array;
  /** Above zero. */
  n: number;
  /** What alone may be in each query's list. */
  allowed?: RowLists;
  /** What may not be in each query's list; where `allowed` is given this is not looked at, and nor is the mask. */
  denied?: RowLists;
  /** One bit a candidate, 1 where it may be in a list. */
  mask?: Uint32Array;
  /** What has a bonus for each query; where `allowed` is given this is not looked at. */
  raised?: Required<RowLists>;
  /** queries x n, best first, `noRow` past the end of a short list. */
  rows: Uint32Array;
  scores: Float32Array;
}

type Call =
  | { operation: 'topN'; args: Shared<'topN'>; scratch: (queries: number) => number }
  | { operation: 'topNListed'; args: Shared<'topNListed'>; scratch: (queries: number) => number };

/** The one place that knows what the kernels take for scoring. */
function toCall({ candidates, queries, n, allowed, denied, mask, raised, rows, scores }: Scoring): Call {
  const { factors, stride, count, packed, order, ranking } = candidates;
  const formula = { priors: ranking?.priors, root: ranking?.root ?? 0 };
  const common = { queries, stride, candidates: candidates.rows, ...formula, n, rows, scores };
  if (allowed) {
    const lists = { listOffsets: allowed.offsets, listRows: allowed.rows, listBonuses: allowed.bonuses };
    return { operation: 'topNListed', args: { ...common, ...lists }, scratch: () => scratchLength.topNListed };
  }
  const excluded = { excludeOffsets: denied?.offsets, excludeRows: denied?.rows };
  const bonuses = { bonusOffsets: raised?.offsets, bonusRows: raised?.rows, bonuses: raised?.bonuses };
  return {
    operation: 'topN',
    args: { ...common, packed, order, count, factors, mask, ...excluded, ...bonuses },
    scratch: (queries) => scratchLength.topN(queries, factors),
  };
}

/** Scores the first `queries` queries over the threads, in calls of `size`. */
export async function scoreOnThreads(
  kernel: OpenKernel,
  scoring: Scoring,
  queries: number,
  size: number,
  control: Control = {},
): Promise<void> {
  const call = toCall(scoring);
  const bounds = evenBounds(queries, size);
  checkFinite(
    call.operation === 'topN'
      ? await kernel.run('topN', call.args, bounds, control)
      : await kernel.run('topNListed', call.args, bounds, control),
  );
}

/** A list to be made: the best candidates of a query. */
export interface Question {
  /** As long as the candidates' stride. */
  query: Float32Array;
  candidates: Candidates;
  /** Above zero. */
  n: number;
  /** Ascending rows that alone may be in the list; undefined for all. */
  allowed?: Uint32Array;
  /** Ascending rows that may not, where nothing is said of what is allowed. */
  denied: Uint32Array;
  /** Candidates that have a bonus: ascending rows, whether they may be in the list or not, and a finite value each. */
  bonus?: { rows: Uint32Array; values: Float32Array };
}

/** Lists one after the other, `n` places for each question; good until the scorer's next call. */
export interface Lists {
  n: number;
  rows: Uint32Array;
  scores: Float32Array;
}

/** Answers questions that have the same candidates and all or none say what is allowed. */
export interface Scorer {
  /** On the calling thread. */
  here(questions: readonly Question[]): Lists;
  /** On the kernel's threads; one call at a time. */
  onThreads(questions: readonly Question[]): Promise<Lists>;
}

/** Whole tiles of every instruction set. */
const tile = 12;

/** Its buffers are kept from call to call. */
export function createScorer(kernel: OpenKernel): Scorer {
  const { memory } = kernel;
  const buffer = <T extends Elements>(type: ElementsConstructor<T>) => {
    let array = memory.allocate(type, 16);
    return (length: number): T => {
      if (array.length < length) {
        memory.free(array);
        array = memory.allocate(type, 2 * length);
      }
      return array;
    };
  };
  const queryRows = buffer(Float32Array);
  const listOffsets = buffer(Uint32Array);
  const listRows = buffer(Uint32Array);
  const raisedOffsets = buffer(Uint32Array);
  const raisedRows = buffer(Uint32Array);
  const bonusValues = buffer(Float32Array);
  const bestRows = buffer(Uint32Array);
  const bestScores = buffer(Float32Array);
  const scratchSpace = buffer(Float32Array);

  function gather(questions: readonly Question[]): Scoring {
    const { candidates, allowed } = questions[0];
    const count = questions.length;
    const n = Math.min(Math.max(...questions.map(({ n }) => n)), candidates.count);
    const queries = queryRows(count * candidates.stride);
    questions.forEach(({ query }, i) => {
      queries.set(query, i * candidates.stride);
    });
    const scoring: Scoring = { candidates, queries, n, rows: bestRows(count * n), scores: bestScores(count * n) };
    const given = join(
      questions.map(({ allowed, denied }) => allowed ?? denied),
      listOffsets(count + 1),
      listRows,
    );
    const raised = join(
      questions.map(({ bonus }) => bonus?.rows ?? noRows),
      raisedOffsets(count + 1),
      raisedRows,
    );
    const anyRaised = raised.offsets[count] > 0;
    if (allowed)
      scoring.allowed = anyRaised ? { ...given, bonuses: bonusesOf(questions, given.offsets[count]) } : given;
    else {
      if (given.offsets[count] > 0) scoring.denied = given;
      if (anyRaised) scoring.raised = { ...raised, bonuses: bonusValues(raised.offsets[count]) };
      questions.forEach(({ bonus }, i) => {
        if (bonus) scoring.raised?.bonuses.set(bonus.values, raised.offsets[i]);
      });
    }
    return scoring;
  }

  /** Lists one behind the other. */
  function join(lists: Uint32Array[], offsets: Uint32Array, room: (length: number) => Uint32Array): RowLists {
    lists.forEach((list, i) => {
      offsets[i + 1] = offsets[i] + list.length;
    });
    const rows = room(offsets[lists.length]);
    lists.forEach((list, i) => {
      rows.set(list, offsets[i]);
    });
    return { offsets, rows };
  }

  /** A bonus for each allowed row; 0 for one that has none. */
  function bonusesOf(questions: readonly Question[], total: number): Float32Array {
    const values = bonusValues(total).fill(0, 0, total);
    let place = 0;
    for (const { allowed = noRows, bonus } of questions) {
      for (let i = 0, b = 0; bonus && i < allowed.length; i++) {
        while (bonus.rows[b] < allowed[i]) b++;
        if (bonus.rows[b] === allowed[i]) values[place + i] = bonus.values[b];
      }
      place += allowed.length;
    }
    return values;
  }

  return {
    here(questions) {
      const scoring = gather(questions);
      const count = questions.length;
      const call = toCall(scoring);
      const own = { scratch: scratchSpace(call.scratch(count)), begin: 0, end: count };
      checkFinite(
        call.operation === 'topN'
          ? kernel.operations.topN({ ...call.args, ...own })
          : kernel.operations.topNListed({ ...call.args, ...own }),
      );
      return scoring;
    },
    async onThreads(questions) {
      const scoring = gather(questions);
      const count = questions.length;
      const tiles = kernel.threads === 1 ? 1 : Math.ceil(count / kernel.threads / tile);
      await scoreOnThreads(kernel, scoring, count, tiles * tile);
      return scoring;
    },
  };
}
