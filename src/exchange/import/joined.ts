/** Orders and factors by the same rows. */
import { sharedRows } from '../../dataset/arrays.ts';
import type { Dataset } from '../../dataset/dataset.ts';
import { idCleaning } from '../../orders/cleaning/ids.ts';
import type { NamedFactors } from './ids.ts';

/** Ids of two lists, which are sorted. */
interface Union {
  readonly ids: string[];
  /** The row of each id of the first list. */
  readonly rows: Uint32Array;
  /** The place of each id among the second ones; -1 if it is not there. */
  readonly places: Int32Array;
}

function unionOf(sorted: readonly string[], { ids, index }: Pick<NamedFactors, 'ids' | 'index'>): Union {
  const all: string[] = [];
  const rows = new Uint32Array(sorted.length);
  const places: number[] = [];
  let i = 0;
  let j = 0;
  while (i < sorted.length || j < ids.length) {
    const [own, other] = [sorted[i], ids[index.sorted[j]]];
    const isOwn = j === ids.length || (i < sorted.length && own <= other);
    const isOther = i === sorted.length || (j < ids.length && other <= own);
    if (isOwn) rows[i++] = all.length;
    all.push(isOwn ? own : other);
    places.push(isOther ? index.sorted[j++] : -1);
  }
  return { ids: all, rows, places: Int32Array.from(places) };
}

/** What is known of the customers and products of orders and factors. */
export interface Joined {
  readonly dataset: Dataset;
  /** By row of the dataset, the row of the factors; -1 if there is none. */
  readonly customers: Int32Array;
  readonly products: Int32Array;
}

/** The dataset with the customers and products that only have factors, too, who bought nothing. */
export function joinIds(dataset: Dataset, customers: NamedFactors, products: NamedFactors): Joined {
  const byCustomer = unionOf(dataset.customers, customers);
  const byProduct = unionOf(dataset.products, products);
  const { history, purchases, returned, unlisted, lines: _, ...rest } = dataset;
  const ofCustomers = (offsets: Uint32Array) => spread(offsets, byCustomer);
  const productRows = (rows: Uint32Array) => {
    const moved = sharedRows(rows.length);
    for (let i = 0; i < rows.length; i++) moved[i] = byProduct.rows[rows[i]];
    return moved;
  };
  const customerRows = sharedRows(dataset.byProduct.customers.length);
  for (let i = 0; i < customerRows.length; i++) customerRows[i] = byCustomer.rows[dataset.byProduct.customers[i]];
  const productInfo = byProduct.ids.map(() => ({}));
  for (const [row, info] of dataset.productInfo.entries()) productInfo[byProduct.rows[row]] = info;
  return {
    customers: byCustomer.places,
    products: byProduct.places,
    dataset: {
      ...rest,
      customers: byCustomer.ids,
      products: byProduct.ids,
      productInfo,
      purchases: {
        ...purchases,
        offsets: ofCustomers(purchases.offsets),
        products: productRows(purchases.products),
      },
      byProduct: { offsets: spread(dataset.byProduct.offsets, byProduct), customers: customerRows },
      ...(history && {
        history: { ...history, offsets: ofCustomers(history.offsets), products: productRows(history.products) },
      }),
      ...(returned && {
        returned: { offsets: ofCustomers(returned.offsets), products: productRows(returned.products) },
      }),
      ...(unlisted && { unlisted: productRows(unlisted) }),
    },
  };
}

/** Offsets with rows between, which hold nothing. */
function spread(offsets: Uint32Array, { ids, rows }: Union): Uint32Array {
  const all = sharedRows(ids.length + 1);
  for (let row = 0; row < rows.length; row++) all[rows[row] + 1] = offsets[row + 1] - offsets[row];
  for (let row = 0; row < ids.length; row++) all[row + 1] += all[row];
  return all;
}

/** Of a shop whose orders are not known. */
export const noOrders: Dataset = {
  customers: [],
  products: [],
  productInfo: [],
  purchases: { offsets: sharedRows(1), products: sharedRows(0) },
  byProduct: { offsets: sharedRows(1), customers: sharedRows(0) },
  account: { read: 0, kept: 0, purchases: 0, returns: 0, dropped: {}, examples: {}, columns: {} },
  idCleaning,
  fingerprint: 'no orders',
};
