/**
 * Arrays on their way to another thread. Engines clone a view with 32 bits of its place and its length, whatever its buffer: of
 * one that ends beyond 4 GiB, another thread would see too little, or something else.
 */

/** A view as its parts, of which numbers are cloned whole. */
interface Extent {
  readonly type: 'Float32Array' | 'Float64Array' | 'Uint32Array' | 'Uint8Array';
  readonly buffer: ArrayBufferLike;
  readonly byteOffset: number;
  readonly length: number;
}

type View = Float32Array | Float64Array | Uint32Array | Uint8Array;

/** What a view is sent as. */
export type Crossing<T> = T | Extent;

const beyond = 2 ** 32;
const types = { Float32Array, Float64Array, Uint32Array, Uint8Array } as const;

/** Whether a view would reach another thread cut off or displaced. */
export function endsBeyond({ byteOffset, byteLength }: ArrayBufferView): boolean {
  return byteOffset + byteLength >= beyond;
}

/** What to send instead of a value: itself, unless it is a view that ends beyond 4 GiB. */
export function crossing<T>(value: T): Crossing<T> {
  if (!ArrayBuffer.isView(value) || !endsBeyond(value)) return value;
  const { buffer, byteOffset, length } = value as unknown as View;
  return { type: (value as unknown as View)[Symbol.toStringTag] as Extent['type'], buffer, byteOffset, length };
}

/** The value that was sent. */
export function crossed<T>(value: Crossing<T>): T {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value as T;
  const { type, buffer, byteOffset, length } = value as Extent;
  return new types[type](buffer as ArrayBuffer, byteOffset, length) as T;
}
