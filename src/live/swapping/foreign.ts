import { comparerOf } from '../../dataset/texts/text-order.ts';
import { EndcapError } from '../../errors.ts';
import type { Model } from '../../model/model.ts';
import { inTurns, type Pace } from '../../turns.ts';
import { number } from '../../wording.ts';

/** Ids between two looks at the clock. */
const batch = 2000;

/**
 * Checks that a model is of the same shop as the one that it is to take the place of: that it knows at least half of its
 * products, and half of its customers.
 *
 * @param name what the model is called in messages.
 * @throws `model_lost`
 */
export async function checkSameShop(name: string, model: Model, served: Model, pace?: Pace): Promise<void> {
  const products = await inTurns(countKnown(served.products, model.products), pace);
  const customers = await inTurns(countKnown(served.customers, model.customers), pace);
  if (products.known * 2 >= products.of && customers.known * 2 >= customers.of) return;
  const counts = ({ known, of }: Known) => `${number(known)} of the ${number(of)}`;
  throw new EndcapError(
    'model_lost',
    `${name} knows ${counts(products)} products and ${counts(customers)} customers of the model that answers: it may be ` +
      'that of another shop. The one before answers on. If it is right, take it with acceptLoss (?accept_loss=true over ' +
      'HTTP), or start again',
    { file: name, products, customers },
  );
}

interface Known {
  known: number;
  of: number;
}

/** How many ids are among others; both are sorted. An erased customer has the id of the row before, or none. */
function* countKnown(ids: readonly string[], others: readonly string[]): Generator<undefined, Known> {
  let [known, of, at] = [0, 0, 0];
  const compare = comparerOf(others, ids);
  const before = comparerOf(ids, ids);
  for (let row = 0; row < ids.length; row++) {
    if (row % batch === 0) yield;
    if (row === 0 ? ids[0] === '' : before(row - 1, row) === 0) continue;
    of++;
    while (at < others.length && compare(at, row) < 0) if (++at % batch === 0) yield;
    if (at < others.length && compare(at, row) === 0) known++;
  }
  return { known, of };
}
