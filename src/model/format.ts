import { EndcapError } from '../errors.ts';
import type { Ranking } from '../ranking/weights.ts';
import { modelProblem } from './check.ts';
import { byteOrderProblem, bytesOf, createHasher } from './checksum.ts';
import {
  checksumLength,
  dtypes,
  formatVersion,
  type ModelBytes,
  maxHeaderBytes,
  names,
  opening,
  parseHeader,
  readHead,
  type TensorName,
  type UnreadableReason,
  unreadable,
  widths,
} from './layout.ts';
import { metadataProblem, metadataTexts, readMetadata } from './metadata.ts';
import type { Model } from './model.ts';
import { type PackedStrings, packStrings, unpackStrings } from './strings.ts';
import { readTensors } from './tensors.ts';

/**
 * Encodes a model as the bytes of a model file, in chunks to be written one after the other. Some chunks are views of the
 * model's own arrays.
 *
 * @throws `write_failed` if the model is broken, so that it could not be decoded again.
 * @example
 * const bytes = Buffer.concat(await encodeModel(model));
 */
export async function encodeModel(model: Model): Promise<Uint8Array[]> {
  const problem = byteOrderProblem() ?? modelProblem(model) ?? metadataProblem(model.metadata);
  if (problem !== undefined) {
    throw new EndcapError('write_failed', `the model cannot be written: ${problem}`, { problem });
  }
  const tensors = tensorsOf(model);
  const order = names
    .filter((name) => tensors[name] !== undefined)
    .sort((a, b) => widths[dtypes[b]] - widths[dtypes[a]] || (a < b ? -1 : 1));
  const header: Record<string, unknown> = {
    __metadata__: {
      format: 'endcap-model',
      format_version: String(formatVersion),
      checksum: '0'.repeat(checksumLength),
      algorithm: model.algorithm,
      ...metadataTexts(model.metadata),
    },
  };
  let end = 0;
  for (const name of order) {
    const begin = end;
    end += tensors[name]!.byteLength;
    header[name] = { dtype: dtypes[name], shape: shapeOf(name, model, tensors[name]!), data_offsets: [begin, end] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  if (head.length - 8 > maxHeaderBytes) {
    throw new EndcapError(
      'write_failed',
      `the model cannot be written: its metadata takes ${json.length} bytes, but at most ${maxHeaderBytes} fit; shorten its options`,
    );
  }
  const view = new DataView(head.buffer);
  view.setUint32(0, head.length - 8, true);
  view.setUint32(4, 0, true);
  head.set(json, 8);
  const chunks = [head, ...order.map((name) => tensors[name]!).filter(({ length }) => length > 0)];
  const hasher = createHasher();
  for (const chunk of chunks) await hasher.add(chunk);
  head.set(new TextEncoder().encode(await hasher.finish()), 8 + opening.length);
  return chunks;
}

type Tensors = Partial<Record<TensorName, Uint8Array>>;

function tensorsOf({ customers, products, productInfo, purchases, signals, boughtTogether, ...model }: Model): Tensors {
  const pack = (strings: readonly string[]): PackedStrings => {
    try {
      return packStrings(strings);
    } catch (cause) {
      throw new EndcapError('write_failed', `the model cannot be written: ${(cause as Error).message}`, {}, { cause });
    }
  };
  const customerIds = pack(customers);
  const productIds = pack(products);
  const productNames = pack(productInfo.map(({ name }) => name ?? ''));
  const categories = pack(productInfo.map(({ category }) => category ?? ''));
  const known = productInfo.map(({ name, category, price }) => {
    return (name === undefined ? 0 : 1) + (category === undefined ? 0 : 2) + (price === undefined ? 0 : 4);
  });
  return {
    customer_factors: bytesOf(model.customerFactors),
    product_factors: bytesOf(model.productFactors),
    customer_ids: customerIds.bytes,
    customer_id_offsets: widened(customerIds.offsets),
    product_ids: productIds.bytes,
    product_id_offsets: widened(productIds.offsets),
    product_names: productNames.bytes,
    product_name_offsets: widened(productNames.offsets),
    product_categories: categories.bytes,
    product_category_offsets: widened(categories.offsets),
    product_prices: bytesOf(Float64Array.from(productInfo, ({ price }) => price ?? 0)),
    product_known: Uint8Array.from(known),
    purchase_offsets: widened(purchases.offsets),
    purchase_products: bytesOf(purchases.products),
    purchase_quantities: purchases.quantities && bytesOf(purchases.quantities),
    purchase_orders: purchases.orders && bytesOf(purchases.orders),
    purchase_times: purchases.lastPurchase && bytesOf(purchases.lastPurchase),
    ...(signals && {
      signal_recency: bytesOf(signals.recency),
      signal_taste_recency: signals.tasteRecency && bytesOf(signals.tasteRecency),
      signal_last_orders: bytesOf(signals.lastOrders),
      signal_orders: bytesOf(signals.orders),
      signal_popularity: bytesOf(signals.popularity),
      signal_uptake: signals.uptake && bytesOf(signals.uptake),
      signal_repeat_propensity: bytesOf(signals.repeatPropensity),
    }),
    ...(boughtTogether && {
      together_offsets: widened(boughtTogether.offsets),
      together_products: bytesOf(boughtTogether.products),
      together_lifts: bytesOf(boughtTogether.lifts),
      together_orders: bytesOf(boughtTogether.orders),
    }),
  };
}

function shapeOf(name: TensorName, { factors }: Model, tensor: Uint8Array): number[] {
  const length = tensor.byteLength / widths[dtypes[name]];
  return name === 'customer_factors' || name === 'product_factors' ? [length / factors, factors] : [length];
}

/** Widens 32-bit integers to 64 bits. */
function widened(numbers: Uint32Array): Uint8Array {
  const wide = new Uint32Array(numbers.length * 2);
  for (let i = 0; i < numbers.length; i++) wide[2 * i] = numbers[i];
  return bytesOf(wide);
}

/**
 * The version of a model: the first 16 hex digits of the hash (as in the model file) of the customer factors, the product
 * factors, the fingerprint of the dataset, and the ranking if there is one.
 */
export async function modelVersion(
  customerFactors: Float32Array,
  productFactors: Float32Array,
  fingerprint: string,
  ranking?: Ranking,
): Promise<string> {
  const hasher = createHasher();
  await hasher.add(bytesOf(customerFactors));
  await hasher.add(bytesOf(productFactors));
  await hasher.add(new TextEncoder().encode(fingerprint));
  if (ranking) await hasher.add(new TextEncoder().encode(JSON.stringify(ranking)));
  return (await hasher.finish()).slice(0, 16);
}

/**
 * Decodes a model file, given as bytes or as a source of bytes. Nothing in the file is trusted: memory stays within a small
 * multiple of its size, and the model keeps every promise of its type.
 *
 * @param name the name of the file in error messages.
 * @throws `model_unreadable`, with the cause in `details.reason`: `empty`, `truncated`, `too_long`, `not_safetensors`,
 *   `foreign`, `newer_format`, `tensors`, `checksum`, `metadata`, `values`, `too_large` or `byte_order`.
 * @example
 * const response = await fetch('https://models.example/shop.safetensors');
 * const model = await decodeModel(new Uint8Array(await response.arrayBuffer()));
 */
export function decodeModel(source: Uint8Array | ModelBytes, name = 'the model'): Promise<Model> {
  return decodeInPieces(source, name, 2 ** 20);
}

/** `decodeModel` with reads of at most `pieceBytes`, which do not change the result. */
export async function decodeInPieces(
  source: Uint8Array | ModelBytes,
  name: string,
  pieceBytes: number,
): Promise<Model> {
  const bytes: ModelBytes = source instanceof Uint8Array ? inMemory(source) : source;
  const fail = (reason: UnreadableReason, problem: string, details: Record<string, unknown> = {}): never => {
    throw unreadable(name, reason, problem, details);
  };
  const wrongOrder = byteOrderProblem();
  if (wrongOrder !== undefined) return fail('byte_order', `cannot be read: ${wrongOrder}`);
  const head = await readHead(bytes, fail);
  const { tensors, metadata } = parseHeader(head, bytes.size, fail);
  const read = await readTensors(bytes, head, tensors, pieceBytes, fail);
  const fields = readMetadata(metadata);
  if (typeof fields === 'string')
    return fail('metadata', `has metadata that Endcap cannot have written: ${fields}; train again`);

  const bytesIn = (tensor: TensorName) => read.get(tensor)!;
  const floats = (tensor: TensorName) => new Float32Array(bytesIn(tensor).buffer);
  const doubles = (tensor: TensorName) => new Float64Array(bytesIn(tensor).buffer);
  const integers = (tensor: TensorName) => new Uint32Array(bytesIn(tensor).buffer);
  const strings = (what: string, packed: PackedStrings) =>
    unpackStrings(packed) ?? fail('values', `contains ${what} that are not text; train again`);
  const productNames = strings('product names', {
    bytes: bytesIn('product_names'),
    offsets: narrow('product_name_offsets'),
  });
  const categories = strings('categories', {
    bytes: bytesIn('product_categories'),
    offsets: narrow('product_category_offsets'),
  });
  const prices = doubles('product_prices');
  const model: Model = {
    algorithm: metadata.get('algorithm') as Model['algorithm'],
    factors: tensors.get('customer_factors')!.shape[1],
    customers: strings('customer ids', { bytes: bytesIn('customer_ids'), offsets: narrow('customer_id_offsets') }),
    products: strings('product ids', { bytes: bytesIn('product_ids'), offsets: narrow('product_id_offsets') }),
    productInfo: Array.from(bytesIn('product_known'), (known, row) => ({
      ...(known & 1 ? { name: productNames[row] } : {}),
      ...(known & 2 ? { category: categories[row] } : {}),
      ...(known & 4 ? { price: prices[row] } : {}),
    })),
    customerFactors: floats('customer_factors'),
    productFactors: floats('product_factors'),
    purchases: {
      offsets: narrow('purchase_offsets'),
      products: integers('purchase_products'),
      ...(tensors.has('purchase_quantities') && { quantities: floats('purchase_quantities') }),
      ...(tensors.has('purchase_orders') && { orders: integers('purchase_orders') }),
      ...(tensors.has('purchase_times') && { lastPurchase: doubles('purchase_times') }),
    },
    ...(tensors.has('signal_recency') && {
      signals: {
        recency: floats('signal_recency'),
        ...(tensors.has('signal_taste_recency') && {
          tasteRecency: floats('signal_taste_recency'),
        }),
        lastOrders: bytesIn('signal_last_orders'),
        orders: integers('signal_orders'),
        popularity: floats('signal_popularity'),
        ...(tensors.has('signal_uptake') && { uptake: floats('signal_uptake') }),
        repeatPropensity: floats('signal_repeat_propensity'),
      },
    }),
    ...(tensors.has('together_offsets') && {
      boughtTogether: {
        offsets: narrow('together_offsets'),
        products: integers('together_products'),
        lifts: floats('together_lifts'),
        orders: integers('together_orders'),
      },
    }),
    metadata: fields,
  };
  const problem = modelProblem(model);
  return problem === undefined ? model : fail('values', `contains a broken model: ${problem}; train again`);

  function narrow(tensor: TensorName): Uint32Array {
    const wide = integers(tensor);
    const numbers = new Uint32Array(wide.length / 2);
    for (let i = 0; i < numbers.length; i++) {
      numbers[i] = wide[2 * i];
      if (wide[2 * i + 1] !== 0) return fail('values', `has an offset out of range in tensor ${tensor}; train again`);
    }
    return numbers;
  }
}

function inMemory(all: Uint8Array): ModelBytes {
  return { size: all.length, read: async (into, at) => into.set(all.subarray(at, at + into.length)) };
}
