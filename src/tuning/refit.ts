import type { Dataset } from '../dataset/dataset.ts';
import type { KernelOptions } from '../kernel/open.ts';
import { openKernel } from '../kernel/open.ts';
import type { Model } from '../model/model.ts';
import type { Blend } from '../ranking/weights.ts';
import type { TrainingControl } from '../training/algorithm.ts';
import { checkDataset, checkTrainOptions, fitOn, type TrainOptions } from '../training/fit.ts';

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
  { repeatTrees, metadata }: Model,
  control: Omit<TrainingControl, 'onChoice'> & KernelOptions = {},
): Promise<Model> {
  const { ranking, choice, unchosen, validation, guards, repeatTrees: tried } = metadata;
  const options = {
    ...metadata.options,
    ...(ranking && { blend: blendOf(ranking) }),
    ...control,
  } as TrainOptions;
  checkTrainOptions(options);
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

function blendOf({
  taste,
  habit,
  trend,
  bought,
  repeat,
  neighbours = 0,
}: NonNullable<Model['metadata']['ranking']>): Blend {
  return { taste, habit, trend, bought, repeat, neighbours };
}
