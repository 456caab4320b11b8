/** Tables of pairs for tests. */
import type { ColumnSource } from 'hyparquet-writer';
import { type Dataset, ordersOf, quantityOf } from '../../../src/dataset/dataset.ts';
import { parquetOf } from '../../orders/parquet/files.ts';

export interface Pair {
  customer: unknown;
  product: unknown;
  quantity: unknown;
  orders?: unknown;
  /** Milliseconds since 1970 UTC. */
  last_order?: number | null;
}

/** Pairs as a file, with the columns that the first one has. */
export function pairsPart(pairs: readonly Pair[], options: { rowGroupSize?: number } = {}): Uint8Array {
  const names = Object.keys(pairs[0] ?? { customer: '', product: '', quantity: 1 }) as (keyof Pair)[];
  const columns = names.map((name): ColumnSource => {
    const data = pairs.map((pair) => pair[name]);
    if (name === 'quantity') return { name, data, type: 'DOUBLE', nullable: true };
    if (name === 'last_order') {
      const dates = data.map((ms) => (ms == null ? null : new Date(ms as number)));
      return { name, data: dates, type: 'TIMESTAMP', nullable: true };
    }
    return data.length === 0 ? { name, data, type: 'STRING' } : { name, data };
  });
  return parquetOf(columns, options);
}

/** The pairs of a dataset, those that were returned in full among them. */
export function pairsOf({ customers, products, purchases, returned }: Dataset): Pair[] {
  return customers.flatMap((customer, c) => {
    const own: Pair[] = [];
    for (let pair = purchases.offsets[c]; pair < purchases.offsets[c + 1]; pair++) {
      const last = purchases.lastPurchase?.[pair] ?? Number.NaN;
      own.push({
        ...{ customer, product: products[purchases.products[pair]] },
        ...{ quantity: quantityOf(purchases, pair), orders: ordersOf(purchases, pair) },
        last_order: Number.isNaN(last) ? null : last,
      });
    }
    for (let i = returned?.offsets[c] ?? 0; i < (returned?.offsets[c + 1] ?? 0); i++)
      own.push({ customer, product: products[returned!.products[i]], quantity: 0, orders: 0, last_order: null });
    return own;
  });
}

/** In another order, which is always the same. */
export function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item, i) => [Math.imul(i + 1, 0x9e3779b1) >>> 0, item] as const)
    .sort(([a], [b]) => a - b)
    .map(([, item]) => item);
}
