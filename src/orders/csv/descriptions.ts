import { cleanText } from '../cells.ts';
import { isText } from './cells.ts';
import { type Cells, decode } from './scan.ts';

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
export const priceFloats = 4;

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

/** Remembers where a block has the last name, category and price of each product. */
export interface Descriptions {
  /** Notes a record. `copy` says whether `bytes` are those of the copied cells instead of the block's. */
  note(bytes: Uint8Array, copy: boolean, cells: Cells, product: number, price: number): void;
  /** Ends the block and begins the next one. `copy` has the copied cells. */
  take(block: Uint8Array, copy: Uint8Array): Described;
}

/**
 * Integers by product: the block it was last seen in; the start and end of its last name there, and whether that is in
 * the copy; the same for its category. An end of -1 stands for none. The eighth is padding.
 */
const placeInts = 8;
const nameAt = 1;
const categoryAt = 4;

export function createDescriptions(nameColumn: number, categoryColumn: number): Descriptions {
  let places = new Int32Array(placeInts << 10);
  let prices = new Float64Array(priceFloats << 10);
  const names: string[] = [];
  const categories: string[] = [];
  let seen: number[] = [];
  let block = 1;

  function open(product: number): void {
    if (product * placeInts >= places.length) {
      const [oldPlaces, oldPrices] = [places, prices];
      const room = Math.max((places.length / placeInts) * 2, product + 1);
      prices = new Float64Array(priceFloats * room);
      places = new Int32Array(placeInts * room);
      places.set(oldPlaces);
      prices.set(oldPrices);
    }
    for (let at = product * priceFloats, end = at + priceFloats; at < end; at++) prices[at] = Number.NaN;
    places[product * placeInts] = block;
    places[product * placeInts + nameAt + 1] = -1;
    places[product * placeInts + categoryAt + 1] = -1;
    seen.push(product);
  }

  function noteText(bytes: Uint8Array, copy: boolean, start: number, end: number, at: number): void {
    // Text without a leading blank that is longer than any word for a missing value is not missing.
    const present = end - start > 4 && bytes[start] > 32 && bytes[start] < 127;
    if (!present && cleanText(decode(bytes, start, end)) === '') return;
    places[at] = start;
    places[at + 1] = end;
    places[at + 2] = copy ? 1 : 0;
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
      const bytes = places[at + 2] === 1 ? copy : block;
      const before = known[product];
      if (before !== undefined && isText(bytes, places[at], end, before)) continue;
      const text = cleanText(decode(bytes, places[at], end));
      if (text === before) continue;
      states[i] = changed;
      known[product] = text;
      texts.push(text);
    }
    return { states, texts };
  }

  return {
    note(bytes, copy, { starts, ends }, product, price) {
      if (product * placeInts >= places.length || places[product * placeInts] !== block) open(product);
      notePrice(prices, product, price);
      const at = product * placeInts;
      if (nameColumn !== -1) noteText(bytes, copy, starts[nameColumn], ends[nameColumn], at + nameAt);
      if (categoryColumn !== -1) noteText(bytes, copy, starts[categoryColumn], ends[categoryColumn], at + categoryAt);
    },
    take(bytes, copy) {
      const products = Int32Array.from(seen);
      seen = [];
      block++;
      return {
        products,
        prices: pricesOf(products, prices),
        names: textsOf(products, nameAt, names, bytes, copy),
        categories: textsOf(products, categoryAt, categories, bytes, copy),
      };
    },
  };
}
