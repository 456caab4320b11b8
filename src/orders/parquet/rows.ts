import { getHeapStatistics } from 'node:v8';
import type { DecodedArray, FileMetaData, SchemaTree } from 'hyparquet';
import { chunkOf, isFlat, type OpenFile, readRange } from './file.ts';
import { type Budget, createPages } from './pages.ts';

/**
 * Reads the rows of all row groups. What is in memory at one time is a page of each column, its dictionary, and the bytes
 * of one row group as they are in the file.
 *
 * @param columns undefined stands for a column whose cells are undefined.
 * @param onRow takes the cells of a row, in the order of `columns`; the array is reused.
 * @param onStep called between steps that each take a bounded time.
 * @throws Error if the file is broken.
 */
export function readRows(
  file: OpenFile,
  metadata: FileMetaData,
  columns: readonly (SchemaTree | undefined)[],
  onRow: (cells: readonly unknown[]) => void,
  onStep: () => void,
): void {
  const cells: unknown[] = columns.map(() => undefined);
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows);
    const budget = newBudget();
    const readers = columns.map((column) => {
      if (column === undefined) return createReader(undefined);
      // Lists and groups are not decoded: no role has such a value.
      if (!isFlat(column)) return createReader({ nested: column.element.converted_type ?? 'STRUCT' });
      const { start, end, codec } = chunkOf(group, column.element);
      const bytes = readRange(file, start, end, onStep);
      return createReader(undefined, createPages(bytes, column.element, codec, rows, budget));
    });
    for (let left = rows; left > 0; ) {
      let run = left;
      for (const reader of readers) run = Math.min(run, reader.available());
      onStep();
      for (let i = 0; i < run; i++) {
        for (let column = 0; column < readers.length; column++) {
          const reader = readers[column];
          cells[column] = reader.values[reader.at];
          reader.at += reader.stride;
        }
        onRow(cells);
      }
      left -= run;
    }
  }
}

/** The values of a column's pages one after the other, or the same value for every row. */
function createReader(constant: unknown, next?: () => DecodedArray) {
  const reader = {
    values: (next === undefined ? [constant] : []) as DecodedArray,
    at: 0,
    stride: next === undefined ? 0 : 1,
    /** The number of rows whose values are there, one or more. */
    available(): number {
      if (next === undefined) return Number.POSITIVE_INFINITY;
      if (reader.at === reader.values.length) {
        reader.values = next();
        reader.at = 0;
      }
      return reader.values.length - reader.at;
    },
  };
  return reader;
}

/** Of the memory that V8 gives this thread: strings and objects take several times the bytes that they are made of. */
function newBudget(): Budget {
  const { heap_size_limit: heap } = getHeapStatistics();
  return { values: heap / 64, bytes: heap / 8 };
}
