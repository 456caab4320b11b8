/** The only file of this room that needs Node's modules: it opens a kernel. */
import type { Dataset } from '../dataset/dataset.ts';
import { openKernel } from '../kernel/open.ts';
import type { Model } from '../model/model.ts';
import { checkDataset, checkTrainOptions, fitOn, type TrainOptions } from './fit-on.ts';

/**
 * Trains a model with the options as they are, or their defaults. The same data, options and seed give the same model for
 * any number of threads on one backend and instruction set.
 *
 * @throws `invalid_options`, `no_orders`, `diverged`, `aborted`, `kernel_unavailable`, `out_of_memory`.
 */
export async function fit(dataset: Dataset, options: TrainOptions = {}): Promise<Model> {
  checkTrainOptions(options);
  checkDataset(dataset);
  const kernel = openKernel(options);
  try {
    return await fitOn(kernel, dataset, options);
  } finally {
    await kernel.close();
  }
}
