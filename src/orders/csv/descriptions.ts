import { cleanText } from '../values.ts';
import { isText } from './cells.ts';
import { type Cells, decode } from './scan.ts';

/** What the rows of a block said of products; index by index. */
export interface Described {
  products: Int32Array;
  /** The last above zero; NaN where no row had one. */
  prices: Float64Array;
  names: DescribedTexts;
  categories: DescribedTexts;
}

export interface DescribedTexts {
  /** For each product: the last one is `same` as in the last block with one, or the next of `texts`. */
  states: Uint8Array;
  texts: string[];
}

export const none = 0;
export const same = 1;
const changed = 2;

/** Remembers where in a block the last name, category and price of each product stand. */
export interface Descriptions {
  /** Notes a row; its cells are in the block, or in the `copy` of cells that are not as they stand there. */
  note(bytes: Uint8Array, copy: boolean, cells: Cells, product: number, price: number): void;
  /** All of the block; begins the next one. */
  take(block: Uint8Array, copy: Uint8Array): Described;
}

/**
 * By product: the block that it was last seen in; the start and end of its last name there, and whether that is in the
 * copy; the same of its category. An end of -1 stands for none.
 */
const PLACES = 8;
const NAME = 1;
const CATEGORY = 4;

export function createDescriptions(nameColumn: number, categoryColumn: number): Descriptions {
  let places = new Int32Array(PLACES << 10);
  let prices = new Float64Array(1 << 10);
  const names: string[] = [];
  const categories: string[] = [];
  let seen: number[] = [];
  let block = 1;

  function open(product: number): void {
    if (product >= prices.length) {
      const [oldPlaces, oldPrices] = [places, prices];
      prices = new Float64Array(Math.max(prices.length * 2, product + 1));
      places = new Int32Array(PLACES * prices.length);
      places.set(oldPlaces);
      prices.set(oldPrices);
    }
    prices[product] = Number.NaN;
    places[product * PLACES] = block;
    places[product * PLACES + NAME + 1] = -1;
    places[product * PLACES + CATEGORY + 1] = -1;
    seen.push(product);
  }

  function noteText(bytes: Uint8Array, copy: boolean, start: number, end: number, at: number): void {
    // Text that is longer than any word for nothing, with no blank before it, is no blank cell.
    const full = end - start > 4 && bytes[start] > 32 && bytes[start] < 127;
    if (!full && cleanText(decode(bytes, start, end)) === '') return;
    places[at] = start;
    places[at + 1] = end;
    places[at + 2] = copy ? 1 : 0;
  }

  function textsOf(products: Int32Array, field: number, known: string[], block: Uint8Array, copy: Uint8Array) {
    const texts: string[] = [];
    const states = Uint8Array.from(products, (product) => {
      const at = product * PLACES + field;
      const end = places[at + 1];
      if (end === -1) return none;
      const bytes = places[at + 2] === 1 ? copy : block;
      const before = known[product];
      if (before !== undefined && isText(bytes, places[at], end, before)) return same;
      const text = cleanText(decode(bytes, places[at], end));
      if (text === before) return same;
      known[product] = text;
      texts.push(text);
      return changed;
    });
    return { states, texts };
  }

  return {
    note(bytes, copy, { starts, ends }, product, price) {
      if (product >= prices.length || places[product * PLACES] !== block) open(product);
      if (price > 0) prices[product] = price;
      const at = product * PLACES;
      if (nameColumn !== -1) noteText(bytes, copy, starts[nameColumn], ends[nameColumn], at + NAME);
      if (categoryColumn !== -1) noteText(bytes, copy, starts[categoryColumn], ends[categoryColumn], at + CATEGORY);
    },
    take(bytes, copy) {
      const products = Int32Array.from(seen);
      seen = [];
      block++;
      return {
        products,
        prices: Float64Array.from(products, (product) => prices[product]),
        names: textsOf(products, NAME, names, bytes, copy),
        categories: textsOf(products, CATEGORY, categories, bytes, copy),
      };
    },
  };
}
