import { EndcapError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import { type Filter, passes } from './filters.ts';

/** A product that orders hold together with another. */
export interface PairedProduct {
  row: number;
  lift: number;
  orders: number;
}

/**
 * Rows of the products that orders hold together with a product, as training found and ordered them, up to `filter.n` of
 * those that pass.
 * @throws `no_bought_together` if the model holds none.
 */
export function boughtTogetherWith(
  { boughtTogether, algorithm, metadata }: Model,
  row: number,
  filter: Filter,
): PairedProduct[] {
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
  const listed: PairedProduct[] = [];
  for (let i = offsets[row]; i < offsets[row + 1] && listed.length < filter.n; i++) {
    if (eligible(products[i])) listed.push({ row: products[i], lift: lifts[i], orders: orders[i] });
  }
  return listed;
}
