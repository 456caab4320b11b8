import { type Dataset, quantityOf, rowsWithPairs } from '../dataset/dataset.ts';
import { transposeValues } from '../dataset/sort.ts';
import { balancedBounds, evenBounds, type OpenKernel } from '../kernel/kernel.ts';
import { type Memory, shareIn } from '../kernel/memory.ts';
import { longRow, maxFactors, type Solver, strideOf } from '../kernel/operations.ts';
import { finiteNumber, oneOf, wholeNumber } from '../options.ts';
import { checkSeed, createRandom } from '../random.ts';
import { recencies } from '../ranking/signals.ts';
import { decayOf, type RankingOptions } from '../ranking/weights.ts';
import { checkFinite, type Trained, type TrainingControl } from './algorithm.ts';
import { createBasis } from './basis.ts';

export interface AlsOptions extends Pick<RankingOptions, 'decay'> {
  /** Length of the embeddings; 1 to 2048; 128 by default. */
  factors?: number;
  /** Times that both sides are solved; 1 to 1000; 10 by default. */
  iterations?: number;
  /** Weight of the squared length of an embedding on the average row of either side, so that a number means the same for
   * any shop; 8 by default. No more is used than half of what would leave nothing to learn; see `trainAls`. */
  regularization?: number;
  /** Weight of a pair that was never bought; the average bought pair has `alpha`. 0.1 by default. */
  unobservedWeight?: number;
  /** How regularization grows with a row's frequency, its pairs + unobservedWeight x rows of the other side: with 0 it
   * is the same for all, with 1 (the default) in proportion. */
  frequencyExponent?: number;
  /** What tells how sure a bought pair is: in how many `orders` it was bought, each counted with decay^(orders ago) (the
   * default), the `quantity`, its logarithm ln(1 + quantity) (`log-quantity`), or nothing (`equal`). */
  confidence?: Confidence;
  /** What takes the place of `decay` once products are learned, and customers' embeddings are made for the last time: what
   * a customer wants next is nearer to what they bought last. Above 0, at most 1; 0.7 by default. */
  tasteDecay?: number;
  /** Weight of the average bought pair; 1 by default. */
  alpha?: number;
  /** How rows are solved: by a few steps of conjugate gradients (`cg`), exactly (`exact`), or whichever of the two brings
   * the loss down sooner (`auto`, the default). */
  solver?: 'auto' | 'cg' | 'exact';
  /** Steps of conjugate gradients for a row; 1 to 100; 3 by default. */
  cgSteps?: number;
  /** Whole number from 0 to 2^53 - 1; 42 by default. */
  seed?: number;
}

export type Confidence = 'orders' | 'quantity' | 'log-quantity' | 'equal';
export const confidences: readonly Confidence[] = ['orders', 'quantity', 'log-quantity', 'equal'];
const settlingSteps = 10;
const advice = 'raise regularization or lower alpha';
/** Of an order long ago. The exact solver divides by weights. */
const leastRecency = 1e-6;
const solvers = { auto: 0, cg: 1, exact: 3 } as const satisfies Record<string, Solver>;

/** Looks at the factors after an epoch, rows padded to the stride in kernel memory, and may end the training there. */
export type Watch = (
  epoch: number,
  customerFactors: Float32Array,
  productFactors: Float32Array,
) => Promise<'stop' | undefined>;

/** The raw confidence of a pair, before it is scaled so that the average pair has `alpha`. */
export function rawConfidence(confidence: Confidence, recency: number, quantity: number): number {
  if (confidence === 'orders') return Math.max(recency, leastRecency);
  if (confidence === 'quantity') return quantity;
  if (confidence === 'log-quantity') return Math.log1p(quantity);
  return 1;
}

/** A confidence once `tasteDecay` takes the place of `decay`. */
export function aged(confidence: number, recency: number, tasteRecency: number): number {
  return confidence * Math.max(tasteRecency / Math.max(recency, leastRecency), leastRecency);
}

/** Every option with its value or default. Throws `invalid_options` that names the option. */
export function alsSettings(options: AlsOptions) {
  return {
    factors: wholeNumber('factors', options.factors ?? 128, 1, maxFactors),
    iterations: wholeNumber('iterations', options.iterations ?? 10, 1, 1000),
    regularization: finiteNumber('regularization', options.regularization ?? 8, 0),
    unobservedWeight: finiteNumber('unobservedWeight', options.unobservedWeight ?? 0.1, 0),
    frequencyExponent: finiteNumber('frequencyExponent', options.frequencyExponent ?? 1, 0, 2),
    confidence: oneOf('confidence', options.confidence ?? 'orders', confidences),
    decay: decayOf(options),
    tasteDecay: finiteNumber('tasteDecay', options.tasteDecay ?? 0.7, 1e-3, 1),
    alpha: finiteNumber('alpha', options.alpha ?? 1, 1e-6),
    solver: oneOf('solver', options.solver ?? 'auto', ['auto', 'cg', 'exact']),
    cgSteps: wholeNumber('cgSteps', options.cgSteps ?? 3, 1, 100),
    seed: checkSeed(options.seed ?? 42),
  };
}

/**
 * Implicit-feedback alternating least squares (Hu, Koren, Volinsky 2008) with the loss of Rendle, Krichene, Zhang, Koren
 * ("Revisiting the Performance of iALS", 2021):
 *
 *   sum over bought pairs of w_ui (x_u.y_i - 1)^2  +  unobservedWeight * sum over all pairs of (x_u.y_i)^2
 *   + sum_u reg_u |x_u|^2 + sum_i reg_i |y_i|^2,
 *
 * where reg of a row with p pairs grows as (p + unobservedWeight * rows of the other side)^frequencyExponent and is
 * `regularization` on the average row that has pairs. With reg above the largest singular value of the weights all
 * embeddings would become zero; that value is at least the sum of the weights by the root of rows x columns, half of
 * which is the most that is used.
 *
 * Each iteration solves the products, then the customers. In the end customers are solved once more, with w_ui that age by
 * `tasteDecay`, so that they stand where folding in the same purchases would put them. Rows are solved by warm-started
 * conjugate gradients (Takács, Pilászy, Tikk 2011), or exactly: in the basis of the Gram matrix's eigenvectors a row takes
 * a system of the size of its pairs, where it has fewer of them than factors.
 */
export async function trainAls(
  kernel: OpenKernel,
  dataset: Dataset,
  options: AlsOptions & TrainingControl,
  watch?: Watch,
): Promise<Trained> {
  const settings = alsSettings(options);
  const { factors, iterations, unobservedWeight } = settings;
  const { purchases, byProduct } = dataset;
  const stride = strideOf(factors);
  const { memory } = kernel;
  const started = performance.now();

  const weights = memory.allocate(Float32Array, purchases.products.length);
  const recency = recencies(dataset, settings.decay);
  const { total, scale } = fillWeights(weights, dataset, recency, settings);
  const most = total / Math.sqrt(rowsWithPairs(purchases.offsets) * rowsWithPairs(byProduct.offsets)) / 2;
  const regularization = Math.min(settings.regularization, most);
  const weightsByProduct = memory.allocate(Float32Array, weights.length);
  transposeValues(purchases, byProduct.offsets, weights, weightsByProduct);
  const customers = side(
    dataset.customers.length,
    dataset.products.length,
    purchases.offsets,
    purchases.products,
    weights,
  );
  const products = side(
    dataset.products.length,
    dataset.customers.length,
    byProduct.offsets,
    byProduct.customers,
    weightsByProduct,
  );
  const gram = memory.allocate(Float32Array, stride * stride);
  const { solver, cgSteps } = settings;
  const exact = solver === 'exact' || (solver === 'auto' && exactIsQuicker([customers, products], factors, cgSteps));
  const basis = exact ? createBasis(kernel, factors) : undefined;

  const late = ofLate(kernel, dataset, customers, recency, settings);

  const random = createRandom(settings.seed);
  for (const { rows, x } of [products, customers]) {
    const spread = 0.1 / Math.sqrt(factors);
    for (let row = 0; row < rows; row++)
      for (let k = 0; k < factors; k++) x[row * stride + k] = spread * random.normal();
  }

  const losses: number[] = [];
  for (let epoch = 1; epoch <= iterations; epoch++) {
    const solved = (await iterate(products, customers)) && (await iterate(customers, products));
    const loss = solved ? total + sum(customers.objective) + penalty(products) : Number.NaN;
    checkFinite(loss, epoch, advice);
    losses.push(loss);
    options.onProgress?.({ epoch, epochs: iterations, loss, elapsedMs: performance.now() - started });
    if (watch && (await watch(epoch, await settled(), products.x)) === 'stop') break;
  }
  const customerFactors = await settled();
  await basis?.turnBack([customerFactors, products.x], options.signal);
  return {
    factors,
    customerFactors,
    productFactors: products.x,
    losses,
    options: settings,
    foldIn: { confidenceScale: scale, regularizationScale: customers.regularizationScale },
    ...(late && { tasteRecency: late.recency }),
  };

  function side(rows: number, others: number, offsets: Uint32Array, indices: Uint32Array, weights: Float32Array) {
    const penalties = memory.allocate(Float32Array, rows);
    let total = 0;
    for (let row = 0; row < rows; row++) {
      const pairs = offsets[row + 1] - offsets[row];
      penalties[row] = relativePenalty(pairs, others, settings);
      if (pairs > 0) total += penalties[row];
    }
    const regularizationScale = total > 0 ? (regularization * rowsWithPairs(offsets)) / total : 0;
    for (let row = 0; row < rows; row++) penalties[row] *= regularizationScale;
    return {
      rows,
      regularizationScale,
      x: memory.allocate(Float32Array, rows * stride),
      offsets: shareIn(memory, Uint32Array, offsets),
      indices: shareIn(memory, Uint32Array, indices),
      weights,
      regularization: penalties,
      objective: memory.allocate(Float32Array, rows),
      ...schedule(memory, offsets, others, longRow(stride)),
    };
  }

  /** A half-step of an iteration. Returns whether all numbers stayed finite. */
  async function iterate(solved: ReturnType<typeof side>, fixed: ReturnType<typeof side>): Promise<boolean> {
    const { signal } = options;
    await kernel.run(
      'gram',
      { x: fixed.x, count: fixed.rows, stride, scale: unobservedWeight, gram },
      // Every call reads all rows: as few calls as there are threads.
      evenBounds(stride, 8 * Math.ceil(stride / 8 / kernel.threads)),
      { signal },
    );
    if (basis && !(await basis.turnToEigenvectors(gram, fixed.x, signal))) return false;
    return solve(solved, fixed, cgSteps);
  }

  /** The customers' factors by what they bought of late; good until the next call. */
  async function settled(): Promise<Float32Array> {
    if (!late) return customers.x;
    late.x.set(customers.x);
    // More steps than in an iteration: none comes after to go on from these.
    const solved = await solve({ ...customers, ...late }, products, Math.max(cgSteps, settlingSteps));
    checkFinite(solved ? 0 : Number.NaN, losses.length, advice);
    return late.x;
  }

  /** Solves one side, the Gram matrix being that of the other. Returns whether all numbers stayed finite. */
  async function solve(solved: ReturnType<typeof side>, fixed: ReturnType<typeof side>, steps: number) {
    const { signal } = options;
    const status = await kernel.run(
      'alsSolve',
      {
        solved: solved.x,
        fixed: fixed.x,
        gram,
        stride,
        factors,
        order: solved.order,
        offsets: solved.offsets,
        indices: solved.indices,
        weights: solved.weights,
        rights: solved.weights,
        regularization: solved.regularization,
        steps,
        solver: solvers[exact ? 'exact' : solver],
        objective: solved.objective,
      },
      solved.bounds,
      { signal },
    );
    return status === 0;
  }

  function penalty({ rows, x, regularization }: ReturnType<typeof side>): number {
    let result = 0;
    for (let row = 0; row < rows; row++) {
      let square = 0;
      for (let k = row * stride; k < (row + 1) * stride; k++) square += x[k] * x[k];
      result += regularization[row] * square;
    }
    return result;
  }
}

/**
 * Whether exact iterations take less time than those by conjugate gradients, by their floating-point operations. The exact
 * ones come at about 0.7 of the others' rate, and a little more loss goes in each. Rows are solved exactly by
 * whichever way kernels take; to turn one costs 2 f^2, and the eigenvectors of both sides about 28 f^3.
 */
function exactIsQuicker(sides: { offsets: Uint32Array }[], factors: number, steps: number): boolean {
  const square = factors * factors;
  let exact = 28 * square * factors;
  let gradients = 0;
  for (const { offsets } of sides) {
    for (let row = 1; row < offsets.length; row++) {
      const pairs = offsets[row] - offsets[row - 1];
      const dual = pairs * pairs * factors + pairs ** 3 / 3 + 4 * pairs * factors;
      const primal = pairs * square + (square * factors) / 3 + 2 * square;
      exact += Math.min(dual, primal) + 2 * square;
      gradients += (steps + 1) * (4 * pairs * factors + 2 * square);
    }
  }
  return exact < 0.8 * gradients;
}

/**
 * The order in which rows are solved, and the cuts in it. Rows with more than `long` pairs come first, the longest
 * before the others, in calls of many: they read most of the other side's rows, once for each call.
 */
function schedule(memory: Memory, offsets: Uint32Array, others: number, long: number) {
  const rows = offsets.length - 1;
  const pairs = (row: number) => offsets[row + 1] - offsets[row];
  const order = memory.allocate(Uint32Array, rows);
  const longRows: number[] = [];
  for (let row = 0; row < rows; row++) if (pairs(row) > long) longRows.push(row);
  order.set(longRows.sort((a, b) => pairs(b) - pairs(a)));
  for (let row = 0, at = longRows.length; row < rows; row++) if (pairs(row) <= long) order[at++] = row;

  const inOrder = new Uint32Array(rows + 1);
  for (let at = 0; at < rows; at++) inOrder[at + 1] = inOrder[at] + pairs(order[at]);
  const entries = Math.min(8 * others, Math.ceil(offsets[rows] / 16));
  const longBounds = balancedBounds(inOrder.subarray(0, longRows.length + 1), entries, rows);
  const bounds = balancedBounds(inOrder.subarray(longRows.length), 8192, 512);
  return { order, bounds: Uint32Array.from([...longBounds, ...bounds.subarray(1).map((at) => at + longRows.length)]) };
}

/** What differs where customers are solved by `tasteDecay`; undefined where nothing does. */
function ofLate(
  { memory }: OpenKernel,
  dataset: Dataset,
  customers: { x: Float32Array; weights: Float32Array },
  before: Float32Array,
  { decay, tasteDecay }: { decay: number; tasteDecay: number },
) {
  if (!dataset.history || tasteDecay === decay) return undefined;
  const recency = recencies(dataset, tasteDecay);
  const weights = memory.allocate(Float32Array, recency.length);
  for (let pair = 0; pair < weights.length; pair++)
    weights[pair] = aged(customers.weights[pair], before[pair], recency[pair]);
  return { recency, weights, x: memory.allocate(Float32Array, customers.x.length) };
}

/** Fills in the weight of each pair; gives their sum, and what a raw confidence is multiplied with. */
function fillWeights(
  weights: Float32Array,
  dataset: Dataset,
  recency: Float32Array,
  { confidence, alpha }: { confidence: Confidence; alpha: number },
): { total: number; scale: number } {
  for (let pair = 0; pair < weights.length; pair++) {
    weights[pair] = rawConfidence(confidence, recency[pair], quantityOf(dataset.purchases, pair));
  }
  const scale = (alpha * weights.length) / sum(weights);
  for (let pair = 0; pair < weights.length; pair++) weights[pair] *= scale;
  return { total: sum(weights), scale };
}

/** What the regularization of a row with so many pairs is in proportion to (Rendle et al. 2021, eq. 8). */
export function relativePenalty(
  pairs: number,
  others: number,
  options: { unobservedWeight: number; frequencyExponent: number },
): number {
  return (pairs + options.unobservedWeight * others) ** options.frequencyExponent;
}

function sum(values: Float32Array): number {
  let result = 0;
  for (let i = 0; i < values.length; i++) result += values[i];
  return result;
}
