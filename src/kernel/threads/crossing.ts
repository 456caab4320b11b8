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

/** What to send instead of a value: itself, unless it is a view that ends beyond 4 GiB. */
export function crossing<T>(value: T): Crossing<T> {
  if (!ArrayBuffer.isView(value) || value.byteOffset + value.byteLength < beyond) return value;
  const { buffer, byteOffset, length } = value as unknown as View;
  return { type: (value as unknown as View)[Symbol.toStringTag] as Extent['type'], buffer, byteOffset, length };
}

/** The value that was sent. */
export function crossed<T>(value: Crossing<T>): T {
  if (!isExtent(value)) return value;
  const { type, buffer, byteOffset, length } = value;
  return new types[type](buffer as ArrayBuffer, byteOffset, length) as T;
}

function isExtent(value: unknown): value is Extent {
  return isPlain(value) && value.type !== undefined && isBuffer(value.buffer);
}

declare const original: unique symbol;

/** An object on its way, which `crossedIn` reads and nothing else. */
export interface Sent<T> {
  readonly [original]: T;
}

/**
 * What to send instead of an object with views in it.
 *
 * @param replace makes of each view, once, the one that is sent.
 */
export function crossingIn<T extends object>(value: T, replace = (view: View) => view): Sent<T> {
  return eachIn(value, (part) => crossing(replace(part as View))) as Sent<T>;
}

/** The object that was sent. */
export function crossedIn<T extends object>(value: Sent<T>): T {
  return eachIn(value, crossed) as T;
}

/** A copy of an object, and of the plain objects and lists in it, with what is made of each view, once. */
function eachIn(value: object, make: (part: unknown) => unknown): unknown {
  const made = new Map<unknown, unknown>();
  const visit = (part: unknown): unknown => {
    if (ArrayBuffer.isView(part) || isExtent(part)) {
      if (!made.has(part)) made.set(part, make(part));
      return made.get(part);
    }
    if (Array.isArray(part)) return part.map(visit);
    if (!isPlain(part)) return part;
    return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, visit(each)]));
  };
  return visit(value);
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

function isBuffer(value: unknown): boolean {
  return (
    value instanceof ArrayBuffer || (typeof SharedArrayBuffer !== 'undefined' && value instanceof SharedArrayBuffer)
  );
}
