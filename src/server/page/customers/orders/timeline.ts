/** Orders of a customer: the last ones of the model, and those since. */
import type { CustomerData } from '../../../../live/shop-answers.ts';
import type { Model } from '../../../../model/model.ts';

/** A product of an order. */
export interface OrderedProduct {
  readonly product: string;
  /** Units; undefined if the model only knows those of several orders together. Below 0 for a return. */
  readonly quantity: number | undefined;
}

export interface CustomerOrder {
  /** Its id, which the model does not keep. */
  readonly order?: string;
  /** Whether it came after the model. */
  readonly isSince: boolean;
  /**
   * When, in milliseconds since 1970 UTC. The model knows when a product was bought last: of an order whose products were all
   * bought again it knows no more than the orders before and after; undefined if orders have no times.
   */
  readonly time: number | { readonly after?: number; readonly before?: number } | undefined;
  readonly products: readonly OrderedProduct[];
}

interface ModelOrders {
  /** Newest first, at most eight. */
  readonly orders: readonly CustomerOrder[];
  /** How many orders there were before these. */
  readonly earlier: number;
}

/** As many as `Signals.lastOrders` has bits. */
const mostOrders = 8;

/** The last orders that a model has of a customer; undefined if it does not know which products were in one order. */
export function ordersInModel(
  { purchases, signals, products }: Pick<Model, 'purchases' | 'signals' | 'products'>,
  customer: number,
): ModelOrders | undefined {
  if (!signals) return undefined;
  const { offsets, lastPurchase, quantities, orders: ordersOf } = purchases;
  const known = Math.min(mostOrders, signals.orders[customer]);
  const held: OrderedProduct[][] = Array.from({ length: known }, () => []);
  const times = new Array<number>(known).fill(Number.NaN);
  /** Orders with a product that was not bought again. */
  const isDated = new Array<boolean>(known).fill(false);
  let isHeld = false;
  /** The latest time of an order before these. */
  let before = Number.NaN;
  for (let pair = offsets[customer]; pair < offsets[customer + 1]; pair++) {
    const bits = signals.lastOrders[pair];
    const last = lastPurchase?.[pair] ?? Number.NaN;
    const isOnce = ordersOf === undefined || ordersOf[pair] === 1;
    const product = products[purchases.products[pair]];
    const quantity = isOnce ? (quantities?.[pair] ?? 1) : undefined;
    let newest = -1;
    for (let ago = 0; ago < known; ago++) {
      if (((bits >> ago) & 1) === 0) continue;
      if (newest < 0) newest = ago;
      held[ago].push({ product, quantity });
    }
    if (newest < 0) {
      if (!(last <= before)) before = last;
      continue;
    }
    isHeld = true;
    isDated[newest] = true;
    if (!(last <= times[newest])) times[newest] = last;
  }
  if (known > 0 && !isHeld) return undefined;
  const timeOf = (ago: number): CustomerOrder['time'] => {
    if (!Number.isNaN(times[ago])) return times[ago];
    if (isDated[ago]) return undefined;
    const older = [...times.slice(ago + 1), before].find((time) => !Number.isNaN(time));
    const newer = times.slice(0, ago).findLast((time) => !Number.isNaN(time));
    if (older === undefined && newer === undefined) return undefined;
    return { ...(older !== undefined && { after: older }), ...(newer !== undefined && { before: newer }) };
  };
  const orders = held.map((products, ago) => ({ isSince: false, time: timeOf(ago), products }));
  return { orders, earlier: signals.orders[customer] - known };
}

/** The orders of purchases that no model has learned, newest first, as lists count them: at the time of their first line. */
export function ordersSince(purchases: CustomerData['purchases']): CustomerOrder[] {
  const orders = new Map<string, { time: number; units: Map<string, number> }>();
  for (const { order, product, quantity, time, isLearned } of purchases) {
    if (isLearned) continue;
    const known = orders.get(order) ?? { time, units: new Map() };
    known.time = Math.min(known.time, time);
    known.units.set(product, (known.units.get(product) ?? 0) + quantity);
    orders.set(order, known);
  }
  return Array.from(orders, ([order, { time, units }]) => ({
    ...{ order, isSince: true, time },
    products: Array.from(units, ([product, quantity]) => ({ product, quantity })),
  })).sort((a, b) => b.time - a.time);
}
