import { type Dataset, ordersOf } from '../dataset/dataset.ts';
import { type RecentOrders, recentOrdersOf } from './popularity.ts';
import { lastOrdersOf, recencyOf } from './recency.ts';
import { repeatPropensityOf } from './repeat.ts';

/** What the orders say about customers and products, besides taste. */
export interface Signals extends RecentOrders {
  /** Sum of decay^(orders ago) over the customer's orders that hold the product, by pair. The last order is 0 orders ago. */
  readonly recency: Float32Array;
  /** The same with `tasteDecay`, which the customers' embeddings are made with; absent if it equals `decay`. */
  readonly tasteRecency?: Float32Array;
  /** Which of the customer's last eight orders hold the product, by pair: bit k for the order k ago. */
  readonly lastOrders: Uint8Array;
  /** Orders of each customer. */
  readonly orders: Uint32Array;
  /**
   * How much more readily each product is bought again than the average product, by product row: ln of (orders that held
   * it again / orders that could have), relative to that of all products together, smoothed by 5 average orders.
   */
  readonly repeatPropensity: Float32Array;
}

/** The signals of one dataset; each part is computed once for the decays and windows that were asked for last. */
export interface SignalSource {
  /** See `recencyOf`. The array is shared: do not change it. */
  recency(decay: number): Float32Array;
  /** All signals but `tasteRecency`. The arrays are shared: do not change them. */
  signals(decay: number, windowDays: number): Signals;
  /** Forgets what is large, for those who need the memory: it is computed again when it is asked for. */
  forget(): void;
}

/** A training reads two: `decay` and `tasteDecay`. */
const decaysKept = 2;
/** As many as the tuner compares. */
const windowsKept = 5;

export function createSignals(dataset: Dataset): SignalSource {
  const recency = keepLast(decaysKept, (decay) => recencyOf(dataset, decay));
  const recentOrders = keepLast(windowsKept, (windowDays) => recentOrdersOf(dataset, windowDays));
  let rest: Pick<Signals, 'lastOrders' | 'orders' | 'repeatPropensity'> | undefined;
  return {
    recency: recency.of,
    signals(decay, windowDays) {
      rest ??= {
        lastOrders: lastOrdersOf(dataset),
        orders: ordersByCustomer(dataset),
        repeatPropensity: repeatPropensityOf(dataset),
      };
      return { recency: recency.of(decay), ...recentOrders.of(windowDays), ...rest };
    },
    forget() {
      recency.forget();
      rest = undefined;
    },
  };
}

/** Without a history a customer has at least as many orders as hold their most frequent product. */
function ordersByCustomer({ customers, purchases, history }: Dataset): Uint32Array {
  const offsets = history ? history.offsets : purchases.offsets;
  const orders = new Uint32Array(customers.length);
  for (let c = 0; c < customers.length; c++) {
    if (history) orders[c] = offsets[c + 1] - offsets[c];
    else
      for (let pair = offsets[c]; pair < offsets[c + 1]; pair++)
        orders[c] = Math.max(orders[c], ordersOf(purchases, pair));
  }
  return orders;
}

/** Remembers the results for the arguments that were given last. */
function keepLast<T>(capacity: number, make: (argument: number) => T) {
  const kept = new Map<number, T>();
  return {
    of(argument: number): T {
      const result = kept.get(argument) ?? make(argument);
      // A Map is in the order of insertion: the least recently used comes first.
      kept.delete(argument);
      kept.set(argument, result);
      if (kept.size > capacity) kept.delete(kept.keys().next().value as number);
      return result;
    },
    forget: () => kept.clear(),
  };
}
