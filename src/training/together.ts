import type { History } from '../dataset/dataset.ts';
import { throwIfAborted } from '../errors.ts';
import type { BoughtTogether } from '../model/model.ts';

/** Larger orders say little of what goes with what, and the work grows with the square of their size. */
const largestOrder = 200;
/** Orders that must hold both products. */
const leastSupport = 5;
/** The chi-square quantile of one degree of freedom at .999. */
const leastSignificance = 10.83;
/** How long the event loop may have to wait. */
const sliceMs = 50;

/**
 * For each product the up to `most` others that orders hold with it more often than chance would have it: in at least 5
 * orders, and significant at .001 by Dunning's log-likelihood ratio (1993, "Accurate methods for the statistics of surprise
 * and coincidence"), strongest evidence first, ties to the lower row. Orders of more than 200 products are left out. The
 * work is the sum of the squares of the orders' sizes, at most 200 times the number of their lines. Throws `aborted`.
 */
export async function togetherOf(
  history: History,
  products: number,
  most: number,
  signal?: AbortSignal,
): Promise<BoughtTogether> {
  const { starts, products: lines } = history;
  const counted: number[] = [];
  const offsets = new Uint32Array(products + 1);
  for (let order = 0; order + 1 < starts.length; order++) {
    if (starts[order + 1] - starts[order] > largestOrder) continue;
    counted.push(order);
    for (let line = starts[order]; line < starts[order + 1]; line++) offsets[lines[line] + 1]++;
  }
  for (let p = 0; p < products; p++) offsets[p + 1] += offsets[p];
  const ordersOfProduct = new Uint32Array(offsets[products]);
  const ends = offsets.slice();
  for (const order of counted) {
    for (let line = starts[order]; line < starts[order + 1]; line++) ordersOfProduct[ends[lines[line]]++] = order;
  }

  const found = { products: [] as number[], lifts: [] as number[], orders: [] as number[] };
  const foundOffsets = new Uint32Array(products + 1);
  // Counts of a product begin above all that those before it have left, so that nothing is to be cleared.
  const both = new Uint32Array(products);
  let base = 0;
  const total = counted.length;
  let resume = performance.now() + sliceMs;
  for (let p = 0; p < products; p++) {
    if (performance.now() > resume) {
      await new Promise((done) => setTimeout(done, 0));
      throwIfAborted(signal);
      resume = performance.now() + sliceMs;
    }
    const others: number[] = [];
    const mine = offsets[p + 1] - offsets[p];
    for (let i = offsets[p]; i < offsets[p + 1] && mine >= leastSupport; i++) {
      const order = ordersOfProduct[i];
      for (let line = starts[order]; line < starts[order + 1]; line++) {
        const row = lines[line];
        const count = Math.max(both[row], base) + 1;
        both[row] = count;
        if (count === base + leastSupport) others.push(row);
      }
    }
    const strong: { row: number; lift: number; evidence: number; orders: number }[] = [];
    for (const row of others) {
      if (row === p) continue;
      const orders = both[row] - base;
      const its = offsets[row + 1] - offsets[row];
      const lift = (orders * total) / (mine * its);
      if (lift <= 1) continue;
      const evidence = logLikelihoodRatio(orders, mine, its, total);
      if (evidence >= leastSignificance) strong.push({ row, lift, evidence, orders });
    }
    base += mine;
    strong.sort((a, b) => b.evidence - a.evidence || a.row - b.row);
    for (const { row, lift, orders } of strong.slice(0, most)) {
      found.products.push(row);
      found.lifts.push(lift);
      found.orders.push(orders);
    }
    foundOffsets[p + 1] = found.products.length;
  }
  return {
    offsets: foundOffsets,
    products: Uint32Array.from(found.products),
    lifts: Float32Array.from(found.lifts),
    orders: Uint32Array.from(found.orders),
  };
}

/** Twice the sum of observed * ln(observed / expected) over the four cells of "in an order" or not. */
export function logLikelihoodRatio(both: number, one: number, other: number, total: number): number {
  const term = (observed: number, row: number, column: number) =>
    observed > 0 ? observed * Math.log((observed * total) / (row * column)) : 0;
  return (
    2 *
    (term(both, one, other) +
      term(one - both, one, total - other) +
      term(other - both, total - one, other) +
      term(total - one - other + both, total - one, total - other))
  );
}
