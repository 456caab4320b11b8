import { bytesInParts } from '../../bytes.ts';
import { EndcapError } from '../../errors.ts';
import { sharedBuffer } from '../../kernel/memory.ts';
import type { Ranking } from '../../ranking/weights.ts';
import { inTurns } from '../../turns.ts';
import { valuesProblem, valuesProblemIn, viewModel } from '../check.ts';
import { metadataTexts, readMetadata } from '../metadata.ts';
import type { Model, ModelMetadata, Neighbours, RepeatTrees } from '../model.ts';
import { squaresIn } from '../panel-order.ts';
import { sourceOf } from '../source.ts';
import { type Numbers, names, shapeOf, sizesOf, type TensorName, tensorOf, widths } from '../tensors.ts';
import { byteOrderProblem, createHasher } from './checksum.ts';
import {
  checksumLength,
  type Fail,
  formatVersion,
  type ModelBytes,
  maxHeaderBytes,
  opening,
  parseHeader,
  readHead,
  type TensorEntry,
  type UnreadableReason,
  unreadable,
} from './layout.ts';
import type { Look } from './looks.ts';
import { packModel, type RoomForOffsets, textTensors, unpackModel, unpackTexts, viewTexts } from './packing.ts';
import { checkedPanels, keepPanels, leastForPanels, panelsOf } from './panels.ts';
import { type ReadingOptions, readTensors } from './reading.ts';

/**
 * Encodes a model as the bytes of a model file, in chunks to be written one after the other. Some chunks are views of the
 * model's own arrays.
 *
 * @throws `write_failed` if the model is broken, so that it could not be decoded again.
 * @example
 * const bytes = Buffer.concat(await encodeModel(model));
 */
export function encodeModel(model: Model): Promise<Uint8Array[]> {
  return encodeWith(model, leastForPanels);
}

/** `encodeModel` with panels from so many factors of products on. */
export async function encodeWith(model: Model, least: number): Promise<Uint8Array[]> {
  const view = viewModel(model);
  if (typeof view === 'string') throw unwritable(view);
  const problem = byteOrderProblem() ?? valuesProblem(model, view);
  if (problem !== undefined) throw unwritable(problem);
  const packed = packModel(view, unwritable);
  if (view.productFactors.length >= least) {
    const panels = panelsOf(view);
    packed.set('product_order', panels.order).set('product_panels', panels.packed);
  }
  const tensors = names
    .flatMap((name) => ({ name, array: packed.get(name)! }))
    .filter(({ array }) => array !== undefined)
    .sort((a, b) => widths[tensorOf(b.name).dtype] - widths[tensorOf(a.name).dtype] || (a.name < b.name ? -1 : 1));
  const sizes = sizesOf(view);
  const header: Record<string, unknown> = {
    __metadata__: {
      format: 'endcap-model',
      format_version: String(formatVersion),
      checksum: '0'.repeat(checksumLength),
      algorithm: view.algorithm,
      ...metadataTexts(view.metadata),
    },
  };
  let end = 0;
  for (const { name, array } of tensors) {
    const begin = end;
    end += array.byteLength;
    const shape = shapeOf(name, sizes).map((length) => length ?? array.byteLength);
    header[name] = { dtype: tensorOf(name).dtype, shape, data_offsets: [begin, end] };
  }
  const json = new TextEncoder().encode(JSON.stringify(header));
  const head = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  if (head.length - 8 > maxHeaderBytes)
    throw unwritable(`its metadata takes ${json.length} bytes, but at most ${maxHeaderBytes} fit; shorten its options`);
  const lengthBytes = new DataView(head.buffer);
  lengthBytes.setUint32(0, head.length - 8, true);
  lengthBytes.setUint32(4, 0, true);
  head.set(json, 8);
  const chunks = [head, ...tensors.flatMap(({ array }) => [...bytesInParts(array)])];
  const hasher = createHasher();
  for (const chunk of chunks) await hasher.add(chunk);
  head.set(new TextEncoder().encode(await hasher.finish()), 8 + opening.length);
  return chunks;
}

function unwritable(problem: string, cause?: unknown): EndcapError {
  return new EndcapError('write_failed', `the model cannot be written: ${problem}`, { problem }, { cause });
}

/**
 * The version of a model: the first 16 hex digits of the hash (as in the model file) of the customer factors, the product
 * factors, the fingerprint of the dataset, and the ranking, the neighbours and the trees if there are any.
 */
export async function modelVersion(
  customerFactors: Float32Array,
  productFactors: Float32Array,
  fingerprint: string,
  ranking?: Ranking,
  neighbours?: Neighbours,
  repeatTrees?: RepeatTrees,
): Promise<string> {
  const hasher = createHasher();
  await hasher.add(customerFactors);
  await hasher.add(productFactors);
  await hasher.add(new TextEncoder().encode(fingerprint));
  if (ranking) await hasher.add(new TextEncoder().encode(JSON.stringify(ranking)));
  if (neighbours) {
    const { offsets, products, strengths } = neighbours;
    for (const array of [offsets, products, strengths]) await hasher.add(array);
  }
  if (repeatTrees) {
    const { features, thresholds, leaves, slopes } = repeatTrees;
    for (const array of [features, thresholds, leaves, slopes]) await hasher.add(array);
  }
  return (await hasher.finish()).slice(0, 16);
}

/** The longest read of a model file, in bytes. */
export const longestRead = 2 ** 20;

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
  return decodeInPieces(source, name, { pieceBytes: longestRead });
}

/** Strings of so many ids would take most of a heap. */
const manyCustomers = 2 ** 22;

/** How a model is decoded. None of it changes the result, but where its arrays are. */
export interface DecodingOptions extends ReadingOptions {
  /** Memory for numbers that a file has in twice as many bytes; by default, buffers of their own. */
  readonly roomForOffsets?: RoomForOffsets;
  /** Kernel memory for the lengths of products. With it, the panels of the file are kept for a kernel; otherwise they are not. */
  readonly roomForLengths?: (length: number) => Float32Array;
  /** Whether texts stay bytes until somebody asks for one; where there is a faster way to read, those of a large model always do. */
  readonly keepsBytes?: boolean;
}

/** `decodeModel` in another way, or until a signal fires. It never keeps a turn of the event loop for more than some milliseconds. */
export async function decodeInPieces(
  source: Uint8Array | ModelBytes,
  name: string,
  options: DecodingOptions,
): Promise<Model> {
  const { roomForOffsets, signal, inBackground } = options;
  const pace = { signal, inBackground };
  const fail = failOf(name);
  const wrongOrder = byteOrderProblem();
  if (wrongOrder !== undefined) return fail('byte_order', `cannot be read: ${wrongOrder}`);
  const bytes = sourceOf(source, fail);
  const head = await readHead(bytes, fail);
  const { tensors, metadata: texts } = parseHeader(head, bytes.size, fail);
  const isLarge = tensors.get('customer_factors')!.shape[0] >= manyCustomers;
  const keepsBytes = options.keepsBytes === true || (options.readAtOnce !== undefined && isLarge);
  const make = keepsBytes ? viewTexts : unpackTexts;
  const early = {
    names: textTensors,
    make: (read: ReadonlyMap<string, Numbers>) => make(read, fail),
    isKept: keepsBytes,
  };
  const looks = looksFor(tensors, options);
  const { read, made, isLooked } = await readTensors(bytes, head, tensors, fail, early, looks, options);
  const metadata = metadataIn(texts, fail);
  const algorithm = texts.get('algorithm') as Model['algorithm'];
  const factors = tensors.get('customer_factors')!.shape[1];
  const about = { algorithm, factors, metadata, ...made };
  const model = await inTurns(unpackModel(about, read, fail, roomForOffsets), pace);
  const view = viewModel(model);
  const right = new Set([...looks].flatMap(([name, { doubt }]) => (isLooked && doubt[0] === 0 ? [name] : [])));
  const { squares } = looks.get('product_factors') ?? {};
  function* problemIn(): Generator<undefined, string | undefined> {
    const problem = typeof view === 'string' ? view : yield* valuesProblemIn(model, view, right);
    if (problem !== undefined || !squares) return problem;
    if (!right.has('product_factors')) yield* squaresIn(model.productFactors, factors, squares);
    const order = read.get('product_order') as Uint32Array;
    const packed = read.get('product_panels') as Float32Array;
    const panels = yield* checkedPanels(order, packed, factors, squares);
    if (typeof panels === 'string') return panels;
    keepPanels(model, panels);
    return undefined;
  }
  const problem = await inTurns(problemIn(), pace);
  return problem === undefined ? model : fail('values', `contains a broken model: ${problem}; train again`);
}

/** What is looked at where it is read: all factors, and the lengths of products if their panels are kept. */
function looksFor(
  tensors: ReadonlyMap<string, TensorEntry>,
  { roomForLengths }: DecodingOptions,
): ReadonlyMap<string, Omit<Look, 'part'>> {
  const hasPanels = tensors.has('product_order') && tensors.has('product_panels');
  const lookOf = (name: TensorName, squares?: Float32Array) => {
    const [, width] = tensors.get(name)!.shape;
    return [name, { width, squares, doubt: new Int32Array(sharedBuffer(4)) }] as const;
  };
  const [products] = tensors.get('product_factors')!.shape;
  return new Map([
    lookOf('customer_factors'),
    lookOf('product_factors', hasPanels ? roomForLengths?.(products) : undefined),
  ]);
}

/** The metadata of a model file, of which no more than the header is read. Throws what `decodeModel` throws of that. */
export async function decodeMetadata(bytes: ModelBytes, name: string): Promise<ModelMetadata> {
  const fail = failOf(name);
  return metadataIn(parseHeader(await readHead(bytes, fail), bytes.size, fail).metadata, fail);
}

/** The checksum that a model file says it has, of which no more than the header is read. Throws what `decodeModel` throws of that. */
export async function decodeChecksum(bytes: ModelBytes, name: string): Promise<string> {
  const fail = failOf(name);
  const checksum: unknown = parseHeader(await readHead(bytes, fail), bytes.size, fail).metadata.get('checksum');
  return checksum === undefined ? fail('metadata', 'has no checksum; train again') : String(checksum);
}

function failOf(name: string): Fail {
  return (reason: UnreadableReason, problem: string, details: Record<string, unknown> = {}): never => {
    throw unreadable(name, reason, problem, details);
  };
}

function metadataIn(texts: ReadonlyMap<string, string>, fail: Fail): ModelMetadata {
  const metadata = readMetadata(texts);
  return typeof metadata === 'string'
    ? fail('metadata', `has metadata that Endcap cannot have written: ${metadata}; train again`)
    : metadata;
}
