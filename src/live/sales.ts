import type { Purchase } from './store/store.ts';

/** How many orders since the model hold each product. */
export interface Sales {
  add(purchase: Pick<Purchase, 'product' | 'quantity' | 'time'>): void;
  /** By product row; undefined if nothing was added since the last call. */
  changed(): ReadonlyMap<number, number> | undefined;
}

/**
 * Every line counts as an order, since an order has each product once, and returns don't count: they say nothing of what
 * sells.
 *
 * @param end until when the model has all orders, in milliseconds since 1970 UTC.
 */
export function createSales(productRow: (id: string) => number | undefined, end: number): Sales {
  const orders = new Map<number, number>();
  let hasChanged = false;
  return {
    add({ product, quantity, time }) {
      const row = productRow(product);
      if (row === undefined || quantity < 0 || time <= end) return;
      orders.set(row, (orders.get(row) ?? 0) + 1);
      hasChanged = true;
    },
    changed() {
      if (!hasChanged) return undefined;
      hasChanged = false;
      return orders;
    },
  };
}
