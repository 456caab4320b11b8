import type { Dataset } from '../../src/dataset/dataset.ts';
import { readOrders } from '../../src/dataset/read.ts';
import { createRandom } from '../../src/random.ts';

/**
 * Order lines of the shape that the first system was trained on: 51,290 lines of 38,997 customers, each at least once,
 * 42 products uniformly, quantities 1 to 5 with the shares of the original.
 */
export function seedShapedOrders(): Promise<Dataset> {
  const random = createRandom(2018);
  const shares = [0.443, 0.095, 0.155, 0.153, 0.154];
  const quantity = () => {
    let left = random.uniform();
    for (let i = 0; i < shares.length; i++) {
      left -= shares[i];
      if (left < 0) return i + 1;
    }
    return shares.length;
  };
  const rows = Array.from({ length: 51_290 }, (_, i) => ({
    customer: i < 38_997 ? i : random.below(38_997),
    product: `product ${random.below(42)}`,
    quantity: quantity(),
  }));
  return readOrders(rows, { lines: true });
}
