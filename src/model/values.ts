/** The rules for the values of tensors. */
import { repeatFeatures } from '../ranking/repeat-features.ts';
import { treeDepth } from '../ranking/trees.ts';
import type { Model } from './model.ts';
import type { Numbers, Sizes } from './tensors.ts';

/**
 * What is wrong with values, given that those of the tensors above are right; undefined if nothing is. It looks at them a piece
 * at a time, for those who have others waiting.
 */
export type Check = (values: Numbers, sizes: Sizes, model: Model) => Generator<undefined, Wrong | undefined>;

/** A value that breaks a rule, by its index, and the rule. */
interface Wrong {
  index: number;
  expected: string;
}

/** Values, or rows of a few values, that are looked at in a piece: well under a millisecond. */
const valuesOfPiece = 2 ** 16;
const rowsOfPiece = 2 ** 12;

/** The first value that is not right. @param firstWrong of those from one place up to another; -1 if there is none. */
function* eachPiece(
  { length }: Numbers,
  firstWrong: (from: number, to: number) => number,
): Generator<undefined, number> {
  for (let from = 0; from < length; from += valuesOfPiece) {
    yield;
    const index = firstWrong(from, Math.min(from + valuesOfPiece, length));
    if (index >= 0) return index;
  }
  return -1;
}

/** Numbers from `min` to `max`. */
export function between(min: number, max: number, expected = `a number from ${min} to ${max}`): Check {
  return function* (values) {
    const index = yield* eachPiece(values, (from, to) => indexOutside(values, min, max, from, to));
    return index < 0 ? undefined : { index, expected };
  };
}

function indexOutside(values: Numbers, min: number, max: number, from: number, to: number): number {
  for (let index = from; index < to; index++) {
    const value = values[index];
    if (!(value >= min && value <= max)) return index;
  }
  return -1;
}

/**
 * Numbers of at most a magnitude. As 32-bit floats without their sign have the order of their bits, with what is no number at
 * the end, this compares integers, which takes a third of the time.
 */
export function within(magnitude: number, expected: string): Check {
  const [most] = new Int32Array(Float32Array.of(magnitude).buffer);
  return function* (values) {
    const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
    const index = yield* eachPiece(values, (from, to) => indexAbove(bits, most, from, to));
    return index < 0 ? undefined : { index, expected };
  };
}

/** The first number whose bits without the sign are above `most`; -1 if there is none. */
function indexAbove(bits: Int32Array, most: number, from: number, to: number): number {
  for (let index = from; index < to; index++) if ((bits[index] & 0x7fffffff) > most) return index;
  return -1;
}

/** Times, or NaN for none. */
export function* timeOrNone(values: Numbers): ReturnType<Check> {
  const index = yield* eachPiece(values, (from, to) => indexInfinite(values, from, to));
  return index < 0 ? undefined : { index, expected: 'a time in milliseconds, or NaN' };
}

function indexInfinite(values: Numbers, from: number, to: number): number {
  for (let index = from; index < to; index++) if (Math.abs(values[index]) === Infinity) return index;
  return -1;
}

/** Offsets that begin at 0, never fall, and end at a length. */
export function risesTo(
  length: 'pairs' | 'returnedPairs' | 'productPairs' | 'neighbourPairs' | 'productPeriods',
): Check {
  return function* (offsets, sizes) {
    const end = sizes[length];
    if (offsets[0] !== 0) return { index: 0, expected: '0' };
    const index = yield* eachPiece(offsets, (from, to) => indexFalling(offsets, end, Math.max(1, from), to));
    if (index >= 0) return { index, expected: `a number from ${offsets[index - 1]} to ${end}` };
    const last = offsets.length - 1;
    return offsets[last] === end ? undefined : { index: last, expected: String(end) };
  };
}

function indexFalling(offsets: Numbers, end: number, from: number, to: number): number {
  for (let index = from; index < to; index++)
    if (offsets[index] < offsets[index - 1] || offsets[index] > end) return index;
  return -1;
}

/** Rows of products; those of each customer or product ascend, since they are searched. */
export function rowsOf(part: 'purchases' | 'returned' | 'neighbours', whose: 'customer' | 'product'): Check {
  return function* (rows, sizes, model) {
    const { products } = sizes;
    const wrong = yield* unsorted(rows, model[part]!.offsets, sizes[`${whose}s`], products);
    if (!wrong) return undefined;
    const { index, least, owner } = wrong;
    return { index, expected: `a row from ${least} to ${products - 1}, since those of ${whose} row ${owner} ascend` };
  };
}

/** Periods that the model has; those of each product ascend. */
export function* periodsOfProducts(
  numbers: Numbers,
  { products }: Sizes,
  { sales, metadata }: Model,
): ReturnType<Check> {
  const { periods } = metadata.sales!;
  const wrong = yield* unsorted(numbers, sales!.offsets, products, periods);
  if (!wrong) return undefined;
  const { index, least, owner } = wrong;
  return { index, expected: `a period from ${least} to ${periods - 1}, since those of product row ${owner} ascend` };
}

/** The first number that does not ascend among those of its owner, or reaches `end`, and the least that it could be. */
function* unsorted(
  numbers: Numbers,
  offsets: Uint32Array,
  owners: number,
  end: number,
): Generator<undefined, { index: number; least: number; owner: number } | undefined> {
  const owner = yield* unsortedOwner(numbers as Uint32Array, offsets, owners, end);
  if (owner < 0) return undefined;
  let [index, least] = [offsets[owner], 0];
  for (; numbers[index] >= least && numbers[index] < end; index++) least = numbers[index] + 1;
  return { index, least, owner };
}

/** The first owner whose rows do not ascend, or reach `products`; -1 if there is none. */
function* unsortedOwner(
  rows: Uint32Array,
  offsets: Uint32Array,
  owners: number,
  products: number,
): Generator<undefined, number> {
  for (let owner = 0; owner < owners; ) {
    yield;
    const to = ownersOfPiece(offsets, owner, owners);
    for (; owner < to; owner++) if (!ascends(rows, offsets[owner], offsets[owner + 1], products)) return owner;
  }
  return -1;
}

/** One past the last owner of a piece that begins with one, whose rows are few together, or of that one alone. */
function ownersOfPiece(offsets: Uint32Array, first: number, owners: number): number {
  let to = first + 1;
  while (to < owners && to - first < rowsOfPiece && offsets[to + 1] - offsets[first] <= valuesOfPiece) to++;
  return to;
}

/** Whether rows from one place up to another ascend, and none reaches `products`. */
function ascends(rows: Uint32Array, from: number, to: number, products: number): boolean {
  for (let index = from, least = 0; index < to; index++) {
    const row = rows[index];
    if (row < least || row >= products) return false;
    least = row + 1;
  }
  return true;
}

/** Rows of products that ascend. */
export function* ascendingRows(rows: Numbers, { products }: Sizes): ReturnType<Check> {
  const leastAt = (index: number) => (index === 0 ? 0 : rows[index - 1] + 1);
  const index = yield* eachPiece(rows, (from, to) => {
    for (let at = from; at < to; at++) if (!(rows[at] >= leastAt(at) && rows[at] < products)) return at;
    return -1;
  });
  if (index < 0) return undefined;
  return { index, expected: `a row from ${leastAt(index)} to ${products - 1}, since they ascend` };
}

/** Rows of products, none twice for one product: nothing is in a list twice. */
export function* togetherRows(rows: Numbers, { products }: Sizes, { boughtTogether }: Model): ReturnType<Check> {
  const { offsets } = boughtTogether!;
  /** The product that each row was last listed for, counted from 1. */
  const listed = new Uint32Array(products);
  for (let product = 0; product < products; ) {
    yield;
    for (const to = ownersOfPiece(offsets, product, products); product < to; product++) {
      for (let index = offsets[product]; index < offsets[product + 1]; index++) {
        const row = rows[index];
        if (!(row < products)) return { index, expected: `a row from 0 to ${products - 1}` };
        if (listed[row] === product + 1)
          return { index, expected: `another row, since product row ${product} has that already` };
        listed[row] = product + 1;
      }
    }
  }
  return undefined;
}

/** More would take long, and are never trained. */
const maxTrees = 1000;

/** Features that this version knows, of no more trees than are ever trained. */
export function* featuresOfTrees(features: Numbers): ReturnType<Check> {
  const most = maxTrees * treeDepth;
  if (features.length > most) return { index: most, expected: `at most ${maxTrees} trees` };
  const index = yield* eachPiece(features, (from, to) =>
    indexOutside(features, 0, repeatFeatures.length - 1, from, to),
  );
  return index < 0 ? undefined : { index, expected: `a feature from 0 to ${repeatFeatures.length - 1}` };
}
