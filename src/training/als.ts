import { type Dataset, rowsWithPairs } from '../dataset/dataset.ts';
import { transposeValues } from '../dataset/sort.ts';
import { abandon, collected } from '../kernel/garbage.ts';
import { evenBounds, type OpenKernel } from '../kernel/kernel.ts';
import { shareIn } from '../kernel/memory.ts';
import { longRow, strideOf } from '../kernel/operations/operations.ts';
import { createScope } from '../kernel/scope.ts';
import { createSignals, type SignalSource } from '../ranking/signals.ts';
import { type Aged, agedWeights } from './aged-weights.ts';
import { checkFinite, type Trained, type TrainingControl } from './algorithm.ts';
import { type AlsOptions, type AlsSettings, alsSettings } from './als-options.ts';
import { type Basis, createBasis } from './basis.ts';
import { fillWeights, sum } from './confidence.ts';
import { type Schedule, scheduleRows } from './schedule.ts';
import { diagonalSolver, isTurningQuicker, kernelSolvers, solverFor } from './solver.ts';
import { drawFactors } from './start.ts';

/** What a caller who has more to do with a dataset than to train on it may share. */
export interface AlsContext {
  /** The signals of the dataset; computed if left out. */
  signals?: SignalSource;
  watch?: Watch;
  /** Where to begin instead of at random numbers. */
  start?: AlsStart;
  /** Whether the result has `iterated`, for which at least one epoch is needed; false by default. */
  keepIterated?: boolean;
  /** With so many pairs, what can be computed again is not kept while factors are learned; 2^24 by default. */
  manyPairs?: number;
}

/** Factors that a training on the same rows, with as many factors, ended with; it may have had other options. */
export interface AlsStart {
  /** Before the final solve: `Trained.iterated`. */
  readonly customers: Float32Array;
  readonly products: Float32Array;
  /** Epochs that follow, instead of `iterations`; with 0 only the final solve. */
  readonly epochs: number;
}

/** Looks at the factors after an epoch, rows padded to the stride in kernel memory, and may stop the training there. */
type Watch = (
  epoch: number,
  customerFactors: Float32Array,
  productFactors: Float32Array,
) => Promise<'stop' | undefined>;

/** Steps of conjugate gradients, at least, in the final solve: no iteration follows that would continue from its result. */
const finalSteps = 10;
/** See `AlsContext`. */
const defaultManyPairs = 2 ** 24;
const advice = 'raise regularization or lower alpha';

/**
 * Implicit-feedback alternating least squares (Hu, Koren, Volinsky 2008, "Collaborative filtering for implicit feedback
 * datasets") with the loss of Rendle, Krichene, Zhang, Koren (2021, "Revisiting the performance of iALS on item
 * recommendation benchmarks"):
 *
 *   sum over bought pairs of w_ui (x_u.y_i - 1)^2  +  unobservedWeight * sum over all pairs of (x_u.y_i)^2
 *   + sum_u reg_u |x_u|^2 + sum_i reg_i |y_i|^2,
 *
 * where reg of a row with p pairs is proportional to (p + unobservedWeight * rows of the other side)^frequencyExponent and
 * averages `regularization` over the rows that have pairs. If reg exceeded the largest singular value of the weights, all
 * embeddings would become zero. That value is at least the sum of the weights divided by the root of rows x columns, and
 * reg is capped at half of this bound.
 *
 * Each iteration solves the products, then the customers. Finally customers are solved once more with weights aged by
 * `tasteDecay`, so that they stand where folding in the same purchases would put them. Rows are solved by warm-started
 * conjugate gradients (Takács, Pilászy, Tikk 2011, "Applications of the conjugate gradient method for implicit feedback
 * collaborative filtering") or exactly: in the basis of the Gram matrix's eigenvectors, a row with fewer pairs than factors
 * takes a system of the size of its pairs.
 *
 * @returns factors in the kernel's memory, which the caller frees or leaves to the end of the kernel.
 * @throws `diverged`, `aborted`, `out_of_memory`.
 */
export async function trainAls(
  kernel: OpenKernel,
  dataset: Dataset,
  options: AlsOptions & TrainingControl,
  context: AlsContext = {},
): Promise<Trained> {
  const scope = createScope(kernel);
  try {
    const trained = await learn(scope, dataset, options, context);
    const { customerFactors, productFactors, iterated } = trained;
    scope.keep(customerFactors, productFactors, ...(iterated ? [iterated] : []));
    return trained;
  } finally {
    scope.end();
    if (dataset.purchases.products.length >= (context.manyPairs ?? defaultManyPairs)) {
      await kernel.rest();
      await collected();
    }
  }
}

async function learn(
  kernel: OpenKernel,
  dataset: Dataset,
  options: AlsOptions & TrainingControl,
  { signals = createSignals(dataset), watch, start, keepIterated = false, manyPairs = defaultManyPairs }: AlsContext,
): Promise<Trained> {
  const { signal, onProgress } = options;
  const control = { signal };
  const settings = alsSettings(options);
  const { factors, unobservedWeight, cgSteps } = settings;
  const iterations = start?.epochs ?? settings.iterations;
  const { memory } = kernel;
  const stride = strideOf(factors);
  const started = performance.now();
  const { customers, products, total, scale, recency } = createSides(kernel, dataset, settings, signals);
  if (customers.weights.length >= manyPairs) {
    signals.forget();
    void abandon({ size: () => 4 * customers.weights.length, witness: () => recency.deref() });
    // Unlike that, this keeps the process.
    await collected();
  }
  const isAged = dataset.history !== undefined && settings.tasteDecay !== settings.decay;
  /** What the iterations know is needed after the final solve. */
  const goesOn = watch !== undefined || keepIterated;
  let final: Aged | undefined;
  const finalFactors = isAged && goesOn ? memory.allocate(Float32Array, customers.x.length) : customers.x;
  const gram = memory.allocate(Float32Array, stride * stride);
  const solver = solverFor(settings, [customers, products]);
  const isExact = solver === kernelSolvers.exact;
  let basis: Basis | undefined;
  /** Whether the Gram matrix is diagonal, in the present basis. */
  let isDiagonal = false;
  if (start) {
    products.x.set(start.products);
    customers.x.set(start.customers);
    if (iterations === 0 && isAged) await prepare(customers, products);
  } else drawFactors(settings, products, customers);

  const losses: number[] = [];
  for (let epoch = 1; epoch <= iterations; epoch++) {
    const solved = (await iterate(products, customers)) && (await iterate(customers, products));
    const loss = solved ? total + sum(customers.objective) + penaltyOf(products, stride) : Number.NaN;
    checkFinite(loss, epoch, advice);
    losses.push(loss);
    onProgress?.({ epoch, epochs: iterations, loss, elapsedMs: performance.now() - started });
    if (watch && (await watch(epoch, await solveFinally(), products.x)) === 'stop') break;
  }
  const customerFactors = await solveFinally();
  const iterated = keepIterated ? customers.x : undefined;
  await basis?.turnBack([...new Set([customerFactors, products.x, ...(iterated ? [iterated] : [])])], signal);
  return {
    factors,
    customerFactors,
    productFactors: products.x,
    losses,
    options: settings,
    foldIn: { confidenceScale: scale, regularizationScale: customers.regularizationScale },
    ...(final && { tasteRecency: final.recency }),
    ...(iterated && { iterated }),
  };

  /** Half of an iteration. Returns whether all numbers stayed finite. */
  async function iterate(solved: Side, fixed: Side): Promise<boolean> {
    return (await prepare(solved, fixed)) && solve(solved, fixed, cgSteps);
  }

  /** Makes the Gram matrix of the side that stays, in the basis to solve the other in. Returns whether all numbers were finite. */
  async function prepare(solved: Side, fixed: Side): Promise<boolean> {
    await kernel.run(
      'gram',
      { x: fixed.x, count: fixed.rows, stride, scale: unobservedWeight, gram },
      // Every call reads all rows: as few calls as there are threads.
      evenBounds(stride, 8 * Math.ceil(stride / 8 / kernel.threads)),
      control,
    );
    isDiagonal = isExact || isTurningQuicker(factors, cgSteps, solved.rows, fixed.rows);
    if (!isDiagonal) return true;
    basis ??= createBasis(kernel, factors);
    // The exact solver does not begin with the factors that it replaces.
    return basis.turnToEigenvectors(gram, isExact ? [fixed.x] : [fixed.x, solved.x], signal);
  }

  /** The customers' factors by the weights that `tasteDecay` gives; valid until the next call. */
  async function solveFinally(): Promise<Float32Array> {
    if (!isAged) return customers.x;
    final ??= agedWeights(kernel, customers.weights, settings, signals, goesOn);
    if (finalFactors !== customers.x) finalFactors.set(customers.x);
    const side = { ...customers, x: finalFactors, weights: final.weights };
    const solved = await solve(side, products, Math.max(cgSteps, finalSteps));
    checkFinite(solved ? 0 : Number.NaN, losses.length, advice);
    return finalFactors;
  }

  /** Solves one side, given the Gram matrix of the other. Returns whether all numbers stayed finite. */
  async function solve(solved: Side, fixed: Side, steps: number): Promise<boolean> {
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
        solver: isDiagonal ? diagonalSolver(solver) : solver,
        objective: solved.objective,
      },
      solved.bounds,
      control,
    );
    return status === 0;
  }
}

/** The customers or the products, with their pairs, in kernel memory. */
interface Side extends Schedule {
  readonly rows: number;
  /** rows x stride */
  readonly x: Float32Array;
  /** The pairs of row `r` are `offsets[r] .. offsets[r + 1]`. */
  readonly offsets: Uint32Array;
  /** Row of the other side, by pair. */
  readonly indices: Uint32Array;
  readonly weights: Float32Array;
  /** By row. */
  readonly regularization: Float32Array;
  /** What the regularization of a row is a multiple of; see `relativePenalty`. */
  readonly regularizationScale: number;
  /** What each row adds to the loss, as of the last time it was solved. */
  readonly objective: Float32Array;
}

function createSides({ memory }: OpenKernel, dataset: Dataset, settings: AlsSettings, signals: SignalSource) {
  const { purchases, byProduct } = dataset;
  const stride = strideOf(settings.factors);
  const weights = memory.allocate(Float32Array, purchases.products.length);
  const recency = signals.recency(settings.decay);
  const { total, scale } = fillWeights(weights, purchases, recency, settings);
  const weightsByProduct = memory.allocate(Float32Array, weights.length);
  transposeValues(purchases, byProduct.offsets, weights, weightsByProduct);
  const cap = total / Math.sqrt(rowsWithPairs(purchases.offsets) * rowsWithPairs(byProduct.offsets)) / 2;
  const average = Math.min(settings.regularization, cap);

  function sideOf(others: number, offsets: Uint32Array, indices: Uint32Array, weights: Float32Array): Side {
    const rows = offsets.length - 1;
    const regularization = memory.allocate(Float32Array, rows);
    let penalties = 0;
    for (let row = 0; row < rows; row++) {
      const pairs = offsets[row + 1] - offsets[row];
      regularization[row] = relativePenalty(pairs, others, settings);
      if (pairs > 0) penalties += regularization[row];
    }
    const regularizationScale = penalties > 0 ? (average * rowsWithPairs(offsets)) / penalties : 0;
    for (let row = 0; row < rows; row++) regularization[row] *= regularizationScale;
    return {
      rows,
      x: memory.allocate(Float32Array, rows * stride),
      offsets: shareIn(memory, Uint32Array, offsets),
      indices: shareIn(memory, Uint32Array, indices),
      weights,
      regularization,
      regularizationScale,
      objective: memory.allocate(Float32Array, rows),
      ...scheduleRows(memory, offsets, others, longRow(stride)),
    };
  }

  return {
    customers: sideOf(dataset.products.length, purchases.offsets, purchases.products, weights),
    products: sideOf(dataset.customers.length, byProduct.offsets, byProduct.customers, weightsByProduct),
    total,
    scale,
    recency: new WeakRef(recency),
  };
}

/** What the regularization of a row with that many pairs is proportional to (Rendle et al. 2021, eq. 8). */
export function relativePenalty(
  pairs: number,
  others: number,
  { unobservedWeight, frequencyExponent }: { unobservedWeight: number; frequencyExponent: number },
): number {
  return (pairs + unobservedWeight * others) ** frequencyExponent;
}

/** The part of the loss that regularization adds for one side. */
function penaltyOf({ rows, x, regularization }: Side, stride: number): number {
  let result = 0;
  for (let row = 0; row < rows; row++) {
    let square = 0;
    for (let k = row * stride; k < (row + 1) * stride; k++) square += x[k] * x[k];
    result += regularization[row] * square;
  }
  return result;
}
