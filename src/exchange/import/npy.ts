/** Matrices that numpy has saved: `.npy`, and `.npz`, which is a zip archive of those. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { roomFor } from '../../bytes.ts';
import { EndcapError, throwIfAborted } from '../../errors.ts';
import { whyNot } from '../../files.ts';
import { tableUnreadable } from '../parts.ts';

/** A matrix by rows. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** numpy's headers have some hundred bytes. */
const maxHeader = 1 << 16;
/** An archive that lists more than this was not made by `numpy.savez`. */
const maxMembers = 1000;
/** Factors hardly pack at all; what unpacks to fewer bytes may do so from any size. */
const maxExpansion = 50;
const freeExpansion = 2 ** 28;

/**
 * Reads a matrix of rows and columns, or a number, which has one of each.
 *
 * @param name of the array in an archive, such as `user_factors`.
 * @param isOptional whether the archive may lack it, which then gives undefined.
 * @throws `table_unreadable`, `aborted`.
 */
export async function readMatrix(
  path: string,
  name: string,
  signal?: AbortSignal,
  isOptional = false,
): Promise<Matrix | undefined> {
  try {
    if (/\.npz$/i.test(path)) return await fromArchive(path, `${name}.npy`, signal, isOptional);
    const { size } = await stat(path);
    return await matrixIn(createReadStream(path, { highWaterMark: 1 << 20 }), size, path, signal);
  } catch (error) {
    if (error instanceof EndcapError) throw error;
    const { syscall, message } = error as NodeJS.ErrnoException;
    const problem = syscall === undefined ? `is a damaged or truncated archive: ${message}` : whyNot(error);
    throw tableUnreadable(path, syscall === undefined ? problem : `cannot be read: ${problem}`, undefined, error);
  }
}

async function fromArchive(
  path: string,
  name: string,
  signal: AbortSignal | undefined,
  isOptional: boolean,
): Promise<Matrix | undefined> {
  let archive: ZipFile | undefined;
  try {
    archive = await openPromise(path, { autoClose: false });
    const names: string[] = [];
    let entry: Entry | undefined;
    for await (const each of archive.eachEntry()) {
      if (each.fileName === name) entry = each;
      if (names.push(each.fileName) > maxMembers) throw tableUnreadable(path, `has more than ${maxMembers} arrays`);
    }
    if (entry === undefined) {
      if (isOptional) return undefined;
      const has = names.map((each) => each.replace(/\.npy$/, '')).slice(0, 20);
      throw tableUnreadable(path, `has no array ${name.slice(0, -4)}; it has ${has.join(', ') || 'none'}`);
    }
    const { compressedSize, uncompressedSize } = entry;
    const place = `${path}/${name}`;
    if (entry.isEncrypted() || !entry.canDecodeFileData()) throw tableUnreadable(place, 'is packed in an unknown way');
    if (uncompressedSize > freeExpansion && uncompressedSize > maxExpansion * compressedSize)
      throw tableUnreadable(place, `unpacks to more than ${maxExpansion} times its size, as factors do not`);
    let checksum = 0;
    const stream = await archive.openReadStreamPromise(entry);
    const summed = (async function* () {
      for await (const chunk of stream) {
        checksum = crc32(chunk, checksum);
        yield chunk as Uint8Array;
      }
    })();
    const matrix = await matrixIn(summed, uncompressedSize, place, signal);
    if (checksum !== entry.crc32) throw tableUnreadable(place, 'is damaged: its checksum is wrong');
    return matrix;
  } finally {
    archive?.close();
  }
}

/** What a header says. */
interface Header {
  readonly rows: number;
  readonly columns: number;
  readonly bytes: 4 | 8;
  readonly read: (view: DataView, at: number) => number;
  /** Whether values are by column. */
  readonly isFortran: boolean;
}

async function matrixIn(
  chunks: AsyncIterable<Uint8Array>,
  size: number,
  place: string,
  signal: AbortSignal | undefined,
): Promise<Matrix> {
  let held: Uint8Array = new Uint8Array(0);
  let header: Header | undefined;
  let values: Float32Array = new Float32Array(0);
  let at = 0;
  for await (const chunk of chunks) {
    throwIfAborted(signal);
    let bytes: Uint8Array = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    if (header === undefined) {
      const end = headerEnd(bytes, place);
      if (end === undefined || bytes.length < end) {
        held = Uint8Array.from(bytes);
        continue;
      }
      header = parsedHeader(bytes.subarray(0, end), place);
      // The archive, or the file, has that many bytes: a header cannot claim more.
      const claimed = header.rows * header.columns * header.bytes;
      if (claimed !== size - end)
        throw tableUnreadable(place, `has ${size - end} bytes of values; its header says ${claimed}`);
      values = roomFor(Float32Array, header.rows * header.columns);
      bytes = bytes.subarray(end);
    }
    const { bytes: width, read } = header;
    const whole = bytes.length - (bytes.length % width);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let from = 0; from < whole; from += width, at++) values[at] = read(view, from);
    held = Uint8Array.from(bytes.subarray(whole));
  }
  if (header === undefined) throw tableUnreadable(place, 'is no array of numpy');
  if (at !== values.length) throw tableUnreadable(place, 'is cut off');
  const { rows, columns, isFortran } = header;
  return { rows, columns, values: isFortran ? transposed(values, rows, columns) : values };
}

/** Where values begin; undefined if these bytes are too few to say. */
function headerEnd(bytes: Uint8Array, place: string): number | undefined {
  const magic = Buffer.from(bytes.subarray(0, 6)).toString('latin1');
  if (!'\x93NUMPY'.startsWith(magic)) throw tableUnreadable(place, 'is no array of numpy');
  if (bytes.length < 12) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes[6] === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true);
  if (bytes[6] > 3 || end > maxHeader) throw tableUnreadable(place, 'has a header that is not one of numpy');
  return end;
}

function parsedHeader(bytes: Uint8Array, place: string): Header {
  const text = new TextDecoder('latin1').decode(bytes.subarray(bytes[6] === 1 ? 10 : 12));
  const descr = /'descr'\s*:\s*(?:'([^']*)'|\[)/.exec(text);
  const shape = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(text);
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text);
  if (!descr || !shape || !order) throw tableUnreadable(place, 'has a header that is not one of numpy');
  const [, type = 'a structure'] = descr;
  if (type.includes('O'))
    throw tableUnreadable(place, 'has Python objects, which are not read; save it as numpy.float32');
  const lengths = shape[1].split(',').flatMap((part) => (part.trim() === '' ? [] : [Number(part)]));
  const isLone = lengths.length === 0;
  const number = /^([<>=|])([fi])([48])$/.exec(type);
  if (!number || (number[2] === 'i' && !isLone))
    throw tableUnreadable(place, `has values of type ${type}; expected 32-bit or 64-bit floats (f4, f8)`);
  if (lengths.length === 1 || lengths.length > 2)
    throw tableUnreadable(place, `has the shape (${shape[1]}); expected rows and factors`);
  const [rows = 1, columns = 1] = lengths;
  return {
    rows,
    columns,
    bytes: number[3] === '4' ? 4 : 8,
    read: readers(number[1] !== '>')[`${number[2]}${number[3]}` as 'f4'],
    isFortran: order[1] === 'True',
  };
}

function readers(isLittle: boolean) {
  return {
    f4: (view: DataView, at: number) => view.getFloat32(at, isLittle),
    f8: (view: DataView, at: number) => view.getFloat64(at, isLittle),
    i4: (view: DataView, at: number) => view.getInt32(at, isLittle),
    i8: (view: DataView, at: number) => Number(view.getBigInt64(at, isLittle)),
  };
}

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  const byRow = roomFor(Float32Array, values.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) byRow[row * columns + column] = values[column * rows + row];
  return byRow;
}
