import { EndcapError } from '../../errors.ts';
import { firstOf } from '../../options.ts';
import { show } from '../cleaning/cells.ts';
import { cleanId } from '../cleaning/ids.ts';
import { plainKey } from '../json/names.ts';
import type { Decision, Look } from '../look.ts';
import type { RecordTaker } from '../records/steps.ts';
import { usedColumns } from '../records/steps.ts';
import type { TableSink } from '../table.ts';
import { type IdIndex, indexOf, type JoinedTable } from './joined-table.ts';

/** Records of a look whose ids are looked up. */
const maxLookedUp = 1000;
const maxNames = 20;

/** The columns with the ids that two tables share. */
interface Shared {
  /** In the table that is read, and in the joined one. */
  own: number;
  joined: number;
  index: IdIndex;
  /** The share of the looked-up records that have a partner. */
  found: number;
}

/**
 * Adds the columns of a table to the records of others, by an id that they share. A record with several partners becomes
 * one record with each; one without is dropped.
 *
 * @param on the name of the column with the id; by default, of the columns with one name in both tables, the one whose ids
 *   are found most often.
 */
export function joining(sink: TableSink, table: JoinedTable, on: string | undefined): TableSink {
  let shared: Shared | undefined;
  let names: readonly string[] = [];
  /** Columns of the open table that are handed on, and where the added columns come from. */
  let own: number[] = [];
  let added: number[] = [];
  let cells: unknown[] = [];

  function join(record: readonly unknown[], partner: number): unknown[] {
    for (const column of own) cells[column] = record[column];
    for (let i = 0; i < added.length; i++) cells[names.length + i] = table.columns[added[i]][partner];
    return cells;
  }

  const record: RecordTaker = (given, line) => {
    const { own: key, index } = shared!;
    const cell = given[key];
    // The header again, where files were joined end to end.
    if (cell === names[key]) return;
    const id = cleanId(cell);
    let partner = id === undefined || id === '' ? -1 : (index.first.get(id) ?? -1);
    if (partner === -1) return sink.drop('without a partner', line, show(cell));
    for (; partner !== -1; partner = index.next[partner]) sink.record(join(given, partner), line);
  };

  return {
    ...sink,
    takesRecordsOnly: true,
    open(look) {
      names = look.names;
      shared = sharedBy(look, table, on);
      const known = new Set(names.map(plainKey));
      added = [...table.names.keys()].filter((column) => !known.has(plainKey(table.names[column])));
      own = [...names.keys()];
      cells = [];
      const plan = sink.open(extended(look, shared));
      const used = new Set(usedColumns(plan)).add(shared.own);
      own = own.filter((column) => used.has(column));
      // Without a header: the table that is read has fewer columns.
      return { ...plan, columns: own, header: undefined, steps: { filters: [] } };
    },
    record,
  };

  function extended(look: Look, { own: key, joined, index, found }: Shared): Look {
    const records = look.records.map((record) => {
      const partner = index.first.get(cleanId(record[key]) ?? '');
      return [
        ...record,
        ...added.map((column) => (partner === undefined ? undefined : table.columns[column][partner])),
      ];
    });
    const decision: Decision = {
      value: `${table.source} by ${table.names[joined]}`,
      why: on === undefined ? `${Math.round(100 * found)}% of its ids are in both files` : 'as given',
    };
    const joins = Object.keys(look.decisions ?? {}).filter((name) => name.startsWith('join')).length;
    const decisions = { ...look.decisions, [joins === 0 ? 'join' : `join${joins + 1}`]: decision };
    return { ...look, names: [...look.names, ...added.map((column) => table.names[column])], records, decisions };
  }
}

/** @throws `columns_unrecognized` if there is no shared column. */
function sharedBy(look: Look, table: JoinedTable, on: string | undefined): Shared {
  const candidates = look.names.flatMap((name, own) => {
    const joined = table.names.findIndex((other) => plainKey(other) === plainKey(name));
    return joined === -1 || plainKey(name) === '' ? [] : [{ name, own, joined }];
  });
  const isWanted = ({ name }: { name: string }) => on === undefined || plainKey(name) === plainKey(on);
  const wanted = candidates.filter(isWanted);
  // Where no name is that of an id, any column may hold them.
  const likely = wanted.filter(({ name }) => isIdName(name));
  let best: Shared | undefined;
  for (const { own, joined } of likely.length > 0 ? likely : wanted) {
    const index = indexOf(table, joined);
    const found = shareFound(look, own, index);
    const isBetter = found === best?.found ? index.first.size > best.index.first.size : found > (best?.found ?? 0);
    if (isBetter || on !== undefined) best = { own, joined, index, found };
  }
  if (best !== undefined) return best;
  throw noShared(look, table, on, wanted.length > 0);
}

function shareFound({ records }: Look, column: number, { first }: IdIndex): number {
  const ids = records.slice(0, maxLookedUp).flatMap((record) => cleanId(record[column]) || []);
  return ids.length === 0 ? 0 : ids.filter((id) => first.has(id)).length / ids.length;
}

function noShared(look: Look, table: JoinedTable, on: string | undefined, hasSame: boolean): EndcapError {
  const problem =
    on !== undefined
      ? `have no column ${JSON.stringify(on)} in both`
      : hasSame
        ? 'share no ids: no column of the same name has the same values in both'
        : 'have no column with the same name';
  const message =
    `${look.source} and ${table.source} cannot be joined: they ${problem}. ` +
    `${look.source} has ${firstOf(look.names, maxNames)}; ${table.source} has ${firstOf(table.names, maxNames)}`;
  return new EndcapError('columns_unrecognized', message, { source: look.source, joined: table.source });
}

/** Whether a column of this name may hold ids. */
function isIdName(name: string): boolean {
  return /(id|no|nr|num|number|key|code|sku|uuid|guid|email|ean|asin|order|customer|product|item)$/.test(
    plainKey(name),
  );
}
