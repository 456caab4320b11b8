/** Ids of customers as the store has them, and what there is of one. */

import { anyId, checked } from '../catalogue/fields.ts';
import type { ServedModel } from '../served-model.ts';
import type { CustomerData } from '../shop-answers.ts';
import type { ShopStore } from '../store/store.ts';
import { modelData } from './customers.ts';

/** What has customers by their ids. */
type Known = Pick<ServedModel, 'customerRow' | 'ids' | 'model'>;

/** The id of a customer; undefined if it is none. */
export function storedIdOf({ customerRow, ids, model }: Known, customer: string | number): string | undefined {
  const row = customerRow(customer);
  return row === undefined ? ids.customer(customer) : model.customers[row];
}

/** @throws `invalid_options` if it is none. */
export function checkedId(served: Known, customer: string | number): string {
  return storedIdOf(served, checked(anyId, customer, 'customer')) ?? served.ids.known('customer', customer, 'customer');
}

/**
 * @param purchases how many lines, of those that came last.
 * @param lists how many of the newest lists.
 * @throws `invalid_options`; what the store throws.
 */
export async function customerDataOf(
  served: Known & Pick<ServedModel, 'learned'>,
  store: Pick<ShopStore, 'purchasesOf' | 'shownTo'> | undefined,
  customer: string | number,
  purchases: number,
  lists: number,
): Promise<CustomerData | undefined> {
  const id = checkedId(served, customer);
  const row = served.customerRow(id);
  const lines = (await store?.purchasesOf(id, purchases)) ?? [];
  const shown = (await store?.shownTo?.(id, lists)) ?? [];
  if (row === undefined && lines.length === 0 && shown.length === 0) return undefined;
  const bought = lines.map(({ seq, customer: _, ...line }) => ({
    ...line,
    isLearned: row !== undefined && served.learned.has({ seq, time: line.time }),
  }));
  const kept = shown.map(({ customer: _, ...list }) => list);
  return {
    customer: id,
    purchases: bought,
    lists: kept,
    ...(row !== undefined && { model: modelData(served.model, row) }),
  };
}
