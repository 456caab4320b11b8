/** The orders that a program gives become a dataset, without Node's modules. */
import { EndcapError } from '../errors.ts';
import { checkKernel, type OpenKernel } from '../kernel/kernel.ts';
import type { GivenSource } from '../orders/given-sources.ts';
import { joined } from '../orders/sources/chunks.ts';
import { checkGiven, type GivenReadOptions, givenFiles, givenName, readGiven } from '../orders/sources/read-given.ts';
import type { TableSink } from '../orders/table.ts';
import type { Dataset } from './dataset.ts';
import type { Sha256 } from './fingerprint.ts';
import { datasetOf } from './from-source.ts';

export interface WebReadOptions extends GivenReadOptions {
  /** A kernel that `openKernel` opened, which cleans records of CSV; without it JavaScript does, which takes longer. */
  kernel?: OpenKernel;
}

/**
 * Reads order lines, cleans them, and groups them into orders and into pairs of a customer and a product, as `readOrders`
 * of `endcap` does: the same records give the same dataset, with the same account and fingerprint. No threads are started;
 * after every few milliseconds it gives way to whatever else the page, or the server, has to do.
 *
 * @param source objects, one per order line or per order with its items; CSV, TSV, or JSON as text or bytes, with its
 *   `format`; or blobs, such as the files that were dropped onto a page, one or an array of them, whose names say their format.
 *   Bytes may be a typed array, an `ArrayBuffer`, a `ReadableStream`, or an iterable, also async; they may be gzip.
 * @throws `invalid_options`, `orders_unreadable`, `columns_unrecognized`, `no_orders` and `orders_lost` (with the account
 *   in their details), `aborted`.
 * @example
 * const dataset = await readOrders(input.files[0], { onProgress: ({ bytes, totalBytes }) => show(bytes / totalBytes) });
 */
export async function readOrders(source: string | GivenSource, options: WebReadOptions = {}): Promise<Dataset> {
  const { kernel, ...given } = options;
  checkGiven(source, given);
  if (kernel !== undefined) checkKernel(kernel);
  needDigests();
  const { join: _, ...reading } = given;
  const opened = {
    name: givenName(source),
    files: givenFiles(source, given),
    read: (tables: TableSink, recordsRead: () => number) => readGiven(source, tables, given, recordsRead, kernel),
  };
  return (await datasetOf(opened, reading, sha256)).dataset;
}

/** Before anything is read, which may take long. */
function needDigests(): void {
  if (globalThis.crypto?.subtle) return;
  const why = 'orders are not read here: a page that comes neither by https nor from localhost has no WebCrypto';
  throw new EndcapError('orders_unreadable', `${why}, which fingerprints and models need; serve it by https`);
}

/** WebCrypto hashes whole buffers only. */
const sha256: Sha256 = async (parts) => {
  const digest = await globalThis.crypto.subtle.digest('SHA-256', joined([...parts]));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
};
