import type { OpenKernel } from '../kernel/kernel.ts';
import { shareIn } from '../kernel/memory.ts';
import { noRow, strideOf } from '../kernel/operations/operations.ts';
import { createScope } from '../kernel/scope.ts';
import type { Neighbours } from '../model/model.ts';
import { scoreBlocks } from '../recommending/scoring/batch.ts';
import { type Formula, packCandidates } from '../recommending/scoring/candidates.ts';
import type { Trained } from '../training/algorithm.ts';
import type { HeldOutSample } from './judging/held-out.ts';

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
 * @param bought what they bought, by place in the sample.
 * @param denied ascending rows of products that no list holds.
 */
export async function rankNew(
  kernel: OpenKernel,
  { queries, products, factors }: SampledFactors,
  bought: { readonly offsets: Uint32Array; readonly products: Uint32Array },
  formula: Formula,
  { n, denied, signal }: { n: number; denied: Uint32Array; signal?: AbortSignal },
): Promise<NewProducts> {
  const count = bought.offsets.length - 1;
  const rows = new Uint32Array(count * n);
  const scores = new Float32Array(count * n);
  const scope = createScope(kernel);
  try {
    const candidates = packCandidates(scope, products, factors, formula);
    const filter = { n, purchased: 'exclude', denied } as const;
    const range = { from: 0, to: count, signal };
    for await (const block of scoreBlocks(scope, queries, candidates, bought, undefined, filter, range)) {
      rows.set(block.rows, block.firstCustomer * n);
      scores.set(block.scores, block.firstCustomer * n);
    }
  } finally {
    scope.end();
  }
  return { rows, scores: scores.map((score, at) => (rows[at] === noRow ? -Infinity : score)) };
}
