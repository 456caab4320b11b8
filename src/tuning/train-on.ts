/** `train` on an open kernel, wherever it comes from. */
import { refuseTooMany } from '../bytes.ts';
import type { Dataset } from '../dataset/dataset.ts';
import type { OpenKernel } from '../kernel/kernel.ts';
import { strideOf } from '../kernel/operations/operations.ts';
import type { MeasuredModel } from '../model/measured.ts';
import type { Model } from '../model/model.ts';
import { windowOf } from '../ranking/window.ts';
import { alsSettings } from '../training/als-options.ts';
import { fitOn, type LearningOptions } from '../training/fit-on.ts';
import { quantitySettings } from '../training/quantity.ts';
import { stopEarly } from './early-stopping.ts';
import { measuredOf } from './judging/measured.ts';
import type { Picked } from './picking/pick.ts';
import { freeSearched, type Searched } from './picking/sampled-factors.ts';
import { inSequence, settleOptions } from './settle.ts';
import { type LearnedTrees, learnTreesFor } from './trees/repeat-trees.ts';

/**
 * Trains a model as `train` does, of a dataset and options that were checked before. What it allocates is left to whoever owns the kernel.
 *
 * @throws what `train` throws.
 */
export async function trainOn(kernel: OpenKernel, dataset: Dataset, options: LearningOptions): Promise<Model> {
  const { factors } = options.algorithm === 'quantity' ? quantitySettings(options) : alsSettings(options);
  refuseTooMany(Math.max(dataset.customers.length, dataset.products.length) * strideOf(factors));
  if (options.algorithm === 'quantity') return fitOn(kernel, dataset, options);
  const known = inSequence(dataset, options);
  const { earlyStopping = false } = known;
  const { sample, searched, ...picked } = await settleOptions(kernel, dataset, known);
  const settled = { ...known, ...picked.options };
  const stopped = earlyStopping && sample ? await stopEarly(kernel, sample, settled) : undefined;
  const final = stopped ? { ...settled, iterations: stopped.iterations } : settled;
  // Another number of iterations gives other factors.
  const learned = await learnTreesFor(kernel, dataset, final, stopped ? undefined : searched);
  const measured = stopped ? undefined : measuredIn(dataset, searched, picked.provenance, learned);
  if (searched) freeSearched(kernel, searched);
  const provenance = {
    ...(known.guards && { guards: known.guards }),
    ...picked.provenance,
    ...(measured && { measured }),
    ...(stopped && { validation: stopped.validation }),
    ...(learned && { repeatTrees: learned.tried }),
  };
  return await fitOn(kernel, dataset, final, provenance, learned?.trees);
}

/** What lists find of the orders that the search held out, with the trees if the model has some. */
function measuredIn(
  { history }: Dataset,
  searched: Searched | undefined,
  { choice, guards }: Picked['provenance'],
  learned: LearnedTrees | undefined,
): MeasuredModel | undefined {
  if (!searched?.found || !choice) return undefined;
  const { to } = windowOf(history?.times, 1);
  return measuredOf(searched.sample, searched.found, {
    picked: choice.tried.length > 1 || guards !== undefined,
    ...(Number.isFinite(to) && { until: to }),
    ...(learned?.trees && { trees: learned.onSearched ?? 'unknown' }),
  });
}
