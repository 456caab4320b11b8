import { hashText, mix } from '../../hash.ts';
import type { Model } from '../../model/model.ts';
import type { RecentOrders } from '../../ranking/popularity.ts';
import { recentSalesIn } from '../../ranking/recent-sales.ts';
import { placeOf } from '../../recommending/filters.ts';
import type { Recommender } from '../../recommending/types.ts';
import { finish } from '../../turns.ts';
import type { StoredPurchase } from '../store/store.ts';
import type { LearnedPurchases } from './learned.ts';

type Sold = Pick<StoredPurchase, 'seq' | 'customer' | 'order' | 'product' | 'quantity' | 'time'>;

/** What sold since the model. */
export interface Sales {
  /**
   * To be called for all purchases in the order in which the store has them.
   *
   * @param end of what is counted; what is later waits.
   */
  add(purchase: Sold, end: number): void;
  /** Counts what sold before a time, a piece of the work at a time; undefined if there is no more than lists follow. */
  changed(end: number): Generator<undefined, RecentOrders> | undefined;
  /** To be called once lists follow what was counted. Nothing is added in between. */
  followed(): void;
}

/** The length of the window if the model does not say. */
const windowDays = 30;

/**
 * Every line counts as an order, since an order has each product once. Returns don't count: they say nothing of what sells.
 * Neither does what the model has.
 *
 * @param learned what that is.
 */
export function createSales(...given: Parameters<typeof salesIn>): Sales {
  return finish(salesIn(...given));
}

/** The same, made a piece at a time, for those who have others waiting. */
export function* salesIn(
  model: Model,
  { customerRow, productRow }: Pick<Recommender, 'customerRow' | 'productRow'>,
  learned: Pick<LearnedPurchases, 'has'>,
): Generator<undefined, Sales> {
  const { purchases, metadata } = model;
  const sales = yield* recentSalesIn(model, metadata.ranking?.windowDays ?? windowDays);
  const seen = createSeen();
  let waiting: Parameters<typeof sales.add>[] = [];
  let hasChanged = false;

  /** Whether a customer who has ordered before buys the product for the first time. */
  function isTakenUp(customer: string, order: string, product: number): boolean {
    const row = customerRow(customer);
    const isFirst = seen.add(`product ${product} ${customer}`);
    if (row !== undefined) {
      const bought = purchases.products.subarray(purchases.offsets[row], purchases.offsets[row + 1]);
      return isFirst && placeOf(product, bought) < 0;
    }
    const firstOrder = `order ${order} ${customer}`;
    if (seen.add(`customer ${customer}`)) seen.add(firstOrder);
    return isFirst && !seen.has(firstOrder);
  }

  return {
    add(sold, end) {
      const { customer, order, product, quantity, time } = sold;
      const row = productRow(product);
      if (row === undefined || quantity < 0 || learned.has(sold)) return;
      const isFirst = isTakenUp(customer, order, row);
      if (time < end) sales.add(row, time, isFirst);
      else waiting.push([row, time, isFirst]);
      hasChanged ||= time < end;
    },
    changed(end) {
      const counted = waiting.filter(([, time]) => time < end);
      waiting = waiting.filter(([, time]) => time >= end);
      for (const line of counted) sales.add(...line);
      hasChanged ||= counted.length > 0;
      return hasChanged ? sales.recentOrders() : undefined;
    },
    followed() {
      hasChanged = false;
    },
  };
}

/** Texts that are remembered at least, the last ones: 20 MB. */
const remembered = 500_000;

/** Which texts were added. The oldest are forgotten, so that memory has a bound. */
function createSeen() {
  let [recent, older] = [new Set<number>(), new Set<number>()];
  /** 52 bits of a hash. */
  const keyOf = (text: string) => mix(hashText(text)) * 2 ** 20 + (mix(hashText(text, 1)) >>> 12);
  const knows = (key: number) => recent.has(key) || older.has(key);
  return {
    has: (text: string) => knows(keyOf(text)),
    /** Returns whether it is new. */
    add(text: string): boolean {
      const key = keyOf(text);
      if (knows(key)) return false;
      if (recent.size >= remembered) [recent, older] = [new Set(), recent];
      recent.add(key);
      return true;
    },
  };
}
