/**
 * The memory of arrays as bytes. Before version 22, Node has no array of more than 2^32 elements, whatever their size: an array of
 * more bytes than that can only be seen as bytes a part at a time.
 */

/** Why an array cannot be made of a buffer that is long enough. */
export const beforeNode22 = 'before version 22, Node has no array of more than 2^32 numbers; use Node 22 or later';

/** Whole large pages of memory, and far below what an array may have. */
const partBytes = 2 ** 30;

/** The bytes of an array, or those of them from one place up to another. */
export function bytesOf(array: ArrayBufferView, from = 0, to = array.byteLength): Uint8Array {
  const { buffer, byteOffset, byteLength } = array;
  const begin = Math.min(from, byteLength);
  return new Uint8Array(buffer, byteOffset + begin, Math.min(to, byteLength) - begin);
}

/** All bytes of an array of any length, a part after the other; none if it is empty. */
export function* bytesInParts(array: ArrayBufferView): Generator<Uint8Array, void> {
  for (let at = 0; at < array.byteLength; at += partBytes) yield bytesOf(array, at, at + partBytes);
}
