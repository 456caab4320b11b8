import { readSync } from 'node:fs';
import {
  type CompressionCodec,
  type FileMetaData,
  parquetMetadata,
  parquetSchema,
  type SchemaElement,
  type SchemaTree,
} from 'hyparquet';
import { structEnd } from './thrift.ts';

/** An open file. */
export interface OpenFile {
  /** Its descriptor; all threads of a process share it. */
  fd: number;
  /** Bytes. */
  size: number;
}

/** Bytes read at once, between which the reader shows that it is alive. */
const readBytes = 8 << 20;
/** The longest footer, of a million columns in row groups, has about as many. */
const maxFooterValues = 8_000_000;
/** As many order lines as a dataset can hold. */
const maxRows = 2 ** 31;
/** The magic number at the end, and the length of the footer before it. */
const tailBytes = 8;

/**
 * The bytes from `start` to `end`.
 *
 * @throws Error if the file does not have them.
 */
export function readRange(
  { fd, size }: OpenFile,
  start: number,
  end: number,
  onStep: () => void,
): Uint8Array<ArrayBuffer> {
  if (!Number.isSafeInteger(start) || !Number.isSafeInteger(end) || start < 0 || end < start || end > size) {
    throw new Error(`it refers to the bytes ${start} to ${end} of ${size}`);
  }
  const bytes = new Uint8Array(end - start);
  for (let at = 0; at < bytes.length; ) {
    const read = readSync(fd, bytes, at, Math.min(readBytes, bytes.length - at), start + at);
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
  const metadata = parsed(() => parquetMetadata(bytes, { geoparquet: false }));
  let rows = 0;
  for (const group of metadata.row_groups) {
    const inGroup = Number(group.num_rows);
    if (!Number.isSafeInteger(inGroup) || inGroup < 0) throw new Error('a row group has no number of rows');
    rows += inGroup;
  }
  if (rows > maxRows) throw new Error(`it has ${rows} rows; at most ${maxRows} can be read`);
  return metadata;
}

/** What the parser makes of a footer that lacks what it needs says nothing to those who read it. */
function parsed<T>(parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new Error('its footer is damaged', { cause });
  }
}

/** The columns of a file. */
export function columnsOf(metadata: FileMetaData): SchemaTree[] {
  const columns = parsed(() => parquetSchema(metadata)).children;
  if (columns.some(({ element }) => typeof element.name !== 'string')) throw new Error('a column has no name');
  return columns;
}

/** Whether each row has one value of the column at most, which is not a list or a group of others. */
export function isFlat({ element, children }: SchemaTree): boolean {
  return children.length === 0 && element.repetition_type !== 'REPEATED';
}

/** Where a row group has the values of a flat column, and how they are packed. */
export function chunkOf(
  group: FileMetaData['row_groups'][number],
  { name, type }: SchemaElement,
): { start: number; end: number; codec: CompressionCodec } {
  const chunk = group.columns.find(({ meta_data: meta }) => meta?.path_in_schema?.[0] === name);
  const meta = chunk?.meta_data;
  if (meta === undefined) throw new Error(`a row group lacks the column ${name}`);
  if (chunk?.file_path) throw new Error(`it keeps the column ${name} in another file`);
  if (meta.type !== type || meta.path_in_schema.length !== 1) {
    throw new Error(`a row group has another type of the column ${name}`);
  }
  const start = Number(meta.dictionary_page_offset || meta.data_page_offset);
  return { start, end: start + Number(meta.total_compressed_size), codec: meta.codec };
}
