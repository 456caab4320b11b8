import { roomFor } from '../bytes.ts';
import { refuseBroken } from '../dataset/check.ts';
import type { Dataset } from '../dataset/dataset.ts';
import { readingOf } from '../dataset/reading.ts';
import { EndcapError } from '../errors.ts';
import type { OpenKernel } from '../kernel/kernel.ts';
import type { Memory } from '../kernel/memory.ts';
import type { KernelOptions } from '../kernel/open.ts';
import { strideOf } from '../kernel/operations/operations.ts';
import { modelVersion } from '../model/file/format.ts';
import type { Guard, Model, ModelMetadata } from '../model/model.ts';
import {
  finiteNumber,
  invalidOption,
  objectOfOptions,
  oneOf,
  onlyKnown,
  optionalFunctions,
  optionalSignal,
} from '../options.ts';
import type { Corrections } from '../ranking/corrections.ts';
import { reboughtOf } from '../ranking/repeat.ts';
import { repeatSignalsOf } from '../ranking/repeat-signals.ts';
import { createSignals, type SignalSource } from '../ranking/signals.ts';
import {
  type Ranking,
  type RankingOptions,
  type RankingSettings,
  rankingNames,
  rankingSettings,
  rankingTexts,
} from '../ranking/weights.ts';
import { windowOf } from '../ranking/window.ts';
import { inTurns } from '../turns.ts';
import { version } from '../version.ts';
import type { Trained, TrainingControl } from './algorithm.ts';
import { type AlsStart, trainAls } from './als.ts';
import { type AlsOptions, alsSettings } from './als-options.ts';
import { boughtTogetherOf } from './bought-together.ts';
import { neighboursBy } from './neighbours/ease.ts';
import { type QuantityOptions, quantitySettings, trainQuantity } from './quantity.ts';
import { salesByPeriodOf } from './sales-by-period.ts';

/** How to train, on whatever kernel. */
export type LearningOptions = (
  | ({ algorithm?: 'als' } & AlsOptions & RankingOptions & SearchOptions)
  | ({ algorithm: 'quantity' } & QuantityOptions)
) &
  TrainingControl;

export type TrainOptions = LearningOptions & KernelOptions;

export interface SearchOptions {
  /**
   * Whether to pick the number of iterations that is best on held-out orders, at most `iterations`, which is 30 by default
   * then. False by default.
   */
  earlyStopping?: boolean;
  /**
   * Whether to try trees that correct the scores of products bought before, and keep them if lists of held-out orders are
   * better with them; true by default, unless `fast` is true.
   */
  trees?: boolean;
  /** Whether to skip the search for options and take the defaults of those that are not given. False by default. */
  fast?: boolean;
  /**
   * How long the search for the number of factors and the training may take, in minutes of a machine that does 50 billion
   * floating-point operations a second; 0 to 1,000,000; 5 by default. It is counted in operations, so that the same budget
   * gives the same model on every machine. At 0 the number of factors is 128.
   */
  budget?: number;
  /**
   * The guards that acted when `blend` and `windowDays` were found, as `tune` reports them, for the model's metadata; those
   * of a search of its own take their place. None by default.
   */
  guards?: readonly Guard[];
}

/** How options were picked before the training, for the model's metadata. */
export type Provenance = Pick<
  ModelMetadata,
  'choice' | 'unchosen' | 'measured' | 'validation' | 'guards' | 'repeatTrees' | 'imported'
>;

const controls = ['algorithm', 'signal', 'onProgress', 'onChoice'];

/** The budget in minutes. Throws `invalid_options`. */
export function budgetOf({ budget = 5 }: Pick<SearchOptions, 'budget'>): number {
  return finiteNumber('budget', budget, 0, 1e6);
}

/**
 * Checks what can be checked without data. Throws `invalid_options` that names the option.
 *
 * @param kernelOptions that there may be besides.
 */
export function checkTrainOptions(
  options: LearningOptions,
  kernelOptions: readonly string[] = ['backend', 'isa', 'threads'],
): void {
  objectOfOptions(options);
  const algorithm = oneOf('algorithm', options.algorithm ?? 'als', ['als', 'quantity']);
  const settings = algorithm === 'als' ? alsSettings(options as AlsOptions) : quantitySettings(options);
  const ranked = algorithm === 'als' ? [...rankingNames, 'earlyStopping', 'trees', 'fast', 'budget', 'guards'] : [];
  onlyKnown(options, [...controls, ...kernelOptions, ...Object.keys(settings), ...ranked]);
  const { signal, onProgress, onChoice } = options;
  optionalSignal(signal);
  optionalFunctions({ onProgress, onChoice });
  if (algorithm === 'quantity') return;
  rankingSettings(options as RankingOptions);
  const { earlyStopping = false, fast = false, trees = !fast, budget, guards } = options as SearchOptions;
  for (const [name, value] of Object.entries({ earlyStopping, trees, fast }))
    if (typeof value !== 'boolean') throw invalidOption(name, value, 'true or false');
  if (earlyStopping && fast) throw invalidOption('earlyStopping', true, 'false, since fast is true');
  budgetOf({ budget });
  checkGuards(guards);
}

function checkGuards(guards: unknown): void {
  if (guards === undefined) return;
  const isGuard = ({ question, baseline, action }: Partial<Guard>) =>
    ['all', 'explore', 'repeat'].includes(question as string) &&
    typeof baseline === 'string' &&
    typeof action === 'string';
  if (Array.isArray(guards) && guards.every((each) => typeof each === 'object' && each !== null && isGuard(each)))
    return;
  throw invalidOption('guards', guards, 'the guards of a search: a question, a baseline and an action each');
}

/** Throws `no_orders`, or `invalid_options` for a dataset that breaks a promise of its type. */
export function checkDataset(dataset: Dataset): void {
  refuseBroken(dataset);
  if (dataset.purchases.products.length === 0)
    throw new EndcapError('no_orders', 'there is nothing to train on: the dataset has no purchases');
}

/**
 * `fit` on an open kernel, of a dataset and options that were checked before.
 *
 * @param trees that correct the scores of products bought before.
 * @param start of `als`, instead of random numbers.
 */
export async function fitOn(
  kernel: OpenKernel,
  dataset: Dataset,
  options: LearningOptions,
  { repeatTrees: tried, ...provenance }: Provenance = {},
  trees?: Corrections,
  start?: AlsStart,
): Promise<Model> {
  const started = performance.now();
  const signals = createSignals(dataset);
  const trained =
    options.algorithm === 'quantity'
      ? await trainQuantity(kernel, dataset, options)
      : await trainAls(kernel, dataset, options, { signals, start });
  const { algorithm = 'als', signal } = options;
  const { customers, products } = dataset;
  const factors = {
    ...trained,
    customerFactors: unpad(kernel.memory, trained.customerFactors, customers.length, trained.factors),
    productFactors: unpad(kernel.memory, trained.productFactors, products.length, trained.factors),
  };
  const settings = algorithm === 'als' ? rankingSettings(options as RankingOptions) : undefined;
  return modelOf(kernel, dataset, factors, { algorithm, settings, signals, started, signal }, provenance, {
    trees,
    tried,
  });
}

/** What a model is made with. */
export interface Making {
  readonly algorithm: Model['algorithm'];
  /** Absent if scores are plain dot products. */
  readonly settings?: RankingSettings;
  /** Of the dataset. */
  readonly signals: SignalSource;
  /** By `performance.now`. */
  readonly started: number;
  readonly signal?: AbortSignal;
}

/**
 * A model of factors, whoever trained them.
 *
 * @param learned rows without padding.
 */
export async function modelOf(
  kernel: OpenKernel,
  dataset: Dataset,
  learned: Trained,
  { algorithm, settings, signals, started, signal }: Making,
  provenance: Omit<Provenance, 'repeatTrees'>,
  { trees, tried }: { trees?: Corrections; tried?: Provenance['repeatTrees'] } = {},
): Promise<Model> {
  const { customers, products, productInfo, purchases, unlisted, returned, fingerprint, account, idCleaning } = dataset;
  const { factors, customerFactors, productFactors } = learned;
  const { ranking, ...ranked }: Ranked = settings
    ? await rankingOf(kernel, dataset, settings, signals, learned, signal)
    : {};
  const rebought = reboughtOf(dataset);
  const repeatTrees = trees && { ...trees, ...(await inTurns(repeatSignalsOf(dataset), { signal })) };
  const sold = salesByPeriodOf(dataset);
  const reading = readingOf(dataset);
  return {
    algorithm,
    factors,
    customers,
    products,
    productInfo,
    customerFactors,
    productFactors,
    purchases,
    ...(unlisted && { unlisted }),
    ...(returned && { returned }),
    ...ranked,
    ...(repeatTrees && { repeatTrees }),
    ...(sold && { sales: sold.sales }),
    metadata: {
      version: await modelVersion(
        customerFactors,
        productFactors,
        fingerprint,
        ranking,
        ranked.neighbours,
        repeatTrees,
      ),
      endcap: version,
      trainedAt: new Date().toISOString(),
      options: { algorithm, ...learned.options, ...(settings && rankingTexts(settings)) },
      losses: learned.losses,
      trainingMs: performance.now() - started,
      fingerprint,
      account,
      ...(reading && { reading }),
      ...(idCleaning !== undefined && { idCleaning }),
      kernel: { backend: kernel.backend, isa: kernel.isa, threads: kernel.threads },
      foldIn: learned.foldIn,
      ...(ranking && { ranking }),
      ...(rebought !== undefined && { shop: { rebought } }),
      ...(sold && { sales: sold.periods }),
      ...(tried && { repeatTrees: { ...tried, ...asOfOrders(dataset, ranking) } }),
      ...provenance,
    },
  };
}

/** The rows without their padding, in memory that outlives the kernel. Padded rows are freed. */
function unpad(memory: Memory, padded: Float32Array, rows: number, factors: number): Float32Array {
  const stride = strideOf(factors);
  if (stride === factors) return memory.release(padded);
  const unpadded = roomFor(Float32Array, rows * factors);
  for (let row = 0; row < rows; row++)
    unpadded.set(padded.subarray(row * stride, row * stride + factors), row * factors);
  memory.free(padded);
  return unpadded;
}

/** When the last order was, as the window of trend sees it; empty if orders have no times. */
function asOfOrders({ history }: Dataset, ranking: Ranking | undefined): { asOf?: number } {
  const { to } = windowOf(history?.times, ranking?.windowDays ?? 1);
  return Number.isFinite(to) ? { asOf: to } : {};
}

/** What a model holds besides its factors to rank by. */
type Ranked = Pick<Model, 'signals' | 'boughtTogether' | 'neighbours'> & { ranking?: Ranking };

async function rankingOf(
  kernel: OpenKernel,
  dataset: Dataset,
  { together, ...ranking }: RankingSettings,
  source: SignalSource,
  { tasteRecency }: Trained,
  signal: AbortSignal | undefined,
): Promise<Ranked> {
  const signals = { ...source.signals(ranking.decay, ranking.windowDays), ...(tasteRecency && { tasteRecency }) };
  const { history, products, unlisted } = dataset;
  const { easeRegularization } = ranking;
  return {
    ranking,
    signals,
    ...(history &&
      together > 0 && {
        boughtTogether: await boughtTogetherOf(history, products.length, together, { unlisted, signal }),
      }),
    ...(ranking.neighbours > 0 && {
      neighbours: await neighboursBy(kernel, dataset, { easeRegularization, signal }),
    }),
  };
}
