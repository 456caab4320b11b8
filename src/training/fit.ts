import { datasetProblem } from '../dataset/check.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { EndcapError } from '../errors.ts';
import type { OpenKernel } from '../kernel/kernel.ts';
import { type KernelOptions, openKernel } from '../kernel/open.ts';
import { strideOf } from '../kernel/operations.ts';
import { modelVersion } from '../model/format.ts';
import type { Model, ModelMetadata } from '../model/model.ts';
import { invalidOption, oneOf, onlyKnown } from '../options.ts';
import { signalsOf } from '../ranking/signals.ts';
import {
  type Ranking,
  type RankingOptions,
  type RankingSettings,
  rankingNames,
  rankingSettings,
  rankingTexts,
} from '../ranking/weights.ts';
import { version } from '../version.ts';
import type { Trained, TrainingControl } from './algorithm.ts';
import { type AlsOptions, alsSettings, trainAls } from './als.ts';
import { togetherOf } from './bought-together.ts';
import { type QuantityOptions, quantitySettings, trainQuantity } from './quantity.ts';

export type TrainOptions = (
  | ({ algorithm?: 'als' } & AlsOptions & RankingOptions & StoppingOptions)
  | ({ algorithm: 'quantity' } & QuantityOptions)
) &
  TrainingControl &
  KernelOptions;

export interface StoppingOptions {
  /** Whether the number of iterations is found on held-out orders: as many as are best, at most `iterations`, which are 30
   * by default then. False by default. */
  earlyStopping?: boolean;
}

const controls = ['algorithm', 'signal', 'onProgress', 'onChoice', 'backend', 'isa', 'threads'];

/** Checks what can be checked before there are data. Throws `invalid_options` that names the option. */
export function checkTrainOptions(options: TrainOptions): void {
  const algorithm = oneOf('algorithm', options.algorithm ?? 'als', ['als', 'quantity']);
  const settings = algorithm === 'als' ? alsSettings(options as AlsOptions) : quantitySettings(options);
  const ranked = algorithm === 'als' ? [...rankingNames, 'earlyStopping'] : [];
  onlyKnown(options, [...controls, ...Object.keys(settings), ...ranked]);
  if (algorithm === 'quantity') return;
  rankingSettings(options as RankingOptions);
  const { earlyStopping = false } = options as StoppingOptions;
  if (typeof earlyStopping !== 'boolean') throw invalidOption('earlyStopping', earlyStopping, 'true or false');
}

/** Throws `no_orders`, or `invalid_options` for a dataset that breaks a promise of its type: the kernels trust it. */
export function checkDataset(dataset: Dataset): void {
  if (dataset.purchases.products.length === 0) {
    throw new EndcapError('no_orders', 'there is nothing to train on: the dataset holds no purchase');
  }
  const problem = datasetProblem(dataset);
  if (problem !== undefined)
    throw new EndcapError('invalid_options', `the dataset cannot be used: ${problem}`, { problem });
}

/** How options were found before the training, for the model to tell. */
export type Found = Pick<ModelMetadata, 'choice' | 'unchosen' | 'validation'>;

/**
 * Trains a model with the options as they are, or with their defaults. The same data, options and seed give the same
 * model for any number of threads on one backend and instruction set.
 *
 * @throws `invalid_options`, `diverged`, `aborted`, `kernel_unavailable`, `out_of_memory`.
 */
export async function fit(dataset: Dataset, options: TrainOptions = {}, found: Found = {}): Promise<Model> {
  checkTrainOptions(options);
  checkDataset(dataset);
  const started = performance.now();
  const kernel = openKernel(options);
  try {
    const trained =
      options.algorithm === 'quantity'
        ? await trainQuantity(kernel, dataset, options)
        : await trainAls(kernel, dataset, options);
    return await toModel(kernel, dataset, trained, options, found, started);
  } finally {
    await kernel.close();
  }
}

async function toModel(
  kernel: OpenKernel,
  dataset: Dataset,
  trained: Trained,
  options: TrainOptions,
  found: Found,
  started: number,
): Promise<Model> {
  const { algorithm = 'als', signal } = options;
  const { customers, products, productInfo, purchases, fingerprint, account } = dataset;
  const customerFactors = unpad(trained.customerFactors, customers.length, trained.factors);
  const { tasteRecency } = trained;
  const productFactors = unpad(trained.productFactors, products.length, trained.factors);
  const settings = algorithm === 'als' ? rankingSettings(options as RankingOptions) : undefined;
  const { ranking, signals, ...ranked } = settings ? await rankingOf(dataset, settings, signal) : {};
  return {
    algorithm,
    factors: trained.factors,
    customers,
    products,
    productInfo,
    customerFactors,
    productFactors,
    purchases,
    ...ranked,
    ...(signals && { signals: { ...signals, ...(tasteRecency && { tasteRecency }) } }),
    metadata: {
      version: await modelVersion(customerFactors, productFactors, fingerprint, ranking),
      endcap: version,
      trainedAt: new Date().toISOString(),
      options: { algorithm, ...trained.options, ...(settings && rankingTexts(settings)) },
      losses: trained.losses,
      trainingMs: performance.now() - started,
      fingerprint,
      account,
      kernel: { backend: kernel.backend, isa: kernel.isa, threads: kernel.threads },
      foldIn: trained.foldIn,
      ...(ranking && { ranking }),
      ...found,
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

/** What a model holds beside its factors so as to rank by them. */
async function rankingOf(
  dataset: Dataset,
  { together, ...ranking }: RankingSettings,
  signal: AbortSignal | undefined,
): Promise<Pick<Model, 'signals' | 'boughtTogether'> & { ranking: Ranking }> {
  const signals = signalsOf(dataset, ranking.decay, ranking.windowDays);
  const { history, products } = dataset;
  if (!history || together === 0) return { ranking, signals };
  return { ranking, signals, boughtTogether: await togetherOf(history, products.length, together, signal) };
}
