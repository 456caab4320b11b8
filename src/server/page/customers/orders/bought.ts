/** What a customer bought of single products: by the model, and since. */
import { ordersOf, quantityOf } from '../../../../dataset/dataset.ts';
import type { CustomerData } from '../../../../live/shop-answers.ts';
import type { Model } from '../../../../model/model.ts';
import { placeOf } from '../../../../recommending/filters.ts';

export interface BoughtProduct {
  readonly product: string;
  /** Orders that hold it. */
  readonly orders: number;
  readonly units: number;
  /** When last, in milliseconds since 1970 UTC; NaN if unknown. */
  readonly last: number;
}

export interface BoughtProducts {
  /** Undefined if they never bought it. */
  of(product: string): BoughtProduct | undefined;
  /** How many different products. */
  readonly count: number;
  /** Those that most orders hold, then those bought last. */
  most(count: number): BoughtProduct[];
}

/**
 * @param customer their row; undefined if the model does not know them.
 * @param purchases what the store has of them; what the model has learned counts once.
 */
export function boughtBy(
  { purchases: { offsets, products: rows, ...columns }, products }: Model,
  customer: number | undefined,
  productRow: (product: string) => number | undefined,
  purchases: CustomerData['purchases'],
): BoughtProducts {
  const [from, to] = customer === undefined ? [0, 0] : [offsets[customer], offsets[customer + 1]];
  const own = rows.subarray(from, to);
  const all = { offsets, products: rows, ...columns };
  const orders = new Map<string, Set<string>>();
  const since = new Map<string, { units: number; last: number }>();
  for (const { order, product, quantity, time, isLearned } of purchases) {
    if (isLearned) continue;
    const known = since.get(product) ?? { units: 0, last: Number.NaN };
    known.units += quantity;
    if (quantity > 0 && !(time <= known.last)) known.last = time;
    since.set(product, known);
    if (quantity > 0) orders.set(product, (orders.get(product) ?? new Set()).add(order));
  }

  function joined(product: string, place: number): BoughtProduct | undefined {
    const pair = from + place;
    const later = since.get(product);
    const known =
      place < 0
        ? { orders: 0, units: 0, last: Number.NaN }
        : {
            orders: ordersOf(all, pair),
            units: quantityOf(all, pair),
            last: columns.lastPurchase?.[pair] ?? Number.NaN,
          };
    const count = known.orders + (orders.get(product)?.size ?? 0);
    if (count === 0) return undefined;
    const isLater = later !== undefined && !Number.isNaN(later.last);
    return {
      ...{ product, orders: count, units: known.units + (later?.units ?? 0) },
      last: isLater ? later.last : known.last,
    };
  }

  const placeOfProduct = (product: string) => {
    const row = productRow(product);
    return row === undefined ? -1 : placeOf(row, own);
  };
  const others = [...orders.keys()].filter((product) => placeOfProduct(product) < 0);
  return {
    of: (product) => joined(product, placeOfProduct(product)),
    count: own.length + others.length,
    most(count) {
      const each = [
        ...Array.from(own, (row, place) => joined(products[row], place)!),
        ...others.map((product) => joined(product, -1)!),
      ];
      return each.sort((a, b) => b.orders - a.orders || (b.last || 0) - (a.last || 0)).slice(0, count);
    },
  };
}
