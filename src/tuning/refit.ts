import type { Dataset } from '../dataset/dataset.ts';
import type { KernelOptions } from '../kernel/open.ts';
import { openKernel } from '../kernel/open.ts';
import type { Model } from '../model/model.ts';
import type { TrainingControl } from '../training/algorithm.ts';
import type { AlsStart } from '../training/als.ts';
import { type AlsOptions, alsSettings } from '../training/als-options.ts';
import { checkDataset, fitOn } from '../training/fit-on.ts';
import { optionsOf } from '../training/model-options.ts';
import { startFrom } from '../training/start.ts';

/** Epochs that follow those of the model: fewer find less of what is new to customers. */
const moreEpochs = 4;

/**
 * Trains on more orders of a shop with what the training of another model found: its options, the weights of its ranking, and
 * the trees that it kept. Neighbours and signals are learned anew. The factors go on from the model's for a few epochs, which
 * finds as much as a training from the beginning and is done sooner (see test/bench/README.md), unless held-out orders have
 * said how many epochs are best. The same dataset and model give the same result.
 *
 * @returns a model whose metadata tells how the other one's options were found.
 * @throws what `train` throws.
 */
export async function refit(
  dataset: Dataset,
  model: Model,
  control: Omit<TrainingControl, 'onChoice'> & KernelOptions = {},
): Promise<Model> {
  const { repeatTrees, metadata } = model;
  const { choice, unchosen, measured, validation, guards, repeatTrees: tried } = metadata;
  const options = { ...optionsOf(model), ...control };
  checkDataset(dataset);
  const provenance = {
    ...(choice && { choice }),
    ...(unchosen && { unchosen }),
    ...(measured && { measured }),
    ...(validation && { validation }),
    ...(guards && { guards }),
    ...(tried && { repeatTrees: tried }),
  };
  const kernel = openKernel(options);
  try {
    return await fitOn(kernel, dataset, options, provenance, repeatTrees, startOf(dataset, model));
  } finally {
    await kernel.close();
  }
}

function startOf(dataset: Dataset, model: Model): AlsStart | undefined {
  if (model.algorithm !== 'als' || model.metadata.validation) return undefined;
  const { seed, iterations } = alsSettings(optionsOf(model) as AlsOptions);
  return startFrom(dataset, model, seed, Math.min(iterations, moreEpochs));
}
