import type { Dataset } from '../../src/dataset/dataset.ts';
import { withHistory } from '../../src/dataset/pairs.ts';
import { createRandom } from '../../src/random.ts';
import { finish } from '../../src/turns.ts';

const day = 86_400_000;

/**
 * A shop of 60 customers, each with 1 to 12 orders over 200 days, and 70 products of five categories (some of none). Even
 * customers mostly buy even products, and everybody buys some of theirs again.
 */
export function shopWithHistory(): Dataset {
  const random = createRandom(7);
  const whole = (below: number) => Math.floor(random.uniform() * below);
  const customers = Array.from({ length: 60 }, (_, c) => `c${String(c).padStart(2, '0')}`);
  const products = Array.from({ length: 70 }, (_, p) => `p${String(p).padStart(2, '0')}`);
  const offsets = [0];
  const starts = [0];
  const lines: number[] = [];
  const quantities: number[] = [];
  const times: number[] = [];
  for (let c = 0; c < customers.length; c++) {
    const habits = Array.from({ length: 4 }, () => 2 * whole(35) + (c % 2));
    const orders = 1 + whole(12);
    const days = Array.from({ length: orders }, () => whole(200)).sort((a, b) => a - b);
    for (const at of days) {
      const order = new Set([habits[whole(4)], 2 * Math.floor(35 * random.uniform() ** 2) + (c % 2), whole(70)]);
      // A pair that is bought together.
      if (order.has(10)) order.add(12);
      for (const product of [...order].sort((a, b) => a - b)) {
        lines.push(product);
        quantities.push(1 + whole(3));
      }
      starts.push(lines.length);
      times.push(1.7e12 + at * day);
    }
    offsets.push(starts.length - 1);
  }
  const dataset = {
    customers,
    products,
    productInfo: products.map((_, p) => ({
      name: `Product ${p}`,
      ...(p % 7 > 0 && { category: `Category ${p % 5}` }),
    })),
    account: {
      read: lines.length,
      kept: lines.length,
      purchases: lines.length,
      returns: 0,
      dropped: {},
      examples: {},
      columns: {},
      firstPurchase: Math.min(...times),
      lastPurchase: Math.max(...times),
    },
    fingerprint: 'shop',
  } as unknown as Dataset;
  return finish(
    withHistory(dataset, {
      offsets: Uint32Array.from(offsets),
      starts: Uint32Array.from(starts),
      products: Uint32Array.from(lines),
      quantities: Float32Array.from(quantities),
      times: Float64Array.from(times),
    }),
  );
}
