/** Steps of Newton's method at most; a handful is usual. */
const maxSteps = 30;

/** Changes that are no larger leave what the next step would add below rounding: the method squares them. */
const tolerance = 1e-4;

/**
 * The weights of a logistic regression with a small penalty, by Newton's method.
 *
 * @param values rows x width; one column should be all ones.
 * @param labels 1 or 0, by row.
 * @param counts how much each row counts.
 * @param offsets what is in the log-odds of each row besides.
 * @returns a weight per column; zeros if there are no rows.
 */
export function logisticWeights(
  values: Float64Array,
  width: number,
  labels: Uint8Array,
  counts: Float64Array,
  offsets: Float64Array,
  penalty = 1e-3,
): Float64Array {
  const weights = new Float64Array(width);
  for (let step = 0; step < maxSteps; step++) {
    const gradient = Float64Array.from(weights, (weight) => -penalty * weight);
    const hessian = Array.from({ length: width }, (_, k) => new Float64Array(width).fill(penalty, k, k + 1));
    fillSums(values, labels, counts, offsets, weights, gradient, hessian);
    const move = solve(hessian, gradient);
    let length = 0;
    for (let k = 0; k < width; k++) {
      weights[k] += move[k];
      length += Math.abs(move[k]);
    }
    if (length < tolerance) break;
  }
  return weights;
}

/** Adds what rows say to the gradient and to the lower triangle of the Hessian matrix. */
function fillSums(
  values: Float64Array,
  labels: Uint8Array,
  counts: Float64Array,
  offsets: Float64Array,
  weights: Float64Array,
  gradient: Float64Array,
  hessian: readonly Float64Array[],
): void {
  const width = weights.length;
  const triangle = new Float64Array((width * (width + 1)) / 2);
  for (let row = 0, first = 0; row < labels.length; row++, first += width) {
    let logit = offsets[row];
    for (let k = 0; k < width; k++) logit += weights[k] * values[first + k];
    const p = 1 / (1 + Math.exp(-logit));
    const error = counts[row] * (labels[row] - p);
    const curvature = counts[row] * p * (1 - p);
    for (let k = 0, at = 0; k < width; k++) {
      gradient[k] += error * values[first + k];
      const scaled = curvature * values[first + k];
      for (let l = 0; l <= k; l++, at++) triangle[at] += scaled * values[first + l];
    }
  }
  for (let k = 0, at = 0; k < width; k++) for (let l = 0; l <= k; l++, at++) hessian[k][l] += triangle[at];
}

/** Solves a positive definite system by Cholesky's method, given its lower triangle, which it overwrites. */
function solve(lower: Float64Array[], right: Float64Array): Float64Array {
  const x = right.slice();
  for (let k = 0; k < x.length; k++) {
    for (let l = 0; l <= k; l++) {
      let sum = lower[k][l];
      for (let m = 0; m < l; m++) sum -= lower[k][m] * lower[l][m];
      lower[k][l] = k === l ? Math.sqrt(Math.max(sum, 1e-12)) : sum / lower[l][l];
    }
    for (let m = 0; m < k; m++) x[k] -= lower[k][m] * x[m];
    x[k] /= lower[k][k];
  }
  for (let k = x.length - 1; k >= 0; k--) {
    for (let m = k + 1; m < x.length; m++) x[k] -= lower[m][k] * x[m];
    x[k] /= lower[k][k];
  }
  return x;
}
