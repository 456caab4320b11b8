import type { OpenKernel } from '../kernel/kernel.ts';
import { copyIn } from '../kernel/memory.ts';
import { createScope } from '../kernel/scope.ts';
import type { Buyer } from './buyer.ts';
import { createRaiser, type NeighbourTerm } from './scoring/neighbours.ts';

/** What the purchases of a buyer say for the products of a list, as neighbours. */
interface NeighbourReasons {
  /** What neighbours add to the score of each product of the list, in the order of the list. */
  readonly parts: Float32Array;
  /** Purchases that speak for the product at a place of the list, largest share of all that do first; at most `maxNamed`. */
  named(place: number): readonly { row: number; share: number }[];
}

/** Of a list, by its rows. The time it takes is about that of making the list. */
export type NeighbourReasonsOf = (buyer: Buyer, rows: readonly number[]) => NeighbourReasons;

/**
 * @param maxNamed purchases that a reason names.
 * @param mayBeNamed whether a reason may name a product.
 */
export function createNeighbourReasons(
  kernel: OpenKernel,
  term: NeighbourTerm,
  maxNamed: number,
  mayBeNamed: (row: number) => boolean,
): NeighbourReasonsOf {
  const { offsets, products, strengths } = term;
  /** One past the place on the list, by product row. */
  const placesOnList = new Uint32Array(offsets.length - 1);

  function partsOf(buyer: Buyer, rows: readonly number[]): Float32Array {
    const scope = createScope(kernel);
    try {
      const bought = copyIn(scope.memory, Uint32Array, buyer.products);
      const ends = copyIn(scope.memory, Uint32Array, [0, bought.length]);
      const { offsets, rows: raised, bonuses } = createRaiser(scope, term).here({ offsets: ends, rows: bought }, 1);
      const list = raised.subarray(0, offsets[1]);
      const parts = new Map(Array.from(list, (row, place) => [row, bonuses[place]]));
      return Float32Array.from(rows, (row) => parts.get(row) ?? 0);
    } finally {
      scope.end();
    }
  }

  return (buyer, rows) => {
    const parts = partsOf(buyer, rows);
    const sums = new Float64Array(rows.length);
    /** The largest strengths of each product of the list, and the rows that they are from. */
    const best = new Float32Array(rows.length * maxNamed);
    const bestRows = new Uint32Array(rows.length * maxNamed);
    for (let i = 0; i < rows.length; i++) placesOnList[rows[i]] = i + 1;
    for (const bought of buyer.products) {
      const isNamed = mayBeNamed(bought);
      for (let at = offsets[bought]; at < offsets[bought + 1]; at++) {
        const place = placesOnList[products[at]] - 1;
        if (place < 0) continue;
        sums[place] += Math.max(0, strengths[at]);
        if (!isNamed || products[at] === bought) continue;
        const first = place * maxNamed;
        let to = first + maxNamed;
        for (; to > first && strengths[at] > best[to - 1]; to--) {
          if (to === first + maxNamed) continue;
          best[to] = best[to - 1];
          bestRows[to] = bestRows[to - 1];
        }
        if (to === first + maxNamed) continue;
        best[to] = strengths[at];
        bestRows[to] = bought;
      }
    }
    for (const row of rows) placesOnList[row] = 0;
    return {
      parts,
      named(place) {
        const shares = best.subarray(place * maxNamed, (place + 1) * maxNamed);
        return Array.from({ length: shares.filter((strength) => strength > 0).length }, (_, i) => ({
          row: bestRows[place * maxNamed + i],
          share: shares[i] / sums[place],
        }));
      },
    };
  };
}
