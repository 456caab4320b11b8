import type { OpenKernel } from '../kernel/kernel.ts';
import { copyIn, shareIn } from '../kernel/memory.ts';
import { strideOf } from '../kernel/operations/operations.ts';
import { refuse, valuesProblem, viewModel } from '../model/check.ts';
import { parseMetadata } from '../model/metadata.ts';
import type { Model } from '../model/model.ts';
import { padIn } from './scoring/candidates.ts';

/** A model whose caller may do as they like with it: what kernels trust was copied, and then checked. */
export interface Copied {
  /** Its purchases are in kernel memory. Its other arrays are the caller's; no kernel trusts them. */
  readonly model: Model;
  /** Rows padded to the stride, in kernel memory. */
  readonly customerFactors: Float32Array;
  readonly productFactors: Float32Array;
}

/**
 * Copies what kernels trust, and checks the copies rather than what they were made from, which may change at any time.
 *
 * @param isOurs whether the model was just loaded and nobody else has it, so that nothing is copied that the kernel can use
 *   where it is, nor checked again.
 * @throws `model_unreadable` if the model breaks a promise of its type, `out_of_memory` if the kernel has no room.
 */
export function copyModel(kernel: OpenKernel, given: Model, isOurs: boolean): Copied {
  const { memory } = kernel;
  const takeIn = isOurs ? shareIn : copyIn;
  const view = viewModel(given);
  if (typeof view === 'string') return refuse(view);
  const metadata = parseMetadata(view.metadata);
  if (typeof metadata === 'string') return refuse(metadata);
  const { factors, neighbours } = view;
  const isPadded = factors === strideOf(factors);
  const rowsIn = (values: Float32Array) =>
    isOurs && isPadded ? shareIn(memory, Float32Array, values) : padIn(kernel, values, factors);
  const customerFactors = rowsIn(view.customerFactors);
  const productFactors = rowsIn(view.productFactors);
  const purchases = {
    ...view.purchases,
    offsets: takeIn(memory, Uint32Array, view.purchases.offsets),
    products: takeIn(memory, Uint32Array, view.purchases.products),
  };
  const trusted = {
    purchases,
    ...(neighbours &&
      metadata.ranking?.neighbours && {
        neighbours: {
          offsets: takeIn(memory, Uint32Array, neighbours.offsets),
          products: takeIn(memory, Uint32Array, neighbours.products),
          strengths: takeIn(memory, Float32Array, neighbours.strengths),
        },
      }),
    ...(view.returned && {
      returned: { offsets: view.returned.offsets.slice(), products: view.returned.products.slice() },
    }),
    ...(view.unlisted && { unlisted: view.unlisted.slice() }),
    // The bonus of a product is made when a buyer of it asks.
    ...(view.signals && { signals: { ...view.signals, repeatPropensity: view.signals.repeatPropensity.slice() } }),
  };
  const problem = isOurs ? undefined : valuesProblem(given, { ...view, ...trusted, customerFactors, productFactors });
  return problem === undefined
    ? { model: { ...view, ...trusted, metadata }, customerFactors, productFactors }
    : refuse(problem);
}
