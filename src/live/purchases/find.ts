/** Customers by the beginnings of their ids. */
import type { ServedModel } from '../served-model.ts';
import { isStorable } from '../shop-ids.ts';
import type { ShopStore } from '../store/store.ts';

export interface FoundCustomers {
  /** Their ids, ascending. Nobody who was erased. */
  customers: string[];
  /** How many there are besides, at least. */
  more: number;
  /** Whether `more` is how many there are: counting ends at 2,000, and at what the store returns. */
  isCounted: boolean;
}

const mostCounted = 2000;

/**
 * Those of the model, and of the store those whom the model does not know.
 *
 * @param prefix everybody, of the model, if it is empty.
 * @param limit how many ids to return.
 * @throws what the store throws.
 */
export async function findCustomers(
  { model, customerRow }: Pick<ServedModel, 'model' | 'customerRow'>,
  store: Pick<ShopStore, 'customersWithPrefix'> | undefined,
  prefix: string,
  limit: number,
): Promise<FoundCustomers> {
  const known = inModel(model.customers, customerRow, prefix, limit + mostCounted);
  const isAsked = prefix !== '' && isStorable(prefix);
  // One more than there is room for says whether there are others.
  const bought = (isAsked && (await store?.customersWithPrefix?.(prefix, limit + 1))) || [];
  const others = bought.filter((id) => customerRow(id) === undefined);
  const all = [...known, ...others].sort();
  return {
    customers: all.slice(0, limit),
    more: Math.max(0, all.length - limit),
    isCounted: known.length < limit + mostCounted && bought.length <= limit,
  };
}

/** The first ids of a model that begin with a text, by bisection. An id that was erased has become that of the row before. */
function inModel(
  customers: readonly string[],
  customerRow: (id: string) => number | undefined,
  prefix: string,
  limit: number,
): string[] {
  let [from, to] = [0, customers.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if (customers[middle] < prefix) from = middle + 1;
    else to = middle;
  }
  const found: string[] = [];
  for (let row = from; row < customers.length && found.length < limit; row++) {
    const id = customers[row];
    if (!id.startsWith(prefix)) break;
    if (id !== customers[row - 1] && customerRow(id) !== undefined) found.push(id);
  }
  return found;
}
