/** The only file of this room that needs Node's modules: it opens a kernel. Everything else runs wherever a kernel does. */
import { throwIfAborted } from '../errors.ts';
import { collected } from '../kernel/garbage.ts';
import type { OpenKernel } from '../kernel/kernel.ts';
import { type KernelOptions, openKernel } from '../kernel/open.ts';
import { type LoadingOptions, loadWith } from '../model/file/file.ts';
import { takePanels } from '../model/file/panels.ts';
import type { Model } from '../model/model.ts';
import { onlyKnown } from '../options.ts';
import type { Pace } from '../turns.ts';
import type { Assembled } from './recommender.ts';
import { recommendWith, serveLoaded, serveWith } from './serving/prepare.ts';
import type { ServedShop } from './serving/served.ts';
import type { Recommender } from './types.ts';

/**
 * Makes a model ready to answer, on the best kernel that runs here or on the one that the options force. Close the
 * recommender when it is no longer needed: it owns the kernel's threads.
 *
 * @param options `backend` (`'native'` or `'wasm'`), `isa` and `threads`. Their defaults are the environment variables
 * `ENDCAP_BACKEND`, `ENDCAP_ISA` and `ENDCAP_THREADS`, then the fastest kernel and every thread of the machine.
 *
 * @throws `invalid_options` for unknown options and values, `kernel_unavailable` if no kernel that the options allow runs
 * here, `out_of_memory` if the factors and purchases don't fit into the kernel's memory, `model_unreadable` if the model
 * breaks a promise of its type, such as factors beyond 1e15.
 *
 * @example
 * const model = await loadModel('model.safetensors');
 * const recommender = createRecommender(model, { threads: 2 });
 * const { items } = await recommender.recommend('10276', { n: 5 });
 * await recommender.close();
 */
export function createRecommender(model: Model, options: KernelOptions = {}): Recommender {
  const kernel = openWith(options);
  try {
    return recommendWith(kernel, model);
  } catch (error) {
    void kernel.close();
    throw error;
  }
}

/**
 * Loads a model and makes it ready to answer: `createRecommender(await loadModel(path), options)`, but without copies of the
 * model's arrays, which the caller must leave alone, and without keeping the event loop for more than some milliseconds at a
 * time.
 *
 * @throws what these throw.
 */
export async function loadRecommender(path: string, options: KernelOptions = {}): Promise<Recommender> {
  const { serve } = await openModel(path, options);
  const { recommender } = await serve();
  return recommender;
}

/** A model with the kernel that is to serve it. */
export interface OpenModel {
  readonly model: Model;
  /**
   * Makes it ready to answer, once. The recommender then closes the kernel.
   *
   * @param live what a running shop knows; nothing if absent.
   * @throws what `createRecommender` throws, and `aborted`; the kernel is closed then.
   */
  serve(live?: ServedShop): Promise<Assembled>;
  /** Closes the kernel of a model that is not served. */
  close(): Promise<void>;
}

/**
 * Opens a kernel for a model, which it loads if a path is given, into the kernel's memory, so that nothing has to be copied.
 * Then neither this nor `serve` keeps the event loop for more than some milliseconds at a time.
 *
 * @param pace of it, and of `serve`. `keepsBytes`: whether the texts of a model that is loaded stay bytes, which is for those who ask for few
 * of them at a time.
 * @throws what `loadModel` throws; `aborted`; `invalid_options` and `kernel_unavailable`, as `createRecommender` does.
 */
export async function openModel(
  given: Model | string,
  options: KernelOptions,
  { keepsBytes, ...pace }: Pace & Pick<LoadingOptions, 'keepsBytes'> = {},
): Promise<OpenModel> {
  const isLoaded = typeof given === 'string';
  // Two models at a time: not also one that was replaced before.
  if (isLoaded) await collected();
  throwIfAborted(pace.signal);
  const kernel = openWith(options);
  const orClose = async <T>(work: () => T | Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      await kernel.close();
      throw error;
    }
  };
  const model = isLoaded ? await orClose(() => loadWith(given, { memory: kernel.memory, keepsBytes, ...pace })) : given;
  return {
    model,
    serve: (live) =>
      orClose(() =>
        isLoaded ? serveLoaded(kernel, model, live, pace, takePanels(model)) : serveWith(kernel, model, live),
      ),
    close: () => kernel.close(),
  };
}

/**
 * A recommender for a running shop, and what changes its lists.
 *
 * @param isLoaded whether the model was just loaded and nobody else has it, so that its arrays need no copies.
 * @param live what the shop knows; nothing if absent.
 * @throws what `createRecommender` throws.
 */
export async function openServed(
  model: Model,
  isLoaded: boolean,
  options: KernelOptions,
  live?: ServedShop,
  pace?: Pace,
): Promise<Assembled> {
  const kernel = openWith(options);
  try {
    return isLoaded ? await serveLoaded(kernel, model, live, pace) : serveWith(kernel, model, live);
  } catch (error) {
    await kernel.close();
    throw error;
  }
}

function openWith(options: KernelOptions): OpenKernel {
  onlyKnown(options, ['backend', 'isa', 'threads']);
  return openKernel(options);
}
