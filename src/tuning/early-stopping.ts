import type { Dataset } from '../dataset/dataset.ts';
import type { OpenKernel } from '../kernel/kernel.ts';
import { copyIn } from '../kernel/memory.ts';
import { type KernelOptions, openKernel } from '../kernel/open.ts';
import type { ModelMetadata } from '../model/model.ts';
import { type Signals, signalsOf } from '../ranking/signals.ts';
import { type Blend, defaultBlend, type RankingOptions, rankingSettings } from '../ranking/weights.ts';
import type { TrainingControl } from '../training/algorithm.ts';
import { type AlsOptions, alsSettings, trainAls } from '../training/als.ts';
import { createValidation, type Validation } from './held-out.ts';
import { createJudge, listLength, type SampledFactors, sampleFactors } from './judge.ts';
import { sampleOf } from './pick.ts';
import { qualityOf } from './quality.ts';

/** Epochs that may pass without anything better. */
const patience = 3;
/** Epochs at most where none are named. */
const mostIterations = 30;

/** How training went, seen from the held-out part. */
export interface Watched {
  /** `Quality.value` after each epoch. */
  readonly values: readonly number[];
  /** The epoch with the highest one, from 1 on, and the factors as they were then. */
  readonly epoch: number;
  readonly factors: SampledFactors;
}

/** Trains on the training part, at most `iterations` epochs, and ends when three have gone by without anything better. */
export async function trainUntilBest(
  kernel: OpenKernel,
  validation: Validation,
  signals: Signals,
  options: AlsOptions & TrainingControl,
  blend: Blend,
): Promise<Watched> {
  const { factors, decay } = alsSettings(options);
  const values: number[] = [];
  let best: { value: number; epoch: number; factors: SampledFactors } | undefined;
  await trainAls(kernel, validation.heldOut.train, options, async (epoch, customerFactors, productFactors) => {
    const sampled = sampleFactors(kernel, validation, {
      factors,
      customerFactors,
      productFactors: copyIn(kernel.memory, Float32Array, productFactors),
    });
    const judge = createJudge(kernel, validation, sampled, signals, decay);
    const { value } = await qualityOf(judge, blend);
    judge.free();
    values.push(value);
    if (best && value <= best.value) {
      sampled.free();
      return epoch - best.epoch >= patience ? 'stop' : undefined;
    }
    best?.factors.free();
    best = { value, epoch, factors: sampled };
  });
  return { values, epoch: best!.epoch, factors: best!.factors };
}

/**
 * How many iterations are best, found on held-out orders; at most `iterations`, or 30 where it is not given. Undefined
 * where too few customers came twice to tell.
 */
export async function stopEarly(
  dataset: Dataset,
  options: AlsOptions & RankingOptions & TrainingControl & KernelOptions,
): Promise<{ iterations: number; validation: NonNullable<ModelMetadata['validation']> } | undefined> {
  const settings = alsSettings({ ...options, iterations: options.iterations ?? mostIterations });
  const validation = createValidation(sampleOf(dataset), settings.factors);
  if (!validation) return undefined;
  const signals = signalsOf(validation.heldOut.train, settings.decay, rankingSettings(options).windowDays);
  const kernel = openKernel(options);
  try {
    const blend = { ...defaultBlend, ...options.blend };
    const { signal } = options;
    const { values, epoch } = await trainUntilBest(kernel, validation, signals, { ...settings, signal }, blend);
    const questions = validation.kind === 'orders' ? 'all and new products' : 'new products';
    return { iterations: epoch, validation: { metric: `recall + NDCG @${listLength}, ${questions}`, values } };
  } finally {
    await kernel.close();
  }
}
