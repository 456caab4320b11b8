/** Orders that are open, wherever they come from, with the files that are joined to them. */
import { throwIfAborted } from '../../errors.ts';
import { invalidOption } from '../../options.ts';
import type { JoinedTable } from '../joins/joined-table.ts';
import type { ReadOptions } from '../options.ts';
import type { TableSink } from '../table.ts';
import type { Given } from './given.ts';
import { type Host, readAllStored } from './stored.ts';

/** A source with what messages call it. */
export interface Opened {
  readonly name: string;
  readonly given: Given;
}

/** An open file to join; see `Join`. */
export interface OpenJoin extends Opened {
  readonly on?: string;
}

/**
 * Reads the tables of a source into `tables`, one after the other.
 *
 * @param report the bytes read so far. It throws to stop the reading.
 */
export async function readOpened(
  { name, given }: Opened,
  joins: readonly OpenJoin[],
  tables: TableSink,
  options: ReadOptions,
  host: Host,
  report: (bytes: number) => void,
): Promise<void> {
  const sink = await withJoins(tables, joins, options, host);
  if (given.kind === 'stored') return readAllStored(given.stored, sink, options, host, report);
  // Most orders are stored as CSV.
  const { readObjects } = await import('../json/objects.ts');
  await readObjects(given.objects, sink, name, () => report(0), options.signal);
}

/** How many bytes a source has; 0 if that is not known of a part of it, such as a database. */
export function sizeOf({ given }: Opened): number {
  if (given.kind !== 'stored' || given.stored.some(({ size }) => size === 0)) return 0;
  return given.stored.reduce((sum, { size }) => sum + size, 0);
}

/** The sink, behind the joins. */
async function withJoins(
  tables: TableSink,
  joins: readonly OpenJoin[],
  { encoding, signal }: ReadOptions,
  host: Host,
): Promise<TableSink> {
  if (joins.length === 0) return tables;
  const { createTableHolder } = await import('../joins/joined-table.ts');
  const { joining } = await import('../joins/join.ts');
  const held: { table: JoinedTable; on?: string }[] = [];
  for (const { name, given, on } of joins) {
    if (given.kind !== 'stored') throw invalidOption('join', name, 'files');
    const { sink, table } = createTableHolder(name);
    // One table, of however many files.
    for (const stored of given.stored)
      await readAllStored([stored], sink, { encoding, signal }, host, () => throwIfAborted(signal));
    held.push({ table, on });
  }
  // The records pass the first one first.
  return held.reduceRight((sink, { table, on }) => joining(sink, table, on), tables);
}
