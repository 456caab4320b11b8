import type { OpenKernel } from '../kernel/kernel.ts';
import { strideOf } from '../kernel/operations.ts';
import { type Filter, resolvePurchased } from './filters.ts';
import { type Candidates, packCandidates } from './scoring/candidates.ts';
import type { Query } from './scoring/scorer.ts';

/** Products and customers whose factors point the same way. Scores are cosines of factors; ranking plays no part. */
export interface Similar {
  /** The products most similar to one, without it. */
  productsLike(row: number, filter: Filter): Query;
  /** The `n` customers most similar to one, without them. */
  customersLike(row: number, n: number): Query;
}

/**
 * Kernel memory for unit vectors is taken at the first use: many recommenders are never asked.
 *
 * @param customerFactors rows padded to the stride; so are the products'.
 */
export function createSimilar(
  kernel: OpenKernel,
  factors: number,
  customerFactors: Float32Array,
  productFactors: Float32Array,
): Similar {
  let productVectors: Candidates | undefined;
  let customerVectors: Candidates | undefined;

  function pack(values: Float32Array): Candidates {
    return packCandidates(kernel, unitVectors(kernel, values, strideOf(factors)), factors);
  }

  function ofProducts(): Candidates {
    productVectors ??= pack(productFactors);
    return productVectors;
  }

  function ofCustomers(): Candidates {
    customerVectors ??= pack(customerFactors);
    return customerVectors;
  }

  function vectorOf({ rows, stride }: Candidates, row: number): Float32Array {
    return rows.subarray(row * stride, (row + 1) * stride);
  }

  return {
    productsLike(row, filter) {
      const candidates = ofProducts();
      const { n, allowed, denied } = resolvePurchased({ ...filter, purchased: 'exclude' }, Uint32Array.of(row));
      return { vector: vectorOf(candidates, row), candidates, n, allowed, denied };
    },
    customersLike(row, n) {
      const candidates = ofCustomers();
      return { vector: vectorOf(candidates, row), candidates, n, denied: Uint32Array.of(row) };
    },
  };
}

/** Rows scaled to length 1, in kernel memory; rows of zeros stay zero. */
function unitVectors({ memory }: OpenKernel, values: Float32Array, stride: number): Float32Array {
  const result = memory.allocate(Float32Array, values.length);
  for (let start = 0; start < values.length; start += stride) {
    let square = 0;
    for (let k = start; k < start + stride; k++) square += values[k] * values[k];
    const length = Math.sqrt(square);
    const scale = length > 0 ? 1 / length : 0;
    for (let k = start; k < start + stride; k++) result[k] = values[k] * scale;
  }
  return result;
}
