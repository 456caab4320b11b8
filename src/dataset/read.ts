import { EndcapError } from '../errors.ts';
import { type Account, createTally, describeAccount } from '../orders/account.ts';
import { createCleaner } from '../orders/clean.ts';
import type { BlockSink } from '../orders/csv/blocks.ts';
import { checkReadOptions, type OrderSource, type ReadOptions } from '../orders/options.ts';
import { readRows, sourceName } from '../orders/source.ts';
import { createBuilder } from './build.ts';
import type { Dataset } from './dataset.ts';

/**
 * Reads order lines, cleans them, and puts them together as orders and as pairs of a customer and a product.
 *
 * A file may be CSV, TSV or JSON lines, each also gzipped, or Parquet; an iterable gives one object an order line.
 * While reading, memory grows with the distinct customers and products, by 8 bytes a purchase row, and by 12 to 28
 * bytes for each stretch of rows of one order (at worst each row); then the orders take 8 bytes for each product in them
 * and 12 bytes each, and the pairs 8 to 24 bytes each. `lines: true` and `duplicates: 'drop'` take more, and so does one
 * row group of a Parquet file at a time. The rows of a CSV file of 8 MiB or more are read by one to four threads, which
 * changes nothing in the dataset.
 *
 * Rows of the same customer and order id are one order; without order ids, those of the same time; without times each
 * row is one. `Dataset.history` holds the orders, and the pairs are what they come to.
 *
 * A row without customer, product or quantity is dropped; the quantity becomes a whole number, toward zero. A row with
 * a quantity below zero, or with an order id of `C` and digits, is a return: returns are taken off what the same
 * customer bought of the product, before or after, never below zero. `Dataset.account` says where every row went.
 *
 * @throws `invalid_options`, `orders_unreadable`, `columns_unrecognized`, `no_orders` (with
 *   the account in its details), `aborted`.
 */
export async function readOrders(source: OrderSource, options: ReadOptions = {}): Promise<Dataset> {
  checkReadOptions(source, options);
  const name = sourceName(source);
  const tally = createTally();
  const builder = createBuilder(tally, options.lines ?? false);
  const { columns = {}, dateOrder = 'auto', duplicates = 'keep' } = options;
  const cleaner = createCleaner(name, { columns, dateOrder, duplicates }, tally, builder.add);
  const blocks: BlockSink = {
    header: (names, format) => {
      const found = cleaner.header(names);
      return { format, columns: found, everyRowIsOne: columns.quantity === false, duplicates };
    },
    learn: builder.learn,
    take(reader, block, line) {
      cleaner.block(block, line);
      builder.addBlock(reader, block, line);
    },
    dateOrder: cleaner.dateOrder,
  };
  await readRows(source, cleaner, blocks, options, () => tally.read);
  const dataset = builder.finish(cleaner.columns(), cleaner.dateOrder());
  if (dataset.customers.length === 0) throw noOrders(name, dataset.account, cleaner.cancellations());
  return dataset;
}

function noOrders(source: string, account: Account, cancellations: number): EndcapError {
  if (account.read === 0) {
    const header = Object.keys(account.columns).length > 0;
    return new EndcapError('no_orders', `${source} ${header ? 'has a header but no rows' : 'is empty'}`, {
      source,
      account,
    });
  }
  const lines = [`${source}: no order line is left`, ...describeAccount(account)];
  if (cancellations > 0) {
    lines.push(
      `Order ids of C and digits mean cancelled orders, and ${cancellations} rows have one. If these are orders ` +
        'like any other, leave the order column out: columns: { order: false }, or --columns order=',
    );
  }
  if ((account.dropped['unreadable date'] ?? 0) > 0) {
    lines.push(
      'Dates are read as 2010-12-31 08:26, 12/31/2010 8:26, 31.12.2010 or seconds since 1970. To read the orders ' +
        'without their dates: columns: { time: false }, or --columns time=',
    );
  }
  return new EndcapError('no_orders', lines.join('\n'), { source, account });
}
