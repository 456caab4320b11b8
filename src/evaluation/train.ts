import type { Dataset } from '../dataset/dataset.ts';
import type { Model } from '../model/model.ts';
import { checkDataset, checkTrainOptions, train as fit, type TrainOptions } from '../training/train.ts';
import { choose } from './choice.ts';

/**
 * Trains a model on a dataset: `als` (the default) for what a customer wants next, `quantity` for the squared error on
 * quantities. Of `als` regularization, unobservedWeight and blend are chosen by what they find of held-out orders, each
 * unless it is given; `model.metadata.choice` tells how. Where too few customers came twice to tell, their defaults are
 * taken. The same data, options and seed give the same model for any number of threads on one backend and instruction
 * set.
 *
 * @throws `invalid_options`, `no_orders`, `diverged`, `aborted`, `kernel_unavailable`, `out_of_memory`.
 */
export async function train(dataset: Dataset, options: TrainOptions = {}): Promise<Model> {
  checkTrainOptions(options);
  checkDataset(dataset);
  if (options.algorithm === 'quantity') return fit(dataset, options);
  const chosen = await choose(dataset, options);
  return fit(dataset, { ...options, ...chosen?.options }, chosen?.choice);
}
