import { EndcapError } from '../errors.ts';
import type { Model } from '../model/model.ts';
import { ascending, type Filter, passes } from './filters.ts';
import { boostingOf, liftedByPlace } from './serving/boosts.ts';
import type { Shown } from './serving/merchandising.ts';
import { pinnedAt, withPins } from './serving/pins.ts';

/** A product that orders hold together with another. */
export interface PairedProduct {
  row: number;
  lift: number;
  orders: number;
}

/**
 * Rows of the products that orders hold together with a product, as training found and ordered them, up to `filter.n` of
 * those that pass. Boosts move them up or down by as many places as a list of `n`, or of ten if that is longer, has; a product
 * that is pinned and was not found has no lift and no orders.
 * @throws `no_bought_together` if the model holds none.
 */
export function boughtTogetherWith(
  { boughtTogether, algorithm, metadata }: Model,
  row: number,
  asked: Filter,
  shown?: Shown,
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
  const pairOf = (i: number): PairedProduct => ({ row: products[i], lift: lifts[i], orders: orders[i] });
  const { filter, pinned } = withPins({ ...asked, denied: ascending([...asked.denied, row]) }, shown?.pins);
  const eligible = passes(filter);
  let pairs: PairedProduct[] = [];
  for (let i = offsets[row]; i < offsets[row + 1]; i++) if (eligible(products[i])) pairs.push(pairOf(i));
  const boosting = boostingOf(shown?.groups);
  if (boosting) pairs = liftedByPlace(pairs, filter.n, boosting);
  const rest = pairs.slice(0, filter.n);
  if (!pinned) return rest;
  return pinnedAt(rest, pinned, (other) => {
    const found = products.subarray(offsets[row], offsets[row + 1]).indexOf(other);
    return found < 0 ? { row: other, lift: 0, orders: 0 } : pairOf(offsets[row] + found);
  });
}
