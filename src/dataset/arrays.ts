type NumberArray = Uint32Array | Float32Array | Float64Array;

/** The array itself if it has the index, else a copy that is at least twice as long. */
export function withRoom<T extends NumberArray>(array: T, index: number): T {
  if (index < array.length) return array;
  const larger = new (array.constructor as new (length: number) => T)(Math.max(array.length * 2, index + 1));
  larger.set(array);
  return larger;
}

/** The first `length` values; a copy if they take less than seven eighths of the memory. */
export function cut<T extends NumberArray>(array: T, length: number): T {
  return (length < array.length * 0.875 ? array.slice(0, length) : array.subarray(0, length)) as T;
}

/** Row numbers in memory that threads share, if the platform has shared memory. */
export function sharedRows(length: number): Uint32Array {
  return typeof SharedArrayBuffer === 'undefined'
    ? new Uint32Array(length)
    : new Uint32Array(new SharedArrayBuffer(length * Uint32Array.BYTES_PER_ELEMENT));
}
