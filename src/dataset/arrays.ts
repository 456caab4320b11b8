import { sharedBuffer } from '../kernel/memory.ts';

type NumberArray = Uint8Array | Uint32Array | Float32Array | Float64Array;

/** The array itself if it has the index, else a copy that is at least twice as long, which is shared if the array is. */
export function withRoom<T extends NumberArray>(array: T, index: number): T {
  if (index < array.length) return array;
  const length = Math.max(array.length * 2, index + 1);
  const type = array.constructor as new (of: number | ArrayBufferLike) => T;
  const larger = new type(isShared(array) ? sharedBuffer(length * array.BYTES_PER_ELEMENT) : length);
  larger.set(array);
  return larger;
}

/** The first `length` values; a copy if they take less than seven eighths of the memory. */
export function cut<T extends NumberArray>(array: T, length: number): T {
  return (length < array.length * 0.875 ? array.slice(0, length) : array.subarray(0, length)) as T;
}

function isShared({ buffer }: NumberArray): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;
}

/**
 * Row numbers in memory that threads share, if the host has shared memory. An engine does not count it: many megabytes of other
 * arrays have it look for garbage on all its threads, while requests wait.
 */
export function sharedRows(length: number): Uint32Array {
  return new Uint32Array(sharedBuffer(length * Uint32Array.BYTES_PER_ELEMENT));
}

const typedArrays = Object.getPrototypeOf(Uint8Array.prototype);
const [nameOf, bufferOf, offsetOf, lengthOf] = [Symbol.toStringTag, 'buffer', 'byteOffset', 'length'].map(
  (property) => Object.getOwnPropertyDescriptor(typedArrays, property)!.get!,
);

/**
 * What a value is: the name of its class for arrays, `null`, or its type. Of an array of another realm or of a subclass it
 * is the true name, which no property can change.
 */
export function kindOf(value: unknown): string {
  return nameOf.call(value) ?? (Array.isArray(value) ? 'Array' : value === null ? 'null' : typeof value);
}

/** The same memory without what a subclass, or whoever made the array, added to it, and of a fixed length. */
export function plainView<T extends ArrayBufferView>(
  array: T,
  type: new (buffer: ArrayBufferLike, byteOffset: number, length: number) => T,
): T {
  return new type(bufferOf.call(array), offsetOf.call(array), lengthOf.call(array));
}
