/** From the tables of a source to a dataset, wherever they come from. */
import { throwIfAborted } from '../errors.ts';
import { invalidOption } from '../options.ts';
import { createTally } from '../orders/cleaning/account.ts';
import { idCleaning } from '../orders/cleaning/ids.ts';
import type { ReadOptions } from '../orders/options.ts';
import { createTables, type TableSink } from '../orders/table.ts';
import { inTurns } from '../turns.ts';
import { type Built, createBuilder, type StoredLine } from './build.ts';
import { fingerprint, type Sha256 } from './fingerprint.ts';
import { refuseLosses } from './log/losses.ts';
import { orderNotes } from './notes/order-notes.ts';
import { withoutNames } from './reading.ts';

/** Where orders come from. */
export interface Source {
  /** What messages call them. */
  readonly name: string;
  /** The names of its files, if it has any; see `Dataset.files`. */
  readonly files?: readonly string[];
  /** Reads its tables into `tables`. @param recordsRead how many records have been read so far. */
  read(tables: TableSink, recordsRead: () => number): Promise<void>;
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

/**
 * The dataset of a source: `readOrders` without what depends on where it runs.
 *
 * @throws what `readOrders` throws.
 */
export async function datasetOf(
  source: Source,
  options: Omit<ReadOptions, 'join'>,
  sha256: Sha256,
  { pages, findOut, sourceEnd }: Additions = {},
): Promise<Built> {
  if ((pages || findOut) && options.history === false)
    throw invalidOption('history', false, 'true, since what a running shop knows is compared with orders');
  const tally = createTally();
  const builder = createBuilder(tally, { ...options, hasStore: pages !== undefined });
  const tables = createTables(options, tally, builder);
  await source.read(tables, () => tally.read);
  const { columns, unusedColumns, decisions, notes, dateOrder } = tables.reading();
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
  const given = {
    ...((isErased || named.size > 0) && { isOut }),
    ...(sourceEnd !== undefined && { sourceEnd }),
  };
  const { dataset, ...built } = await inTurns(builder.finish(names, dateOrder, given), { signal: options.signal });
  // Examples of dropped records may show the id of anybody, and so may what was seen of columns.
  const account = isErased ? { ...dataset.account, examples: {} } : dataset.account;
  const seen = { columns, decisions, notes };
  const told = isErased ? withoutNames(seen) : seen;
  refuseLosses(source.name, account, unusedColumns, options.acceptLoss ?? false);
  return {
    ...built,
    dataset: {
      ...dataset,
      account,
      fingerprint: await fingerprint(dataset, sha256),
      idCleaning,
      ...(source.files && { files: source.files }),
      unusedColumns,
      ...told,
      notes: [...told.notes, ...orderNotes(dataset), ...(dataset.notes ?? [])],
    },
  };
}
