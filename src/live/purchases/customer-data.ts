/** Ids of customers as the store has them, and what there is of one. */

import { EndcapError } from '../../errors.ts';
import type { Model } from '../../model/model.ts';
import { anyId, checked } from '../catalogue/fields.ts';
import type { ServedModel } from '../served-model.ts';
import type { CustomerData } from '../shop-answers.ts';
import type { ShopStore, ShownList, StoredPurchase } from '../store/store.ts';
import { placeOf, textOfPlace } from './customer-place.ts';

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

/** How much of each there is in a page. */
export interface CustomerPage {
  readonly purchases: number;
  readonly lists: number;
  readonly products: number;
  /** What the page before said. */
  readonly next?: string;
}

/**
 * A page of what there is of a customer. What a page is to have none of is left out of those that follow, too.
 *
 * @throws `invalid_options`; what the store throws; `store_failed` if the store does not go on where a page ended.
 */
export async function customerDataOf(
  served: Known & Pick<ServedModel, 'learned' | 'productRow'>,
  store: Pick<ShopStore, 'kind' | 'purchasesOf' | 'shownTo'> | undefined,
  customer: string | number,
  { purchases, lists, products, next }: CustomerPage,
): Promise<CustomerData | undefined> {
  const id = checkedId(served, customer);
  const row = served.customerRow(id);
  const place = placeOf(next);
  const bought = await pageOf(purchases, place.purchase, (limit, before) => newestOf(store, id, limit, before));
  const shown = await pageOf(lists, place.list, (limit, before) => shownOf(store, id, limit, before));
  const learned = await pageOf(row === undefined ? 0 : products, place.product, (limit, after) =>
    learnedOf(served.model, row!, limit, after),
  );
  if (next === undefined && row === undefined && bought.items.length === 0 && shown.items.length === 0)
    return undefined;
  const end = textOfPlace({
    purchase: bought.place(({ seq }) => seq),
    list: shown.place(({ time, id }) => ({ time, id })),
    product: learned.place(({ product }) => product),
  });
  return {
    customer: id,
    purchases: bought.items.map(({ seq, customer: _, ...line }) => ({
      ...line,
      isLearned: row !== undefined && served.learned.has({ seq, time: line.time }),
    })),
    lists: shown.items.map(({ customer: _, ...list }) => list),
    ...(row !== undefined && { model: { version: served.model.metadata.version, products: learned.items } }),
    ...(end !== undefined && { next: end }),
  };
}

/**
 * @param limit 0 for nothing, now and later.
 * @param from null if an earlier page came to the end.
 * @param read gives one more than there is room for, if there are more.
 */
async function pageOf<Item, Place>(
  limit: number,
  from: Place | null | undefined,
  read: (limit: number, from: Place | undefined) => Promise<readonly Item[]> | readonly Item[],
) {
  const found = limit === 0 || from === null ? [] : await read(limit + 1, from);
  const items = found.slice(0, limit);
  return {
    items,
    /** Where the next page goes on; null if there is nothing more. */
    place: (placeAt: (item: Item) => Place) => (found.length > limit ? placeAt(items[items.length - 1]) : null),
  };
}

async function newestOf(
  store: Pick<ShopStore, 'kind' | 'purchasesOf'> | undefined,
  customer: string,
  limit: number,
  before: number | undefined,
): Promise<StoredPurchase[]> {
  const found = ((await store?.purchasesOf(customer, limit, before)) ?? []).toReversed();
  if (before !== undefined && found.some(({ seq }) => seq >= before)) throw notBefore(store!, 'purchasesOf');
  return found;
}

async function shownOf(
  store: Pick<ShopStore, 'kind' | 'shownTo'> | undefined,
  customer: string,
  limit: number,
  before: Pick<ShownList, 'time' | 'id'> | undefined,
): Promise<ShownList[]> {
  const found = (await store?.shownTo?.(customer, limit, before)) ?? [];
  const isNotBefore = ({ time, id }: ShownList) => time > before!.time || (time === before!.time && id === before!.id);
  if (before && found.some(isNotBefore)) throw notBefore(store!, 'shownTo');
  return found;
}

/** A store of somebody's own that would say the same again and again. */
function notBefore({ kind }: Pick<ShopStore, 'kind'>, method: 'purchasesOf' | 'shownTo'): EndcapError {
  return new EndcapError(
    'store_failed',
    `the store '${kind}' does not go on where a page ended: ${method} has to leave out what is not before its last argument`,
    { store: kind },
  );
}

/** Products of a customer of the model, ascending. @param after an id; those that follow it. */
function learnedOf(
  { purchases, products }: Model,
  row: number,
  limit: number,
  after: string | undefined,
): { product: string; quantity: number }[] {
  const { offsets, quantities } = purchases;
  const idAt = (pair: number) => products[purchases.products[pair]];
  let [from, to] = [offsets[row], offsets[row + 1]];
  for (let until = to; after !== undefined && from < until; ) {
    const middle = (from + until) >>> 1;
    if (idAt(middle) <= after) from = middle + 1;
    else until = middle;
  }
  to = Math.min(to, from + limit);
  return Array.from({ length: to - from }, (_, i) => ({
    product: idAt(from + i),
    quantity: quantities?.[from + i] ?? 1,
  }));
}
