import { EndcapError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import { type Filter, passes } from './filters.ts';

/** The rows that pass of what is bought together with a product. Throws `no_bought_together` where the model has none of it. */
export function togetherWith({ boughtTogether, algorithm, metadata }: Model, row: number, filter: Filter) {
  if (!boughtTogether) {
    throw new EndcapError(
      'no_bought_together',
      'this model does not hold what is bought together; train again on the orders, with the algorithm als and the ' +
        'option together above 0 (--together 20)',
      { algorithm, together: metadata.options.together ?? 0 },
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
