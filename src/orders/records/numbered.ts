import { isBlank } from '../cleaning/cells.ts';

/** Columns whose names differ only in a number, such as `Item 1 SKU` and `Item 2 SKU`. */
export interface NumberedFamily {
  /** The name without the number: `Item.SKU`; `item_name` of `item_name_1`. */
  readonly name: string;
  /** What is before the number. */
  readonly prefix: string;
  /** Columns by number, in the order of the numbers. */
  readonly columns: ReadonlyMap<number, number>;
}

/** Longer names are no names of this kind, and would take the pattern the square of their length. */
const maxName = 200;
const numberedName = /^(\D*?)[\s_#./[(-]*(\d{1,3})[\])]?[\s_:./-]*(\D*)$/;

/** Finds columns that are numbered from 0 or 1 without a gap. */
export function numberedFamilies(names: readonly string[]): NumberedFamily[] {
  const families = new Map<string, { name: string; prefix: string; columns: [number, number][] }>();
  names.forEach((text, column) => {
    const [, prefix, number, suffix] = (text.length <= maxName && numberedName.exec(text)) || [];
    if (prefix === undefined || (prefix === '' && suffix === '')) return;
    const name = prefix === '' || suffix === '' ? prefix + suffix : `${prefix}.${suffix}`;
    const family = families.get(name.toLowerCase()) ?? { name, prefix, columns: [] };
    families.set(name.toLowerCase(), family);
    family.columns.push([Number(number), column]);
  });
  return [...families.values()].flatMap(({ columns, ...family }) => {
    columns.sort((a, b) => a[0] - b[0]);
    const [first] = columns[0];
    const consecutive = first <= 1 && columns.every(([number], index) => number === first + index);
    return columns.length > 1 && consecutive ? [{ ...family, columns: new Map(columns) }] : [];
  });
}

/** Stands for a column that holds 1 in every record. */
export const onePiece = -2;

/**
 * The items in a record with numbered columns: by item the column of every key, -1 if there is none, or `onePiece`. An
 * item whose cells are all blank or zero is none.
 */
export function numberedItems(items: readonly (readonly number[])[], cells: readonly unknown[]): unknown[][] {
  return items
    .filter((columns) => columns.some((column) => column >= 0 && !isNothing(cells[column])))
    .map((columns) => columns.map((column) => (column === onePiece ? 1 : cells[column])));
}

function isNothing(cell: unknown): boolean {
  return isBlank(cell) || cell === 0 || (typeof cell === 'string' && Number(cell) === 0);
}
