import { EndcapError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import { invalidOption } from '../options.ts';
import type { BonusOf } from '../ranking/formula.ts';
import { ascending, noRows, placeOf } from './filters.ts';
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
 * @param gains what is added to them, by product row; nothing if absent.
 */
export function customerOf(model: Model, row: number, bonuses: Float32Array | undefined, gains?: Float32Array): Buyer {
  const { purchases, returned } = model;
  const [from, to] = [purchases.offsets[row], purchases.offsets[row + 1]];
  const products = purchases.products.subarray(from, to);
  const own = bonuses?.subarray(from, to);
  return {
    products,
    returned: returned?.products.subarray(returned.offsets[row], returned.offsets[row + 1]) ?? noRows,
    bonuses: gains ? own?.map((bonus, i) => bonus + gains[products[i]]) : own,
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

/** Units by product row of one order; above 0. */
export type OrderUnits = ReadonlyMap<number, number>;

/**
 * A buyer after more orders, such as a basket: what they bought before is so many orders older. With trees, which see orders
 * only, its bonus stays.
 *
 * @param orders oldest first; none is empty.
 * @param before orders of the buyer before these.
 * @param sentBack units that were sent back since, by product row, whichever order they were in. A product without units left is one
 * that was returned in full.
 */
export function withOrders(
  { signals, repeatTrees, metadata: { ranking, options } }: Model,
  bonusOf: BonusOf | undefined,
  buyer: Buyer,
  orders: readonly OrderUnits[],
  before: number,
  sentBack: OrderUnits = noUnits,
): Buyer {
  const { decay } = ranking ?? { decay: 1 };
  const tasteDecay = signals?.tasteRecency ? Number(options.tasteDecay ?? decay) : decay;
  const known = buyer.amounts();
  const places = new Map(Array.from(buyer.products, (row, place) => [row, place]));
  const rows = ascending([...buyer.products, ...orders.flatMap((order) => [...order.keys()])]);
  const unitsOf = (row: number) => {
    const place = places.get(row);
    const sum = orders.reduce((sum, order) => sum + (order.get(row) ?? 0), 0);
    return sum + (place === undefined ? 0 : known.quantities[place]) - (sentBack.get(row) ?? 0);
  };
  const isKept = (row: number) => !sentBack.has(row) || unitsOf(row) > 0;
  const products = rows.filter(isKept);
  const kept = sentBack.size === 0 ? orders : orders.filter((order) => [...order.keys()].some(isKept));
  /** A column of the buyer with every value aged by the orders, plus what they add. */
  const joined = (column: ArrayLike<number>, decay: number) => {
    const aging = decay ** kept.length;
    return Float32Array.from(products, (row) => {
      const place = places.get(row);
      let added = 0;
      for (const order of kept) added = added * decay + (order.has(row) ? 1 : 0);
      return (place === undefined ? 0 : aging * column[place]) + added;
    });
  };
  const recency = joined(known.recency, decay);
  const amounts = {
    recency,
    tasteRecency: joined(known.tasteRecency, tasteDecay),
    quantities: Float32Array.from(products, unitsOf),
  };
  const returned = [...buyer.returned, ...rows.filter((row) => !isKept(row))].filter(
    (row) => placeOf(row, products) < 0,
  );
  return {
    products,
    returned: sentBack.size === 0 ? buyer.returned : ascending(returned),
    amounts: () => amounts,
    ...(bonusOf && {
      bonuses: recency.map((value, i) => {
        const place = repeatTrees && places.get(products[i]);
        return place === undefined ? bonusOf(products[i], value, before + kept.length) : buyer.bonuses![place];
      }),
    }),
  };
}

const noUnits: OrderUnits = new Map();
