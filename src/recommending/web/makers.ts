/**
 * How `createRecommender` gets to what makes recommenders in the calling thread: by the kernel that it is given. A page whose
 * recommender lives in a worker opens no kernel, and its bundle has none of that code.
 */
import { checkKernel, type OpenKernel } from '../../kernel/kernel.ts';
import type { Model } from '../../model/model.ts';
import { invalidOption } from '../../options.ts';
import type { Recommender } from '../types.ts';

/** Makes a model, or the bytes of its file, ready to answer on a kernel. */
export type Maker = (given: Model | Uint8Array, kernel: OpenKernel) => Promise<Recommender>;

const makers = new WeakMap<OpenKernel, Maker>();

export function setMaker(kernel: OpenKernel, maker: Maker): void {
  makers.set(kernel, maker);
}

/** @throws `invalid_options` for what `openKernel` of `endcap/web` did not return. */
export function makerOf(kernel: OpenKernel): Maker {
  checkKernel(kernel);
  const maker = makers.get(kernel);
  if (!maker)
    throw invalidOption('kernel', kernel, 'what openKernel of this endcap/web returned, and not a copy of it');
  return maker;
}
