/** Steps of Newton's method at most; a handful is usual. */
const maxSteps = 30;
/** Times that a step is halved at most. */
const maxHalvings = 30;

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
export function* logisticWeights(
  values: Float64Array,
  width: number,
  labels: Uint8Array,
  counts: Float64Array,
  offsets: Float64Array,
  penalty = 1e-3,
): Generator<undefined, Float64Array> {
  const sumsAt = (weights: Float64Array): Sums => sumsOf(values, labels, counts, offsets, weights, penalty);
  let weights: Float64Array = new Float64Array(width);
  let sums = sumsAt(weights);
  for (let step = 0; step < maxSteps; step++) {
    let move = solve(sums.hessian, sums.gradient);
    yield;
    let next = sumsAt(weights.map((weight, k) => weight + move[k]));
    // Where nearly all rows are sure of themselves, the curve is flat and a whole step leads far beyond the minimum.
    for (let halvings = 0; !(next.loss <= sums.loss) && halvings < maxHalvings; halvings++) {
      move = move.map((each) => each / 2);
      yield;
      next = sumsAt(weights.map((weight, k) => weight + move[k]));
    }
    if (!(next.loss <= sums.loss)) break;
    weights = weights.map((weight, k) => weight + move[k]);
    sums = next;
    if (move.reduce((sum, each) => sum + Math.abs(each), 0) < tolerance) break;
  }
  return weights;
}

/** The loss, its negative gradient, and the lower triangle of its Hessian matrix. */
interface Sums {
  readonly loss: number;
  readonly gradient: Float64Array;
  readonly hessian: Float64Array[];
}

function sumsOf(
  values: Float64Array,
  labels: Uint8Array,
  counts: Float64Array,
  offsets: Float64Array,
  weights: Float64Array,
  penalty: number,
): Sums {
  const width = weights.length;
  const gradient = weights.map((weight) => -penalty * weight);
  const triangle = new Float64Array((width * (width + 1)) / 2);
  let loss = weights.reduce((sum, weight) => sum + (penalty / 2) * weight ** 2, 0);
  for (let row = 0, first = 0; row < labels.length; row++, first += width) {
    let logit = offsets[row];
    for (let k = 0; k < width; k++) logit += weights[k] * values[first + k];
    const p = 1 / (1 + Math.exp(-logit));
    // ln(1 + e^logit) without overflow
    loss += counts[row] * (Math.max(logit, 0) + Math.log1p(Math.exp(-Math.abs(logit))) - labels[row] * logit);
    const error = counts[row] * (labels[row] - p);
    const curvature = counts[row] * p * (1 - p);
    for (let k = 0, at = 0; k < width; k++) {
      gradient[k] += error * values[first + k];
      const scaled = curvature * values[first + k];
      for (let l = 0; l <= k; l++, at++) triangle[at] += scaled * values[first + l];
    }
  }
  const hessian = Array.from({ length: width }, (_, k) => new Float64Array(width).fill(penalty, k, k + 1));
  for (let k = 0, at = 0; k < width; k++) for (let l = 0; l <= k; l++, at++) hessian[k][l] += triangle[at];
  return { loss, gradient, hessian };
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
