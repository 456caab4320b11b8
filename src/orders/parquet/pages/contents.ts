/** What the slots of a page hold, decoded no further than it takes to find the value of each. */
import type { DecodedArray, SchemaElement } from 'hyparquet';
import { readHybrid } from './encodings.ts';

export type Content = Codes | Texts | Values;

/** Places in a dictionary, by slot; its size stands for a slot without a value. */
export interface Codes {
  readonly kind: 'codes';
  readonly codes: Int32Array;
  readonly dictionary: Dictionary;
}

/** UTF-8 by slot, from its start to its end in `bytes`; a slot without a value ends before it starts. */
export interface Texts {
  readonly kind: 'texts';
  readonly bytes: Uint8Array;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

/** Values by slot, null if there is none. */
interface Values {
  readonly kind: 'values';
  readonly values: DecodedArray;
}

export interface Dictionary {
  readonly size: number;
  /** The values as cells, at least as many as codes refer to. */
  cells(): DecodedArray;
  /** Undefined if they are not text. */
  texts(): Texts | undefined;
}

const decoder = new TextDecoder();
const lengthBytes = 4;
const notText = new Set<unknown>(['JSON', 'BSON', 'DECIMAL', 'INTERVAL']);
const textTypes = new Set<unknown>([undefined, 'STRING', 'ENUM']);

/** Whether the values of a column are text as they stand. */
export function isText({ type, converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  return type === 'BYTE_ARRAY' && !notText.has(converted) && textTypes.has(logical?.type);
}

/** The cell of a slot: its value, or null. */
export function cellAt(content: Content, slot: number): unknown {
  if (content.kind === 'codes') return content.dictionary.cells()[content.codes[slot]] ?? null;
  if (content.kind === 'texts') return textAt(content, slot);
  return content.values[slot];
}

/** The same, without decoding the whole dictionary for it. */
export function loneCellAt(content: Content, slot: number): unknown {
  if (content.kind !== 'codes') return cellAt(content, slot);
  const texts = content.dictionary.texts();
  const code = content.codes[slot];
  return texts === undefined || code === content.dictionary.size ? cellAt(content, slot) : textAt(texts, code);
}

function textAt({ bytes, starts, ends }: Texts, slot: number): string | null {
  if (ends[slot] < starts[slot]) return null;
  return decoder.decode(bytes.subarray(starts[slot], ends[slot]));
}

/** Gives memory for so many numbers, which the next page of the same column may use again. */
export type Room = (use: 'codes' | 'starts' | 'ends', length: number) => Int32Array;

export function createRoom(): Room {
  const arrays: Partial<Record<Parameters<Room>[0], Int32Array>> = {};
  return (use, length) => {
    let array = arrays[use];
    if (array === undefined || array.length < length) array = arrays[use] = new Int32Array(length);
    return array.subarray(0, length);
  };
}

/**
 * Finds texts that stand one after the other, each after its length.
 *
 * @param count how many there are.
 * @param starts for the result, as `ends`; both may be longer.
 * @throws Error if one goes beyond the end of `bytes`.
 */
export function readTexts(bytes: Uint8Array, count: number, starts: Int32Array, ends: Int32Array): Texts {
  let at = 0;
  for (let i = 0; i < count; i++) {
    const start = at + lengthBytes;
    if (start > bytes.length) throw new Error('it has too few values');
    const length = (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
    if (length > bytes.length - start) throw new Error('a text goes beyond its page');
    starts[i] = start;
    at = ends[i] = start + length;
  }
  return { kind: 'texts', bytes, starts, ends };
}

/**
 * Reads places in a dictionary, which come after their number of bits.
 *
 * @param codes for the result; may be longer than the `count` that there are.
 * @throws Error if there are fewer.
 */
export function readCodes(bytes: Uint8Array, count: number, codes: Int32Array, dictionary: Dictionary): Codes {
  const read = codes.subarray(0, count);
  const width = bytes[0] ?? 0;
  if (width === 0) read.fill(0);
  else if (readHybrid(bytes, 1, bytes.length, width, read) < count) throw new Error('it has too few values');
  const { size } = dictionary;
  // What refers to nothing has no value.
  for (let i = 0; i < count; i++) if (read[i] < 0 || read[i] > size) read[i] = size;
  return { kind: 'codes', codes, dictionary };
}

/**
 * Moves the values of a page to their slots: those whose definition level is `valueLevel` have one, in this order. Content
 * of numbers has room for all slots, and is changed.
 */
export function spread(content: Content, definitions: Uint8Array, valueLevel: number, count: number): Content {
  if (content.kind === 'values') {
    const { values } = content;
    let next = 0;
    const cells = Array.from(definitions, (level) => (level === valueLevel ? values[next++] : null));
    return { kind: 'values', values: cells };
  }
  if (content.kind === 'codes') {
    spreadNumbers(content.codes, definitions, valueLevel, count, content.dictionary.size);
    return content;
  }
  spreadNumbers(content.starts, definitions, valueLevel, count, 0);
  spreadNumbers(content.ends, definitions, valueLevel, count, -1);
  return content;
}

/** From the last to the first: none is overwritten before it has moved. */
function spreadNumbers(
  numbers: Int32Array,
  definitions: Uint8Array,
  valueLevel: number,
  count: number,
  none: number,
): void {
  let next = count;
  for (let slot = definitions.length - 1; slot >= 0; slot--)
    numbers[slot] = definitions[slot] === valueLevel ? numbers[--next] : none;
}
