/** `openKernel` of `endcap/web`. */
import type { OpenKernel } from '../../kernel/kernel.ts';
import { openKernel as open, type WebKernelOptions } from '../../kernel/web/open.ts';
import { recommendHere } from './here.ts';
import { setMaker } from './makers.ts';

/**
 * Opens the best kernel that runs here, or the one that the options force: for `createRecommender` in the calling thread, and for
 * `train`.
 *
 * @throws `invalid_options`; `kernel_unavailable` if none runs here, with everything that was tried and what to do;
 * `out_of_memory` if there is no room for `memory`.
 *
 * @example
 * const kernel = await openKernel({ url: '/wasm/' }); // a folder with the files of build/wasm/
 */
export async function openKernel(options: WebKernelOptions = {}): Promise<OpenKernel> {
  const kernel = await open(options);
  setMaker(kernel, recommendHere);
  return kernel;
}
