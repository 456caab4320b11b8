import type { Model } from '../model/model.ts';
import { invalidOption } from '../options.ts';
import type { Buyer } from './buyer.ts';
import { bonusOf } from './ranking.ts';
import type { BasketLine } from './recommender.ts';

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
  { signals, metadata: { ranking } }: Model,
  buyer: Buyer,
  basket: ReadonlyMap<number, number>,
  orders: number,
): Buyer {
  const decay = ranking?.decay ?? 1;
  const all = new Map<number, { recency: number; quantity: number }>();
  buyer.products.forEach((row, i) => {
    all.set(row, { recency: decay * buyer.recency[i], quantity: buyer.quantities[i] });
  });
  for (const [row, more] of basket) {
    const { recency, quantity } = all.get(row) ?? { recency: 0, quantity: 0 };
    all.set(row, { recency: recency + 1, quantity: quantity + more });
  }
  const products = Uint32Array.from(all.keys()).sort();
  const recency = Float32Array.from(products, (row) => all.get(row)!.recency);
  return {
    products,
    recency,
    quantities: Float32Array.from(products, (row) => all.get(row)!.quantity),
    ...(ranking &&
      signals && {
        bonuses: recency.map((value, i) => bonusOf(value, orders + 1, signals.repeatPropensity[products[i]], ranking)),
      }),
  };
}
