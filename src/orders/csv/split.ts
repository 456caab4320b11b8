import { usedColumns } from '../records/steps.ts';
import type { TableSink } from '../table.ts';
import type { CsvPlan } from './clean.ts';
import { type Block, cellText, createCells, malformedText, scanRecords } from './scan.ts';

/**
 * Splits blocks into records of text, for tables whose records are not order lines as they stand. Only the cells of used
 * columns are decoded; the others are undefined.
 *
 * @returns a function that takes a block, whether it is the last one, and its first line in the file. It returns the bytes
 *   that it used, which are all but a record whose end is not in the block, and the lines in them.
 */
export function createSplitter(
  plan: CsvPlan,
  sink: Pick<TableSink, 'record' | 'malformed'>,
): (block: Block, last: boolean, firstLine: number) => { used: number; textLines: number } {
  const { format } = plan;
  const cells = createCells(format.width);
  const used = usedColumns(plan);
  const texts: (string | undefined)[] = Array.from({ length: format.width }, () => undefined);
  return (block, last, firstLine) =>
    scanRecords(block, last, format, cells, {
      record(_, line) {
        for (const column of used) texts[column] = cellText(block.bytes, cells, column);
        sink.record(texts, firstLine + line);
      },
      malformed: (start, end, line, count) =>
        sink.malformed(firstLine + line, malformedText(block.bytes, start, end, count, format.width)),
    });
}
