/**
 * The texts of a model as bytes in a few arrays. A million strings are garbage to be looked after again and again, in each thread
 * that has them, and take a second of processor time to make; here one is made when somebody asks for it.
 */
import { sharedRows } from '../dataset/arrays.ts';
import type { ProductInfo } from '../dataset/dataset.ts';
import type { Model } from './model.ts';
import { textIn } from './strings.ts';

/** Text `row` has the bytes from `starts[row]` up to `ends[row]`, which are UTF-8 as `packStrings` makes it. */
export interface PackedTexts {
  readonly bytes: Uint8Array;
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** What is known of products, by row. */
export interface PackedInfo {
  readonly names: PackedTexts;
  /** One of each category, and which one a product has. */
  readonly categories: readonly string[];
  readonly categoryOf: Uint32Array;
  readonly prices: Float64Array;
  /** What is known: 1 for a name, 2 for a category, 4 for a price; added up. */
  readonly known: Uint8Array;
}

/** All texts of a model. It survives a structured clone, and threads may share its arrays. */
export interface PackedModelTexts {
  readonly customers: PackedTexts;
  readonly products: PackedTexts;
  readonly info: PackedInfo;
}

/** The bits of `PackedInfo.known`. */
export const knownBits = { name: 1, category: 2, price: 4 };

const packedTexts = new WeakMap<readonly unknown[], PackedTexts>();
const packedInfo = new WeakMap<readonly unknown[], PackedInfo>();

/** The texts as a model has them: arrays to whoever reads them. They cannot be written. */
export function viewsOf({ customers, products, info }: PackedModelTexts) {
  return { customers: textsView(customers), products: textsView(products), productInfo: infoView(info) } satisfies Pick<
    Model,
    'customers' | 'products' | 'productInfo'
  >;
}

/** What the arrays of a model are views of; undefined if they are arrays of their own. */
export function packedIn({
  customers,
  products,
  productInfo,
}: Pick<Model, 'customers' | 'products' | 'productInfo'>): PackedModelTexts | undefined {
  const [own, others, info] = [packedTexts.get(customers), packedTexts.get(products), packedInfo.get(productInfo)];
  return own && others && info && { customers: own, products: others, info };
}

export const packedTextsOf = (texts: readonly string[]): PackedTexts | undefined => packedTexts.get(texts);

/** @param offsets as a file has them: texts + 1 values. @param isOverwritten whether `forgetText` may be called. */
export function packedAt(bytes: Uint8Array, offsets: Uint32Array, isOverwritten = false): PackedTexts {
  const ends = offsets.subarray(1);
  if (!isOverwritten) return { bytes, starts: offsets.subarray(0, -1), ends };
  const own = sharedRows(ends.length);
  own.set(ends);
  return { bytes, starts: offsets.subarray(0, -1), ends: own };
}

/** Text by row: faster than the array, if it is a view. */
export function textAtOf(texts: readonly string[]): (row: number) => string {
  const packed = packedTexts.get(texts);
  return packed ? (row) => textIn(packed.bytes, packed.starts[row], packed.ends[row]) : (row) => texts[row];
}

/** What is known of a product, by row, without an object for each. */
export interface InfoReader {
  readonly length: number;
  name(row: number): string | undefined;
  category(row: number): string | undefined;
  price(row: number): number | undefined;
}

export function infoReaderOf(productInfo: readonly ProductInfo[]): InfoReader {
  const { length } = productInfo;
  const info = packedInfo.get(productInfo);
  if (!info) {
    return {
      length,
      name: (row) => productInfo[row].name,
      category: (row) => productInfo[row].category,
      price: (row) => productInfo[row].price,
    };
  }
  const { names, categories, categoryOf, prices, known } = info;
  const { bytes, starts, ends } = names;
  return {
    length,
    name: (row) => ((known[row] & knownBits.name) === 0 ? undefined : textIn(bytes, starts[row], ends[row])),
    category: (row) => ((known[row] & knownBits.category) === 0 ? undefined : categories[categoryOf[row]]),
    price: (row) => ((known[row] & knownBits.price) === 0 ? undefined : prices[row]),
  };
}

/** The names as bytes; undefined if they are strings. Names that are not known are empty. */
export const packedNamesOf = (productInfo: readonly ProductInfo[]): PackedTexts | undefined =>
  packedInfo.get(productInfo)?.names;

/**
 * Overwrites a text by the one before, in this array and in all others of the same bytes; the first one is empty then. The rows that
 * follow may have taken the same text, and are overwritten as well.
 *
 * @returns false if the array is no view, which is left as it is.
 */
export function forgetText(texts: readonly string[], row: number): boolean {
  const packed = packedTexts.get(texts);
  if (!packed) return false;
  const { bytes, starts, ends } = packed;
  const [start, end] = [starts[row], ends[row]];
  const [before, beforeEnd] = row === 0 ? [0, 0] : [starts[row - 1], ends[row - 1]];
  for (let r = row; r < starts.length && starts[r] === start && ends[r] === end; r++) {
    starts[r] = before;
    ends[r] = beforeEnd;
  }
  if (start !== before || end !== beforeEnd) bytes.fill(0, start, end);
  return true;
}

function textsView(packed: PackedTexts): readonly string[] {
  const { bytes, starts, ends } = packed;
  const view = viewOf(starts.length, (row) => textIn(bytes, starts[row], ends[row]));
  packedTexts.set(view, packed);
  return view;
}

/** Each time another object. */
function infoView(info: PackedInfo): readonly ProductInfo[] {
  const { names, categories, categoryOf, prices, known } = info;
  const { bytes, starts, ends } = names;
  const view = viewOf(known.length, (row): ProductInfo => {
    const bits = known[row];
    return {
      ...((bits & knownBits.name) !== 0 && { name: textIn(bytes, starts[row], ends[row]) }),
      ...((bits & knownBits.category) !== 0 && { category: categories[categoryOf[row]] }),
      ...((bits & knownBits.price) !== 0 && { price: prices[row] }),
    };
  });
  packedInfo.set(view, info);
  return view;
}

/** An array whose items are made when they are asked for. It behaves as one of that length that is frozen. */
function viewOf<Item>(length: number, at: (row: number) => Item): readonly Item[] {
  /** The row that a property names; -1 for any other property. */
  const rowOf = (property: string | symbol): number => {
    if (typeof property !== 'string') return -1;
    const row = Number(property);
    return row >= 0 && row < length && String(row) === property ? row : -1;
  };
  return new Proxy([] as Item[], {
    get(array, property) {
      if (property === 'length') return length;
      const row = rowOf(property);
      return row < 0 ? Reflect.get(array, property) : at(row);
    },
    has: (array, property) => rowOf(property) >= 0 || Reflect.has(array, property),
    ownKeys: () => [...Array.from({ length }, (_, row) => String(row)), 'length'],
    getOwnPropertyDescriptor(array, property) {
      // Of an array's own length nobody may say that it cannot be written.
      if (property === 'length') return { value: length, writable: true, enumerable: false, configurable: false };
      const row = rowOf(property);
      if (row < 0) return Reflect.getOwnPropertyDescriptor(array, property);
      return { value: at(row), writable: false, enumerable: true, configurable: true };
    },
    set: () => false,
    defineProperty: () => false,
    deleteProperty: () => false,
    preventExtensions: () => false,
  });
}
