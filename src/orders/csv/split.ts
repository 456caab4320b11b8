import { usedColumns } from '../records/steps.ts';
import type { TableSink } from '../table.ts';
import type { CsvPlan } from './records/clean.ts';
import { type Block, cellText, createCells, malformedText, scanRecords } from './scan.ts';
import { copied } from './utf8.ts';

const beyondAscii = /[^\0-\x7f]/;
/** What it makes of bytes beyond ASCII does not matter. */
const oneByOne = new TextDecoder('windows-1252');

/**
 * Splits blocks into records of text, for tables whose records are not order lines as they stand. Only the cells of used
 * columns are decoded; the others are undefined. What keeps a cell for long must copy it: it may be a part of the text of
 * its block.
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
  return (block, last, firstLine) => {
    const { bytes, length } = block;
    // One character for every byte. A slice of it is several times quicker than decoding a cell.
    const latin1 = oneByOne.decode(copied(bytes.subarray(0, length)));
    const plain = !beyondAscii.test(latin1);
    return scanRecords(block, last, format, cells, {
      record({ starts, ends, quotes }, line) {
        for (let i = 0; i < used.length; i++) {
          const column = used[i];
          const text = latin1.slice(starts[column], ends[column]);
          const isText = quotes[column] !== 2 && (plain || !beyondAscii.test(text));
          texts[column] = isText ? text : cellText(bytes, cells, column);
        }
        sink.record(texts, firstLine + line);
      },
      malformed: (start, end, line, count) =>
        sink.malformed(firstLine + line, malformedText(bytes, start, end, count, format.width)),
    });
  };
}
