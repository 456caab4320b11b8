/**
 * The memory of arrays, also as bytes. Before version 22, Node has no array of more than 2^32 elements, whatever their size: an array of
 * more bytes than that can only be seen as bytes a part at a time.
 */
import { EndcapError } from './errors.ts';

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

/** What to do where memory ends. */
export const fewer = 'use fewer factors, customers, or products';

/** The most numbers of an array, however much memory there is. Node 22 has version 12 of V8. */
const mostNumbers =
  Number.parseInt(globalThis.process?.versions?.v8 ?? '', 10) < 12 ? 2 ** 32 : Number.MAX_SAFE_INTEGER;

/** An array of zeros. @throws EndcapError `out_of_memory` */
export function roomFor<T>(
  type: { new (buffer: ArrayBuffer, byteOffset: number, length: number): T; readonly BYTES_PER_ELEMENT: number },
  length: number,
): T {
  const bytes = length * type.BYTES_PER_ELEMENT;
  let buffer: ArrayBuffer | undefined;
  try {
    buffer = new ArrayBuffer(bytes);
    return new type(buffer, 0, length);
  } catch (cause) {
    throw noRoom('memory', bytes, whyNone(buffer), cause);
  }
}

/** Why there is no array, given the buffer that was made for it, if any. */
export function whyNone(buffer: ArrayBufferLike | undefined): string {
  return buffer ? `${beforeNode22}, or ${fewer}` : `the system has no more; ${fewer}`;
}

/**
 * For those who would learn only after minutes of work that no array here has so many 32-bit numbers.
 *
 * @throws EndcapError `out_of_memory`
 */
export function refuseTooMany(numbers: number, most = mostNumbers): void {
  if (numbers > most) throw noRoom('memory', 4 * numbers, `${beforeNode22}, or ${fewer}`);
}

export const mebibytes = (bytes: number): number => Math.ceil(bytes / 2 ** 20);

/** An `out_of_memory` error. */
export function noRoom(what: string, bytes: number, why: string, cause?: unknown): EndcapError {
  return new EndcapError(
    'out_of_memory',
    `no room for ${mebibytes(bytes)} MiB of ${what}: ${why}`,
    { bytes },
    { cause },
  );
}
