import { getHeapStatistics } from 'node:v8';
import type { FileMetaData } from 'hyparquet';
import { chunkOf, maxRecords, type OpenFile, recordsIn } from './file.ts';
import { createReader, mergeColumns } from './merge.ts';
import { type Budget, createPages } from './pages.ts';
import type { Column, Leaf } from './schema.ts';

/**
 * Reads the rows of all row groups as records; see `mergeColumns`. What is in memory at one time is a page of each column
 * and its dictionary.
 *
 * @param columns undefined stands for one that is not read: its cells are undefined.
 * @param onRecord takes the cells of a record, in the order of `columns`; the array is reused.
 * @param onStep called between steps that each take a bounded time.
 * @throws Error if the file is broken.
 */
export function readRows(
  file: OpenFile,
  metadata: FileMetaData,
  columns: readonly (Column | undefined)[],
  onRecord: (cells: readonly unknown[]) => void,
  onStep: () => void,
): void {
  const cells = columns.map((column) => column?.constant);
  const leaves = leavesOf(columns);
  for (const group of metadata.row_groups) {
    const budget = newBudget();
    const readers = columns.flatMap((column, cell) => {
      if (column?.leaf === undefined) return [];
      const next = createPages(chunkOf(file, group, column.leaf, onStep), column.leaf, budget);
      return createReader(column.name, column.leaf.itemLevel, cell, () => {
        onStep();
        return next();
      });
    });
    mergeColumns(readers, Number(group.num_rows), recordsIn(group, leaves), cells, () => onRecord(cells));
  }
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
