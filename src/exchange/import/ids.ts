/** Tables that say which id of the orders each number of another system stands for. */
import type { Note } from '../../orders/look.ts';
import { type PartsOptions, type PartTable, tableUnreadable, withParts } from '../parts.ts';
import { csvRows } from './csv-rows.ts';
import type { FactorTable } from './factors.ts';
import { createPlaces, type IdIndex, indexOf, type Places } from './places.ts';

interface IdTable {
  /** As the factors have them. */
  readonly numbers: readonly string[];
  /** As the orders have them. */
  readonly originals: readonly string[];
  readonly places: Places;
  readonly notes: readonly Note[];
}

/** Factors with the ids of the orders. */
export interface NamedFactors extends FactorTable {
  readonly index: IdIndex;
}

/** Gives an id as the orders have it; '' or undefined if it cannot be one. */
export type Clean = (id: string) => string | undefined;

/**
 * Gives factors the ids of the orders.
 *
 * @param source of the ids: Parquet or CSV with two columns, `id` as the factors have it, and the id of the orders; Parquet with
 *   more if that one is named `customer` or `product`. Without it, ids stay as they are.
 * @throws `table_unreadable` if factors have no id, ids are there twice, or fewer than half of the ids have factors.
 */
export async function nameFactors(
  table: FactorTable,
  source: string | undefined,
  what: 'customer' | 'product',
  clean: Clean,
  options: PartsOptions,
): Promise<NamedFactors> {
  const byNumber = indexOf(table.ids, table.places, what);
  if (source === undefined) {
    const ids = cleaned(table.ids, table.places, what, clean);
    return { ...table, ids, index: indexOf(ids, table.places, what) };
  }
  const names = await readIds(source, what, options);
  const known = indexOf(names.numbers, names.places, `number of a ${what}`);
  const originals = cleaned(names.originals, names.places, what, clean);
  indexOf(originals, names.places, what);
  const ids = table.ids.map((number, row) => {
    const at = known.find(number);
    if (at === undefined) throw table.places.error(row, `the ${what} ${number} has factors, and no id in ${source}`);
    return originals[at];
  });
  const isCold = (number: string) => byNumber.find(number) === undefined;
  const cold = names.numbers.filter(isCold).length;
  if (2 * cold > names.numbers.length) {
    const first = names.numbers.findIndex(isCold);
    const problem = `the ${what} ${names.numbers[first]} is the first of ${cold} without factors in ${table.source}`;
    throw names.places.error(first, `${problem}: more than half; expected the ids of these factors`);
  }
  const note = {
    code: 'ids-without-factors',
    text: `${cold} of the ${names.numbers.length} ids in ${source} have no factors in ${table.source}`,
  };
  const notes = [...table.notes, ...names.notes, ...(cold > 0 ? [note] : [])];
  return { ...table, ids, notes, index: indexOf(ids, table.places, what) };
}

function cleaned(ids: readonly string[], places: Places, what: string, clean: Clean): string[] {
  return ids.map((id, at) => {
    const own = clean(id);
    if (own === undefined || own === '') throw places.error(at, `'${id.slice(0, 50)}' cannot be the id of a ${what}`);
    return own;
  });
}

async function readIds(source: string, what: string, options: PartsOptions): Promise<IdTable> {
  const places = createPlaces(source);
  const numbers: string[] = [];
  const originals: string[] = [];
  if (!/\.csv$/i.test(source)) {
    return withParts(source, options, async (table) => {
      const original = originalOf(table, what);
      for await (const { part, row, rows, columns } of table.read({ id: 'id', [original]: 'id' })) {
        places.add(part, row, rows);
        for (const id of columns.id) numbers.push(id);
        for (const id of columns[original]) originals.push(id);
      }
      return { numbers, originals, places, notes: table.notes };
    });
  }
  let number: number | undefined;
  for await (const { row, cells } of csvRows(source, options.signal)) {
    if (number === undefined) {
      number = cells.indexOf('id');
      if (cells.length !== 2 || number === -1)
        throw tableUnreadable(source, `has ${cells.join(', ')}; ${expected}`, row);
      continue;
    }
    if (cells.length !== 2 || cells.includes('')) throw tableUnreadable(source, 'expected two ids', row);
    places.add(source, row, 1);
    numbers.push(cells[number]);
    originals.push(cells[1 - number]);
  }
  return { numbers, originals, places, notes: [] };
}

const expected = 'expected two columns: id, the number of the factors, and the id of the orders under any name';

/** The only other column, or the one that is named as what it holds, as in the tables of an export. */
function originalOf({ source, columns }: PartTable, what: string): string {
  if (columns.some(({ name }) => name === what)) return what;
  const others = columns.filter(({ name }) => name !== 'id');
  if (columns.length === 2 && others.length === 1) return others[0].name;
  throw tableUnreadable(source, `has the columns ${columns.map(({ name }) => name).join(', ')}; ${expected}`);
}
