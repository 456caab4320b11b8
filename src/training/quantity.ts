import type { Dataset } from '../dataset/dataset.ts';
import { EndcapError } from '../errors.ts';
import { evenBounds, type OpenKernel } from '../kernel/kernel.ts';
import { copyIn } from '../kernel/memory.ts';
import { maxFactors, seriesTerms, strideOf } from '../kernel/operations/operations.ts';
import { finiteNumber, wholeNumber } from '../options.ts';
import { checkSeed, createRandom, shuffle } from '../random.ts';
import { checkFinite, type Trained, type TrainingControl } from './algorithm.ts';

export interface QuantityOptions {
  /** Length of the embeddings; 1 to 2048; 50 by default. */
  factors?: number;
  /** Epochs, each of which learns from every order line once; 1 to 1000; 10 by default. */
  iterations?: number;
  /** Step size of Adam; 0 or more; 0.01 by default. */
  learningRate?: number;
  /** Order lines in a batch; 1 to 65536; 256 by default. */
  batchSize?: number;
  /** Whole number from 0 to 2^53 - 1; 42 by default. */
  seed?: number;
}

/** Every option with its value or default. Throws `invalid_options` that names the option. */
export function quantitySettings(options: QuantityOptions) {
  return {
    factors: wholeNumber('factors', options.factors ?? 50, 1, maxFactors),
    iterations: wholeNumber('iterations', options.iterations ?? 10, 1, 1000),
    learningRate: finiteNumber('learningRate', options.learningRate ?? 0.01, 0),
    batchSize: wholeNumber('batchSize', options.batchSize ?? 256, 1, 65536),
    seed: checkSeed(options.seed ?? 42),
  };
}

/**
 * Learns embeddings whose dot product predicts the quantity of an order line, by mean squared error. They are drawn from
 * N(0, 1) and trained with Adam (Kingma, Ba 2015, "Adam: a method for stochastic optimization"). The moments of all rows
 * decay at every step, as in a dense optimizer, and order lines are shuffled every epoch. The loss of an epoch is the sum
 * of the mean losses of its batches. Batches follow one another, so one thread does the work.
 *
 * @returns factors in the kernel's memory.
 * @throws `invalid_options` for a dataset without order lines, `diverged`, `aborted`, `out_of_memory`.
 */
export async function trainQuantity(
  kernel: OpenKernel,
  dataset: Dataset,
  options: QuantityOptions & TrainingControl,
): Promise<Trained> {
  const settings = quantitySettings(options);
  const { factors, iterations, learningRate, batchSize } = settings;
  if (!dataset.lines) {
    throw new EndcapError(
      'invalid_options',
      "algorithm 'quantity' learns from order lines, which this dataset lacks; read the orders with the option lines: true",
    );
  }
  const count = dataset.lines.quantities.length;
  const stride = strideOf(factors);
  const { memory } = kernel;
  const control = { signal: options.signal };
  const started = performance.now();
  const random = createRandom(settings.seed);
  const customers = embeddings(dataset.customers.length);
  const products = embeddings(dataset.products.length);
  const lines = {
    customers: copyIn(memory, Uint32Array, dataset.lines.customers),
    products: copyIn(memory, Uint32Array, dataset.lines.products),
    quantities: copyIn(memory, Float32Array, dataset.lines.quantities),
  };
  const order = memory.allocate(Uint32Array, count);
  for (let i = 0; i < count; i++) order[i] = i;
  const batches = Math.ceil(count / batchSize);
  const batchLosses = memory.allocate(Float64Array, batches);
  const corrections = biasCorrections(batches * iterations, learningRate);

  const losses: number[] = [];
  for (let epoch = 1; epoch <= iterations; epoch++) {
    shuffle(order, random);
    const status = await kernel.run(
      'adamBatches',
      {
        customerFactors: customers.factors,
        customerMeans: customers.means,
        customerVariances: customers.variances,
        customerSteps: customers.steps,
        productFactors: products.factors,
        productMeans: products.means,
        productVariances: products.variances,
        productSteps: products.steps,
        stride,
        customerSlots: customers.slots,
        productSlots: products.slots,
        ...lines,
        order,
        lines: count,
        batchSize,
        ...corrections,
        firstStep: (epoch - 1) * batches + 1,
        losses: batchLosses,
      },
      evenBounds(batches, 8),
      control,
    );
    const loss = status === 0 ? batchLosses.reduce((sum, batch) => sum + batch, 0) : Number.NaN;
    checkFinite(loss, epoch, 'lower learningRate');
    losses.push(loss);
    options.onProgress?.({ epoch, epochs: iterations, loss, elapsedMs: performance.now() - started });
  }
  for (const { rows, factors: values, means, variances, steps } of [customers, products]) {
    await kernel.run(
      'adamCatchUp',
      { factors: values, means, variances, steps, stride, ...corrections, step: batches * iterations },
      evenBounds(rows, 1024),
      control,
    );
  }
  return {
    factors,
    customerFactors: customers.factors,
    productFactors: products.factors,
    losses,
    options: settings,
    foldIn: {},
  };

  function embeddings(rows: number) {
    const values = memory.allocate(Float32Array, rows * stride);
    for (let row = 0; row < rows; row++) for (let k = 0; k < factors; k++) values[row * stride + k] = random.normal();
    return {
      rows,
      factors: values,
      means: memory.allocate(Float32Array, rows * stride),
      variances: memory.allocate(Float32Array, rows * stride),
      steps: memory.allocate(Uint32Array, rows),
      slots: memory.allocate(Uint32Array, rows),
    };
  }

  function biasCorrections(steps: number, rate: number) {
    const stepSizes = memory.allocate(Float32Array, steps + 1);
    const inverseRoots = memory.allocate(Float32Array, steps + 1);
    for (let t = 1; t <= steps; t++) {
      stepSizes[t] = rate / (1 - 0.9 ** t);
      inverseRoots[t] = 1 / Math.sqrt(1 - 0.999 ** t);
    }
    // From the last step backwards: each sum is the next one and its own step's term.
    const series = memory.allocate(Float64Array, seriesTerms * (steps + 2));
    for (let t = steps; t >= 1; t--)
      for (let j = 0; j < seriesTerms; j++)
        series[seriesTerms * t + j] =
          (0.9 / 0.999 ** ((j + 1) / 2)) *
          (stepSizes[t] / inverseRoots[t] ** (j + 1) + series[seriesTerms * (t + 1) + j]);
    return { stepSizes, inverseRoots, series };
  }
}
