/**
 * Texts as bytes in a few arrays. A million strings are garbage to be looked after again and again, in each thread that has
 * them, and take a second of processor time to make; here one is made when somebody asks for it.
 */
import { sharedRows } from '../arrays.ts';
import { type PackedStrings, textIn } from './strings.ts';

/** Text `row` has the bytes from `starts[row]` up to `ends[row]`, which are UTF-8 as `packStrings` makes it. */
export interface PackedTexts {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

const packedTexts = new WeakMap<readonly unknown[], PackedTexts>();

export const packedTextsOf = (texts: readonly string[]): PackedTexts | undefined => packedTexts.get(texts);

/** @param offsets as a file has them: texts + 1 values. @param isOverwritten whether `forgetText` may be called. */
export function packedAt(bytes: Uint8Array, offsets: Uint32Array, isOverwritten = false): PackedTexts {
  const ends = offsets.subarray(1);
  if (!isOverwritten) return { bytes, starts: offsets.subarray(0, -1), ends };
  const own = sharedRows(ends.length);
  own.set(ends);
  return { bytes, starts: offsets.subarray(0, -1), ends: own };
}

/** The texts end to end, as a file has them. */
export function endToEnd(packed: PackedTexts): PackedStrings {
  const { bytes, starts, ends } = packed;
  const offsets = new Uint32Array(starts.length + 1);
  for (let row = 0; row < starts.length; row++) offsets[row + 1] = offsets[row] + ends[row] - starts[row];
  if (areEndToEnd(packed)) return { bytes: bytes.subarray(0, offsets[starts.length]), offsets };
  const joined = new Uint8Array(offsets[starts.length]);
  for (let row = 0; row < starts.length; row++) joined.set(bytes.subarray(starts[row], ends[row]), offsets[row]);
  return { bytes: joined, offsets };
}

function areEndToEnd({ starts, ends }: PackedTexts): boolean {
  for (let row = 0, end = 0; row < starts.length; end = ends[row++]) if (starts[row] !== end) return false;
  return true;
}

/** Text by row: faster than the array, if it is a view. */
export function textAtOf(texts: readonly string[]): (row: number) => string {
  const packed = packedTexts.get(texts);
  return packed ? (row) => textIn(packed.bytes, packed.starts[row], packed.ends[row]) : (row) => texts[row];
}

/** Texts that are kept, at most, of those that were asked for last. */
const maxKept = 2 ** 14;

/**
 * Text by row, for texts that are asked for again and again, such as the names of what is listed: the last ones are kept. Not for
 * texts that `forgetText` may overwrite.
 */
export function recurringTextAt({ bytes, starts, ends }: PackedTexts): (row: number) => string {
  const places = Math.min(maxKept, starts.length);
  const rows = new Int32Array(places).fill(-1);
  const kept: string[] = new Array(places).fill('');
  return (row) => {
    const place = row % places;
    if (rows[place] !== row) {
      rows[place] = row;
      kept[place] = textIn(bytes, starts[row], ends[row]);
    }
    return kept[place];
  };
}

/**
 * Overwrites a text by the one before, in this array and in all others of the same bytes; the first one is empty then. The rows that
 * follow may have taken the same text, and are overwritten as well.
 *
 * @returns false if the array is no view, which is left as it is.
 */
export function forgetText(texts: readonly string[], row: number): boolean {
  const packed = packedTexts.get(texts);
  if (!packed) return false;
  const { bytes, starts, ends } = packed;
  const [start, end] = [starts[row], ends[row]];
  const [before, beforeEnd] = row === 0 ? [0, 0] : [starts[row - 1], ends[row - 1]];
  for (let r = row; r < starts.length && starts[r] === start && ends[r] === end; r++) {
    starts[r] = before;
    ends[r] = beforeEnd;
  }
  if (start !== before || end !== beforeEnd) bytes.fill(0, start, end);
  return true;
}

/** The texts as an array to whoever reads it. It cannot be written. */
export function textsView(packed: PackedTexts): readonly string[] {
  const { bytes, starts, ends } = packed;
  const view = viewOf(starts.length, (row) => textIn(bytes, starts[row], ends[row]));
  packedTexts.set(view, packed);
  return view;
}

/** An array whose items are made when they are asked for. It behaves as one of that length that is frozen. */
export function viewOf<Item>(length: number, at: (row: number) => Item): readonly Item[] {
  /** The row that a property names; -1 for any other property. */
  const rowOf = (property: string | symbol): number => {
    if (typeof property !== 'string') return -1;
    const row = Number(property);
    return row >= 0 && row < length && String(row) === property ? row : -1;
  };
  return new Proxy([] as Item[], {
    get(array, property) {
      if (property === 'length') return length;
      const row = rowOf(property);
      return row < 0 ? Reflect.get(array, property) : at(row);
    },
    has: (array, property) => rowOf(property) >= 0 || Reflect.has(array, property),
    ownKeys: () => [...Array.from({ length }, (_, row) => String(row)), 'length'],
    getOwnPropertyDescriptor(array, property) {
      // Of an array's own length nobody may say that it cannot be written.
      if (property === 'length') return { value: length, writable: true, enumerable: false, configurable: false };
      const row = rowOf(property);
      if (row < 0) return Reflect.getOwnPropertyDescriptor(array, property);
      return { value: at(row), writable: false, enumerable: true, configurable: true };
    },
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
    preventExtensions: () => false,
  });
}
