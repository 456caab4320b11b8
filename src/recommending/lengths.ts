import { EndcapError } from '../errors.ts';
import { modelProblem } from '../model/check.ts';
import type { Model } from '../model/model.ts';

/** The length of the vector of so many values from `start` on. */
export function lengthOf(values: Float32Array, start: number, count: number): number {
  let square = 0;
  for (let k = start; k < start + count; k++) square += values[k] * values[k];
  return Math.sqrt(square);
}

/** Rows scaled to length 1; rows of zeros stay. */
export function unitLength(values: Float32Array, factors: number): Float32Array {
  const result = new Float32Array(values.length);
  for (let row = 0; row < values.length; row += factors) {
    const length = lengthOf(values, row, factors);
    const scale = length > 0 ? 1 / length : 0;
    for (let k = row; k < row + factors; k++) result[k] = values[k] * scale;
  }
  return result;
}

/** No score can be larger than the product of the largest lengths; beyond the floats, ranking would be noise. */
export function finiteScores(length: number, other: number): boolean {
  return length * other < 1e38;
}

/** The length of the longest product. Throws `model_unreadable`. */
export function checkModel(model: Model): number {
  const { customerFactors, productFactors, factors } = model;
  const longest = (values: Float32Array) => {
    let most = 0;
    for (let row = 0; row < values.length; row += factors) most = Math.max(most, lengthOf(values, row, factors));
    return most;
  };
  let problem = modelProblem(model);
  if (problem === undefined) {
    const longestProduct = longest(productFactors);
    if (finiteScores(longest(customerFactors), longestProduct)) return longestProduct;
    problem = 'the factors are too large for finite scores';
  }
  throw new EndcapError('model_unreadable', `this model cannot be used: ${problem}; train it again`, {
    reason: 'values',
    problem,
  });
}
