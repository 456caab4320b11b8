import type { Dataset } from '../dataset/dataset.ts';
import { openKernel } from '../kernel/open.ts';
import type { Model } from '../model/model.ts';
import { checkDataset, checkTrainOptions, type TrainOptions } from '../training/fit-on.ts';
import { trainOn } from './train-on.ts';

/**
 * Trains a model on a dataset.
 *
 * `algorithm: 'als'` (the default) predicts what a customer wants next; `'quantity'` minimizes the squared error on
 * quantities and needs a dataset that was read with `lines: true`.
 *
 * Of `als`, `train` picks `regularization`, `unobservedWeight`, `tasteDecay`, and `blend` with its `windowDays` by what models
 * with them find of held-out orders, each unless it is given, and `factors` in catalogues of more than 5,000 products, within `budget`;
 * `model.metadata.choice` reports how, `unchosen` why not. With `earlyStopping` it also picks the number of iterations; see
 * `model.metadata.validation`. If it is to be `fast`, if there are fewer than 500 orders, or if too few customers came twice,
 * it takes the defaults and a blend that follows from the number of orders. If orders have neither ids nor times, `decay` and
 * `tasteDecay` are 1 unless they are given.
 *
 * Where customers buy again, it also tries trees that correct the scores of products bought before, unless `trees` is false;
 * `model.metadata.repeatTrees` reports what they gained and whether they are kept.
 *
 * `model.metadata.measured` says what lists find of the held-out orders next to best-sellers and other simple lists.
 *
 * The same data, options and seed give the same model for any number of threads on one backend and instruction set.
 *
 * @example
 * const dataset = await readOrders('orders.csv');
 * const model = await train(dataset, { factors: 64, onProgress: ({ epoch, loss }) => console.log(epoch, loss) });
 * await saveModel(model, 'model.safetensors');
 *
 * @throws `invalid_options`, `no_orders`, `diverged`, `aborted`, `kernel_unavailable`, `out_of_memory`.
 */
export async function train(dataset: Dataset, options: TrainOptions = {}): Promise<Model> {
  checkTrainOptions(options);
  checkDataset(dataset);
  const kernel = openKernel(options);
  try {
    return await trainOn(kernel, dataset, options);
  } finally {
    await kernel.close();
  }
}
