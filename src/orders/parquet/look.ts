import type { FileMetaData, RowGroup } from 'hyparquet';
import type { Decision, Look } from '../look.ts';
import { chunkOf, type OpenFile, recordsIn } from './file.ts';
import { cellAt } from './pages/contents.ts';
import { createPages, type Page } from './pages/pages.ts';
import { createReader, mergeColumns, type Reader } from './records/merge.ts';
import { countRecords, leavesOf, newBudget } from './records/rows.ts';
import type { Column, Leaf } from './schema.ts';

/** Records of the look from the beginning of the file, and from each other place. */
const headRecords = 1000;
const placeRecords = 100;
/**
 * The look is at other places only if the pages of the first one have at most this share of the records: pages are unpacked
 * as a whole.
 */
const maxShare = 1 / 16;
/** Of a look at a file with very many columns. */
const maxCells = 1 << 20;
/** Characters and bytes of all cells, about. */
const maxText = 1 << 25;
/** What at least is left of a cell that is too long. */
const minText = 100;

/**
 * Looks at a file: at all columns of its first records and, if it has further row groups and small pages, of some from the
 * middle and the end. Decodes one column after the other, and of its pages no more than the look needs.
 *
 * @param onStep called between steps that each take a bounded time.
 * @throws Error if the file is broken.
 */
export function lookAtParquet(
  file: OpenFile,
  metadata: FileMetaData,
  columns: readonly Column[],
  source: string,
  onStep: () => void,
): Look {
  const records: unknown[][] = [];
  const runs = [0];
  const most = Math.max(1, Math.min(headRecords, Math.floor(maxCells / columns.length)));
  const groups = metadata.row_groups;
  const total = countRecords(metadata, columns);
  let unpacked = 0;
  let next = 0;
  const see = (index: number, count: number) => {
    const seen = lookAtGroup(file, groups[index], columns, count, onStep);
    records.push(...seen.records);
    unpacked += seen.unpacked;
  };
  while (next < groups.length && records.length < most) see(next++, most - records.length);
  const places = unpacked <= total * maxShare ? [groups.length >> 1, groups.length - 1] : [];
  for (const place of new Set(places)) {
    if (place < next) continue;
    runs.push(records.length);
    see(place, Math.min(most, placeRecords));
  }
  const list = columns.find(({ list }) => list !== undefined)?.list;
  return {
    source,
    names: columns.map(({ name }) => name.trim()),
    records,
    runs,
    complete: records.length === total,
    ...(list !== undefined && { decisions: { records: nested(list) } }),
  };
}

function nested(list: string): Decision {
  return { value: 'nested', why: `each item of the list ${list} is a record, with the columns of its order` };
}

/** The first records of a row group, `most` at most; `unpacked` is how many the pages have that were read for them. */
function lookAtGroup(
  file: OpenFile,
  group: RowGroup,
  columns: readonly Column[],
  most: number,
  onStep: () => void,
): { records: unknown[][]; unpacked: number } {
  const count = Math.min(most, recordsIn(group, leavesOf(columns)));
  const text = maxText / columns.length;
  let rows = count;
  let unpacked = 0;
  const readers: Reader[] = [];
  const read = (cell: number, slots: number) => {
    const { name, leaf } = columns[cell];
    const page = firstSlots(file, group, leaf!, slots, text, onStep);
    unpacked = Math.max(unpacked, page.size);
    readers.push(createReader(name, leaf!.itemLevel, cell, () => page));
    return page;
  };
  const indices = [...columns.keys()].filter((cell) => columns[cell].leaf !== undefined);
  const isListed = (cell: number) => columns[cell].leaf!.itemLevel > 0;
  for (const cell of indices.filter(isListed)) {
    rows = read(cell, count).repetitions!.reduce((sum, repetition) => sum + (repetition === 0 ? 1 : 0), 0);
  }
  for (const cell of indices) if (!isListed(cell)) read(cell, rows);
  const records: unknown[][] = [];
  const cells = columns.map(({ constant }) => constant);
  mergeColumns(readers, rows, count, cells, () => records.push([...cells]));
  return { records, unpacked };
}

/**
 * The first slots of a column of a row group, as one page.
 *
 * @param text characters and bytes for all cells, of which each may take a quarter of what is left.
 */
function firstSlots(
  file: OpenFile,
  group: RowGroup,
  leaf: Leaf,
  count: number,
  text: number,
  onStep: () => void,
): Page {
  const next = createPages(chunkOf(file, group, leaf, onStep), leaf, newBudget());
  const values: unknown[] = [];
  let left = text;
  const repetitions = new Uint8Array(count);
  const definitions = new Uint8Array(count);
  let size = 0;
  for (let slot = 0; slot < count; ) {
    const page = next(count - slot);
    onStep();
    size += page.size;
    for (let i = 0; i < page.slots && slot < count; i++, slot++) {
      const value = shortened(cellAt(page.content, i), Math.max(minText, left / 4));
      if (typeof value === 'string' || value instanceof Uint8Array) left -= value.length;
      values.push(value);
      repetitions[slot] = page.repetitions?.[i] ?? 0;
      definitions[slot] = page.definitions?.[i] ?? 0;
    }
  }
  return { slots: count, size, content: { kind: 'values', values }, repetitions, definitions };
}

/** A cell of its own memory: bytes would otherwise keep their page. */
function shortened(cell: unknown, maxLength: number): unknown {
  if (typeof cell === 'string') return cell.length > maxLength ? cell.slice(0, maxLength) : cell;
  return cell instanceof Uint8Array ? cell.slice(0, maxLength) : cell;
}
