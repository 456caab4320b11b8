import { readSync } from 'node:fs';
import {
  type ColumnChunk,
  type ColumnMetaData,
  type CompressionCodec,
  type FileMetaData,
  parquetMetadata,
  type RowGroup,
} from 'hyparquet';
import { structEnd } from './pages/thrift.ts';
import type { Leaf } from './schema.ts';

/** An open file. */
export interface OpenFile {
  /** Bytes. */
  readonly size: number;
  /** Small pages are read so many bytes at a time, or up to so many if one reading follows the other. */
  readonly ahead: number;
  /** Reads at most `length` bytes from `from` on to the place `at`. Returns how many; 0 at the end of the file. */
  read(bytes: Uint8Array, at: number, length: number, from: number): number;
}

/** Bytes read at once, between which the reader shows that it is alive. */
const readBytes = 8 << 20;
/** The longest footer, of a million columns in row groups, has about as many. */
const maxFooterValues = 8_000_000;
/** Small pages are read from the disk so many bytes at a time. */
const windowBytes = 256 << 10;
/** As many order lines as a dataset can hold. */
export const maxRecords = 2 ** 31;
/** The magic number at the end, and the length of the footer before it. */
const tailBytes = 8;

/** A file of the disk. All threads of a process share its descriptor. */
export function openDescriptor({ fd, size }: { fd: number; size: number }): OpenFile {
  return { size, ahead: windowBytes, read: (bytes, at, length, from) => readSync(fd, bytes, at, length, from) };
}

/**
 * The bytes from `start` to `end`, behind those before them that are known.
 *
 * @throws Error if the file does not have them.
 */
function readRange(
  file: OpenFile,
  start: number,
  end: number,
  onStep: () => void,
  known: Uint8Array = new Uint8Array(0),
): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start || end > file.size) {
    throw new Error(`it refers to the bytes ${start} to ${end} of ${file.size}`);
  }
  const bytes = new Uint8Array(known.length + end - start);
  bytes.set(known);
  for (let at = known.length; at < bytes.length; ) {
    const read = file.read(bytes, at, Math.min(readBytes, bytes.length - at), start - known.length + at);
    if (read === 0) throw new Error('it became shorter while it was read');
    at += read;
    onStep();
  }
  return bytes;
}

/**
 * Reads and checks the footer.
 *
 * @throws Error if the file has none, or it cannot be true.
 */
export function readFooter(file: OpenFile, onStep: () => void): FileMetaData {
  if (file.size < 4 + tailBytes) throw new Error('it is too short');
  const tail = readRange(file, file.size - tailBytes, file.size, onStep);
  if (Buffer.from(tail.buffer).toString('latin1', 4) !== 'PAR1') throw new Error('it does not end with PAR1');
  const length = new DataView(tail.buffer).getUint32(0, true);
  const bytes = readRange(file, file.size - tailBytes - length, file.size, onStep);
  structEnd(bytes.subarray(0, length), 0, maxFooterValues);
  const metadata = parsedFooter(bytes);
  let rows = 0;
  for (const group of metadata.row_groups) {
    const inGroup = Number(group.num_rows);
    if (!Number.isSafeInteger(inGroup) || inGroup < 0) throw new Error('a row group has no number of rows');
    rows += inGroup;
  }
  if (rows > maxRecords) throw new Error(`it has ${rows} rows; at most ${maxRecords} can be read`);
  return metadata;
}

function parsedFooter(bytes: Uint8Array<ArrayBuffer>): FileMetaData {
  try {
    return parquetMetadata(bytes, { geoparquet: false });
  } catch (cause) {
    // What the parser makes of a footer that lacks what it needs says nothing to those who read it.
    throw new Error('its footer is damaged', { cause });
  }
}

/** The part of a row group that has the values of one column. */
export interface Chunk {
  readonly codec: CompressionCodec;
  /** Slots, each of which has a value or none: one for each row, or, in a list, one for each item and each empty list. */
  readonly slots: number;
  /** Bytes. */
  readonly length: number;
  /**
   * The bytes from `from` to `to`, within `length`.
   *
   * @throws Error if the file does not have them.
   */
  read(from: number, to: number): Uint8Array<ArrayBuffer>;
}

/**
 * Where a row group has the values of a column.
 *
 * @throws Error if it does not have them, or not as the schema says.
 */
export function chunkOf(file: OpenFile, group: RowGroup, leaf: Leaf, onStep: () => void): Chunk {
  const meta = metadataOf(group, leaf);
  const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
  const length = Number(meta.total_compressed_size);
  return { codec: meta.codec, slots: slotsOf(group, leaf), length, read: createWindow(file, start, length, onStep) };
}

/**
 * How many records a row group has of these columns: one for each row, or, if one of them is in a list, one for each item
 * and each empty list.
 *
 * @throws Error if the row group does not say so.
 */
export function recordsIn(group: RowGroup, leaves: readonly Leaf[]): number {
  const listed = leaves.filter(({ itemLevel }) => itemLevel > 0);
  if (listed.length === 0) return Number(group.num_rows);
  return listed.reduce((most, leaf) => Math.max(most, slotsOf(group, leaf)), 0);
}

function slotsOf(group: RowGroup, leaf: Leaf): number {
  const slots = Number(leaf.itemLevel > 0 ? metadataOf(group, leaf).num_values : group.num_rows);
  if (Number.isSafeInteger(slots) && slots >= 0) return slots;
  throw new Error(`a row group has no number of values of the column ${leaf.path.join('.')}`);
}

function metadataOf({ columns }: RowGroup, { index, path, element }: Leaf): ColumnMetaData {
  const isIt = (chunk: ColumnChunk | undefined) => {
    const found = chunk?.meta_data?.path_in_schema;
    return found?.length === path.length && path.every((part, i) => part === found[i]);
  };
  // Writers keep to the order of the schema, as they should.
  const chunk = isIt(columns[index]) ? columns[index] : columns.find(isIt);
  const name = path.join('.');
  if (chunk?.meta_data === undefined) throw new Error(`a row group lacks the column ${name}`);
  if (chunk.file_path) throw new Error(`it keeps the column ${name} in another file`);
  if (chunk.meta_data.type !== element.type) throw new Error(`a row group has another type of the column ${name}`);
  return chunk.meta_data;
}

/** Reads parts of a range of a file. They follow one another, so small ones come from the same reading of the file. */
function createWindow(file: OpenFile, start: number, length: number, onStep: () => void): Chunk['read'] {
  let bytes = new Uint8Array(0);
  let first = 0;
  let ahead = windowBytes;
  return (from, to) => {
    if (from < first || to > first + bytes.length) {
      const end = Math.min(length, Math.max(to, from + ahead));
      // The header of a page has often come with the page before, and the beginning of the page with its header.
      const known = from >= first ? bytes.subarray(from - first) : bytes.subarray(bytes.length);
      bytes = readRange(file, start + from + known.length, start + end, onStep, known);
      first = from;
      ahead = Math.min(2 * ahead, Math.max(ahead, file.ahead));
    }
    return bytes.subarray(from - first, to - first);
  };
}
