import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { roomFor } from '../../bytes.ts';
import { refuseBroken } from '../../dataset/check.ts';
import type { Dataset } from '../../dataset/dataset.ts';
import type { KernelOptions } from '../../kernel/open.ts';
import type { ConventionName, Imported } from '../../model/imported.ts';
import type { Model } from '../../model/model.ts';
import { finiteNumber, invalidOption, oneOf, onlyKnown, optionalSignal } from '../../options.ts';
import { cleanCustomerId, cleanId } from '../../orders/cleaning/ids.ts';
import type { Note } from '../../orders/look.ts';
import { type RankingOptions, rankingNames, rankingSettings } from '../../ranking/weights.ts';
import { type Confidence, confidences } from '../../training/confidence.ts';
import { adopt, isTooLight } from '../../tuning/adopting/adopt.ts';
import { number } from '../../wording.ts';
import { type PartsOptions, tableUnreadable } from '../parts.ts';
import { readFactors } from './factors.ts';
import { type Clean, type NamedFactors, nameFactors } from './ids.ts';
import { joinIds, noOrders } from './joined.ts';
import { notesOf } from './notes.ts';
import { readMatrix } from './npy.ts';
import { readTraining } from './training.ts';

/** What to import, and how. */
export interface ImportOptions extends RankingOptions, KernelOptions, PartsOptions {
  /** The system that trained the factors. */
  from: Imported['from'];
  /**
   * A folder of Parquet parts, or a file: `userFactors` of Spark with the columns `id` and `features`; an archive of implicit's
   * `model.save` or a matrix (`.npz`, `.npy`); or CSV, whose columns are the id and one for each factor (`.csv`). Of `endcap`,
   * what a cluster trained for Endcap: like Spark's, next to the table `training`.
   */
  customers: string;
  /** The same for products; of an archive, by default that of the customers. */
  products?: string;
  /**
   * Which id of the orders each `id` of the factors stands for: a folder with `customers` and `products`, each Parquet (a
   * folder or `.parquet`) or `.csv` with two columns, `id` and the id of the orders under any name. Without them, the ids of the
   * factors are those of the orders.
   */
  ids?: string;
  /** The same, each by itself. */
  customerIds?: string;
  productIds?: string;
  /** The shop's orders, for habits, trends, and filters; without them lists go by taste alone. */
  orders?: Dataset;
  /** What a rating is multiplied by; by default 1, or what the archive says. */
  alpha?: number;
  /** By default 0.1 of Spark and 0.01 of implicit, or what the archive says. */
  regularization?: number;
  /** Whether Spark was told `implicitPrefs=False`; false by default. */
  explicit?: boolean;
  /** Whose rules customers are folded in by, of CSV; `'spark'` by default. */
  convention?: 'spark' | 'implicit';
  /**
   * What the ratings were: units (`quantity`), `orders` that hold the product, ln(1 + units) (`log-quantity`), or 1 (`equal`).
   * By default the one by which folding in agrees best with the customers' own factors.
   */
  confidence?: Confidence;
  /** Whether to take the usual weights instead of learning them on held-out orders; false by default. */
  fast?: boolean;
  /** Whether to go on if fewer than half of the orders' customers or products have factors; false by default. */
  acceptLoss?: boolean;
}

/** A model of another system, and what is odd about it. */
export interface ImportedModel {
  readonly model: Model;
  readonly notes: readonly Note[];
}

const systems: Readonly<Record<Imported['from'], { customers: string; products: string; regularization: number }>> = {
  spark: { customers: 'userFactors', products: 'itemFactors', regularization: 0.1 },
  implicit: { customers: 'user_factors', products: 'item_factors', regularization: 0.01 },
  csv: { customers: 'user_factors', products: 'item_factors', regularization: 0.1 },
  endcap: { customers: 'customers', products: 'products', regularization: 0 },
};

/**
 * Makes a model of factors that Spark's ALS, implicit, or anything else has trained. Its lists by taste alone are those of
 * that system but for near-ties. With orders, it also has habits, trends, and filters, and learns the weights of these parts on
 * held-out orders; trees are not tried. Customers who are new to the factors, and those who buy later, are folded in as
 * the other system would have.
 *
 * @example
 * const orders = await readOrders('orders.csv');
 * const { model, notes } = await importModel({
 *   from: 'spark', customers: 'als/userFactors', products: 'als/itemFactors', ids: 'ids', orders, alpha: 10, regularization: 0.05,
 * });
 *
 * @throws `table_unreadable` with the file and the row, `invalid_options`, `not_finite`, `aborted`, `kernel_unavailable`,
 *   `out_of_memory`.
 */
export async function importModel(options: ImportOptions): Promise<ImportedModel> {
  checkOptions(options);
  const { from, signal, orders, explicit = false, acceptLoss = false } = options;
  const reading = { signal, ...(options.idleTimeoutMs !== undefined && { idleTimeoutMs: options.idleTimeoutMs }) };
  const system = systems[from];
  const [customerSource, productSource] = [options.customers, options.products ?? options.customers];
  const customerTable = await readFactors(customerSource, system.customers, reading);
  const productTable = await readFactors(productSource, system.products, reading);
  const { factors } = customerTable;
  if (productTable.factors !== factors)
    throw tableUnreadable(productSource, `has ${productTable.factors} factors, and ${customerSource} ${factors}`);
  const stored = await (from === 'endcap' ? readTraining(customerSource, reading) : storedIn(customerSource, reading));
  const { alpha = 1, regularization = system.regularization, ...others } = { ...stored, ...given(options) };
  const isCleaned = orders === undefined || orders.idCleaning !== undefined;
  const named = (table: typeof customerTable, ids: string | undefined, what: 'customer' | 'product') => {
    const clean: Clean = !isCleaned ? (id) => id : what === 'customer' ? cleanCustomerId : cleanId;
    return nameFactors(table, ids, what, clean, reading);
  };
  const customers = await named(customerTable, options.customerIds ?? idsIn(options.ids, 'customers'), 'customer');
  const products = await named(productTable, options.productIds ?? idsIn(options.ids, 'products'), 'product');
  const { dataset, ...places } = joinIds(orders ?? noOrders, customers, products);
  if (orders && !acceptLoss) {
    refuseStrangers(orders.customers.length, places.customers, orders.customers.length, customers, 'customers');
    refuseStrangers(orders.products.length, places.products, orders.products.length, products, 'products');
  }
  const rules = from === 'csv' ? (options.convention ?? 'spark') : from;
  const convention: ConventionName = explicit ? 'explicit' : rules;
  if (isTooLight({ convention, alpha }, options.confidence ?? 'equal'))
    throw invalidOption('alpha', alpha, 'at least 1: a purchase of one unit would count less than none');
  const foreign = {
    from,
    factors,
    customers: valuesOf(customers, places.customers),
    products: valuesOf(products, places.products),
    knownCustomers: Uint8Array.from(places.customers, (place) => Number(place >= 0)),
    knownProducts: Uint8Array.from(places.products, (place) => Number(place >= 0)),
    convention,
    alpha,
    regularization,
    ...others,
  };
  const model = await adopt(dataset, foreign, orders !== undefined, adopting(options));
  return { model, notes: [...customers.notes, ...products.notes, ...notesOf(model, foreign)] };
}

const own = ['from', 'customers', 'products', 'ids', 'customerIds', 'productIds', 'orders', 'alpha', 'regularization'];
const others = ['explicit', 'convention', 'confidence', 'fast', 'acceptLoss', 'signal', 'idleTimeoutMs'];
const kernelNames = ['backend', 'isa', 'threads'];

function checkOptions(options: ImportOptions): void {
  onlyKnown(options, [...own, ...others, ...rankingNames, ...kernelNames]);
  const { from, customers, products, alpha, regularization, explicit, convention, confidence, orders } = options;
  oneOf('from', from, ['spark', 'implicit', 'csv', 'endcap']);
  for (const name of ['customers', 'products', 'ids', 'customerIds', 'productIds'] as const)
    if (options[name] !== undefined && (typeof options[name] !== 'string' || options[name] === ''))
      throw invalidOption(name, options[name], 'a path');
  if (customers === undefined) throw invalidOption('customers', customers, 'the path of their factors');
  if (products === undefined && !/\.npz$/i.test(customers))
    throw invalidOption('products', products, 'the path of their factors');
  if (alpha !== undefined) finiteNumber('alpha', alpha, 1e-6, 1e9);
  if (regularization !== undefined) finiteNumber('regularization', regularization, 0, 1e9);
  if (convention !== undefined) oneOf('convention', convention, ['spark', 'implicit']);
  if (convention !== undefined && from !== 'csv' && convention !== from)
    throw invalidOption('convention', convention, `${from}, or --from csv`);
  if (explicit && (from === 'implicit' || from === 'endcap' || convention === 'implicit'))
    throw invalidOption('explicit', explicit, 'false: implicit and Endcap have no explicit ratings');
  if (confidence !== undefined) oneOf('confidence', confidence, confidences);
  for (const name of ['explicit', 'fast', 'acceptLoss'] as const)
    if (options[name] !== undefined && typeof options[name] !== 'boolean')
      throw invalidOption(name, options[name], 'true or false');
  rankingSettings(options);
  optionalSignal(options.signal);
  if (orders !== undefined) refuseBroken(orders);
}

/** The options that are given. */
function given({ alpha, regularization }: ImportOptions) {
  return { ...(alpha !== undefined && { alpha }), ...(regularization !== undefined && { regularization }) };
}

/** What implicit keeps of its options in its archive. */
async function storedIn(path: string, { signal }: PartsOptions): Promise<{ alpha?: number; regularization?: number }> {
  if (!/\.npz$/i.test(path)) return {};
  const number = async (name: string) => {
    const { values } = (await readMatrix(path, name, signal, true)) ?? {};
    // As a person wrote it: the matrix has 32 bits.
    return values?.length === 1 ? { [name]: Number(values[0].toPrecision(7)) } : {};
  };
  return { ...(await number('alpha')), ...(await number('regularization')) };
}

function idsIn(folder: string | undefined, name: 'customers' | 'products'): string | undefined {
  if (folder === undefined) return undefined;
  const candidates = [name, `${name}.parquet`, `${name}.csv`].map((each) => join(folder, each));
  const found = candidates.find((each) => existsSync(each));
  if (found !== undefined) return found;
  throw tableUnreadable(folder, `has none of ${name}, ${name}.parquet, and ${name}.csv; expected the ids of ${name}`);
}

/** @throws `table_unreadable` if the orders are those of other customers or products. */
function refuseStrangers(
  count: number,
  places: Int32Array,
  total: number,
  { source, ids }: NamedFactors,
  what: string,
): void {
  const onlyFactors = places.length - total;
  const known = ids.length - onlyFactors;
  if (2 * known >= count) return;
  throw tableUnreadable(
    source,
    `has factors of ${number(known)} of the ${number(count)} ${what} of the orders: fewer than half. Expected factors of the ` +
      'same shop, of customers and products each in their place: check the ids, or go on with acceptLoss (--accept-loss)',
  );
}

/** The factors by row of the dataset: where they are if they are in that order, since a copy takes as much memory again. */
function valuesOf({ values, factors }: NamedFactors, places: Int32Array): Float32Array {
  if (values.length === places.length * factors && places.every((place, row) => place === row)) return values;
  const rows = roomFor(Float32Array, places.length * factors);
  for (let row = 0; row < places.length; row++) {
    const place = places[row];
    if (place >= 0) rows.set(values.subarray(place * factors, (place + 1) * factors), row * factors);
  }
  return rows;
}

function adopting({
  blend,
  decay,
  windowDays,
  easeRegularization,
  together,
  confidence,
  fast,
  signal,
  ...rest
}: ImportOptions) {
  const { backend, isa, threads } = rest;
  return { blend, decay, windowDays, easeRegularization, together, confidence, fast, signal, backend, isa, threads };
}
