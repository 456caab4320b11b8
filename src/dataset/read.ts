import { throwIfAborted } from '../errors.ts';
import { createTally } from '../orders/account.ts';
import { idCleaning } from '../orders/ids.ts';
import { checkReadOptions, type OrderSource, type ReadOptions } from '../orders/options.ts';
import { fileNames, readTables, sourceName } from '../orders/sources/read.ts';
import { createTables } from '../orders/table.ts';
import { type Built, createBuilder, type StoredLine } from './build.ts';
import type { Dataset } from './dataset.ts';
import { refuseLosses } from './log/losses.ts';
import { orderNotes } from './notes/order-notes.ts';
import { withoutNames } from './reading.ts';

/**
 * Reads order lines, cleans them, and groups them into orders and into pairs of a customer and a product.
 *
 * A source is one or several files (CSV, TSV, JSON, each also gzipped or in a zip archive, or Parquet) or an iterable with one
 * object per order line, or per order with its items. What two files have in common counts once. Columns are recognized by their usual names, or named in `columns`.
 *
 * Records with the same customer and order id are one order, unless there are more than 7 days between them; without order
 * ids, those with the same time; without times, each record is an order. `Dataset.history` has the orders, and `Dataset.purchases` adds them up.
 *
 * A record without a customer, product or quantity is dropped, and so is one whose id, quantity, or time cannot be read,
 * whatever is there instead. Quantities become whole numbers, rounded toward zero but not to zero. A
 * record with a quantity below zero is a return: it reduces what the same customer bought of the product, whether before
 * or after, but never below zero. So is one with an order id of `C` and digits, if at most 5 % of the orders have such an
 * id. `Dataset.account` says what happened to every record, and `Dataset.notes` what is odd about the whole.
 *
 * While reading, memory grows with the distinct customers and products, by 8 bytes per purchase line, and by 12 to 28
 * bytes for each run of lines of one order (at worst each line). After that the orders take 12 bytes each and 8 bytes per
 * product in them, and the pairs 8 to 24 bytes each. `lines: true` and `duplicates: 'drop'` take more, and so
 * do a page of each column of a Parquet file, several files (30 to 60 bytes for each different record, to find those that
 * they have in common), joined files, and the orders of bulk exports. A CSV file of 8 MiB or more, and a Parquet file, is read on one to
 * four threads, which does not change the dataset.
 *
 * @param source a path, a `file:` URL, or an array of them; or an iterable (also async) of objects, or of bytes.
 * @throws `invalid_options`, `orders_unreadable`, `columns_unrecognized`, `no_orders` and `orders_lost` (with the account
 *   in their details), `aborted`.
 * @example
 * const dataset = await readOrders('orders.csv', { columns: { customer: 'Cust No', product: 'SKU', quantity: 'Qty' } });
 * console.log(dataset.customers.length, 'customers,', dataset.products.length, 'products');
 * @example
 * const dataset = await readOrders([
 *   { order: 1, customer: 'ann', product: 'tea', quantity: 2, date: '2024-01-31' },
 *   { order: 2, customer: 'bob', product: 'cup', quantity: 1, date: '2024-02-01' },
 * ]);
 */
export async function readOrders(source: OrderSource, options: ReadOptions = {}): Promise<Dataset> {
  return (await readOrdersWith(source, options)).dataset;
}

/** What is added to the orders of a source, and taken out of them. */
export interface Additions {
  /**
   * Purchases that a store has, in the order in which they arrived, some at a time. What is in the source as well counts once:
   * see `dropKnown`. They are order lines like those of the source, but for an order id of `C` and digits, which does not
   * make them returns.
   */
  readonly pages?: AsyncIterable<readonly StoredLine[]>;
  /** Asked once these are read: whether a customer is left out, like those of `customersOut`; undefined if nobody is. */
  readonly findOut?: () => Promise<((customer: string) => boolean) | undefined>;
  /** Until when a source without times has what its customers bought, milliseconds since 1970 UTC. */
  readonly sourceEnd?: number;
}

/** `readOrders` with what a running shop knows of its customers. Takes 20 to 40 bytes for each order of the store besides. */
export async function readOrdersWith(
  source: OrderSource,
  options: ReadOptions,
  { pages, findOut, sourceEnd }: Additions = {},
): Promise<Built> {
  checkReadOptions(source, options);
  const name = sourceName(source);
  const tally = createTally();
  const builder = createBuilder(tally, { ...options, hasStore: pages !== undefined });
  const tables = createTables(options, tally, builder);
  await readTables(source, tables, options, () => tally.read);
  const { columns, unusedColumns, decisions, notes, dateOrder } = tables.reading();
  const files = fileNames(source, options.join);
  const names = Object.fromEntries(Object.entries(columns).map(([role, { column }]) => [role, column]));
  if (pages) {
    builder.endSource();
    for await (const page of pages) {
      throwIfAborted(options.signal);
      for (const purchase of page) builder.addStored(purchase);
      options.onProgress?.({ bytes: 0, totalBytes: 0, rows: tally.read });
    }
  }
  const isErased = await findOut?.();
  const named = new Set(pages && options.customersOut);
  const isOut = (customer: string) => named.has(customer) || isErased?.(customer) === true;
  const { dataset, ...built } = builder.finish(names, dateOrder, {
    ...((isErased || named.size > 0) && { isOut }),
    ...(sourceEnd !== undefined && { sourceEnd }),
  });
  // Examples of dropped records may show the id of anybody, and so may what was seen of columns.
  const account = isErased ? { ...dataset.account, examples: {} } : dataset.account;
  const seen = { columns, decisions, notes };
  const told = isErased ? withoutNames(seen) : seen;
  refuseLosses(name, account, unusedColumns, options.acceptLoss ?? false);
  return {
    ...built,
    dataset: {
      ...dataset,
      account,
      idCleaning,
      ...(files && { files }),
      unusedColumns,
      ...told,
      notes: [...told.notes, ...orderNotes(dataset), ...(dataset.notes ?? [])],
    },
  };
}
