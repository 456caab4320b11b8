/** A model as the bytes of its tensors, and back. */
import { sharedRows } from '../../dataset/arrays.ts';
import type { ProductInfo } from '../../dataset/dataset.ts';
import { endToEnd, packedAt, packedTextsOf } from '../../dataset/texts/packed.ts';
import { areTexts, packStrings, textIn, unpackStrings } from '../../dataset/texts/strings.ts';
import type { EndcapError } from '../../errors.ts';
import type { ElementsConstructor } from '../../kernel/memory.ts';
import type { Model } from '../model.ts';
import { arrayAt, arrayTypes, type Numbers, names, placed, type TensorName, tensorOf } from '../tensors.ts';
import { knownBits, type PackedInfo, viewsOf } from '../texts.ts';
import type { Fail } from './layout.ts';

type Read = ReadonlyMap<string, Numbers>;

/** Texts are stored end to end, with the offset of each. */
const texts: readonly {
  bytes: TensorName;
  offsets: TensorName;
  what: string;
  isRepeated?: true;
  of(model: Model): readonly string[];
}[] = [
  {
    bytes: 'customer_ids',
    offsets: 'customer_id_offsets',
    what: 'customer ids',
    of: ({ customers }) => customers,
  },
  { bytes: 'product_ids', offsets: 'product_id_offsets', what: 'product ids', of: ({ products }) => products },
  {
    bytes: 'product_names',
    offsets: 'product_name_offsets',
    what: 'product names',
    of: ({ productInfo }) => productInfo.map(({ name }) => name ?? ''),
  },
  {
    bytes: 'product_categories',
    offsets: 'product_category_offsets',
    what: 'categories',
    isRepeated: true,
    of: ({ productInfo }) => productInfo.map(({ category }) => category ?? ''),
  },
];

/** Each tensor that a model has, as a file has it; some are views of its arrays. */
export function packModel(
  model: Model,
  unwritable: (problem: string, cause: unknown) => EndcapError,
): Map<TensorName, Numbers> {
  const arrays = new Map<TensorName, Numbers>();
  for (const { name, at } of placed) {
    const array = arrayAt(model, at);
    if (array) arrays.set(name, array);
  }
  for (const { bytes, offsets, of } of texts) {
    try {
      const own = of(model);
      const views = packedTextsOf(own);
      const packed = views ? endToEnd(views) : packStrings(own);
      arrays.set(bytes, packed.bytes);
      arrays.set(offsets, packed.offsets);
    } catch (cause) {
      throw unwritable((cause as Error).message, cause);
    }
  }
  const { productInfo } = model;
  arrays.set(
    'product_prices',
    Float64Array.from(productInfo, ({ price }) => price ?? 0),
  );
  arrays.set(
    'product_known',
    Uint8Array.from(productInfo, ({ name, category, price }) => {
      return (
        (name === undefined ? 0 : knownBits.name) +
        (category === undefined ? 0 : knownBits.category) +
        (price === undefined ? 0 : knownBits.price)
      );
    }),
  );
  return new Map(
    Array.from(arrays, ([name, array]) => [
      name,
      tensorOf(name).dtype === 'I64' ? widened(array as Uint32Array) : array,
    ]),
  );
}

/** What a model says in words. */
export type Texts = Pick<Model, 'customers' | 'products' | 'productInfo'>;

/** What memory holds a tensor of a file in, as it is there: 64-bit integers in two numbers each. A file may have others than models. */
export function arrayTypeOf(name: string): ElementsConstructor<Numbers> {
  if (!(names as readonly string[]).includes(name)) return Uint8Array;
  const { dtype, inMemory } = tensorOf(name as TensorName);
  return inMemory ?? arrayTypes[dtype];
}

/** The tensors of the texts. */
export const textTensors: ReadonlySet<string> = new Set<TensorName>([
  ...texts.flatMap(({ bytes, offsets }) => [bytes, offsets]),
  'product_prices',
  'product_known',
]);

/** Numbers that are looked at in a piece of the work, and products that are described in one: well under a millisecond. */
const numbersOfPiece = 2 ** 16;
const productsOfPiece = 2 ** 12;

/** The texts that tensors hold. */
export function* unpackTexts(read: Read, fail: Fail): Generator<undefined, Texts> {
  const unpacked: string[][] = [];
  for (const { bytes, offsets, what, isRepeated } of texts) {
    const packed = {
      bytes: read.get(bytes) as Uint8Array,
      offsets: (yield* arrayOf(read, offsets, fail)) as Uint32Array,
    };
    unpacked.push(
      (yield* unpackStrings(packed, isRepeated)) ?? fail('values', `contains ${what} that are not text; train again`),
    );
  }
  const [customers, products, names, categories] = unpacked;
  const prices = yield* arrayOf(read, 'product_prices', fail);
  const known = read.get('product_known')!;
  const productInfo: ProductInfo[] = [];
  for (let row = 0; row < known.length; row++) {
    if (row % productsOfPiece === 0) yield;
    productInfo.push(infoOf(known[row], names[row], categories[row], prices[row]));
  }
  return { customers, products, productInfo };
}

/** The same without a string for each: the bytes of the tensors are kept, and texts are made of them when somebody asks. */
export function* viewTexts(read: Read, fail: Fail): Generator<undefined, Texts> {
  const packed: { bytes: Uint8Array; offsets: Uint32Array }[] = [];
  for (const { bytes, offsets, what } of texts) {
    const own = {
      bytes: read.get(bytes) as Uint8Array,
      offsets: (yield* arrayOf(read, offsets, fail, (_, length) => sharedRows(length))) as Uint32Array,
    };
    if (!(yield* areTexts(own))) fail('values', `contains ${what} that are not text; train again`);
    packed.push(own);
  }
  const [customers, products, names, categories] = packed;
  const info: PackedInfo = {
    names: packedAt(names.bytes, names.offsets),
    ...(yield* codesOf(categories)),
    prices: (yield* arrayOf(read, 'product_prices', fail)) as Float64Array,
    known: read.get('product_known') as Uint8Array,
  };
  return viewsOf({
    customers: packedAt(customers.bytes, customers.offsets, true),
    products: packedAt(products.bytes, products.offsets),
    info,
  });
}

/** One of each text, and which one each row has. */
function* codesOf({ bytes, offsets }: { bytes: Uint8Array; offsets: Uint32Array }) {
  const categoryOf = sharedRows(offsets.length - 1);
  const codes = new Map<string, number>();
  for (let row = 0; row < categoryOf.length; row++) {
    if (row % productsOfPiece === 0) yield;
    const text = textIn(bytes, offsets[row], offsets[row + 1]);
    const code = codes.get(text) ?? codes.size;
    if (code === codes.size) codes.set(text, code);
    categoryOf[row] = code;
  }
  return { categories: [...codes.keys()], categoryOf };
}

/**
 * The model that tensors hold, in their memory as far as possible. The values of its arrays are not checked.
 *
 * @param read each tensor as it is in the file, of the right type and shape.
 */
export function* unpackModel(
  about: Pick<Model, 'algorithm' | 'factors' | 'metadata'> & Texts,
  read: Read,
  fail: Fail,
  roomForOffsets?: RoomForOffsets,
): Generator<undefined, Model> {
  const arrays: Record<string, unknown> = {};
  for (const { name, part, field } of placed) {
    if (!read.has(name)) continue;
    const array = yield* arrayOf(read, name, fail, roomForOffsets);
    if (part === undefined) arrays[field] = array;
    else arrays[part] = { ...(arrays[part] as object | undefined), [field]: array };
  }
  return { ...about, ...arrays } as unknown as Model;
}

/** Memory for so many numbers of a tensor. */
export type RoomForOffsets = (name: TensorName, length: number) => Uint32Array;

function* arrayOf(
  read: Read,
  name: TensorName,
  fail: Fail,
  roomForOffsets: RoomForOffsets = (_, length) => new Uint32Array(length),
): Generator<undefined, Numbers> {
  const array = read.get(name)!;
  if (tensorOf(name).dtype !== 'I64') return array;
  const wide = array as Uint32Array;
  const numbers = roomForOffsets(name, wide.length / 2);
  for (let from = 0; from < numbers.length; from += numbersOfPiece) {
    yield;
    if (!narrow(wide, numbers, from, Math.min(from + numbersOfPiece, numbers.length)))
      return fail('values', `has an offset out of range in tensor ${name}; train again`);
  }
  return numbers;
}

/** Writes 64-bit integers in 32 bits, from one place up to another; returns whether they fit. */
function narrow(wide: Uint32Array, numbers: Uint32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    numbers[i] = wide[2 * i];
    if (wide[2 * i + 1] !== 0) return false;
  }
  return true;
}

/** Written out, since an object takes half the memory if its fields are there from the start. */
function infoOf(known: number, name: string, category: string, price: number): ProductInfo {
  switch (known & 7) {
    case 0:
      return {};
    case 1:
      return { name };
    case 2:
      return { category };
    case 3:
      return { name, category };
    case 4:
      return { price };
    case 5:
      return { name, price };
    case 6:
      return { category, price };
    default:
      return { name, category, price };
  }
}

/** 32-bit integers in 64 bits. */
function widened(numbers: Uint32Array): Uint32Array {
  const wide = new Uint32Array(numbers.length * 2);
  for (let i = 0; i < numbers.length; i++) wide[2 * i] = numbers[i];
  return wide;
}
