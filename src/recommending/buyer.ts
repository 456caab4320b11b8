import { EndcapError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import { invalidOption } from '../options.ts';
import type { BonusOf } from '../ranking/formula.ts';
import { noRows } from './filters.ts';
import type { BasketLine } from './types.ts';

/** Whoever a list is for, by what they bought. All columns are by place in `products`. */
export interface Buyer {
  /** Ascending product rows. */
  readonly products: Uint32Array;
  /** Ascending rows of the products that they returned in full. */
  readonly returned: Uint32Array;
  /** What each product's score gains because it was bought before; absent if the model has no ranking. */
  readonly bonuses?: Float32Array;
  /** What only folding in needs. Most lists do without, and arrays take long to make. */
  amounts(): Amounts;
}

/** How much a buyer bought, and when. */
export interface Amounts {
  /** Sum of decay^(orders ago) over the orders that hold the product. */
  readonly recency: ArrayLike<number>;
  /** The same with `tasteDecay`. */
  readonly tasteRecency: ArrayLike<number>;
  readonly quantities: ArrayLike<number>;
}

/** A buyer without purchases. */
export const nobody: Buyer = {
  products: noRows,
  returned: noRows,
  amounts: () => ({ recency: [], tasteRecency: [], quantities: [] }),
};

/**
 * The customer of a row.
 *
 * @param bonuses of all pairs of the model.
 */
export function customerOf(model: Model, row: number, bonuses: Float32Array | undefined): Buyer {
  const { purchases, returned } = model;
  const [from, to] = [purchases.offsets[row], purchases.offsets[row + 1]];
  return {
    products: purchases.products.subarray(from, to),
    returned: returned?.products.subarray(returned.offsets[row], returned.offsets[row + 1]) ?? noRows,
    bonuses: bonuses?.subarray(from, to),
    amounts: () => amountsOf(model, from, to),
  };
}

/** @throws `model_unreadable` if arrays of the model were transferred to another thread. */
function amountsOf({ purchases, signals }: Model, from: number, to: number): Amounts {
  const cut = <T extends Uint32Array | Float32Array>(column: T | undefined) => {
    if (column && column.length < to)
      throw new EndcapError(
        'model_unreadable',
        'arrays of this model were transferred away; keep it while it is in use',
      );
    return column?.subarray(from, to);
  };
  const ones = () => new Float32Array(to - from).fill(1);
  const recency = cut(signals?.recency) ?? cut(purchases.orders) ?? ones();
  return {
    recency,
    tasteRecency: cut(signals?.tasteRecency) ?? recency,
    quantities: cut(purchases.quantities) ?? ones(),
  };
}

/**
 * Quantities by product row. Lines of the same product are summed; products that the model does not know are left out.
 * @throws `invalid_options` that names the line.
 */
export function readBasket(
  lines: readonly BasketLine[],
  productRow: (productId: string) => number | undefined,
): Map<number, number> {
  if (!Array.isArray(lines)) throw invalidOption('lines', lines, 'an array of product ids or of {product, quantity}');
  const basket = new Map<number, number>();
  for (const [index, line] of lines.entries()) {
    const fields: object = typeof line === 'object' && line !== null ? line : { product: line };
    const { product, quantity = 1, ...others } = fields as { product?: unknown; quantity?: unknown };
    for (const [name, value] of Object.entries(others))
      throw invalidOption(`lines[${index}].${name}`, value, 'a line with the fields product and quantity only');
    if (typeof product !== 'string' && typeof product !== 'number')
      throw invalidOption(`lines[${index}].product`, product, 'a product id');
    if (typeof quantity !== 'number' || !(quantity > 0 && quantity <= 1e9))
      throw invalidOption(`lines[${index}].quantity`, quantity, 'a number above 0, at most 1,000,000,000');
    const row = productRow(String(product));
    if (row === undefined) continue;
    basket.set(row, quantity + (basket.get(row) ?? 0));
  }
  return basket;
}

/**
 * A buyer after one more order, the basket: what they bought before is one order older. With trees, which see orders only,
 * its bonus stays.
 * @param basket quantity by product row; not empty.
 * @param orders of the buyer before this one.
 */
export function withBasket(
  { signals, repeatTrees, metadata: { ranking, options } }: Model,
  bonusOf: BonusOf | undefined,
  buyer: Buyer,
  basket: ReadonlyMap<number, number>,
  orders: number,
): Buyer {
  const { decay } = ranking ?? { decay: 1 };
  const tasteDecay = signals?.tasteRecency ? Number(options.tasteDecay ?? decay) : decay;
  const places = new Map(Array.from(buyer.products, (row, place) => [row, place]));
  const products = Uint32Array.from(new Set([...buyer.products, ...basket.keys()])).sort();
  /** A column of the buyer with every value multiplied by `aging`, plus that of the basket. */
  const joined = (column: ArrayLike<number>, aging: number, added: (row: number) => number) =>
    Float32Array.from(products, (row) => {
      const place = places.get(row);
      return (place === undefined ? 0 : aging * column[place]) + (basket.has(row) ? added(row) : 0);
    });
  const before = buyer.amounts();
  const recency = joined(before.recency, decay, () => 1);
  const amounts = {
    recency,
    tasteRecency: joined(before.tasteRecency, tasteDecay, () => 1),
    quantities: joined(before.quantities, 1, (row) => basket.get(row)!),
  };
  return {
    products,
    returned: buyer.returned,
    amounts: () => amounts,
    ...(bonusOf && {
      bonuses: recency.map((value, i) => {
        const place = repeatTrees && places.get(products[i]);
        return place === undefined ? bonusOf(products[i], value, orders + 1) : buyer.bonuses![place];
      }),
    }),
  };
}
