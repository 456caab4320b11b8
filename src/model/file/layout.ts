import { EndcapError } from '../../errors.ts';
import { textOf } from '../../options.ts';
import { lineWidth } from '../../ranking/corrections.ts';
import { treeDepth, treeLeaves } from '../../ranking/trees.ts';
import { number } from '../../wording.ts';
import { names, optionalParts, placed, type Sizes, shapeOf, type TensorName, tensorOf, widths } from '../tensors.ts';

// A model file has the safetensors layout: the length of the header (8 bytes, little-endian), the header (JSON, padded
// with spaces to a multiple of 8 bytes), and the tensors, little-endian, widest numbers first, without gaps. Integers are
// signed, since not every reader of safetensors supports U32 and U64. The checksum has a fixed place in the header, and
// covers the whole file with zeros in that place.

/** Why a model file cannot be used: `details.reason` of a `model_unreadable` error. */
export type UnreadableReason =
  | 'missing'
  | 'not_a_file'
  | 'io'
  | 'empty'
  | 'truncated'
  | 'too_long'
  | 'not_safetensors'
  | 'foreign'
  | 'newer_format'
  | 'tensors'
  | 'checksum'
  | 'metadata'
  | 'values'
  | 'too_large'
  | 'byte_order';

/** A source of bytes that is read in pieces, so that a model may be larger than the largest buffer. */
export interface ModelBytes {
  /** The total number of bytes. */
  readonly size: number;
  /** Fills `into` with the bytes from index `at` on. */
  read(into: Uint8Array, at: number): Promise<void>;
}

export const formatVersion = 1;

/** What the header says about a tensor. */
export interface TensorEntry {
  dtype: string;
  shape: number[];
  /** The bytes [begin, end), counted from the first byte of the first tensor. */
  begin: number;
  end: number;
}

export const opening = `{"__metadata__":{"format":"endcap-model","format_version":"${formatVersion}","checksum":"`;
export const checksumLength = 64;
/** Far more than a header needs, since nothing in it grows with customers or products. */
export const maxHeaderBytes = 2 ** 24;

export type Fail = (reason: UnreadableReason, problem: string, details?: Record<string, unknown>) => never;

/** A `model_unreadable` error: `<name> <problem>`, clipped because it may quote the file. */
export function unreadable(
  name: string,
  reason: UnreadableReason,
  problem: string,
  details: Record<string, unknown> = {},
  cause?: unknown,
): EndcapError {
  return new EndcapError(
    'model_unreadable',
    `${textOf(name)} ${clip(problem)}`,
    { file: name, reason, ...details },
    { cause },
  );
}

function clip(text: string): string {
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
}

/** Reads the length and the header, including its padding. */
export async function readHead(bytes: ModelBytes, fail: Fail): Promise<Uint8Array> {
  const { size } = bytes;
  if (size === 0) return fail('empty', 'is empty; expected a model file: train a model again', { bytes: 0 });
  if (size < 10)
    return fail('truncated', `is truncated: it has only ${size} bytes; copy it again, or train again`, { bytes: size });
  const start = new Uint8Array(9);
  await bytes.read(start, 0);
  const view = new DataView(start.buffer);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > maxHeaderBytes || length < 2 || start[8] !== 0x7b) {
    return fail(
      'not_safetensors',
      'is not a model file: it does not begin with a safetensors header; expected a file that Endcap saved',
    );
  }
  if (8 + length > size) return fail('truncated', ...truncation(size, 8 + length, 'at least '));
  const head = new Uint8Array(8 + length);
  await bytes.read(head, 0);
  return head;
}

function truncation(bytes: number, expected: number, atLeast = ''): [string, Record<string, unknown>] {
  const [has, needs] = [bytes, expected].map(number);
  const problem = `is truncated: it has ${has} bytes, but ${atLeast}${needs} are expected; copy it again, or train again`;
  return [problem, { bytes, expected }];
}

/** Parses and checks the header: the metadata, and the place and shape of each tensor. */
export function parseHeader(head: Uint8Array, size: number, fail: Fail) {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(head.subarray(8)));
  } catch {
    return fail(
      'not_safetensors',
      'is not a model file, or is damaged: its header is not JSON; copy it again, or train again',
    );
  }
  const { __metadata__: texts, ...entries } = header as Record<string, unknown>;
  const metadata = new Map<string, unknown>(Object.entries(texts ?? {})) as ReadonlyMap<string, string>;
  if (metadata.get('format') !== 'endcap-model') {
    return fail('foreign', 'is a safetensors file of another program; expected a model that Endcap saved');
  }
  for (const [key, value] of metadata)
    if (typeof value !== 'string')
      return fail('metadata', `has metadata that Endcap cannot have written: ${key} is not text; train again`);
  const version = Number(metadata.get('format_version'));
  if (version > formatVersion) {
    const problem = `was written by a newer version of Endcap (format ${version}; this version reads ${formatVersion}); update endcap`;
    return fail('newer_format', problem, { format: version, expected: formatVersion });
  }
  if (version !== formatVersion)
    return fail('metadata', `has an unknown format version; expected ${formatVersion}: train again`);
  const tensors = new Map(Object.entries(entries).map(([name, entry]) => [name, readTensor(name, entry, fail)]));
  checkLayout(tensors, size - head.length, head.length, fail);
  checkShapes(tensors, fail);
  return { tensors, metadata };
}

function readTensor(name: string, entry: unknown, fail: Fail): TensorEntry {
  const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
  const { dtype, shape, data_offsets: place } = (entry ?? {}) as Record<string, unknown>;
  if (
    !(typeof dtype === 'string' && dtype.length < 16) ||
    !(Array.isArray(shape) && shape.length < 16 && shape.every(isSize)) ||
    !(Array.isArray(place) && place.length === 2 && place.every(isSize))
  ) {
    return fail('tensors', `has a header entry for tensor ${name} that is not safetensors; train again`, {
      tensor: clip(name),
    });
  }
  return { dtype, shape, begin: place[0], end: place[1] };
}

/** Checks that the tensors follow each other without gaps, up to the end of the file. */
function checkLayout(
  tensors: ReadonlyMap<string, TensorEntry>,
  dataBytes: number,
  headBytes: number,
  fail: Fail,
): void {
  let end = 0;
  for (const [name, tensor] of [...tensors].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end)) {
    if (tensor.begin !== end || tensor.end < end) {
      fail('tensors', `has tensor ${name} at a place that overlaps another tensor or leaves a gap; train again`, {
        tensor: clip(name),
      });
    }
    end = tensor.end;
  }
  if (dataBytes < end) fail('truncated', ...truncation(headBytes + dataBytes, headBytes + end));
  if (dataBytes > end) {
    fail('too_long', `has ${dataBytes - end} bytes after its end; copy it again, or train again`, {
      bytes: headBytes + dataBytes,
      expected: headBytes + end,
    });
  }
}

/** Checks that tensors are there, of the type and shape that the table has for them. */
function checkShapes(tensors: ReadonlyMap<string, TensorEntry>, fail: Fail): void {
  const at = (name: TensorName, dimension: number) => tensors.get(name)?.shape[dimension] ?? -1;
  const sizes: Sizes = {
    customers: at('customer_factors', 0),
    products: at('product_factors', 0),
    factors: at('customer_factors', 1),
    pairs: at('purchase_products', 0),
    returnedPairs: at('returned_products', 0),
    unlisted: at('unlisted_products', 0),
    productPairs: at('together_products', 0),
    neighbourPairs: at('neighbour_products', 0),
    productPeriods: at('sales_periods', 0),
    trees: at('tree_features', 0),
    treeDepth,
    treeLeaves,
    lineWidth,
  };
  const mayLack = absentOf(tensors);
  for (const name of names) {
    const tensor = tensors.get(name);
    if (tensor === undefined) {
      if (!mayLack.has(name)) fail('tensors', `has no tensor ${name}; train again`, { tensor: name });
      continue;
    }
    const { dtype } = tensorOf(name);
    const shape = shapeOf(name, sizes).map((length, dimension) => length ?? at(name, dimension));
    const length = shape.reduce((product, dimension) => product * dimension, widths[dtype]);
    const asExpected = tensor.dtype === dtype && String(tensor.shape) === String(shape);
    if (!asExpected || tensor.end - tensor.begin !== length) {
      const [is, expected] = [`${tensor.dtype} [${tensor.shape}]`, `${dtype} [${shape}]`];
      const problem = `has tensor ${name} as ${is} of ${tensor.end - tensor.begin} bytes, but ${expected} is expected; train again`;
      fail('tensors', problem, { tensor: name });
    }
  }
}

/** The tensors that may be absent: optional ones, and those of a part that the file has nothing of. */
function absentOf(tensors: ReadonlyMap<string, unknown>): ReadonlySet<TensorName> {
  const present = new Set(placed.filter(({ name }) => tensors.has(name)).map(({ part }) => part));
  const absent = placed.filter(({ part = '' }) => optionalParts.has(part) && !present.has(part));
  return new Set([...absent.map(({ name }) => name), ...names.filter((name) => tensorOf(name).optional)]);
}
