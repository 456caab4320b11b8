import { EndcapError } from '../errors.ts';
import type { Ranking } from '../ranking/weights.ts';
import { modelProblem } from './check.ts';
import { bytesOf, createHasher } from './checksum.ts';
import {
  checksumLength,
  dtypes,
  type Fail,
  formatVersion,
  longestHeader,
  type ModelBytes,
  names,
  opening,
  parseHeader,
  readHead,
  type Tensor,
  type TensorName,
  type UnreadableReason,
  unreadable,
  widths,
} from './layout.ts';
import { metadataProblem, metadataTexts, readMetadata } from './metadata.ts';
import type { Model } from './model.ts';
import { type PackedStrings, packStrings, unpackStrings } from './strings.ts';

const pieceBytes = 2 ** 20;

/**
 * The model file, in pieces to be written one after the other; some are views of the model's own arrays. Throws
 * `write_failed` for a model that could not be read back as it is.
 */
export async function encodeModel(model: Model): Promise<Uint8Array[]> {
  const problem = modelProblem(model) ?? metadataProblem(model.metadata);
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
  if (head.length - 8 > longestHeader) {
    throw new EndcapError('write_failed', `the model cannot be written: its metadata take ${json.length} bytes`);
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

/** 32-bit numbers as 64-bit ones. */
function widened(numbers: Uint32Array): Uint8Array {
  const wide = new Uint32Array(numbers.length * 2);
  for (let i = 0; i < numbers.length; i++) wide[2 * i] = numbers[i];
  return bytesOf(wide);
}

/**
 * The name of a model: the first 16 hex digits of SHA-256 (by pieces, as in the model file) over the customer factors,
 * the product factors, the fingerprint of their data, and the ranking where there is one.
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
 * Reads a model file, given whole or in pieces. Nothing in it is trusted: memory stays within a small multiple of its
 * size, and a model that comes out keeps every promise of its type. `name` stands in the messages. Throws
 * `model_unreadable` with `details.reason`, an `UnreadableReason`.
 */
export async function decodeModel(source: Uint8Array | ModelBytes, name = 'the model'): Promise<Model> {
  const bytes: ModelBytes = source instanceof Uint8Array ? inMemory(source) : source;
  const fail = (reason: UnreadableReason, problem: string, details: Record<string, unknown> = {}): never => {
    throw unreadable(name, reason, problem, details);
  };
  const head = await readHead(bytes, fail);
  const { tensors, metadata } = parseHeader(head, bytes.size, fail);
  const read = await readTensors(bytes, head, tensors, fail);
  const fields = readMetadata(metadata);
  if (typeof fields === 'string') return fail('metadata', `has metadata that Endcap did not write: ${fields}`);

  const strings = (what: string, packed: PackedStrings) =>
    unpackStrings(packed) ?? fail('values', `holds ${what} that are not text`);
  const productNames = strings('product names', { bytes: read.product_names, offsets: narrow('product_name_offsets') });
  const categories = strings('categories', {
    bytes: read.product_categories,
    offsets: narrow('product_category_offsets'),
  });
  const prices = new Float64Array(read.product_prices.buffer);
  const model: Model = {
    algorithm: metadata.get('algorithm') as Model['algorithm'],
    factors: tensors.get('customer_factors')!.shape[1],
    customers: strings('customer ids', { bytes: read.customer_ids, offsets: narrow('customer_id_offsets') }),
    products: strings('product ids', { bytes: read.product_ids, offsets: narrow('product_id_offsets') }),
    productInfo: Array.from(read.product_known, (known, row) => ({
      ...(known & 1 ? { name: productNames[row] } : {}),
      ...(known & 2 ? { category: categories[row] } : {}),
      ...(known & 4 ? { price: prices[row] } : {}),
    })),
    customerFactors: new Float32Array(read.customer_factors.buffer),
    productFactors: new Float32Array(read.product_factors.buffer),
    purchases: {
      offsets: narrow('purchase_offsets'),
      products: new Uint32Array(read.purchase_products.buffer),
      ...(tensors.has('purchase_quantities') && { quantities: new Float32Array(read.purchase_quantities.buffer) }),
      ...(tensors.has('purchase_orders') && { orders: new Uint32Array(read.purchase_orders.buffer) }),
      ...(tensors.has('purchase_times') && { lastPurchase: new Float64Array(read.purchase_times.buffer) }),
    },
    ...(tensors.has('signal_recency') && {
      signals: {
        recency: new Float32Array(read.signal_recency.buffer),
        ...(tensors.has('signal_taste_recency') && {
          tasteRecency: new Float32Array(read.signal_taste_recency.buffer),
        }),
        lastOrders: read.signal_last_orders,
        orders: new Uint32Array(read.signal_orders.buffer),
        popularity: new Float32Array(read.signal_popularity.buffer),
        ...(tensors.has('signal_uptake') && { uptake: new Float32Array(read.signal_uptake.buffer) }),
        repeatPropensity: new Float32Array(read.signal_repeat_propensity.buffer),
      },
    }),
    ...(tensors.has('together_offsets') && {
      boughtTogether: {
        offsets: narrow('together_offsets'),
        products: new Uint32Array(read.together_products.buffer),
        lifts: new Float32Array(read.together_lifts.buffer),
        orders: new Uint32Array(read.together_orders.buffer),
      },
    }),
    metadata: fields,
  };
  const problem = modelProblem(model);
  return problem === undefined ? model : fail('values', `holds a broken model: ${problem}`);

  function narrow(tensor: TensorName): Uint32Array {
    const wide = new Uint32Array(read[tensor].buffer);
    const numbers = new Uint32Array(wide.length / 2);
    for (let i = 0; i < numbers.length; i++) {
      numbers[i] = wide[2 * i];
      if (wide[2 * i + 1] !== 0) return fail('values', `has an offset out of range in ${tensor}`);
    }
    return numbers;
  }
}

/** Reads the file once, from its first byte to its last, copying the tensors out and checking the checksum. */
async function readTensors(bytes: ModelBytes, head: Uint8Array, tensors: ReadonlyMap<string, Tensor>, fail: Fail) {
  const checksumAt = 8 + opening.length;
  const text = new TextDecoder().decode(head.subarray(8, checksumAt + checksumLength));
  const zeroed = head.slice().fill(0x30, checksumAt, checksumAt + checksumLength);
  const hasher = createHasher();
  await hasher.add(zeroed);

  const read = {} as Record<TensorName, Uint8Array<ArrayBuffer>>;
  const inOrder = names
    .flatMap((name) => (tensors.has(name) ? [{ name, ...tensors.get(name)! }] : []))
    .sort((a, b) => a.begin - b.begin);
  for (const { name, begin, end } of inOrder) {
    try {
      read[name] = new Uint8Array(end - begin);
    } catch {
      return fail('too_large', `does not fit in memory: ${name} takes ${end - begin} bytes`, { tensor: name });
    }
  }
  const piece = new Uint8Array(Math.min(pieceBytes, bytes.size - head.length));
  let next = 0;
  for (let at = head.length; at < bytes.size; at += pieceBytes) {
    const part = piece.subarray(0, bytes.size - at);
    await bytes.read(part, at);
    await hasher.add(part);
    const from = at - head.length;
    const to = from + part.length;
    while (next < inOrder.length && inOrder[next].end <= from) next++;
    for (let i = next; i < inOrder.length && inOrder[i].begin < to; i++) {
      const { name, begin, end } = inOrder[i];
      const first = Math.max(begin, from);
      read[name].set(part.subarray(first - from, Math.min(end, to) - from), first - begin);
    }
  }
  if (text !== opening + (await hasher.finish())) {
    return fail(
      'checksum',
      'was changed after it was written: its checksum does not match; copy it again or train anew',
    );
  }
  return read;
}

function inMemory(all: Uint8Array): ModelBytes {
  return { size: all.length, read: async (into, at) => into.set(all.subarray(at, at + into.length)) };
}
