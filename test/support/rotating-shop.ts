import type { Dataset } from '../../src/dataset/dataset.ts';
import { createRandom } from '../../src/random.ts';
import { type Basket, datasetOfBaskets } from './baskets.ts';

/**
 * A shop whose customers buy six products of theirs in turn, two in each weekly order: what they bought longest ago comes
 * next, and hardly ever what they bought last. A tenth of the lines is anything.
 */
export function rotatingShop({ customers = 120, orders = 9, seed = 1, times = true } = {}): Dataset {
  const random = createRandom(seed);
  const baskets = new Map<string, Basket[]>();
  for (let c = 0; c < customers; c++) {
    const own = Array.from({ length: 6 }, (_, i) => `p${(7 * c + 11 * i) % 60}`);
    const turn = random.below(3);
    baskets.set(
      `c${String(c).padStart(3, '0')}`,
      Array.from({ length: orders }, (_, order) => {
        const at = 2 * ((order + turn) % 3);
        const products = own.slice(at, at + 2).map((id) => (random.uniform() < 0.1 ? `p${random.below(60)}` : id));
        return { products, ...(times && { time: Date.UTC(2025, 0, 1 + 7 * order + random.below(3)) }) };
      }),
    );
  }
  return datasetOfBaskets(baskets, new Map(), { customer: 'customer', order: 'order' });
}
