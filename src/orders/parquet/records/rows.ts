import { getHeapStatistics } from 'node:v8';
import type { FileMetaData, RowGroup } from 'hyparquet';
import { chunkOf, maxRecords, type OpenFile, recordsIn } from '../file.ts';
import { type Content, createRoom, type Room } from '../pages/contents.ts';
import { type Budget, createPages } from '../pages/pages.ts';
import type { Column, Leaf } from '../schema.ts';
import { availableIn, createReader, mergeColumns, type Reader } from './merge.ts';

/**
 * Reads the rows of row groups as records; see `mergeColumns`. What is in memory at one time is a page of each column and
 * its dictionary.
 *
 * @param columns undefined stands for one that is not read: its cells are undefined.
 * @param onRecord takes the cells of a record, in the order of `columns`; the array is reused.
 * @param onStep called between steps that each take a bounded time.
 * @throws Error if the file is broken.
 */
export function readRows(
  file: OpenFile,
  groups: readonly RowGroup[],
  columns: readonly (Column | undefined)[],
  onRecord: (cells: readonly unknown[]) => void,
  onStep: () => void,
): void {
  const cells = columns.map((column) => column?.constant);
  const leaves = leavesOf(columns);
  for (const group of groups) {
    const readers = readersOf(file, group, columns, onStep);
    mergeColumns(readers, Number(group.num_rows), recordsIn(group, leaves), cells, () => onRecord(cells));
  }
}

/** Where the cells of a column that are in memory are: in the content, from a slot on. */
export interface Cells {
  content: Content;
  at: number;
}

/**
 * Prepares reading of rows by column, so many records at a time; no column may be in a list.
 *
 * @returns the cells by column, for the records that `read` has come to, and `read`: as `readRows`, but that `room` says how
 *   many records may be read next, and `onRecords` how many have been.
 */
export function createColumnReading(columns: readonly (Column | undefined)[], most: number) {
  const rooms = columns.map(createRoom);
  const constants = new Int32Array(most);
  const cells = columns.map((column): Cells => {
    const dictionary = { size: 1, cells: () => [column?.constant], texts: () => undefined };
    return { content: { kind: 'codes', codes: constants, dictionary }, at: 0 };
  });

  function read(
    file: OpenFile,
    groups: readonly RowGroup[],
    room: () => number,
    onRecords: (count: number) => void,
    onStep: () => void,
  ): void {
    for (const group of groups) {
      const readers = readersOf(file, group, columns, onStep, rooms);
      for (let left = Number(group.num_rows); left > 0; ) {
        const count = availableIn(readers, Math.min(left, most, room()));
        for (const { cell, content, at } of readers) {
          cells[cell].content = content;
          cells[cell].at = at;
        }
        onRecords(count);
        for (const reader of readers) reader.at += count;
        left -= count;
      }
    }
  }

  return { cells, read };
}

function readersOf(
  file: OpenFile,
  group: RowGroup,
  columns: readonly (Column | undefined)[],
  onStep: () => void,
  rooms?: readonly Room[],
): Reader[] {
  const budget = newBudget();
  return columns.flatMap((column, cell) => {
    if (column?.leaf === undefined) return [];
    const next = createPages(chunkOf(file, group, column.leaf, onStep), column.leaf, budget, rooms?.[cell]);
    return createReader(column.name, column.leaf.itemLevel, cell, () => {
      onStep();
      return next();
    });
  });
}

/**
 * How many records `readRows` makes of these columns.
 *
 * @throws Error if they are more than a dataset can hold.
 */
export function countRecords({ row_groups: groups }: FileMetaData, columns: readonly (Column | undefined)[]): number {
  const leaves = leavesOf(columns);
  const records = groups.reduce((sum, group) => sum + recordsIn(group, leaves), 0);
  if (records <= maxRecords) return records;
  throw new Error(`it has ${records} records; at most ${maxRecords} can be read`);
}

export function leavesOf(columns: readonly (Column | undefined)[]): Leaf[] {
  return columns.flatMap((column) => column?.leaf ?? []);
}

/** Of the memory that V8 gives this thread: strings and objects take several times the bytes that they are made of. */
export function newBudget(): Budget {
  const { heap_size_limit: heap } = getHeapStatistics();
  return { values: heap / 64, bytes: heap / 8 };
}
