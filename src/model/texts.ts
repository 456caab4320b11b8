/** The texts of a model as bytes in a few arrays; see `packed.ts`. */
import type { ProductInfo } from '../dataset/dataset.ts';
import { type PackedTexts, packedTextsOf, textsView, viewOf } from '../dataset/texts/packed.ts';
import { textIn } from '../dataset/texts/strings.ts';
import type { Model } from './model.ts';

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
  const [own, others, info] = [packedTextsOf(customers), packedTextsOf(products), packedInfo.get(productInfo)];
  return own && others && info && { customers: own, products: others, info };
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
