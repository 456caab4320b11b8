import { type Content, cellAt } from '../pages/contents.ts';
import type { Page } from '../pages/pages.ts';

/** The values of a column of a row group, one after the other. */
export interface Reader {
  readonly name: string;
  /** The index of its cell in a record. */
  readonly cell: number;
  /** See `Leaf`. */
  readonly itemLevel: number;
  /** Of the page that is in memory; `at` is its next slot. */
  content: Content;
  repetitions: Uint8Array;
  definitions: Uint8Array;
  at: number;
  /** How many slots are left in the page, one or more: reads the next page if there are none. */
  available(): number;
}

const none = new Uint8Array(0);

/** @param next gives the next page. */
export function createReader(name: string, itemLevel: number, cell: number, next: () => Page): Reader {
  let slots = 0;
  const reader: Reader = {
    name,
    cell,
    itemLevel,
    content: { kind: 'values', values: [] },
    repetitions: none,
    definitions: none,
    at: 0,
    available() {
      if (reader.at === slots) {
        const page = next();
        slots = page.slots;
        reader.content = page.content;
        reader.repetitions = page.repetitions ?? none;
        reader.definitions = page.definitions ?? none;
        reader.at = 0;
      }
      return slots - reader.at;
    },
  };
  return reader;
}

/**
 * Makes records of the columns of a row group: one for each row, or, if columns are in a list, one for each item, with the
 * cells of its row, and one for each row whose list has none.
 *
 * @param rows of the row group.
 * @param records of the row group: as many as its rows, or as the slots of each column in a list.
 * @param cells a record, which has the cells that are always the same; the others are filled in.
 * @param onRecord called for each record, when its cells are there.
 * @throws Error if the columns do not have so many rows, or if those in a list differ in where rows or items are.
 */
export function mergeColumns(
  readers: readonly Reader[],
  rows: number,
  records: number,
  cells: unknown[],
  onRecord: () => void,
): void {
  const listed = readers.filter(({ itemLevel }) => itemLevel > 0);
  const others = readers.filter(({ itemLevel }) => itemLevel === 0);
  if (listed.length > 0) {
    mergeItems(listed, others, rows, records, cells, onRecord);
    return;
  }
  for (let left = records; left > 0; ) {
    const run = availableIn(others, left);
    for (let i = 0; i < run; i++) {
      fill(cells, others);
      onRecord();
    }
    left -= run;
  }
}

function mergeItems(
  listed: readonly Reader[],
  others: readonly Reader[],
  rows: number,
  records: number,
  cells: unknown[],
  onRecord: () => void,
): void {
  const [first] = listed;
  let rowsLeft = rows;
  /** Rows whose cells are in memory. */
  let ready = 0;
  for (let left = records; left > 0; ) {
    const run = availableIn(listed, left);
    for (let i = 0; i < run; i++) {
      const begins = first.repetitions[first.at] === 0;
      const item = hasItem(first);
      for (const reader of listed) {
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
      onRecord();
    }
    left -= run;
  }
  if (rowsLeft > 0) throw new Error(`the column ${first.name} has too few rows`);
}

/** How many slots all have in memory, `most` at most. */
export function availableIn(readers: readonly Reader[], most: number): number {
  let run = most;
  for (const reader of readers) run = Math.min(run, reader.available());
  return run;
}

function fill(cells: unknown[], readers: readonly Reader[]): void {
  for (let i = 0; i < readers.length; i++) {
    const reader = readers[i];
    cells[reader.cell] = cellAt(reader.content, reader.at++);
  }
}

function hasItem({ definitions, itemLevel, at }: Reader): boolean {
  return definitions[at] >= itemLevel;
}
