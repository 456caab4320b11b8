import type { Model } from '../model/model.ts';
import { noRows } from './filters.ts';

/** Whoever is asked for, by what they bought: columns by place in `products`. */
export interface Buyer {
  /** Ascending rows. */
  readonly products: Uint32Array;
  /** Sum of decay^(orders ago) over the orders that hold the product. */
  readonly recency: ArrayLike<number>;
  /** The same with `tasteDecay`. */
  readonly tasteRecency: ArrayLike<number>;
  readonly quantities: ArrayLike<number>;
  /** What a product gains by habit; absent where the model does not rank by it. */
  readonly bonuses?: Float32Array;
}

export const nobody: Buyer = { products: noRows, recency: [], tasteRecency: [], quantities: [] };

/** The customer of a row, of whom `bonuses` says by pair what they gain. */
export function customerOf({ purchases, signals }: Model, row: number, bonuses: Float32Array | undefined): Buyer {
  const [from, to] = [purchases.offsets[row], purchases.offsets[row + 1]];
  const cut = <T extends Uint32Array | Float32Array>(column: T | undefined) => column?.subarray(from, to);
  const ones = () => new Float32Array(to - from).fill(1);
  const recency = cut(signals?.recency) ?? cut(purchases.orders) ?? ones();
  return {
    products: purchases.products.subarray(from, to),
    recency,
    tasteRecency: cut(signals?.tasteRecency) ?? recency,
    quantities: cut(purchases.quantities) ?? ones(),
    ...(bonuses && { bonuses: bonuses.subarray(from, to) }),
  };
}
