import { EndcapError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import { type Filter, passes } from './filters.ts';

/** The rows that pass of what is bought together with a product. Throws `invalid_options` where the model has none of it. */
export function togetherWith({ boughtTogether }: Model, row: number, filter: Filter) {
  if (!boughtTogether) {
    throw new EndcapError(
      'invalid_options',
      'this model does not hold what is bought together; train als on orders, with the option together above 0',
    );
  }
  const { offsets, products, lifts, orders } = boughtTogether;
  const eligible = passes(filter);
  const found: { row: number; lift: number; orders: number }[] = [];
  for (let i = offsets[row]; i < offsets[row + 1] && found.length < filter.n; i++) {
    if (eligible(products[i])) found.push({ row: products[i], lift: lifts[i], orders: orders[i] });
  }
  return found;
}
