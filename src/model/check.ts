import { kindOf, plainView } from '../dataset/arrays.ts';
import { idsProblem, infoProblem, shown } from '../dataset/check.ts';
import { EndcapError } from '../errors.ts';
import { isKernelMemory } from '../kernel/memory.ts';
import { maxFactors } from '../kernel/operations/operations.ts';
import { finish } from '../turns.ts';
import { metadataProblem } from './metadata.ts';
import type { Model } from './model.ts';
import { arrayAt, arrayTypes, type Numbers, optionalParts, placed, shapeOf, sizesOf } from './tensors.ts';
import { infoReaderOf, packedNamesOf } from './texts.ts';

/** Models that had no problem when all of their values were checked. What kernels trust is checked again all the same. */
const sound = new WeakSet<Model>();

/** @throws `model_unreadable` if a model cannot be put to use. */
export function refuse(problem: string): never {
  throw new EndcapError('model_unreadable', `this model cannot be used: ${problem}; train it again, or load its file`, {
    reason: 'values',
    problem,
  });
}

/**
 * A model with its fields read once, each array as a plain view of its memory, so that nothing can say one thing when it
 * is checked and another when it is used. The values of the arrays are not looked at.
 *
 * @param given may be anything.
 * @returns a message if a field is missing, or is of another type or length than a model's.
 */
export function viewModel(given: unknown): Model | string {
  try {
    return viewFields(given);
  } catch (cause) {
    return `reading its fields fails: ${cause instanceof Error ? cause.message : shown(cause)}`;
  }
}

/**
 * What is wrong with the values of a model; undefined if it keeps every promise of its type.
 *
 * @param given the model itself. If it is known to be sound, only what kernels trust is checked.
 * @param view of the model, whose arrays may be copies, and rows of factors padded.
 */
export function valuesProblem(given: Model, view: Model): string | undefined {
  return finish(valuesProblemIn(given, view));
}

/** The same a piece at a time, for those who have others waiting. @param right tensors that were looked at before. */
export function* valuesProblemIn(
  given: Model,
  view: Model,
  right: ReadonlySet<string> = new Set(),
): Generator<undefined, string | undefined> {
  const known = sound.has(given);
  const problem = (known ? undefined : yield* textsProblem(view)) ?? (yield* arraysProblem(view, known, right));
  if (problem === undefined) sound.add(given);
  return problem;
}

/** The length of the longest of rows of `width` numbers. */
export function longestRow(values: Float32Array, width: number): number {
  let longest = 0;
  for (let start = 0; start < values.length; start += width) {
    let square = 0;
    for (let k = start; k < start + width; k++) square += values[k] * values[k];
    longest = Math.max(longest, Math.sqrt(square));
  }
  return longest;
}

/** Whether dot products of vectors up to these lengths are finite as 32-bit floats: none exceeds the lengths' product. */
export function hasFiniteScores(length: number, otherLength: number): boolean {
  return length * otherLength < 1e38;
}

function viewFields(given: unknown): Model | string {
  if (kindOf(given) !== 'object') return `it is ${shown(given)}; expected what train or loadModel returns`;
  const { algorithm, factors, customers, products, productInfo, metadata } = given as Model;
  if (algorithm !== 'als' && algorithm !== 'quantity')
    return `algorithm is ${shown(algorithm)}; expected 'als' or 'quantity'`;
  if (!Number.isInteger(factors) || factors < 1 || factors > maxFactors)
    return `factors is ${shown(factors)}; expected a whole number from 1 to ${maxFactors}`;
  for (const [name, list] of Object.entries({ customers, products, productInfo }))
    if (kindOf(list) !== 'Array') return `${name} is ${shown(list)}; expected an array`;
  const parts = viewParts(given as Model);
  if (typeof parts === 'string') return parts;
  const view = { algorithm, factors, customers, products, productInfo, ...parts, metadata } as unknown as Model;
  const problem = metadataProblem(metadata) ?? lengthsProblem(view);
  if (problem !== undefined) return problem;
  if (metadata.ranking && !view.signals) return 'it has a ranking but no signals';
  if (view.repeatTrees && !metadata.ranking) return 'it has trees but no ranking';
  if (view.sales && !metadata.sales) return 'it has sales but no periods of them';
  if (metadata.sales && !view.sales) return 'it has periods of sales but no sales';
  return metadata.ranking?.neighbours && !view.neighbours ? 'its ranking weighs neighbours, but it has none' : view;
}

/** The arrays of a model, in the parts that it keeps them in; a message if one is missing or of another type. */
function viewParts(given: Model): object | string {
  const from = new Map<string, Record<string, unknown>>();
  const view: Record<string, unknown> = {};
  for (const { dtype, at, part, field, optional } of placed) {
    if (part !== undefined && !from.has(part)) {
      const value = given[part as 'signals'];
      if (value === undefined && optionalParts.has(part)) continue;
      if (kindOf(value) !== 'object') return `${part} is ${shown(value)}; expected an object`;
      from.set(part, value as unknown as Record<string, unknown>);
      view[part] = {};
    }
    const value = (part === undefined ? (given as unknown as Record<string, unknown>) : from.get(part)!)[field];
    if (value === undefined && optional) continue;
    const type = arrayTypes[dtype];
    if (kindOf(value) !== type.name) return `${at} is ${shown(value)}; expected a ${type.name}`;
    const array = plainView(value as Numbers, type);
    // It could shrink while its values are in use.
    if ((array.buffer as { resizable?: boolean }).resizable && !isKernelMemory(array.buffer))
      return `${at} is in a resizable buffer; expected one of a fixed length`;
    const into = part === undefined ? view : (view[part] as Record<string, unknown>);
    into[field] = array;
  }
  return view;
}

function lengthsProblem(view: Model): string | undefined {
  const sizes = sizesOf(view);
  for (const { name, at } of placed) {
    const array = arrayAt(view, at);
    const expected = shapeOf(name, sizes).reduce<number>((product, length) => product * length!, 1);
    if (array && array.length !== expected) return `${at} has ${array.length} values; expected ${expected}`;
  }
  return undefined;
}

/** Texts that are looked at in a piece: well under a millisecond. */
const textsOfPiece = 2 ** 12;

function* textsProblem({ customers, products, productInfo }: Model): Generator<undefined, string | undefined> {
  function* each({ length }: { length: number }, problemIn: (from: number, to: number) => string | undefined) {
    // At least once: there may be too few.
    for (let from = 0; from === 0 || from < length; from += textsOfPiece) {
      yield;
      const problem = problemIn(from, Math.min(from + textsOfPiece, length));
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  const idsProblemOf = (what: string, ids: readonly string[]) => (from: number, to: number) =>
    idsProblem(what, ids, from, to);
  return (
    (yield* each(customers, idsProblemOf('customers', customers))) ??
    (yield* each(products, idsProblemOf('products', products))) ??
    (yield* each(productInfo, packedNamesOf(productInfo) ? pricesProblem : ownProblem))
  );

  function ownProblem(from: number, to: number): string | undefined {
    return infoProblem(productInfo, products, from, to);
  }

  /** What is packed has no names and categories but texts. */
  function pricesProblem(from: number, to: number): string | undefined {
    const { price } = infoReaderOf(productInfo);
    for (let row = from; row < to; row++) {
      const known = price(row);
      if (known !== undefined && !Number.isFinite(known)) return ownProblem(row, row + 1);
    }
    return productInfo.length === products.length ? undefined : ownProblem(from, to);
  }
}

function* arraysProblem(
  view: Model,
  onlyTrusted: boolean,
  right: ReadonlySet<string>,
): Generator<undefined, string | undefined> {
  const sizes = sizesOf(view);
  for (const { name, at, shape, trusted, check } of placed) {
    const array = (trusted || !onlyTrusted) && !right.has(name) && arrayAt(view, at);
    const wrong = array && check ? yield* check(array, sizes, view) : undefined;
    if (!array || !wrong) continue;
    const { index, expected } = wrong;
    const [rows] = shape;
    const width = rows === 'customers' || rows === 'products' || rows === 'trees' ? array.length / sizes[rows] : 1;
    return `${at} of ${rowNames[rows as keyof typeof rowNames]} ${Math.floor(index / width)} is ${array[index]}; expected ${expected}`;
  }
  return undefined;
}

const rowNames = {
  customers: 'customer row',
  products: 'product row',
  'customers + 1': 'customer row',
  'products + 1': 'product row',
  pairs: 'pair',
  returnedPairs: 'returned pair',
  unlisted: 'place',
  productPairs: 'pair of products',
  neighbourPairs: 'pair of neighbours',
  productPeriods: 'period of a product',
  trees: 'tree',
  lineWidth: 'value',
};
