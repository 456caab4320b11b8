/** `createRecommender` without Node's modules. */
import type { OpenKernel } from '../kernel/kernel.ts';
import { scratchLength, strideOf } from '../kernel/operations/operations.ts';
import { openKernel, type WebKernelOptions, webKernelOptions } from '../kernel/web/open.ts';
import type { Model } from '../model/model.ts';
import { invalidOption, onlyKnown } from '../options.ts';
import { recommendWith } from './serving/prepare.ts';
import type { Recommender } from './types.ts';

export interface WebRecommenderOptions extends WebKernelOptions {
  /** A kernel that `openKernel` opened, in place of the other options. It is the recommender's from here on. */
  kernel?: OpenKernel;
}

/**
 * Makes a model ready to answer, on a kernel that it opens or that is given. Close the recommender when it is no longer
 * needed: it owns the kernel, its threads, and its memory.
 *
 * @throws what `openKernel` throws; `out_of_memory` if the factors and purchases don't fit into the kernel's memory,
 * `model_unreadable` if the model breaks a promise of its type, such as factors beyond 1e15.
 *
 * @example
 * const response = await fetch('/model.safetensors');
 * const model = await decodeModel(new Uint8Array(await response.arrayBuffer()));
 * const recommender = await createRecommender(model);
 * const { items } = await recommender.recommend('10276', { n: 5 });
 */
export async function createRecommender(model: Model, options: WebRecommenderOptions = {}): Promise<Recommender> {
  onlyKnown(options, [...webKernelOptions, 'kernel']);
  const { kernel: given, ...opening } = options;
  if (given !== undefined) {
    if (typeof given?.memory !== 'object') throw invalidOption('kernel', given, 'what openKernel returned');
    for (const [name, value] of Object.entries(opening))
      if (value !== undefined) throw invalidOption(name, value, 'nothing, since a kernel is given');
  }
  const kernel = given ?? (await openKernel(opening, roomFor(model)));
  try {
    return recommendWith(kernel, model);
  } catch (error) {
    void kernel.close();
    throw error;
  }
}

/** What lists take besides the model, in bytes: scratch, the lists of a block, filters. */
const roomForLists = 2 ** 25;

/** About how many bytes of kernel memory a model needs, generously. Its arrays may be anything until they are checked. */
function roomFor({ customers, products, factors, purchases, neighbours }: Model): number {
  const rows = (customers?.length ?? 0) + (products?.length ?? 0);
  const pairs = (purchases?.products?.length ?? 0) + (neighbours?.products?.length ?? 0);
  // Factors as they are, packed, and as unit vectors, which similar customers and products are searched in.
  const stride = strideOf(factors);
  const bytes = 4 * (4 * rows * stride + 32 * rows + 4 * pairs + 2 * scratchLength.alsSolve(stride));
  return roomForLists + (Number.isFinite(bytes) ? bytes : 0);
}
