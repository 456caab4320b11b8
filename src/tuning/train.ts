import type { Dataset } from '../dataset/dataset.ts';
import type { Model } from '../model/model.ts';
import { checkDataset, checkTrainOptions, fit, type TrainOptions } from '../training/fit.ts';
import { stopEarly } from './early-stopping.ts';
import { orderIsKnown } from './held-out.ts';
import { choose } from './pick.ts';

/**
 * Trains a model on a dataset: `als` (the default) for what a customer wants next, `quantity` for the squared error on
 * quantities. Of `als` regularization, unobservedWeight, tasteDecay and blend are chosen by what they find of held-out
 * orders, each unless it is given; `model.metadata.choice` tells how, `unchosen` why not. With `earlyStopping` so is the
 * number of iterations; see `model.metadata.validation`. Where too few customers came twice to tell, the defaults are taken.
 * Where orders have neither ids nor times, decay and tasteDecay are 1 unless they are given. The same data, options and
 * seed give the same model for any number of threads on one backend and instruction set.
 *
 * @throws `invalid_options`, `no_orders`, `diverged`, `aborted`, `kernel_unavailable`, `out_of_memory`.
 */
export async function train(dataset: Dataset, options: TrainOptions = {}): Promise<Model> {
  checkTrainOptions(options);
  checkDataset(dataset);
  if (options.algorithm === 'quantity') return fit(dataset, options);
  // Rows that nobody knows the order of are not to be weighed by it.
  const known = orderIsKnown(dataset) ? options : { decay: 1, tasteDecay: 1, ...options };
  const chosen = await choose(dataset, known);
  const all = { ...known, ...chosen.options };
  const stopped = options.earlyStopping ? await stopEarly(dataset, all) : undefined;
  const found = { ...chosen.found, ...(stopped && { validation: stopped.validation }) };
  return fit(dataset, stopped ? { ...all, iterations: stopped.iterations } : all, found);
}
