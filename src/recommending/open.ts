import { type KernelOptions, openKernel } from '../kernel/select.ts';
import type { Model } from '../model/model.ts';
import { recommendWith } from './create.ts';
import type { Recommender } from './recommender.ts';

/**
 * Puts a model to work on the best kernel that runs here, or on the one that is forced. Close it when it is done with.
 *
 * @throws `kernel_unavailable`, `invalid_options`, `out_of_memory`, `model_unreadable`.
 */
export function createRecommender(model: Model, options: KernelOptions = {}): Recommender {
  return recommendWith(openKernel(options), model);
}
