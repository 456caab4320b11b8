import type { DecodedArray } from 'hyparquet';
import type { Page } from './pages.ts';
import type { Column } from './schema.ts';

/** The values of a column of a row group, one after the other. */
export interface Reader {
  readonly name: string;
  /** See `Leaf`. */
  readonly itemLevel: number;
  /** Of the page that is in memory; `at` is its next slot, and moves by `stride`, 0 for a constant. */
  values: DecodedArray;
  repetitions: Uint8Array;
  definitions: Uint8Array;
  at: number;
  readonly stride: 0 | 1;
  /** How many slots are left in the page, one or more: reads the next page if there are none. */
  available(): number;
}

const none = new Uint8Array(0);

/** @param next gives the next page; absent for a column that has the same value in every row. */
export function createReader(column: Column | undefined, next?: () => Page): Reader {
  let slots = next === undefined ? Number.POSITIVE_INFINITY : 0;
  const reader: Reader = {
    name: column?.name ?? '',
    itemLevel: column?.leaf?.itemLevel ?? 0,
    values: [column?.constant],
    repetitions: none,
    definitions: none,
    at: 0,
    stride: next === undefined ? 0 : 1,
    available() {
      if (next !== undefined && reader.at === slots) {
        const page = next();
        slots = page.slots;
        reader.values = page.values;
        reader.repetitions = page.repetitions ?? none;
        reader.definitions = page.definitions ?? none;
        reader.at = 0;
      }
      return slots - reader.at;
    },
  };
  return reader;
}

/** A reader, and the place of its cell in a record. */
interface Place {
  reader: Reader;
  cell: number;
}

/**
 * Makes records of the columns of a row group: one for each row, or, if columns are in a list, one for each item, with the
 * cells of its row, and one for each row whose list has none.
 *
 * @param rows of the row group.
 * @param slots of each column in a list.
 * @param onRecord takes the cells in the order of `readers`; the array is reused.
 * @throws Error if the columns do not have so many rows, or if those in a list differ in where rows or items are.
 */
export function mergeColumns(
  readers: readonly Reader[],
  rows: number,
  slots: number,
  onRecord: (cells: readonly unknown[]) => void,
): void {
  const cells: unknown[] = readers.map(() => undefined);
  const places = readers.map((reader, cell) => ({ reader, cell }));
  const listed = places.filter(({ reader }) => reader.itemLevel > 0);
  const others = places.filter(({ reader }) => reader.itemLevel === 0);
  if (listed.length > 0) {
    mergeItems(listed, others, rows, slots, cells, onRecord);
    return;
  }
  for (let left = rows; left > 0; ) {
    const run = availableIn(others, left);
    for (let i = 0; i < run; i++) {
      fill(cells, others);
      onRecord(cells);
    }
    left -= run;
  }
}

function mergeItems(
  listed: readonly Place[],
  others: readonly Place[],
  rows: number,
  slots: number,
  cells: unknown[],
  onRecord: (cells: readonly unknown[]) => void,
): void {
  const [{ reader: first }] = listed;
  let rowsLeft = rows;
  /** Rows whose cells are in memory. */
  let ready = 0;
  for (let left = slots; left > 0; ) {
    const run = availableIn(listed, left);
    for (let i = 0; i < run; i++) {
      const begins = first.repetitions[first.at] === 0;
      const item = hasItem(first);
      for (const { reader } of listed) {
        if ((reader.repetitions[reader.at] === 0) !== begins || hasItem(reader) !== item) {
          throw new Error(`the columns ${first.name} and ${reader.name} differ in the number of items`);
        }
      }
      if (begins) {
        if (rowsLeft === 0) throw new Error(`the column ${first.name} has too many rows`);
        if (ready === 0) ready = availableIn(others, rowsLeft);
        fill(cells, others);
        ready--;
        rowsLeft--;
      } else if (rowsLeft === rows) throw new Error(`the column ${first.name} begins in the middle of a row`);
      fill(cells, listed);
      onRecord(cells);
    }
    left -= run;
  }
  if (rowsLeft > 0) throw new Error(`the column ${first.name} has too few rows`);
}

/** How many slots all have in memory, `most` at most. */
function availableIn(places: readonly Place[], most: number): number {
  let run = most;
  for (const { reader } of places) run = Math.min(run, reader.available());
  return run;
}

function fill(cells: unknown[], places: readonly Place[]): void {
  for (let i = 0; i < places.length; i++) {
    const { reader, cell } = places[i];
    cells[cell] = reader.values[reader.at];
    reader.at += reader.stride;
  }
}

function hasItem({ definitions, itemLevel, at }: Reader): boolean {
  return definitions[at] >= itemLevel;
}
