/** Pairs that another system has summed become a dataset. */
import { basename } from 'node:path';
import type { Dataset } from '../../dataset/dataset.ts';
import { fingerprint } from '../../dataset/fingerprint.ts';
import { createNumbering } from '../../dataset/numbering.ts';
import { sha256 } from '../../dataset/read.ts';
import { unlistedOf } from '../../dataset/unlisted/unlisted.ts';
import { EndcapError } from '../../errors.ts';
import {
  finiteNumber,
  invalidOption,
  maxTimerMs,
  objectOfOptions,
  onlyKnown,
  optionalFunctions,
  optionalSignal,
} from '../../options.ts';
import { idCleaning } from '../../orders/cleaning/ids.ts';
import type { Note } from '../../orders/look.ts';
import { inTurns } from '../../turns.ts';
import { tableUnreadable, withParts } from '../parts.ts';
import { createPairLog } from './log.ts';
import { sortPairs } from './sort.ts';
import { readPairTable, readProductTable } from './tables.ts';

export interface PairsOptions {
  /**
   * A Parquet file, or a folder of parts, about the products: `product`, and of `name`, `category`, `price`, and `listed` those
   * that are known. `listed` says whether lists may hold the product; without it, lists leave out what is plainly no product,
   * such as postage. Products without a pair are left out.
   */
  products?: string;
  /** As those of `readOrders`. */
  productsOut?: readonly string[];
  productsIn?: readonly string[];
  /** Ends the reading of a table that makes no progress for so long; 60,000 by default. */
  idleTimeoutMs?: number;
  /** Stops reading, which then throws `aborted`. */
  signal?: AbortSignal;
  /** Called for every 16,384 pairs, at most, with the number of those that were read and of all. */
  onProgress?: (progress: { rows: number; totalRows: number }) => void;
}

/**
 * Reads pairs of a customer and a product that a cluster or a database has summed: a Parquet file, or a folder of parts, with
 * the columns
 *
 * - `customer`, `product`: text, or whole numbers;
 * - `quantity`: all units that were bought, minus returns; 0 for what was bought and returned in full;
 * - `orders` (if it lacks, 1): how many orders hold the product;
 * - `last_order` (if it lacks, unknown): the time of the last of these, in UTC.
 *
 * It has each pair once, in any order. `larger.md` has the SQL that makes them of order lines. Ids are cleaned as those of
 * orders are. The dataset has no `history`: lists that are trained on it know neither which order of a customer came last nor what
 * sells lately, and options cannot be picked on held-out orders.
 *
 * Memory: the ids, and for each pair 16 bytes, 4 more if `orders` is there, and 8 if `last_order` is; 4 less afterwards.
 *
 * @throws `table_unreadable`, naming the part and the row, for parts that are incomplete or differ, for missing columns, and for
 *   a pair that is there twice or cannot be one; `no_orders` if there is none; `invalid_options`, `aborted`.
 * @example
 * const dataset = await readPairs('pairs/', { products: 'products.parquet' });
 * const model = await train(dataset);
 */
export async function readPairs(source: string, options: PairsOptions = {}): Promise<Dataset> {
  checkPairsOptions(source, options);
  const { signal } = options;
  const [customers, products, log] = [createNumbering(), createNumbering(), createPairLog()];
  const { columns, notes: ofParts } = await withParts(source, options, (table) =>
    readPairTable(table, { customers, products, log }, options.onProgress),
  );
  const onDouble = (customer: number, product: number): never => {
    const pair = `of the customer ${customers.id(customer)} and the product ${products.id(product)}`;
    const problem = `has the pair ${pair} twice: sum it up by customer and product. Ids are compared ${asCleaned}`;
    throw tableUnreadable(source, problem);
  };
  const { holding, ...sorted } = await inTurns(sortPairs(log, customers, products, onDouble), { signal });
  const { purchases, byProduct, returned } = sorted;
  const pairs = purchases.products.length;
  if (pairs === 0) throw new EndcapError('no_orders', `${source} has no pair with a quantity above zero`);
  const ids = { customers: sorted.customers.ids, products: sorted.products.ids };
  const about = options.products === undefined ? undefined : await readProductTable(options.products, options);
  const productInfo = ids.products.map((id) => about?.infos.get(id) ?? {});
  // How many orders there are is not known, so that none of them is a share of anything.
  const evidence = { holding, single: new Uint8Array(holding.length) };
  const listing = { ...options, listed: about?.listed };
  const { unlisted, notes } = unlistedOf(ids.products, productInfo, () => noPrices, evidence, Infinity, listing);
  const data = { ...ids, purchases, ...(unlisted && { unlisted }), ...(returned && { returned }) };
  return {
    ...data,
    productInfo,
    byProduct,
    account: {
      read: log.count,
      kept: pairs,
      purchases: pairs,
      returns: 0,
      dropped: log.count === pairs ? {} : { 'returned in full': log.count - pairs },
      examples: {},
      columns: { customer: 'customer', product: 'product', quantity: 'quantity' },
    },
    fingerprint: await fingerprint(data, sha256),
    idCleaning,
    files: [source, ...(options.products === undefined ? [] : [options.products])].map((path) => basename(path)),
    ...columns,
    notes: [pairsNote, ...ofParts, ...(about?.notes ?? []), ...notes],
  };
}

function checkPairsOptions(source: unknown, options: PairsOptions): void {
  const isPath = (path: unknown) => typeof path === 'string' && path !== '' && !path.includes('\0');
  const path = 'the path of a Parquet file, or of a folder of them';
  if (!isPath(source)) throw invalidOption('source', source, path);
  objectOfOptions(options);
  onlyKnown(options, ['products', 'productsOut', 'productsIn', 'idleTimeoutMs', 'signal', 'onProgress']);
  const { products, productsOut, productsIn, idleTimeoutMs, signal, onProgress } = options;
  if (products !== undefined && !isPath(products)) throw invalidOption('products', products, path);
  for (const [option, ids] of Object.entries({ productsOut, productsIn }))
    if (ids !== undefined && (!Array.isArray(ids) || ids.some((id) => typeof id !== 'string')))
      throw invalidOption(option, ids, "a list of ids as text, such as ['0000']");
  if (idleTimeoutMs !== undefined) finiteNumber('idleTimeoutMs', idleTimeoutMs, 1, maxTimerMs);
  optionalSignal(signal);
  optionalFunctions({ onProgress });
}

const asCleaned = 'without blanks around them, and email addresses in lower case';
const noPrices = { lowestAboveZero: Number.NaN, highest: Number.NaN, lowest: Number.NaN };

const pairsNote: Note = {
  code: 'pairs-without-orders',
  text:
    'These are pairs, without the orders that they sum up: lists know neither which order of a customer came last nor what ' +
    'sells lately, and options are not picked on held-out orders.',
};
