import { noRow } from '../recommending/types.ts';
import type { Result } from './results.ts';

/** Which products a contestant's lists show, over all customers. */
export interface Exposure {
  /**
   * Counts one customer's list: product rows, best first, at most the longest measured length of them.
   *
   * @param isPopular 1 for products that count as popular, 0 for others, by product row.
   */
  add(list: Uint32Array, isPopular: Uint8Array): void;
  /** Coverage and share of popular products of the lists cut at `ks[index]`. */
  at(index: number): Pick<Result, 'coverage' | 'popularShare'>;
}

/**
 * @param products number of products.
 * @param ks measured lengths of lists, ascending.
 */
export function createExposure(products: number, ks: readonly number[]): Exposure {
  /** The best place of each product in any list. */
  const bestPlaces = new Uint32Array(products).fill(noRow);
  const places = ks.map(() => 0);
  const popularPlaces = ks.map(() => 0);
  return {
    add(list, isPopular) {
      let place = 0;
      let popular = 0;
      for (const [index, k] of ks.entries()) {
        for (; place < Math.min(k, list.length); place++) {
          const product = list[place];
          if (place < bestPlaces[product]) bestPlaces[product] = place;
          popular += isPopular[product];
        }
        places[index] += place;
        popularPlaces[index] += popular;
      }
    },
    at(index) {
      const shown = bestPlaces.reduce((count, place) => count + Number(place < ks[index]), 0);
      return {
        coverage: shown / products,
        popularShare: places[index] > 0 ? popularPlaces[index] / places[index] : 0,
      };
    },
  };
}
