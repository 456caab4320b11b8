/** `train` without Node's modules. */
import type { Dataset } from '../dataset/dataset.ts';
import { createScope } from '../kernel/scope.ts';
import { type GivenKernelOptions, givenKernelOptions, kernelFor } from '../kernel/web/given.ts';
import type { Model } from '../model/model.ts';
import { checkDataset, checkTrainOptions, type LearningOptions } from '../training/fit-on.ts';
import { trainOn } from './train-on.ts';

/** The kernel stays open if it is given, and can make lists of the model afterwards. */
export type WebTrainOptions = LearningOptions & GivenKernelOptions;

/**
 * Trains a model on a dataset, as `train` of `endcap` does, on a kernel that it opens or that is given. The same data, options
 * and seed give the same model as in Node with the same instruction set of WebAssembly, for any number of threads; but of
 * `relaxed`, each engine rounds a little differently.
 *
 * Without threads it works in slices, so that pages stay responsive.
 *
 * @example
 * const dataset = await readOrders(file);
 * const model = await train(dataset, { onProgress: ({ epoch, epochs }) => show(epoch / epochs) });
 * const recommender = await createRecommender(model);
 *
 * @throws `invalid_options`, `no_orders`, `diverged`, `aborted`, `kernel_unavailable`, `out_of_memory`.
 */
export async function train(dataset: Dataset, options: WebTrainOptions = {}): Promise<Model> {
  checkTrainOptions(options, givenKernelOptions);
  checkDataset(dataset);
  const { module, url, isa, memory, threads, kernel: given, ...learning } = options;
  const kernel = await kernelFor({ module, url, isa, memory, threads, kernel: given }, roomFor(dataset));
  const scope = createScope(kernel);
  try {
    return await trainOn(scope, dataset, learning);
  } finally {
    scope.end();
    if (!given) await kernel.close();
  }
}

/** What a search keeps for each customer and product, and for each pair, at most factors; in bytes. */
const perRow = 4 * 8 * 256;
const perPair = 64;
const least = 2 ** 28;

/** About how many bytes of kernel memory training needs, generously. */
function roomFor({ customers, products, purchases }: Dataset): number {
  return least + perRow * (customers.length + products.length) + perPair * purchases.products.length;
}
