import type { Dataset } from '../../src/dataset/dataset.ts';
import { createRandom } from '../../src/random.ts';
import { type Basket, datasetOfBaskets } from './baskets.ts';

/** Makes customers of three kinds. Each places `orders` orders among the twelve products of its kind, half of it repeats. */
export function randomShop({ customers = 90, orders = 4, seed = 1, times = true } = {}): Dataset {
  const random = createRandom(seed);
  const baskets = new Map<string, Basket[]>();
  for (let c = 0; c < customers; c++) {
    const own: string[] = [];
    const bought: Basket[] = [];
    for (let order = 0; order < orders; order++) {
      const products = new Set<string>();
      for (let line = 0; line < 4; line++) {
        const again = own.length > 0 && random.uniform() < 0.5;
        const product = again ? own[random.below(own.length)] : `p${12 * (c % 3) + random.below(12)}`;
        products.add(product);
        own.push(product);
      }
      const time = Date.UTC(2025, 0, 1 + 20 * order + random.below(20));
      bought.push({ products: [...products], ...(times && { time }) });
    }
    baskets.set(`c${c}`, bought);
  }
  return datasetOfBaskets(baskets, new Map(), { customer: 'customer', order: 'order' });
}
