import { EndcapError } from '../../errors.ts';
import { ownCopy } from '../cleaning/cells.ts';
import { cleanId } from '../cleaning/ids.ts';
import { plainKey } from '../json/names.ts';
import type { Look } from '../look.ts';
import type { Plan } from '../plan.ts';
import type { TableSink } from '../table.ts';

/** A table that is held in memory. */
export interface JoinedTable {
  /** For messages. */
  readonly source: string;
  readonly names: readonly string[];
  /** The cells of each column. */
  readonly columns: readonly (readonly unknown[])[];
}

/** The records with each id: the first one, and after each record the next one with its id. */
export interface IdIndex {
  /** By id as `cleanId` makes it. */
  readonly first: ReadonlyMap<string, number>;
  /** By record; -1 after the last one. */
  readonly next: Int32Array;
}

/** V8 allows a Map 2^24 entries. */
const maxIds = 2 ** 24 - 1;
/** Texts that are remembered so that equal cells share their memory. */
const maxShared = 1 << 20;

/** These columns, as they are, in a record of their own. */
export function planOf(columns: readonly number[]): Plan {
  return {
    columns,
    everyRecordIsOne: true,
    conventions: { decimalMark: '.', dateOrder: 'auto', assumedDateOrder: 'mdy', timeUnit: 'auto' },
    duplicates: 'keep',
    steps: { filters: [] },
  };
}

/**
 * Holds the records of a table in memory: about 100 bytes for each, and its different texts once. Records that cannot be
 * split into cells are left out, so that records with their ids have no partner.
 */
export function createTableHolder(source: string): { sink: TableSink; table: JoinedTable } {
  const names: string[] = [];
  const columns: unknown[][] = [];
  const shared = new Map<string, string>();
  /** The place of each column of the open table among `names`. */
  let places: number[] = [];
  let records = 0;

  function placeOf(name: string): number {
    const known = names.findIndex((other) => plainKey(other) === plainKey(name));
    if (known !== -1) return known;
    columns.push(Array.from({ length: records }, () => undefined));
    return names.push(name) - 1;
  }

  function share(cell: unknown): unknown {
    if (typeof cell !== 'string') return cell;
    const known = shared.get(cell);
    if (known !== undefined) return known;
    const text = ownCopy(cell);
    if (shared.size < maxShared) shared.set(text, text);
    return text;
  }

  const sink: TableSink = {
    takesRecordsOnly: true,
    open(look: Look) {
      places = look.names.map(placeOf);
      return planOf(look.names.map((_, column) => column));
    },
    record(cells) {
      for (const column of columns) column.push(undefined);
      for (let i = 0; i < places.length; i++) columns[places[i]][records] = share(cells[i]);
      records++;
    },
    malformed() {},
    drop() {},
    learn() {},
    take() {},
    dateOrder: () => undefined,
    endFile() {},
  };
  return { sink, table: { source, names, columns } };
}

/** @throws `orders_unreadable` if the column has too many different ids. */
export function indexOf({ source, columns }: JoinedTable, column: number): IdIndex {
  const cells = columns[column];
  const first = new Map<string, number>();
  const last = new Map<string, number>();
  const next = new Int32Array(cells.length).fill(-1);
  for (let record = 0; record < cells.length; record++) {
    const id = cleanId(cells[record]);
    if (id === undefined || id === '') continue;
    const before = last.get(id) ?? first.get(id);
    if (before === undefined) first.set(id, record);
    else {
      next[before] = record;
      last.set(id, record);
    }
    if (first.size >= maxIds) {
      throw new EndcapError('orders_unreadable', `${source} has more than ${maxIds} ids, the most that can be joined`, {
        source,
      });
    }
  }
  return { first, next };
}
