/** The rules for the values of tensors. */
import { repeatFeatures } from '../ranking/repeat-features.ts';
import { treeDepth } from '../ranking/trees.ts';
import type { Model } from './model.ts';
import type { Numbers, Sizes } from './tensors.ts';

/** What is wrong with values, given that those of the tensors above are right; undefined if nothing is. */
export type Check = (values: Numbers, sizes: Sizes, model: Model) => Wrong | undefined;

/** A value that breaks a rule, by its index, and the rule. */
interface Wrong {
  index: number;
  expected: string;
}

/** Numbers from `min` to `max`. */
export function between(min: number, max: number, expected = `a number from ${min} to ${max}`): Check {
  return (values) => {
    // Locals, which take half the time.
    const { length } = values;
    const [low, high] = [min, max];
    for (let index = 0; index < length; index++) {
      const value = values[index];
      if (!(value >= low && value <= high)) return { index, expected };
    }
    return undefined;
  };
}

/**
 * Numbers of at most a magnitude. As 32-bit floats without their sign have the order of their bits, with what is no number at
 * the end, this compares integers, which takes a third of the time.
 */
export function within(magnitude: number, expected: string): Check {
  const [most] = new Int32Array(Float32Array.of(magnitude).buffer);
  return (values) => {
    const index = indexAbove(new Int32Array(values.buffer, values.byteOffset, values.length), most);
    return index < 0 ? undefined : { index, expected };
  };
}

/** The first number whose bits without the sign are above `most`; -1 if there is none. */
function indexAbove(bits: Int32Array, most: number): number {
  const { length } = bits;
  for (let index = 0; index < length; index++) if ((bits[index] & 0x7fffffff) > most) return index;
  return -1;
}

/** Times, or NaN for none. */
export function timeOrNone(values: Numbers): Wrong | undefined {
  for (let index = 0; index < values.length; index++)
    if (Math.abs(values[index]) === Infinity) return { index, expected: 'a time in milliseconds, or NaN' };
  return undefined;
}

/** Offsets that begin at 0, never fall, and end at a length. */
export function risesTo(length: 'pairs' | 'returnedPairs' | 'productPairs' | 'neighbourPairs'): Check {
  return (offsets, sizes) => {
    const end = sizes[length];
    if (offsets[0] !== 0) return { index: 0, expected: '0' };
    for (let index = 1; index < offsets.length; index++)
      if (offsets[index] < offsets[index - 1] || offsets[index] > end)
        return { index, expected: `a number from ${offsets[index - 1]} to ${end}` };
    const last = offsets.length - 1;
    return offsets[last] === end ? undefined : { index: last, expected: String(end) };
  };
}

/** Rows of products; those of each customer or product ascend, since they are searched. */
export function rowsOf(part: 'purchases' | 'returned' | 'neighbours', whose: 'customer' | 'product'): Check {
  return (rows, sizes, model) => {
    const { products } = sizes;
    const { offsets } = model[part]!;
    const owner = unsortedOwner(rows as Uint32Array, offsets, sizes[`${whose}s`], products);
    if (owner < 0) return undefined;
    let [index, least] = [offsets[owner], 0];
    for (; rows[index] >= least && rows[index] < products; index++) least = rows[index] + 1;
    return { index, expected: `a row from ${least} to ${products - 1}, since those of ${whose} row ${owner} ascend` };
  };
}

/** The first owner whose rows do not ascend, or reach `products`; -1 if there is none. */
function unsortedOwner(rows: Uint32Array, offsets: Uint32Array, owners: number, products: number): number {
  for (let owner = 0; owner < owners; owner++) {
    const end = offsets[owner + 1];
    for (let index = offsets[owner], least = 0; index < end; index++) {
      const row = rows[index];
      if (row < least || row >= products) return owner;
      least = row + 1;
    }
  }
  return -1;
}

/** Rows of products that ascend. */
export function ascendingRows(rows: Numbers, { products }: Sizes): Wrong | undefined {
  for (let index = 0, least = 0; index < rows.length; index++) {
    const row = rows[index];
    if (!(row >= least && row < products))
      return { index, expected: `a row from ${least} to ${products - 1}, since they ascend` };
    least = row + 1;
  }
  return undefined;
}

/** Rows of products, none twice for one product: nothing is in a list twice. */
export function togetherRows(rows: Numbers, { products }: Sizes, { boughtTogether }: Model): Wrong | undefined {
  const { offsets } = boughtTogether!;
  /** The product that each row was last listed for, counted from 1. */
  const listed = new Uint32Array(products);
  for (let product = 0; product < products; product++) {
    for (let index = offsets[product]; index < offsets[product + 1]; index++) {
      const row = rows[index];
      if (!(row < products)) return { index, expected: `a row from 0 to ${products - 1}` };
      if (listed[row] === product + 1)
        return { index, expected: `another row, since product row ${product} has that already` };
      listed[row] = product + 1;
    }
  }
  return undefined;
}

/** More would take long, and are never trained. */
const maxTrees = 1000;

/** Features that this version knows, of no more trees than are ever trained. */
export function featuresOfTrees(features: Numbers): Wrong | undefined {
  const most = maxTrees * treeDepth;
  if (features.length > most) return { index: most, expected: `at most ${maxTrees} trees` };
  for (let index = 0; index < features.length; index++)
    if (!(features[index] < repeatFeatures.length))
      return { index, expected: `a feature from 0 to ${repeatFeatures.length - 1}` };
  return undefined;
}
