/** `createRecommender` of `endcap/web`. */
import { EndcapError } from '../../errors.ts';
import type { OpenKernel } from '../../kernel/kernel.ts';
import { type WebKernelOptions, webKernelOptions } from '../../kernel/web/open.ts';
import type { Model } from '../../model/model.ts';
import { invalidOption, onlyKnown, optionalFunctions } from '../../options.ts';
import type { Recommender } from '../types.ts';
import type { WorkerLike } from './connection.ts';
import { makerOf } from './makers.ts';
import { openRemote, type RemoteRecommender } from './remote.ts';
import { parcelOf } from './sending.ts';

/** Options of a recommender in a worker: those of its kernel, and these. */
export interface WebRecommenderOptions extends WebKernelOptions {
  /** Absent: a recommender on a kernel is one in the calling thread. */
  kernel?: undefined;
  /** Starts the worker, a module with `endcap/web/worker`, for bundlers that do not find it (esbuild). */
  worker?: () => WorkerLike;
  /** Whether the worker gets the bytes' own memory, which is empty here then; by default it gets a copy. */
  transfer?: boolean;
}

/**
 * Makes a model ready to answer: in a Web Worker of its own, so that the page never waits, or, on a kernel that is given, in the
 * calling thread. Close the recommender when it is no longer needed: it owns the worker, or the kernel.
 *
 * @param given a model, or the bytes of its file, which takes less time and memory.
 *
 * @throws `invalid_options`; of bytes, what `decodeModel` throws; `kernel_unavailable` if there are no Web Workers, the worker does
 * not start, or no kernel runs in it; `out_of_memory` if the factors and purchases don't fit into the kernel's memory,
 * `model_unreadable` if the model breaks a promise of its type, such as factors beyond 1e15.
 *
 * @example
 * const response = await fetch('/model.safetensors');
 * const bytes = new Uint8Array(await response.arrayBuffer());
 * const recommender = await createRecommender(bytes, { transfer: true });
 * const { items } = await recommender.recommend('10276', { n: 5 });
 *
 * @example
 * const recommender = await createRecommender(bytes, { kernel: await openKernel() }); // in this thread
 */
export function createRecommender(
  given: Model | Uint8Array,
  options: { readonly kernel: OpenKernel },
): Promise<Recommender>;
export function createRecommender(
  given: Model | Uint8Array,
  options?: WebRecommenderOptions,
): Promise<RemoteRecommender>;
export async function createRecommender(
  given: Model | Uint8Array,
  options: WebRecommenderOptions | { readonly kernel: OpenKernel } = {},
): Promise<Recommender | RemoteRecommender> {
  onlyKnown(options, [...webKernelOptions, 'kernel', 'worker', 'transfer']);
  const { kernel, ...others } = options;
  if (kernel !== undefined) {
    const make = makerOf(kernel);
    for (const [name, value] of Object.entries(others))
      if (value !== undefined) throw invalidOption(name, value, 'nothing, since a kernel is given');
    return make(given, kernel);
  }
  const { worker, transfer = false, ...opening } = others as WebRecommenderOptions;
  optionalFunctions({ worker });
  if (typeof transfer !== 'boolean') throw invalidOption('transfer', transfer, 'true or false');
  if (!worker && !('Worker' in globalThis)) throw noWorkers();
  return openRemote(parcelOf(given, transfer), opening, worker);
}

function noWorkers(): EndcapError {
  return new EndcapError(
    'kernel_unavailable',
    'this host has no Web Workers for a recommender to live in; make it in this thread: ' +
      'createRecommender(model, { kernel: await openKernel({ module }) })',
  );
}
