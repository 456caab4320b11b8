import type { Dataset, ProductInfo } from '../../src/dataset/dataset.ts';
import { pairsOf } from '../../src/dataset/pairs.ts';
import { finish } from '../../src/turns.ts';

/** An order: product ids, or quantities by product id, and its time in milliseconds since 1970 UTC. */
export interface Basket {
  products: readonly string[] | Readonly<Record<string, number>>;
  time?: number;
}

/** Makes a dataset of these orders, in the order given for each customer. Leaves out customers without orders. */
export function datasetOfBaskets(
  baskets: ReadonlyMap<string, readonly Basket[]>,
  info: ReadonlyMap<string, ProductInfo> = new Map(),
  columns: Record<string, string> = {},
): Dataset {
  const customers = [...baskets.keys()].filter((id) => baskets.get(id)?.length).sort();
  const contents = ({ products }: Basket): [string, number][] =>
    Array.isArray(products) ? [...new Set<string>(products)].map((id) => [id, 1]) : Object.entries(products);
  const ids = new Set<string>();
  for (const orders of baskets.values()) for (const order of orders) for (const [id] of contents(order)) ids.add(id);
  const products = [...ids].sort();
  const rowOf = new Map(products.map((id, row) => [id, row]));

  const offsets = [0];
  const starts = [0];
  const rows: number[] = [];
  const quantities: number[] = [];
  const times: number[] = [];
  for (const customer of customers) {
    for (const order of baskets.get(customer) ?? []) {
      const lines = contents(order).map(([id, quantity]) => [rowOf.get(id) as number, quantity]);
      for (const [row, quantity] of lines.sort((a, b) => a[0] - b[0])) {
        rows.push(row);
        quantities.push(quantity);
      }
      starts.push(rows.length);
      times.push(order.time ?? Number.NaN);
    }
    offsets.push(starts.length - 1);
  }
  const history = {
    offsets: Uint32Array.from(offsets),
    starts: Uint32Array.from(starts),
    products: Uint32Array.from(rows),
    ...(quantities.some((quantity) => quantity !== 1) && { quantities: Float32Array.from(quantities) }),
    ...(!times.every(Number.isNaN) && { times: Float64Array.from(times) }),
  };
  const lines = rows.length;
  return {
    customers,
    products,
    productInfo: products.map((id) => info.get(id) ?? {}),
    ...finish(pairsOf(history, products.length)),
    history,
    account: { read: lines, kept: lines, purchases: lines, returns: 0, dropped: {}, examples: {}, columns },
    fingerprint: `${customers.length} customers, ${starts.length - 1} orders, ${lines} lines`,
  };
}

/** The same in shorthand: in `{ anna: ['ab', 'c'] }`, Anna first ordered the products a and b, then c. */
export function datasetOfLetters(shop: Record<string, readonly string[]>, firstDay?: number): Dataset {
  const baskets = new Map<string, Basket[]>();
  for (const [customer, orders] of Object.entries(shop)) {
    baskets.set(
      customer,
      orders.map((letters, i) => ({
        products: [...letters],
        ...(firstDay !== undefined && { time: Date.UTC(2025, 0, firstDay + i) }),
      })),
    );
  }
  return datasetOfBaskets(baskets);
}
