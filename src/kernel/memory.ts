import { bytesInParts, fewer, mebibytes, noRoom, roomFor, whyNone } from '../bytes.ts';
import type { EndcapError } from '../errors.ts';
import { abandon } from './garbage.ts';
import type { WasmMemory } from './webassembly.ts';

/** The element types that kernels know. */
export type Elements = Float32Array | Float64Array | Uint32Array | Uint8Array;
/** An argument of an operation: an array in kernel memory, or a number. */
export type Argument = Elements | number;

export type ElementsConstructor<T extends Elements> = {
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
  readonly BYTES_PER_ELEMENT: number;
};

/** The memory that holds a kernel's arguments. Arrays are shared between threads, aligned to 64 bytes, and zero at first. */
export interface Memory {
  /** @throws EndcapError `out_of_memory` */
  allocate<T extends Elements>(type: ElementsConstructor<T>, length: number): T;
  /** Whether the kernels can use an array, wherever it was made. */
  shares(array: Elements): boolean;
  /** Makes arrays of the same kernel's memory that came from another thread usable here. Whoever made them frees them. */
  adopt(arrays: readonly Elements[]): void;
  /** Frees arrays, which must not be used any more. Wasm memory throws a TypeError for an array that is not allocated. */
  free(...arrays: Elements[]): void;
  /**
   * Gives an array away: what it holds stays as long as the caller keeps it, whatever becomes of the kernel. The array itself,
   * or a copy of it, which is freed, where all arrays are parts of one memory.
   */
  release<T extends Elements>(array: T): T;
}

/** The calling thread's own memory, for what works without a kernel as well. */
export const ownMemory: Memory = {
  allocate: roomFor,
  shares: () => false,
  adopt() {},
  free() {},
  release: (array) => array,
};

/** All of a kernel's memory. */
export interface WholeMemory extends Memory {
  /** How many bytes it has taken. */
  size(): number;
  /** What is collected when the memory is: all of it, or the largest part. Undefined if it has none. */
  witness(): object | undefined;
}

/** A buffer that threads share where the host has shared memory, which it may hide from programs. Its bytes are zero. */
export function sharedBuffer(bytes: number): ArrayBufferLike {
  return typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(bytes) : new SharedArrayBuffer(bytes);
}

/** The same memory, as numbers with a sign. */
export function signed({ buffer, byteOffset, length }: Uint32Array): Int32Array {
  return new Int32Array(buffer, byteOffset, length);
}

/** A copy in kernel memory. */
export function copyIn<T extends Elements>(memory: Memory, type: ElementsConstructor<T>, values: ArrayLike<number>): T {
  const array = memory.allocate(type, values.length);
  array.set(values);
  return array;
}

/** The array itself if the kernels can use it, else a copy in kernel memory. */
export function shareIn<T extends Elements>(memory: Memory, type: ElementsConstructor<T>, values: T): T {
  return memory.shares(values) ? values : copyIn(memory, type, values);
}

/**
 * An array that is kept from call to call and replaced by a longer one if need be, since allocating costs more than most
 * calls. Returns at least `length` elements, with the values of earlier calls.
 */
export type Buffer<T extends Elements> = (length: number) => T;

export function createBuffer<T extends Elements>(memory: Memory, type: ElementsConstructor<T>): Buffer<T> {
  let array = memory.allocate(type, 16);
  return (length) => {
    if (array.length < length) {
      const longer = memory.allocate(type, 2 * length);
      memory.free(array);
      array = longer;
    }
    return array;
  };
}

const alignment = 64;
const roundUp = (bytes: number) => Math.max(alignment, Math.ceil(bytes / alignment) * alignment);

/** What only native code can do with a buffer. */
export interface BufferTools {
  /** How many bytes past a multiple of 64 these begin. */
  misalignment(bytes: Uint8Array): number;
  /** Asks the system for large pages, before the bytes are touched. */
  useLargePages(bytes: Uint8Array): void;
  /** In a build with AddressSanitizer, makes it report a kernel that touches these bytes. */
  poison?(bytes: Uint8Array, begin: number, end: number): void;
}

/** Arrays from here on are looked for once they are freed: the engine would keep them for long. */
const hugeBytes = 2 ** 26;
/** Arrays from here on may fill large pages, of 2 MiB. */
const largeBytes = 2 ** 22;

/** Memory of one SharedArrayBuffer for each array, which the garbage collector frees. */
export function createNativeMemory({ misalignment, useLargePages, poison }: BufferTools): WholeMemory {
  let size = 0;
  let largest = 0;
  let witness: WeakRef<object> | undefined;
  return {
    allocate<T extends Elements>(type: ElementsConstructor<T>, length: number): T {
      const bytes = roundUp(length * type.BYTES_PER_ELEMENT);
      let buffer: SharedArrayBuffer | undefined;
      let array: T;
      try {
        buffer = new SharedArrayBuffer(bytes + alignment);
        const offset = (alignment - misalignment(new Uint8Array(buffer, 0, 1))) % alignment;
        array = new type(buffer, offset, length);
      } catch (cause) {
        throw outOfMemory(bytes, whyNone(buffer), cause);
      }
      size += bytes;
      if (bytes > largest) {
        largest = bytes;
        witness = new WeakRef(buffer);
      }
      if (bytes >= largeBytes) for (const part of bytesInParts(array)) useLargePages(part);
      const [begin, end] = [array.byteOffset, array.byteOffset + array.byteLength];
      poison?.(new Uint8Array(buffer, 0, begin), 0, begin);
      poison?.(new Uint8Array(buffer, end), 0, buffer.byteLength - end);
      return array;
    },
    shares: ({ buffer }) => buffer instanceof SharedArrayBuffer,
    adopt(arrays) {
      for (const { byteLength } of arrays) size += byteLength;
    },
    free(...arrays) {
      for (const { buffer, byteLength } of arrays)
        if (byteLength >= hugeBytes) void abandon({ size: () => byteLength, witness: () => buffer });
    },
    size: () => size,
    witness: () => witness?.deref(),
    release: (array) => array,
  };
}

/** A region of wasm memory that is not in use. Regions are sorted by start and never touch. */
interface Region {
  start: number;
  end: number;
}

const pageBytes = 65536;
/** The kernels compare with the address just past an array, which must not wrap around to 0. */
const lastEnd = 2 ** 32 - alignment;

/** Buffers of wasm memory, if they are resizable at all. */
const resizable = new WeakSet<ArrayBufferLike>();

/** Whether a resizable buffer is a kernel's memory, which grows and never shrinks. */
export function isKernelMemory(buffer: ArrayBufferLike): boolean {
  return resizable.has(buffer);
}

/**
 * Memory by first fit over one WebAssembly.Memory of its own, which grows if nothing fits. Arrays stay valid when it grows: a
 * buffer that is shared or resizable keeps its place, and other memory has its whole length from the start.
 *
 * @param isJoined whether another thread allocates in it, too: what is there is that one's, and each has what it grew by.
 * @param limit how many bytes an option lets it take; as far as offsets reach if absent.
 */
export function createWasmMemory(memory: WasmMemory, isJoined = false, limit?: number): WholeMemory {
  /** Memory from here on was never used, and is zero: to write zeros to it would take as long as to fill it. */
  let fresh = isJoined ? memory.buffer.byteLength : 0;
  // Address 0 means "left out" to the kernels.
  const unused: Region[] = isJoined ? [] : [{ start: alignment, end: memory.buffer.byteLength }];
  // The engine replaces `memory.buffer` by a longer view of the same bytes when the memory grows, and some time after.
  const buffers = new WeakSet<ArrayBufferLike>();
  let latest: ArrayBufferLike | undefined;
  resizable.add(memory.buffer);
  const inUse = new WeakSet<Elements>();

  function take(bytes: number): number | undefined {
    const index = unused.findIndex((region) => region.end - region.start >= bytes);
    if (index < 0) return undefined;
    const region = unused[index];
    const start = region.start;
    region.start += bytes;
    if (region.start === region.end) unused.splice(index, 1);
    return start;
  }

  function give(start: number, end: number): void {
    let index = unused.findIndex((region) => region.start >= end);
    if (index < 0) index = unused.length;
    const before = unused[index - 1];
    const after = unused[index];
    const joinsBefore = before?.end === start;
    const joinsAfter = after?.start === end;
    if (joinsBefore && joinsAfter) {
      before.end = after.end;
      unused.splice(index, 1);
    } else if (joinsBefore) before.end = end;
    else if (joinsAfter) after.start = start;
    else unused.splice(index, 0, { start, end });
  }

  /** Makes room for this many bytes at the end, which may have some unused bytes already. */
  function grow(bytes: number): void {
    const { byteLength } = memory.buffer;
    const last = unused.at(-1);
    const spare = last?.end === byteLength ? byteLength - last.start : 0;
    const pages = Math.ceil((bytes - spare) / pageBytes);
    try {
      // Where it was longer by then, another thread has grown it meanwhile.
      const before = memory.grow(pages) * pageBytes;
      give(before, Math.min(before + pages * pageBytes, lastEnd));
    } catch (cause) {
      throw outOfMemory(bytes, whyFull(bytes), cause);
    }
  }

  function whyFull(bytes: number): string {
    let used = memory.buffer.byteLength;
    for (const { start, end } of unused) used -= end - start;
    const inUse = `${mebibytes(used)} MiB are in use`;
    if (limit === undefined) return `WebAssembly holds at most 4 GiB, ${inUse}; ${fewer}`;
    const enough = 2 ** Math.ceil(Math.log2(used + bytes));
    const more = enough > 2 ** 32 ? fewer : `open it with memory: ${enough}, or ${fewer}`;
    return `the kernel may take ${mebibytes(limit)} MiB, of which ${inUse}; ${more}`;
  }

  function free(...arrays: Elements[]): void {
    for (const array of arrays) {
      if (!inUse.delete(array)) throw new TypeError('an array was freed that is not allocated');
      give(array.byteOffset, array.byteOffset + roundUp(array.byteLength));
    }
  }

  return {
    allocate(type, length) {
      const bytes = roundUp(length * type.BYTES_PER_ELEMENT);
      let start = take(bytes);
      // Again if another thread has taken the place beside the spare bytes at the end. It ends where the memory does.
      while (start === undefined) {
        grow(bytes);
        start = take(bytes);
      }
      const array = new type(memory.buffer, start, length);
      if (array.buffer !== latest) {
        latest = array.buffer;
        buffers.add(latest);
      }
      inUse.add(array);
      if (start < fresh) new Uint8Array(memory.buffer, start, Math.min(bytes, fresh - start)).fill(0);
      fresh = Math.max(fresh, start + bytes);
      return array;
    },
    shares: ({ buffer }) => buffer === latest || buffers.has(buffer),
    adopt(arrays) {
      for (const { buffer } of arrays) buffers.add(buffer);
    },
    free,
    size: () => memory.buffer.byteLength,
    witness: () => memory,
    release<T extends Elements>(array: T): T {
      const copy = array.slice() as T;
      free(array);
      return copy;
    },
  };
}

export function outOfMemory(bytes: number, why: string, cause: unknown): EndcapError {
  return noRoom('kernel memory', bytes, why, cause);
}
