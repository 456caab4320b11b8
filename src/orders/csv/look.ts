import type { Look } from '../look.ts';
import type { Opening } from './header.ts';
import { type Block, blockPadding, type Cells, cellText, createCells, scanRecords } from './scan.ts';
import { decode } from './utf8.ts';

/** Records of the look: from the beginning of the table if nothing else is seen, or from there and from each other place. */
const onlyHeadRecords = 1000;
const headRecords = 500;
const placeRecords = 50;
/** Bytes that contain them if they are not unusually long. */
export const headBytes = 1 << 18;
const placeBytes = 1 << 16;

const delimiterNames: Record<string, string> = {
  ',': 'comma',
  ';': 'semicolon',
  '\t': 'tab',
  '|': 'bar',
  ' ': 'space',
};

/**
 * Looks at a table of CSV.
 *
 * @param places text that begins with a record: first what follows the header, then parts from elsewhere in the file.
 * @param last whether the first of them is all that follows the header.
 */
export function lookAtCsv(
  { names, format, delimiter, whyDelimiter, header }: Opening,
  places: readonly Block[],
  last: boolean,
  source: string,
): Look {
  const records: string[][] = [];
  const runs: number[] = [];
  const cells = createCells(format.width);
  let complete = last;
  for (const [place, block] of places.entries()) {
    const head = places.length > 1 ? headRecords : onlyHeadRecords;
    const most = records.length + (place === 0 ? head : placeRecords);
    const part = begin(block, place === 0 ? headBytes : placeBytes);
    if (place > 0 || part.length < block.length) complete = false;
    runs.push(records.length);
    scanRecords(part, complete, format, cells, {
      record() {
        if (records.length === most) {
          complete = false;
          return;
        }
        const record = textsIn(part.bytes, cells);
        // Files that were joined end to end repeat it.
        if (record.some((text, column) => text !== names[column])) records.push(record);
      },
      malformed() {},
    });
  }
  const decisions: Look['decisions'] = {
    ...(names.length > 1 && { delimiter: { value: delimiterNames[delimiter] ?? delimiter, why: whyDelimiter } }),
    ...(header && { header }),
  };
  return { source, names, records, runs, complete, delimiter, decisions };
}

/** The texts of a record's cells. One of ASCII, in which bytes and characters are the same, is decoded as a whole. */
function textsIn(bytes: Uint8Array, cells: Cells): string[] {
  const { starts, ends, quotes } = cells;
  const from = starts[0];
  let to = from;
  for (let column = 0; column < ends.length; column++) if (ends[column] > to) to = ends[column];
  const text = decode(bytes, from, to);
  const isAscii = text.length === to - from;
  const texts: string[] = [];
  for (let column = 0; column < ends.length; column++) {
    const isPart = isAscii && quotes[column] < 2;
    texts.push(isPart ? text.substring(starts[column] - from, ends[column] - from) : cellText(bytes, cells, column));
  }
  return texts;
}

/** A copy of the first bytes of a block, since scanning writes behind them. */
function begin({ bytes, length }: Block, most: number): Block {
  const part = new Uint8Array(Math.min(length, most) + blockPadding);
  part.set(bytes.subarray(0, part.length - blockPadding));
  return { bytes: part, length: part.length - blockPadding };
}
