import { createHash } from 'node:crypto';
import { checkReadOptions, type OrderSource, type ReadOptions } from '../orders/options.ts';
import { fileNames, readTables, sourceName } from '../orders/sources/read.ts';
import type { TableSink } from '../orders/table.ts';
import { createPauses } from '../turns.ts';
import type { Built } from './build.ts';
import type { Dataset } from './dataset.ts';
import { type Additions, datasetOf } from './from-source.ts';

/**
 * Reads order lines, cleans them, and groups them into orders and into pairs of a customer and a product.
 *
 * A source is one or several files (CSV, TSV, JSON, each also gzipped or in a zip archive, or Parquet), their bytes, or an
 * iterable with one object per order line, or per order with its items. What two files have in common counts once. Columns are recognized by their usual names, or named in `columns`.
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
 * four threads, which does not change the dataset. With `history: false` orders are added up instead: see `ReadOptions.history`.
 *
 * @param source a path, a `file:` URL, an address of HTTP(S) or of a database (with a `table` or a `query`), or an array of
 *   them; an iterable (also async) of objects, or of arrays of them; or, with their `format`, bytes: all of them, a stream, or an iterable. Or a
 *   `Blob`, or an array of them, whose names say the format if they are files.
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

/** `readOrders` with what a running shop knows of its customers. Takes 20 to 40 bytes for each order of the store besides. */
export async function readOrdersWith(
  source: OrderSource,
  options: ReadOptions,
  additions: Additions = {},
): Promise<Built> {
  checkReadOptions(source, options);
  const opened = {
    name: sourceName(source),
    files: fileNames(source, options.join),
    read: (tables: TableSink, recordsRead: () => number) => readTables(source, tables, options, recordsRead),
  };
  return datasetOf(opened, options, sha256, additions);
}

/** See `Sha256`. */
export async function sha256(parts: Iterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  const pause = createPauses();
  for (const part of parts) {
    hash.update(part);
    await pause();
  }
  return hash.digest('hex');
}
