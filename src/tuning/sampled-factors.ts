import type { OpenKernel } from '../kernel/kernel.ts';
import { shareIn } from '../kernel/memory.ts';
import { strideOf } from '../kernel/operations.ts';
import type { Neighbours } from '../model/model.ts';
import type { Trained } from '../training/algorithm.ts';
import type { HeldOutSample } from './held-out.ts';

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
