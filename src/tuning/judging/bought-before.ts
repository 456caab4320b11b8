import type { OpenKernel } from '../../kernel/kernel.ts';
import { strideOf } from '../../kernel/operations/operations.ts';
import { createScope } from '../../kernel/scope.ts';
import type { Neighbours } from '../../model/model.ts';
import type { Signals } from '../../ranking/signals.ts';
import { createRaiser, neighbourTerm } from '../../recommending/scoring/neighbours.ts';
import type { SampledFactors } from '../picking/sampled-factors.ts';
import type { HeldOutSample } from './held-out.ts';

/** What the customers of the sample bought before: those of customer `i` are `offsets[i] .. offsets[i + 1]`. */
export interface Bought {
  readonly offsets: Uint32Array;
  readonly products: Uint32Array;
  readonly recency: Float32Array;
}

/** Offsets and products are in kernel memory. */
export function boughtBefore({ memory }: OpenKernel, { heldOut, sample }: HeldOutSample, { recency }: Signals): Bought {
  const { purchases } = heldOut.train;
  const offsets = memory.allocate(Uint32Array, sample.length + 1);
  sample.forEach((place, i) => {
    const c = heldOut.customers[place];
    offsets[i + 1] = offsets[i] + purchases.offsets[c + 1] - purchases.offsets[c];
  });
  const total = offsets[sample.length];
  const bought = { offsets, products: memory.allocate(Uint32Array, total), recency: new Float32Array(total) };
  sample.forEach((place, i) => {
    const c = heldOut.customers[place];
    const [from, to] = [purchases.offsets[c], purchases.offsets[c + 1]];
    bought.products.set(purchases.products.subarray(from, to), offsets[i]);
    bought.recency.set(recency.subarray(from, to), offsets[i]);
  });
  return bought;
}

/**
 * sqrt(max(0, x.y)) of what the customers bought before, by place in `Bought`: filled in for a customer when they are first
 * asked for, since many are never needed.
 */
export function createRoots({ queries, products, factors }: SampledFactors, { offsets, products: rows }: Bought) {
  const stride = strideOf(factors);
  const roots = new Float64Array(rows.length);
  const isFilled = new Uint8Array(offsets.length);
  return (customer: number): Float64Array => {
    if (isFilled[customer] === 1) return roots;
    isFilled[customer] = 1;
    const query = customer * stride;
    for (let at = offsets[customer]; at < offsets[customer + 1]; at++) {
      const product = rows[at] * stride;
      // Four sums at a time take half the time. Rows are padded with zeros to a multiple of 16.
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let k = 0; k < stride; k += 4) {
        a += queries[query + k] * products[product + k];
        b += queries[query + k + 1] * products[product + k + 1];
        c += queries[query + k + 2] * products[product + k + 2];
        d += queries[query + k + 3] * products[product + k + 3];
      }
      roots[at] = Math.sqrt(Math.max(0, a + b + c + d));
    }
    return roots;
  };
}

/** sqrt(max(0, sum of strengths)) of what the customers bought before as neighbours of the rest, by place in `Bought`. */
export function neighbourRootsOf(
  kernel: OpenKernel,
  neighbours: Neighbours,
  { offsets, products: rows }: Bought,
): Float32Array {
  const scope = createScope(kernel);
  try {
    const term = neighbourTerm(scope, neighbours, 1);
    if (!term) return new Float32Array(rows.length);
    return createRaiser(scope, term)
      .here({ offsets, rows }, offsets.length - 1, 'bought')
      .bonuses.slice();
  } finally {
    scope.end();
  }
}
