import type { OpenKernel } from '../../kernel/kernel.ts';
import { copyIn, shareIn } from '../../kernel/memory.ts';
import { noRow, strideOf } from '../../kernel/operations/operations.ts';
import { createScope } from '../../kernel/scope.ts';
import type { Neighbours } from '../../model/model.ts';
import { maskOf, queriesInCall } from '../../recommending/scoring/batch.ts';
import { type Formula, packCandidates } from '../../recommending/scoring/candidates.ts';
import { createRaiser, type NeighbourTerm } from '../../recommending/scoring/neighbours.ts';
import { type RowLists, type Scoring, scoreOnThreads } from '../../recommending/scoring/scorer.ts';
import type { Trained } from '../../training/algorithm.ts';
import type { HeldOutSample } from '../judging/held-out.ts';
import type { Found } from '../judging/measured.ts';

/** The factors that a judge reads, in kernel memory. */
export interface SampledFactors {
  readonly factors: number;
  /** sample x stride: the customers of the sample. */
  readonly queries: Float32Array;
  /** products x stride */
  readonly products: Float32Array;
  /** Of the training part; absent if the term is not measured. */
  readonly neighbours?: Neighbours;
}

/** What a search leaves behind: factors with the options that it picked, to be freed by whoever gets them. */
export interface Searched {
  readonly sample: HeldOutSample;
  readonly sampled: SampledFactors;
  /** What lists by the weights that it picked find of the sample; absent if it picked none. */
  readonly found?: Found;
}

/** Frees what a search left behind. */
export function freeSearched({ memory }: OpenKernel, { sampled: { queries, products } }: Searched): void {
  memory.free(queries, products);
}

/**
 * The factors of the sample: a copy of its customers', and all products', which are copied only if the kernel cannot use
 * them in place.
 *
 * @param trained factors of the training part, rows padded to the stride.
 */
export function sampleFactors(
  { memory }: OpenKernel,
  { heldOut, sample }: HeldOutSample,
  { customerFactors, productFactors, factors }: Pick<Trained, 'customerFactors' | 'productFactors' | 'factors'>,
  neighbours?: Neighbours,
): SampledFactors {
  const stride = strideOf(factors);
  const products = shareIn(memory, Float32Array, productFactors);
  const queries = memory.allocate(Float32Array, sample.length * stride);
  for (let i = 0; i < sample.length; i++) {
    const c = heldOut.customers[sample[i]];
    queries.set(customerFactors.subarray(c * stride, (c + 1) * stride), i * stride);
  }
  return { factors, queries, products, ...(neighbours && { neighbours }) };
}

/** The best products of each customer of a sample among those that they did not buy: sample x n, best first. */
export interface NewProducts {
  readonly rows: Uint32Array;
  /** -Infinity past the end of a short list. */
  readonly scores: Float32Array;
}

/**
 * Ranks what customers of a sample did not buy, by a formula whose arrays are in kernel memory.
 *
 * @param bought what they bought, by place in the sample; in kernel memory.
 * @param denied ascending rows of products that no list holds.
 * @param raised the bonus lists of the customers by neighbours that count 1; made if the formula has neighbours and they are
 *   left out.
 */
export async function rankNew(
  kernel: OpenKernel,
  { queries, products, factors }: SampledFactors,
  bought: { readonly offsets: Uint32Array; readonly products: Uint32Array },
  formula: Formula,
  { n, denied, raised, signal }: { n: number; denied: Uint32Array; raised?: Required<RowLists>; signal?: AbortSignal },
): Promise<NewProducts> {
  const count = bought.offsets.length - 1;
  const scope = createScope(kernel);
  const { memory } = scope;
  try {
    const candidates = packCandidates(scope, products, factors, formula);
    const mask = maskOf({ denied }, candidates.count);
    const scoring: Scoring = {
      candidates,
      queries,
      n,
      denied: { offsets: bought.offsets, rows: bought.products },
      mask: mask && copyIn(memory, Uint32Array, mask),
      rows: memory.allocate(Uint32Array, count * n),
      scores: memory.allocate(Float32Array, count * n),
    };
    const { neighbours } = formula;
    if (neighbours) {
      const lists = raised ?? (await raise(scope, neighbours, bought, signal));
      const bonuses = memory.allocate(Float32Array, lists.bonuses.length);
      for (let i = 0; i < bonuses.length; i++) bonuses[i] = neighbours.weight * lists.bonuses[i];
      scoring.bonus = { ...lists, bonuses };
    }
    await scoreOnThreads(scope, scoring, count, queriesInCall(n), { signal });
    const rows = scoring.rows.slice();
    return { rows, scores: scoring.scores.map((score, at) => (rows[at] === noRow ? -Infinity : score)) };
  } finally {
    scope.end();
  }
}

/** The bonus lists of customers by neighbours that count 1: the same for any weight, but for that factor. */
export function raise(
  kernel: OpenKernel,
  neighbours: NeighbourTerm,
  { offsets, products: rows }: { readonly offsets: Uint32Array; readonly products: Uint32Array },
  signal?: AbortSignal,
): Promise<Required<RowLists>> {
  const raiser = createRaiser(kernel, { ...neighbours, weight: 1 });
  return raiser.onThreads({ offsets, rows }, offsets.length - 1, undefined, { signal });
}
