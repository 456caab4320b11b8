import type { OpenKernel } from '../kernel/kernel.ts';
import { finish } from '../turns.ts';
import { nobody } from './buyer.ts';
import { type Filter, resolvePurchased } from './filters.ts';
import type { Drawable } from './lists/listing.ts';
import { type Candidates, packUnitVectors } from './scoring/candidates.ts';
import type { Query } from './scoring/scorer.ts';
import { boostingOf } from './serving/boosts.ts';
import type { Mask } from './serving/mask.ts';
import type { Shown } from './serving/merchandising.ts';
import { withPins } from './serving/pins.ts';

/** Products and customers whose factors point the same way. Scores are cosines of factors; ranking plays no part. */
export interface Similar {
  products: UnitVectors;
  customers: UnitVectors;
  /** The products most similar to one, without it. */
  productsLike(row: number, filter: Filter, shown?: Shown): Omit<Drawable, 'snapshot'>;
  /** The `n` customers most similar to one, without them and those that the mask hides. */
  customersLike(row: number, n: number, mask: Mask): Query;
}

/** What is compared, made at the first use: many recommenders are never asked. A query makes what is left of it. */
interface UnitVectors {
  isMade(): boolean;
  /** Makes a part, in a millisecond or two: for those who have others waiting. */
  makePart(): void;
  /** All of it. */
  whole(): Candidates;
  /** Takes what another thread has made. */
  take(made: Candidates): void;
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
    productsLike(row, asked, shown) {
      const candidates = products.whole();
      const others = resolvePurchased({ ...asked, varied: false, purchased: 'exclude' }, Uint32Array.of(row));
      const { filter, pinned } = withPins(others, shown?.pins);
      const { allowed, denied, mask } = filter;
      const draw = { n: Math.max(1, filter.n), groupLimit: 0 };
      const query = { vector: vectorOf(candidates, row), candidates, n: draw.n, allowed, denied, mask };
      return { query, filter, draw, buyer: nobody, pinned, boosting: boostingOf(shown?.groups) };
    },
    customersLike(row, n, mask) {
      const candidates = customers.whole();
      return { vector: vectorOf(candidates, row), candidates, n, denied: Uint32Array.of(row), mask };
    },
  };
}

function unitVectorsOf(kernel: OpenKernel, rows: Float32Array, factors: number): UnitVectors {
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
    take(other) {
      made = other;
    },
  };
}
