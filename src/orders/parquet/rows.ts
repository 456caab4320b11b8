import { getHeapStatistics } from 'node:v8';
import type { FileMetaData } from 'hyparquet';
import { chunkOf, maxRows, type OpenFile } from './file.ts';
import { createReader, mergeColumns } from './merge.ts';
import { type Budget, createPages } from './pages.ts';
import type { Column } from './schema.ts';

/**
 * Reads the rows of all row groups as records; see `mergeColumns`. What is in memory at one time is a page of each column
 * and its dictionary.
 *
 * @param columns undefined stands for a column whose cells are undefined.
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
  let items = 0;
  for (const group of metadata.row_groups) {
    const budget = newBudget();
    let slots = 0;
    const readers = columns.map((column) => {
      const leaf = column?.leaf;
      if (leaf === undefined) return createReader(column);
      const chunk = chunkOf(file, group, leaf, onStep);
      if (leaf.itemLevel > 0) slots = Math.max(slots, chunk.slots);
      const next = createPages(chunk, leaf, budget);
      return createReader(column, () => {
        onStep();
        return next();
      });
    });
    items += slots;
    if (items > maxRows) throw new Error(`its lists have ${items} items; at most ${maxRows} can be read`);
    mergeColumns(readers, Number(group.num_rows), slots, onRecord);
  }
}

/** Of the memory that V8 gives this thread: strings and objects take several times the bytes that they are made of. */
export function newBudget(): Budget {
  const { heap_size_limit: heap } = getHeapStatistics();
  return { values: heap / 64, bytes: heap / 8 };
}
