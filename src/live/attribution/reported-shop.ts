import { placeOf } from '../../recommending/filters.ts';
import type { ServedModel } from '../served-model.ts';
import type { Outcome } from './outcomes.ts';
import type { ReportedShop } from './report.ts';

/** By product, what a customer bought of the shop's store. */
interface Bought {
  /** When first, in milliseconds since 1970 UTC. */
  readonly first: Map<string, number>;
  /** The orders that the model has learned. */
  readonly learned: Map<string, Set<string>>;
}

/** What reports ask of the model that answers, and of what the shop says of its products. */
export function reportedShop({
  model,
  catalogue,
  learned,
  customerRow,
  productRow,
}: Pick<ServedModel, 'model' | 'catalogue' | 'learned' | 'customerRow' | 'productRow'>): ReportedShop {
  const { offsets, products, orders } = model.purchases;
  /** Of the customers that are being reported on. */
  const known = new WeakMap<Outcome, Bought>();

  /** Looked through once: who buys for all strangers of a shop has very many lines. */
  function boughtBy(outcome: Outcome): Bought {
    const bought: Bought = known.get(outcome) ?? { first: new Map(), learned: new Map() };
    if (known.has(outcome)) return bought;
    known.set(outcome, bought);
    const { first, learned: learnedOrders } = bought;
    for (const { product, time } of outcome.lines)
      first.set(product, Math.min(time, first.get(product) ?? Number.POSITIVE_INFINITY));
    for (const purchase of outcome.purchases) {
      if (purchase.quantity < 0 || !learned.has(purchase)) continue;
      const { product, order } = purchase;
      learnedOrders.set(product, (learnedOrders.get(product) ?? new Set()).add(order));
    }
    return bought;
  }

  function ordersInModel(customer: string, product: string): number {
    const [customerNumber, productNumber] = [customerRow(customer), productRow(product)];
    if (customerNumber === undefined || productNumber === undefined) return 0;
    const from = offsets[customerNumber];
    const place = placeOf(productNumber, products.subarray(from, offsets[customerNumber + 1]));
    return place < 0 ? 0 : (orders?.[from + place] ?? 1);
  }

  return {
    priceOf(product) {
      const row = productRow(product);
      return catalogue.fieldsOf(product)?.price ?? (row === undefined ? undefined : model.productInfo[row]?.price);
    },
    hadBefore(outcome, { product, time }) {
      const bought = boughtBy(outcome);
      const first = bought.first.get(product);
      if (first !== undefined && first < time) return true;
      // What the model has beyond what it learned of the store are older orders.
      return ordersInModel(outcome.customer, product) > (bought.learned.get(product)?.size ?? 0);
    },
  };
}
