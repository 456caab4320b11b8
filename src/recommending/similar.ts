import type { OpenKernel } from '../kernel/kernel.ts';
import { type Filter, resolvePurchased } from './filters.ts';
import { type Candidates, finish, packUnitVectors } from './scoring/candidates.ts';
import type { Query } from './scoring/scorer.ts';
import type { Mask } from './serving/mask.ts';

/** Products and customers whose factors point the same way. Scores are cosines of factors; ranking plays no part. */
export interface Similar {
  products: UnitVectors;
  customers: UnitVectors;
  /** The products most similar to one, without it. */
  productsLike(row: number, filter: Filter): Query;
  /** The `n` customers most similar to one, without them and those that the mask hides. */
  customersLike(row: number, n: number, mask: Mask): Query;
}

/** What is compared, made at the first use: many recommenders are never asked. A query makes what is left of it. */
interface UnitVectors {
  isMade(): boolean;
  /** Makes a part, in a millisecond or two: for those who have others waiting. */
  makePart(): void;
}

/** @param customerFactors rows padded to the stride; so are the products'. */
export function createSimilar(
  kernel: OpenKernel,
  factors: number,
  customerFactors: Float32Array,
  productFactors: Float32Array,
): Similar {
  const products = unitVectorsOf(kernel, productFactors, factors);
  const customers = unitVectorsOf(kernel, customerFactors, factors);

  function vectorOf({ rows, stride }: Candidates, row: number): Float32Array {
    return rows.subarray(row * stride, (row + 1) * stride);
  }

  return {
    products,
    customers,
    productsLike(row, filter) {
      const candidates = products.whole();
      const { n, allowed, denied, mask } = resolvePurchased({ ...filter, purchased: 'exclude' }, Uint32Array.of(row));
      return { vector: vectorOf(candidates, row), candidates, n, allowed, denied, mask };
    },
    customersLike(row, n, mask) {
      const candidates = customers.whole();
      return { vector: vectorOf(candidates, row), candidates, n, denied: Uint32Array.of(row), mask };
    },
  };
}

function unitVectorsOf(kernel: OpenKernel, rows: Float32Array, factors: number): UnitVectors & { whole(): Candidates } {
  let made: Candidates | undefined;
  let making: Generator<undefined, Candidates> | undefined;

  function make(go: (work: Generator<undefined, Candidates>) => Candidates | undefined): void {
    making ??= packUnitVectors(kernel, rows, factors);
    try {
      made = go(making);
    } catch (error) {
      // The next one begins anew.
      making = undefined;
      throw error;
    }
  }

  return {
    isMade: () => made !== undefined,
    makePart: () => make((work) => work.next().value),
    whole() {
      if (!made) make(finish);
      return made!;
    },
  };
}
