import type { Dataset } from '../dataset/dataset.ts';
import type { KernelOptions } from '../kernel/open.ts';
import { openKernel } from '../kernel/open.ts';
import type { Model } from '../model/model.ts';
import type { TrainingControl } from '../training/algorithm.ts';
import { checkDataset, fitOn } from '../training/fit.ts';
import { optionsOf } from '../training/model-options.ts';

/**
 * Trains on more orders of a shop with what the training of another model found: its options, the weights of its ranking, and
 * the trees that it kept. Factors, neighbours, and signals are learned anew. It takes as long as a training whose options are
 * all given, and no search.
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
  const { choice, unchosen, validation, guards, repeatTrees: tried } = metadata;
  const options = { ...optionsOf(model), ...control };
  checkDataset(dataset);
  const provenance = {
    ...(choice && { choice }),
    ...(unchosen && { unchosen }),
    ...(validation && { validation }),
    ...(guards && { guards }),
    ...(tried && { repeatTrees: tried }),
  };
  const kernel = openKernel(options);
  try {
    return await fitOn(kernel, dataset, options, provenance, repeatTrees);
  } finally {
    await kernel.close();
  }
}
