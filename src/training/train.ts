import { datasetProblem } from '../dataset/check.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { EndcapError } from '../errors.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { strideOf } from '../kernel/operations.ts';
import { type KernelOptions, openKernel } from '../kernel/select.ts';
import { modelVersion } from '../model/format.ts';
import type { Model } from '../model/model.ts';
import { oneOf, onlyKnown } from '../options.ts';
import { version } from '../version.ts';
import type { Trained, TrainingControl } from './algorithm.ts';
import { type AlsOptions, alsSettings, trainAls } from './als.ts';
import { type QuantityOptions, quantitySettings, trainQuantity } from './quantity.ts';

export type TrainOptions = (({ algorithm?: 'als' } & AlsOptions) | ({ algorithm: 'quantity' } & QuantityOptions)) &
  TrainingControl &
  KernelOptions;

const controls = ['algorithm', 'signal', 'onProgress', 'backend', 'isa', 'threads'];

/** Checks what can be checked before there are data. Throws `invalid_options` that names the option. */
export function checkTrainOptions(options: TrainOptions): void {
  const algorithm = oneOf('algorithm', options.algorithm ?? 'als', ['als', 'quantity']);
  const settings = algorithm === 'als' ? alsSettings(options as AlsOptions) : quantitySettings(options);
  onlyKnown(options, [...controls, ...Object.keys(settings)]);
}

/**
 * Trains a model on a dataset: `als` (the default) for what a customer wants next, `quantity` for the squared error on
 * quantities. The same data, options and seed give the same model for any number of threads on one backend and
 * instruction set.
 *
 * @throws `invalid_options`, `diverged`, `aborted`, `kernel_unavailable`, `out_of_memory`.
 */
export async function train(dataset: Dataset, options: TrainOptions = {}): Promise<Model> {
  checkTrainOptions(options);
  if (dataset.purchases.products.length === 0) {
    throw new EndcapError('no_orders', 'there is nothing to train on: the dataset holds no purchase');
  }
  // The kernels trust what they are given.
  const problem = datasetProblem(dataset);
  if (problem !== undefined)
    throw new EndcapError('invalid_options', `the dataset cannot be used: ${problem}`, { problem });
  const started = performance.now();
  const kernel = openKernel(options);
  try {
    const trained =
      options.algorithm === 'quantity'
        ? await trainQuantity(kernel, dataset, options)
        : await trainAls(kernel, dataset, options);
    return await toModel(options.algorithm ?? 'als', kernel, dataset, trained, performance.now() - started);
  } finally {
    await kernel.close();
  }
}

async function toModel(
  algorithm: Model['algorithm'],
  kernel: Kernel,
  dataset: Dataset,
  trained: Trained,
  trainingMs: number,
): Promise<Model> {
  const { customers, products, productInfo, purchases, fingerprint, account } = dataset;
  const customerFactors = unpad(trained.customerFactors, customers.length, trained.factors);
  const productFactors = unpad(trained.productFactors, products.length, trained.factors);
  return {
    algorithm,
    factors: trained.factors,
    customers,
    products,
    productInfo,
    customerFactors,
    productFactors,
    purchases,
    metadata: {
      version: await modelVersion(customerFactors, productFactors, fingerprint),
      endcap: version,
      trainedAt: new Date().toISOString(),
      options: { algorithm, ...trained.options },
      losses: trained.losses,
      trainingMs,
      fingerprint,
      account,
      kernel: { backend: kernel.backend, isa: kernel.isa, threads: kernel.threads },
      foldIn: trained.foldIn,
    },
  };
}

function unpad(padded: Float32Array, rows: number, factors: number): Float32Array {
  const stride = strideOf(factors);
  if (stride === factors) return Float32Array.from(padded);
  const out = new Float32Array(rows * factors);
  for (let row = 0; row < rows; row++) out.set(padded.subarray(row * stride, row * stride + factors), row * factors);
  return out;
}
