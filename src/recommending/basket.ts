import type { Model } from '../model/model.ts';
import { invalidOption } from '../options.ts';
import type { BonusOf } from '../ranking/formula.ts';
import type { Buyer } from './buyer.ts';
import type { BasketLine } from './types.ts';

/** Quantities by product row; lines of products that the model does not know are left out. Throws `invalid_options`. */
export function readBasket(
  lines: readonly BasketLine[],
  rowOf: (productId: string) => number | undefined,
): Map<number, number> {
  if (!Array.isArray(lines)) throw invalidOption('lines', lines, 'an array of product ids or of {product, quantity}');
  const basket = new Map<number, number>();
  for (const [index, line] of lines.entries()) {
    const { product, quantity = 1 } = typeof line === 'object' && line !== null ? line : { product: line };
    if (typeof product !== 'string' && typeof product !== 'number')
      throw invalidOption(`lines[${index}].product`, product, 'a product id');
    if (!Number.isFinite(quantity) || quantity <= 0 || quantity > 1e9)
      throw invalidOption(`lines[${index}].quantity`, quantity, 'a number above 0, at most 1,000,000,000');
    const row = rowOf(String(product));
    if (row === undefined) continue;
    basket.set(row, quantity + (basket.get(row) ?? 0));
  }
  return basket;
}

/**
 * The buyer once what is in the basket is their newest order.
 * @param basket quantity by product row; above none.
 * @param orders of the buyer before.
 */
export function withBasket(
  { signals, metadata: { ranking, options } }: Model,
  bonusOf: BonusOf | undefined,
  buyer: Buyer,
  basket: ReadonlyMap<number, number>,
  orders: number,
): Buyer {
  const { decay } = ranking ?? { decay: 1 };
  const tasteDecay = signals?.tasteRecency ? Number(options.tasteDecay) : decay;
  const places = new Map(Array.from(buyer.products, (row, place) => [row, place]));
  const products = Uint32Array.from(new Set([...buyer.products, ...basket.keys()])).sort();
  /** A column of the buyer's, each value aged by an order, and that of the basket. */
  const joined = (column: ArrayLike<number>, aging: number, added: (row: number) => number) =>
    Float32Array.from(products, (row) => {
      const place = places.get(row);
      return (place === undefined ? 0 : aging * column[place]) + (basket.has(row) ? added(row) : 0);
    });
  const recency = joined(buyer.recency, decay, () => 1);
  return {
    products,
    recency,
    tasteRecency: joined(buyer.tasteRecency, tasteDecay, () => 1),
    quantities: joined(buyer.quantities, 1, (row) => basket.get(row)!),
    ...(bonusOf && { bonuses: recency.map((value, i) => bonusOf(products[i], value, orders + 1)) }),
  };
}
