import { type Memory, signed } from '../../../kernel/memory.ts';
import { recordInts, recordState } from '../../../kernel/operations/record-layout.ts';
import { cleanText } from '../../cleaning/cells.ts';
import type { Cells } from '../scan.ts';
import { decode } from '../utf8.ts';
import { isText } from './cells.ts';

/** What the records of a block say about products; all arrays go with `products`. */
export interface Described {
  products: Int32Array;
  /** `priceFloats` for each product. */
  prices: Float64Array;
  names: DescribedTexts;
  categories: DescribedTexts;
}

/** The names, or the categories, of the products of a block. */
export interface DescribedTexts {
  /** By product: there is `none`, it is the `same` as in the last block that had one, or it is the next of `texts`. */
  states: Uint8Array;
  texts: string[];
}

/**
 * The 64-bit floats for the prices of a product: the last and the lowest one above zero, the highest and the lowest one of
 * all; NaN if there is none.
 */
export const priceFloats = recordInts.price;

/** Adds a price of a product; NaN changes nothing. */
export function notePrice(prices: Float64Array | number[], product: number, price: number): void {
  const at = product * priceFloats;
  if (prices[at] === price) return;
  if (price > 0) {
    prices[at] = price;
    if (!(prices[at + 1] <= price)) prices[at + 1] = price;
  }
  if (!(prices[at + 2] >= price) && !Number.isNaN(price)) prices[at + 2] = price;
  if (!(prices[at + 3] <= price) && !Number.isNaN(price)) prices[at + 3] = price;
}

/** The prices of these products. */
export function pricesOf(products: Int32Array, prices: Float64Array | number[]): Float64Array {
  const taken = new Float64Array(products.length * priceFloats);
  for (let i = 0; i < products.length; i++)
    for (let at = 0; at < priceFloats; at++) taken[i * priceFloats + at] = prices[products[i] * priceFloats + at];
  return taken;
}

export const none = 0;
export const same = 1;
export const changed = 2;

/** Remembers where a block has the last name, category and price of each product, as `cleanRecords` of the kernel does. */
export interface Descriptions {
  /** The memory for the kernel; replaced as it grows. */
  readonly memory: { places: Uint32Array; prices: Float64Array; seen: Uint32Array };
  /** Makes room for this many products. */
  makeRoom(products: number): void;
  /** Notes a record. `copy` says whether `bytes` are those of the copied cells instead of the block's. */
  note(bytes: Uint8Array, copy: boolean, cells: Cells, product: number, price: number): void;
  /** Ends the block and begins the next one. `copy` has the copied cells. */
  take(block: Uint8Array, copy: Uint8Array): Described;
}

/**
 * Integers by product: the block it was last seen in; the start and end of its last name there, and in which `bytes`; the
 * same for its category. An end of -1 stands for none. The eighth is padding.
 */
const placeInts = recordInts.place;
const nameAt = 1;
const categoryAt = 4;
/** Where a text is: in the block, in the copied cells, or, for those of the kernel, in the block with quotes doubled. */
const inCopy = 1;
const inQuotes = 2;

/** @param state what the kernel knows: `recordState`. */
export function createDescriptions(
  nameColumn: number,
  categoryColumn: number,
  kernel: Memory,
  state: Uint32Array,
): Descriptions {
  const memory = allocate(1 << 10);
  let places = signed(memory.places);
  const names: string[] = [];
  const categories: string[] = [];
  state[recordState.block] = 1;

  function allocate(room: number) {
    state[recordState.productRoom] = room;
    return {
      places: kernel.allocate(Uint32Array, placeInts * room),
      prices: kernel.allocate(Float64Array, priceFloats * room),
      seen: kernel.allocate(Uint32Array, room),
    };
  }

  function makeRoom(products: number): void {
    const room = state[recordState.productRoom];
    if (products <= room) return;
    const larger = allocate(Math.max(2 * room, products));
    larger.places.set(memory.places);
    larger.prices.set(memory.prices);
    larger.seen.set(memory.seen);
    kernel.free(memory.places, memory.prices, memory.seen);
    Object.assign(memory, larger);
    places = signed(memory.places);
  }

  function open(product: number): void {
    makeRoom(product + 1);
    for (let at = product * priceFloats, end = at + priceFloats; at < end; at++) memory.prices[at] = Number.NaN;
    places[product * placeInts] = state[recordState.block];
    places[product * placeInts + nameAt + 1] = -1;
    places[product * placeInts + categoryAt + 1] = -1;
    memory.seen[state[recordState.seen]++] = product;
  }

  function noteText(bytes: Uint8Array, copy: boolean, start: number, end: number, at: number): void {
    // Text without blanks around it that is longer than any word for a missing value is not missing.
    const present = end - start > 4 && isVisible(bytes[start]) && isVisible(bytes[end - 1]);
    if (!present && cleanText(decode(bytes, start, end)) === '') return;
    places[at] = start;
    places[at + 1] = end;
    places[at + 2] = copy ? inCopy : 0;
  }

  function textsOf(products: Int32Array, field: number, known: string[], block: Uint8Array, copy: Uint8Array) {
    const texts: string[] = [];
    const states = new Uint8Array(products.length);
    for (let i = 0; i < products.length; i++) {
      const product = products[i];
      const at = product * placeInts + field;
      const end = places[at + 1];
      if (end === -1) continue;
      states[i] = same;
      const isDoubled = places[at + 2] === inQuotes;
      const bytes = places[at + 2] === inCopy ? copy : block;
      const before = known[product];
      if (before !== undefined && !isDoubled && isText(bytes, places[at], end, before)) continue;
      const raw = decode(bytes, places[at], end);
      const text = cleanText(isDoubled ? raw.replaceAll('""', '"') : raw);
      if (text === before) continue;
      states[i] = changed;
      known[product] = text;
      texts.push(text);
    }
    return { states, texts };
  }

  return {
    memory,
    makeRoom,
    note(bytes, copy, { starts, ends }, product, price) {
      if (product >= state[recordState.productRoom] || places[product * placeInts] !== state[recordState.block])
        open(product);
      notePrice(memory.prices, product, price);
      const at = product * placeInts;
      if (nameColumn !== -1) noteText(bytes, copy, starts[nameColumn], ends[nameColumn], at + nameAt);
      if (categoryColumn !== -1) noteText(bytes, copy, starts[categoryColumn], ends[categoryColumn], at + categoryAt);
    },
    take(bytes, copy) {
      const products = Int32Array.from(memory.seen.subarray(0, state[recordState.seen]));
      state[recordState.seen] = 0;
      state[recordState.block]++;
      return {
        products,
        prices: pricesOf(products, memory.prices),
        names: textsOf(products, nameAt, names, bytes, copy),
        categories: textsOf(products, categoryAt, categories, bytes, copy),
      };
    },
  };
}

/** Whether a byte is a character of ASCII that is not blank. */
function isVisible(byte: number): boolean {
  return byte > 32 && byte < 127;
}
