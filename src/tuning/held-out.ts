import type { Dataset } from '../dataset/dataset.ts';
import { type HeldOut, holdOutFrom, holdOutLast, holdOutProducts } from '../dataset/split.ts';
import { windowStart } from '../ranking/signals.ts';

/** What a choice of options is measured on: a part of the orders that were held out of training. */
export interface Validation {
  /** `orders`: the last order of each customer. `products`: a fifth of each customer's products, where orders tell nothing. */
  readonly kind: 'orders' | 'products';
  readonly heldOut: HeldOut;
  /** Which of `heldOut.customers` are measured, as places there; evenly spread. */
  readonly sample: Uint32Array;
  readonly questions: readonly ('all' | 'explore')[];
}

/** What options are to be good for. */
export interface Aim {
  /** Lists of all products (`allow`), or of those that the customer has not bought before (`exclude`); both by default. */
  purchased?: 'allow' | 'exclude';
  /** What customers buy in so many days is to be predicted, instead of each one's next order. */
  lastDays?: number;
}

/** Fewer customers than this tell nothing. */
export const fewest = 30;
/** Multiplications that ranking all products for the sample may take. */
const mostWork = 3e10;

/**
 * Holds out what the options are to be chosen on; undefined where too few customers bought enough. At most
 * `mostCustomers` are measured, and fewer where there are very many products.
 */
export function createValidation(
  dataset: Dataset,
  factors: number,
  mostCustomers = 5000,
  { purchased, lastDays }: Aim = {},
): Validation | undefined {
  if (!dataset.history) return undefined;
  const most = Math.max(fewest, Math.min(mostCustomers, Math.floor(mostWork / dataset.products.length / factors)));
  const sampled = (kind: Validation['kind'], heldOut: HeldOut): Validation | undefined => {
    const count = heldOut.customers.length;
    if (count < fewest) return undefined;
    const size = Math.min(count, most);
    const sample = Uint32Array.from({ length: size }, (_, i) => Math.floor((i * count) / size));
    const all = kind === 'orders' && purchased !== 'exclude';
    const explore = !all || purchased !== 'allow';
    return {
      kind,
      heldOut,
      sample,
      questions: [...(all ? ['all' as const] : []), ...(explore ? ['explore' as const] : [])],
    };
  };
  if (lastDays !== undefined)
    return sampled('orders', holdOutFrom(dataset, windowStart(dataset.history.times, lastDays)));
  return (
    (orderIsKnown(dataset) ? sampled('orders', holdOutLast(dataset)) : undefined) ??
    sampled('products', holdOutProducts(dataset, 0.2))
  );
}

/** Whether the orders of a customer have an order: by time, or as those with an id were written down. */
export function orderIsKnown({ history, account }: Dataset): boolean {
  return history?.times !== undefined || account.columns.order !== undefined;
}
