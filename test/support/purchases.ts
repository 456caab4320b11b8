import type { Purchase } from '../../src/live/store/store.ts';

/** A line of an order, as it is given where it matters. */
export const line = (given: Partial<Purchase> = {}): Purchase => ({
  customer: 'ann',
  order: 'o1',
  product: 'tea',
  quantity: 1,
  time: Date.UTC(2026, 0, 1),
  ...given,
});
