/** What trees, and the line that they start from, correct of the scores of products bought before. */
import { repeatFeatures } from './repeat-features.ts';
import { sumTrees, type Trees } from './trees.ts';

/** Adds to scores. */
export interface Corrections extends Trees {
  /** What the line adds per unit of each of the values that `fillLine` gives. */
  readonly slopes: Float32Array;
}

/** Features of the customer that the line reads, as logarithms, since most can be of any size. */
const ofCustomer = [
  'repeatRate',
  'orderSize',
  'lastOrderSize',
  'customerOrders',
  'customerProducts',
  'daysSinceOrder',
  'customerInterval',
] as const;
const columnsOfCustomer = ofCustomer.map((name) => repeatFeatures.indexOf(name));

/** How many values the line reads. */
export const lineWidth = 2 + ofCustomer.length;

/**
 * The values that the line reads: a score, 1, and those of the customer.
 *
 * @param columns the features, of which that of a pair of the customer is at `row`.
 */
export function fillLine(
  into: Float64Array,
  score: number,
  columns: readonly Float32Array[],
  row: number,
): Float64Array {
  into[0] = score;
  into[1] = 1;
  for (let k = 2; k < lineWidth; k++) into[k] = Math.log1p(Math.max(0, columns[columnsOfCustomer[k - 2]][row]));
  return into;
}

/** What is added to the scores of pairs, given their features. */
export function correctionsOf(
  { slopes, ...trees }: Corrections,
  columns: readonly Float32Array[],
  rows: number,
): Float32Array {
  const sums = sumTrees(trees, columns, rows);
  const values = new Float64Array(lineWidth);
  for (let row = 0; row < rows; row++) {
    fillLine(values, columns[0][row], columns, row);
    let line = 0;
    for (let k = 0; k < lineWidth; k++) line += slopes[k] * values[k];
    sums[row] += line;
  }
  return sums;
}
