/** What forgers and disks do to model files. */
import type { Random } from '../../../src/random.ts';
import { anyJson, chance, extremeNumbers, hostileTexts, mutateBytes, pick, several, whole } from '../draw.ts';
import { type Draft, type DraftTensor, draftOf, fileOf, sealed } from './draft.ts';

type Mutation = (draft: Draft, random: Random, other: Draft) => void;

const widths: Readonly<Record<string, number>> = { U8: 1, I32: 4, F32: 4, I64: 8, F64: 8 };
const dtypes = Object.keys(widths);
const integers = [0, 1, 2, 39, 40, 41, 255, 2 ** 16, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, -1];
const factorCounts = [0, 1, 2, 15, 16, 17, 64];
/** More than any base has, and few enough to be made. */
const mostRows = 10_000;
const largeFactorCounts = [2047, 2048, 2049, 2064, 4096];

/** Each mutation keeps some of the file's rules, so that what it breaks is found by the check meant for it. */
const mutations: readonly Mutation[] = [
  changeMetadataValue,
  changeMetadataValue,
  changeMetadataKeys,
  changeFloats,
  changeFloats,
  changeFloats,
  scaleFloats,
  changeIntegers,
  changeIntegers,
  reorderIntegers,
  changeTexts,
  resizeTensor,
  reshapeFactors,
  changeEntry,
  changeTensorSet,
  swapTensors,
  borrowTensor,
];

/** Spoils a file in one to four ways. Most results have a right checksum. `other` is a second file to borrow from. */
export function mutateModel(file: Uint8Array, random: Random, other: Uint8Array): Buffer {
  const isSealed = chance(random, 0.95);
  const finish = (bytes: Buffer) => (isSealed ? sealed(bytes) : bytes);
  if (chance(random, 0.08)) return finish(spoilBytes(Buffer.from(file), random));
  const draft = draftOf(file);
  const borrowed = draftOf(other);
  for (let count = pick(random, [1, 1, 1, 2, 2, 4]); count > 0; count--)
    pick(random, mutations)(draft, random, borrowed);
  return finish(fileOf(draft));
}

function spoilBytes(file: Buffer, random: Random): Buffer {
  switch (random.below(4)) {
    case 0:
      return file.subarray(0, random.below(file.length));
    case 1:
      return Buffer.concat([file, Buffer.alloc(1 + random.below(40))]);
    case 2:
      file.writeUInt32LE(pick(random, [0, 1, 2, file.length, 2 ** 24, 2 ** 32 - 1]), pick(random, [0, 4]));
      return file;
    default:
      return Buffer.from(mutateBytes(random, file));
  }
}

function changeMetadataValue({ metadata }: Draft, random: Random): void {
  const key = pick(
    random,
    Object.keys(metadata).filter((key) => key !== 'checksum'),
  );
  const text = metadata[key];
  if (typeof text !== 'string') return;
  try {
    metadata[key] = JSON.stringify(changeJson(JSON.parse(text), random));
  } catch {
    metadata[key] = pick(random, hostileTexts);
  }
}

/** Replaces one value somewhere in a JSON value. */
function changeJson(value: unknown, random: Random): unknown {
  if (typeof value !== 'object' || value === null || chance(random, 0.15))
    return chance(random, 0.6) ? pick(random, extremeNumbers) : anyJson(random);
  const keys = Object.keys(value);
  if (keys.length === 0 || chance(random, 0.1)) return { ...value, [pick(random, hostileTexts)]: anyJson(random) };
  const key = pick(random, keys);
  const changed: Record<string, unknown> = Array.isArray(value) ? (value.slice() as never) : { ...value };
  if (chance(random, 0.1)) delete changed[key];
  else changed[key] = changeJson(changed[key], random);
  return changed;
}

function changeMetadataKeys({ metadata }: Draft, random: Random): void {
  const keys = Object.keys(metadata);
  const key = pick(random, keys);
  const change = random.below(3);
  if (change === 0) delete metadata[key];
  else if (change === 1) metadata[key] = anyJson(random);
  else metadata[pick(random, hostileTexts)] = pick(random, hostileTexts);
}

function changeFloats({ tensors }: Draft, random: Random): void {
  const tensor = tensorOf(tensors, random, ['F32', 'F64']);
  if (tensor === undefined) return;
  for (let count = 1 + random.below(4); count > 0; count--) {
    const at = random.below(lengthOf(tensor)) * widthOf(tensor);
    const value = chance(random, 0.8) ? pick(random, extremeNumbers) : 10 ** whole(random, -45, 38) * random.normal();
    if (tensor.dtype === 'F32') tensor.bytes.writeFloatLE(value, at);
    else tensor.bytes.writeDoubleLE(value, at);
  }
}

/** All numbers of a tensor at once, or of every `period`-th: a customer, a product, or one factor of all of them. */
function scaleFloats({ tensors }: Draft, random: Random): void {
  const tensor = tensorOf(tensors, random, ['F32']);
  if (tensor === undefined) return;
  const factor = pick(random, [0, -1, 1e-30, 1e-10, 1e4, 1e10, 1e15, 1e18, 1e19, 1e20, 1e29, 1e30, 1e38]);
  const period = pick(random, [1, 1, 2, 16, 17]);
  for (let i = random.below(period); i < lengthOf(tensor); i += period)
    tensor.bytes.writeFloatLE(Math.fround(tensor.bytes.readFloatLE(4 * i) * factor), 4 * i);
}

function changeIntegers({ tensors }: Draft, random: Random): void {
  const tensor = tensorOf(tensors, random, ['I32', 'I64', 'U8']);
  if (tensor === undefined) return;
  for (let count = 1 + random.below(3); count > 0; count--) {
    const place = random.below(lengthOf(tensor));
    const isNear = chance(random, 0.4);
    writeInteger(tensor, place, isNear ? readInteger(tensor, place) + pick(random, [-1, 1]) : pick(random, integers));
  }
}

function reorderIntegers({ tensors }: Draft, random: Random): void {
  const tensor = tensorOf(tensors, random, ['I32', 'I64', 'U8']);
  if (tensor === undefined) return;
  const length = lengthOf(tensor);
  const [a, b] = chance(random, 0.5) ? [random.below(length), random.below(length)] : [0, length - 1];
  const before = readInteger(tensor, a);
  writeInteger(tensor, a, readInteger(tensor, b));
  if (chance(random, 0.7)) writeInteger(tensor, b, before);
}

function changeTexts({ tensors }: Draft, random: Random): void {
  const tensor = tensorOf(tensors, random, ['U8']);
  if (tensor === undefined) return;
  const text = Buffer.from(pick(random, hostileTexts));
  if (chance(random, 0.5)) text.copy(tensor.bytes, random.below(tensor.bytes.length));
  else tensor.bytes[random.below(tensor.bytes.length)] = pick(random, [0, 0x80, 0xc0, 0xed, 0xf0, 0xf8, 0xff]);
}

/** Adds or removes elements, with a shape that says so. */
function resizeTensor({ tensors }: Draft, random: Random): void {
  const tensor = tensorOf(tensors, random, dtypes);
  if (tensor === undefined || !fits(tensor)) return;
  const row = tensor.shape.slice(1).reduce((product, size) => product * size, widthOf(tensor));
  const rows = Math.max(0, tensor.shape[0] + pick(random, [-tensor.shape[0], -2, -1, 1, 2, 16]));
  const bytes = Buffer.alloc(rows * row);
  tensor.bytes.copy(bytes);
  tensor.bytes = bytes;
  tensor.shape = [rows, ...tensor.shape.slice(1)];
}

/** Another number of factors, on both sides or on one. */
function reshapeFactors({ tensors, metadata }: Draft, random: Random): void {
  const factors = pick(random, chance(random, 0.9) ? factorCounts : largeFactorCounts);
  const isConsistent = chance(random, 0.9);
  for (const tensor of tensors) {
    if (!/^(customer|product)_factors$/.test(tensor.name) || !fits(tensor)) continue;
    if (!isConsistent && chance(random, 0.5)) continue;
    const [rows, before] = tensor.shape;
    const bytes = Buffer.alloc(4 * rows * factors);
    for (let i = 0; i < rows * factors && before > 0; i++)
      bytes.writeFloatLE(tensor.bytes.readFloatLE(4 * (i % (rows * before))), 4 * i);
    tensor.bytes = bytes;
    tensor.shape = [rows, factors];
  }
  if (chance(random, 0.5)) metadata.options = String(metadata.options).replace(/"factors":\d+/, `"factors":${factors}`);
}

/** An entry of the header that does not fit the bytes. */
function changeEntry({ tensors }: Draft, random: Random): void {
  const tensor = pick(random, tensors);
  const total = tensors.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const size = () =>
    chance(random, 0.7) ? pick(random, [-1, 0, 1, 16, total, total + 1, 2 ** 31, 2 ** 53]) : anyJson(random);
  switch (random.below(5)) {
    case 0:
      tensor.dtype = chance(random, 0.7) ? pick(random, [...dtypes, 'BF16', 'f32', '']) : anyJson(random);
      break;
    case 1:
      tensor.shape = chance(random, 0.8) ? several(random.below(4), size) : anyJson(random);
      break;
    case 2:
      if (Array.isArray(tensor.shape)) tensor.shape = tensor.shape.toReversed();
      break;
    case 3:
      tensor.place = chance(random, 0.8) ? [size(), size()] : anyJson(random);
      break;
    default:
      // The same number of elements in another shape.
      tensor.shape = pick(random, [[], [1, lengthOf(tensor)], [lengthOf(tensor), 1], [lengthOf(tensor)]]);
  }
}

function changeTensorSet({ tensors }: Draft, random: Random): void {
  const place = random.below(tensors.length);
  const tensor = tensors[place];
  const change = random.below(4);
  if (change === 0 && tensors.length > 1) tensors.splice(place, 1);
  else if (change === 1) tensors.push({ ...tensor, name: pick(random, [tensor.name, 'x', ...hostileTexts]) });
  else if (change === 2) tensor.name = pick(random, [pick(random, tensors).name, ...hostileTexts]);
  else tensors.reverse();
}

function swapTensors({ tensors }: Draft, random: Random): void {
  const [a, b] = [pick(random, tensors), pick(random, tensors)];
  [a.bytes, b.bytes] = [b.bytes, a.bytes];
  if (chance(random, 0.7)) [a.shape, b.shape] = [b.shape, a.shape];
}

function borrowTensor({ tensors }: Draft, random: Random, other: Draft): void {
  const borrowed = pick(random, other.tensors);
  const place = tensors.findIndex(({ name }) => name === borrowed.name);
  if (place < 0) tensors.push(borrowed);
  else tensors[place] = borrowed;
}

/** Whether the shape is that of the bytes, which an earlier mutation may have changed. */
function fits(tensor: DraftTensor): tensor is DraftTensor & { shape: number[] } {
  const { shape } = tensor;
  if (!Array.isArray(shape) || shape.length === 0 || !shape.every((size) => size <= mostRows)) return false;
  return shape.reduce((product, size) => product * Number(size), widthOf(tensor)) === tensor.bytes.length;
}

/** A tensor of one of these types that is not empty; undefined if there is none. */
function tensorOf(tensors: readonly DraftTensor[], random: Random, types: readonly string[]): DraftTensor | undefined {
  const found = tensors.filter((tensor) => types.includes(tensor.dtype as string) && lengthOf(tensor) > 0);
  return found.length > 0 ? pick(random, found) : undefined;
}

function widthOf({ dtype }: DraftTensor): number {
  return widths[dtype as string] ?? 1;
}

function lengthOf(tensor: DraftTensor): number {
  return Math.floor(tensor.bytes.length / widthOf(tensor));
}

function readInteger({ dtype, bytes }: DraftTensor, place: number): number {
  if (dtype === 'U8') return bytes[place];
  return dtype === 'I32' ? bytes.readInt32LE(4 * place) : Number(bytes.readBigInt64LE(8 * place));
}

function writeInteger({ dtype, bytes }: DraftTensor, place: number, value: number): void {
  if (dtype === 'U8') bytes[place] = value;
  else if (dtype === 'I32') bytes.writeInt32LE(value | 0, 4 * place);
  else bytes.writeBigInt64LE(BigInt.asIntN(64, BigInt(value)), 8 * place);
}
