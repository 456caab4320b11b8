/**
 * The frames that `endcap solve` reads and writes. All numbers are little-endian:
 *
 *   bytes 0 to 3     "ECSV"
 *   bytes 4 and 5    version, 1
 *   bytes 6 and 7    kind
 *   bytes 8 to 11    number of arrays, n
 *   n x 8 bytes      length of each array in bytes
 *   the arrays, one after another
 *
 * A kind says which arrays it has, in order, and of which elements. What a frame claims costs nothing: memory is taken as
 * bytes arrive.
 */
import { bytesInParts, bytesOf } from '../../bytes.ts';
import { EndcapError } from '../../errors.ts';
import type { Elements, ElementsConstructor, Memory } from '../../kernel/memory.ts';
import { invalidOption } from '../../options.ts';

/** Element types of arrays: settings are f64. */
type Type = 'f64' | 'f32' | 'u32';

const pairs = ['u32', 'u32', 'f32', 'f32'] as const;

/** What may be asked; `solve.ts` says what each one does. */
export const requests = {
  /** f64: factors, and a number that stands for these products. f32: rows x factors. */
  products: { kind: 1, arrays: ['f64', 'f32'] },
  /** f64: scale. f32: factors x factors, or empty. */
  gram: { kind: 2, arrays: ['f64', 'f32'] },
  /** f64: seed. */
  seed: { kind: 3, arrays: ['f64'] },
  /** f64: rows, factors, and 1 to return them or 0 to pass over them. */
  draw: { kind: 4, arrays: ['f64'] },
  /** f64: steps. Pairs: offsets, products, weights, rights (or empty: the weights). f32: penalties. f32: factors. */
  solve: { kind: 5, arrays: ['f64', ...pairs, 'f32', 'f32'] },
  /** f64: factors. f32: rows x factors. */
  customersGram: { kind: 6, arrays: ['f64', 'f32'] },
  /** Pairs, and the customers' factors. */
  addResiduals: { kind: 7, arrays: [...pairs, 'f32'] },
  addProducts: { kind: 8, arrays: [...pairs, 'f32'] },
  addSquares: { kind: 9, arrays: [...pairs, 'f32'] },
  sums: { kind: 10, arrays: [] },
  held: { kind: 11, arrays: [] },
} as const satisfies Record<string, { kind: number; arrays: readonly Type[] }>;

export type Request = keyof typeof requests;

/** What is answered, one frame for each request. */
export const answers = {
  /** No array. */
  done: 100,
  /** f32. */
  values: 101,
  /** f32: factors. f64: the objective, summed over rows. */
  solved: 102,
  /** f64: the number of the products; empty if there are none. */
  held: 104,
  /** Text in UTF-8: the code, and the message. Nothing follows. */
  error: 103,
} as const;

/** A request with its arrays, in kernel memory. */
export interface Frame {
  readonly request: Request;
  readonly arrays: readonly Elements[];
}

const magic = 'ECSV';
const version = 1;
const headerBytes = 12;
/** The most bytes of an array. Customers that take more come in several blocks. */
export const maxArrayBytes = 2 ** 32;
/** Taken at once for an array that claims more. */
const firstBytes = 2 ** 20;
const types = { f64: Float64Array, f32: Float32Array, u32: Uint32Array };

export function malformed(problem: string): EndcapError {
  return new EndcapError('frame_unreadable', `a frame ${problem}`);
}

/** Reads a frame into memory; undefined if the bytes are over before it. @throws `frame_unreadable`, `out_of_memory` */
export async function readFrame(fill: Fill, memory: Memory): Promise<Frame | undefined> {
  const header = new Uint8Array(headerBytes);
  const filled = await fill(header);
  if (filled === 0) return undefined;
  if (filled < headerBytes) throw malformed(`ends after ${filled} bytes of its header`);
  const { request, types } = understand(header);
  const lengths = new Uint8Array(8 * types.length);
  if ((await fill(lengths)) < lengths.length) throw malformed('ends before the lengths of its arrays');
  const bytes = checkLengths(request, types, lengths);
  const arrays: Elements[] = [];
  for (const [i, type] of types.entries()) arrays.push(await receive(fill, memory, type, bytes[i]));
  return { request, arrays };
}

function understand(header: Uint8Array): { request: Request; types: readonly Type[] } {
  const view = new DataView(header.buffer);
  const name = String.fromCharCode(...header.subarray(0, 4));
  if (name !== magic) throw malformed(`begins with ${JSON.stringify(name)}, not with ${JSON.stringify(magic)}`);
  const given = view.getUint16(4, true);
  if (given !== version) throw malformed(`is of version ${given}; this is version ${version}`);
  const kind = view.getUint16(6, true);
  const request = (Object.keys(requests) as Request[]).find((name) => requests[name].kind === kind);
  if (request === undefined) throw malformed(`is of kind ${kind}, which no request has`);
  const count = view.getUint32(8, true);
  const types: readonly Type[] = requests[request].arrays;
  if (count !== types.length) throw malformed(`of kind ${request} has ${count} arrays, not ${types.length}`);
  return { request, types };
}

/** The bytes of each array. */
function checkLengths(request: Request, of: readonly Type[], lengths: Uint8Array): number[] {
  const view = new DataView(lengths.buffer);
  return of.map((type, i) => {
    const bytes = view.getBigUint64(8 * i, true);
    if (bytes > BigInt(maxArrayBytes))
      throw malformed(`of kind ${request} claims ${bytes} bytes in array ${i + 1}; at most ${maxArrayBytes} are taken`);
    const size = types[type].BYTES_PER_ELEMENT;
    if (Number(bytes) % size !== 0)
      throw malformed(`of kind ${request} has ${bytes} bytes in array ${i + 1}, whose elements take ${size}`);
    return Number(bytes);
  });
}

/** Reads an array; it grows fourfold each time that it is full, so that it never takes more than four times what came. */
async function receive(fill: Fill, memory: Memory, type: Type, bytes: number): Promise<Elements> {
  const elements = types[type] as ElementsConstructor<Elements>;
  const length = bytes / elements.BYTES_PER_ELEMENT;
  let array = memory.allocate(elements, Math.min(length, firstBytes / elements.BYTES_PER_ELEMENT));
  for (let filled = 0; ; ) {
    filled += await fill(bytesOf(array, filled));
    if (filled < array.byteLength) throw malformed(`ends ${bytes - filled} bytes before its end`);
    if (array.length === length) return array;
    const longer = memory.allocate(elements, Math.min(length, 4 * array.length));
    longer.set(array);
    memory.free(array);
    array = longer;
  }
}

/** Fills in the bytes that follow. Returns how many there were: fewer than there is room for only at the end. */
export type Fill = (into: Uint8Array) => Promise<number>;

export function fillFrom(source: AsyncIterable<Uint8Array>): Fill {
  const iterator = source[Symbol.asyncIterator]();
  let left: Uint8Array = new Uint8Array();
  return async (into) => {
    let filled = 0;
    while (filled < into.length) {
      if (left.length === 0) {
        const { value, done } = await iterator.next();
        if (done) break;
        if (!(value instanceof Uint8Array)) throw invalidOption('source', value, 'pieces that are Uint8Arrays');
        left = value;
      }
      const piece = left.subarray(0, into.length - filled);
      into.set(piece, filled);
      filled += piece.length;
      left = left.subarray(piece.length);
    }
    return filled;
  };
}

/** The bytes of a frame, in pieces. */
export function frameOf(kind: number, arrays: readonly ArrayBufferView[] = []): Uint8Array[] {
  const header = new Uint8Array(headerBytes + 8 * arrays.length);
  const view = new DataView(header.buffer);
  for (let i = 0; i < 4; i++) header[i] = magic.charCodeAt(i);
  view.setUint16(4, version, true);
  view.setUint16(6, kind, true);
  view.setUint32(8, arrays.length, true);
  for (const [i, { byteLength }] of arrays.entries()) view.setBigUint64(headerBytes + 8 * i, BigInt(byteLength), true);
  return [header, ...arrays.flatMap((array) => [...bytesInParts(array)])];
}
