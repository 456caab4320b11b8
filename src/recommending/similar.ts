import type { OpenKernel } from '../kernel/kernel.ts';
import type { Model } from '../model/model.ts';
import { type Filter, settle } from './filters.ts';
import { unitLength } from './lengths.ts';
import { type Candidates, packCandidates, padIn, type Question } from './scorer.ts';

/** Asks which products and customers point the same way: the score is the cosine of their factors. */
export function createAlike(kernel: OpenKernel, { factors, productFactors, customerFactors }: Model) {
  let products: Candidates | undefined;
  let customers: Candidates | undefined;

  function directions(values: Float32Array): Candidates {
    return packCandidates(kernel, padIn(kernel, unitLength(values, factors), factors), factors);
  }

  function ofProducts(): Candidates {
    products ??= directions(productFactors);
    return products;
  }

  function toRow({ rows, stride }: Candidates, row: number): Float32Array {
    return rows.subarray(row * stride, (row + 1) * stride);
  }

  return {
    /** The products most like one, without it. */
    toProduct(row: number, filter: Filter): Question {
      const candidates = ofProducts();
      const { n, allowed, denied } = settle({ ...filter, purchased: 'exclude' }, Uint32Array.of(row));
      return { query: toRow(candidates, row), candidates, n, allowed, denied };
    },

    /** The customers most like one, without them. */
    toCustomer(row: number, n: number): Question {
      customers ??= directions(customerFactors);
      return { query: toRow(customers, row), candidates: customers, n, denied: Uint32Array.of(row) };
    },

    /** Of two products. */
    cosine(one: number, other: number): number {
      const { rows, stride } = ofProducts();
      let dot = 0;
      for (let k = 0, a = one * stride, b = other * stride; k < factors; k++) dot += rows[a + k] * rows[b + k];
      return dot;
    },
  };
}
