import type { OpenKernel } from '../kernel/kernel.ts';
import { copyIn } from '../kernel/memory.ts';
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
 * @throws `model_unreadable` if the model breaks a promise of its type, `out_of_memory` if the kernel has no room.
 */
export function copyModel(kernel: OpenKernel, given: Model): Copied {
  const { memory } = kernel;
  const view = viewModel(given);
  if (typeof view === 'string') return refuse(view);
  const metadata = parseMetadata(view.metadata);
  if (typeof metadata === 'string') return refuse(metadata);
  const { factors, neighbours } = view;
  const customerFactors = padIn(kernel, view.customerFactors, factors);
  const productFactors = padIn(kernel, view.productFactors, factors);
  const purchases = {
    ...view.purchases,
    offsets: copyIn(memory, Uint32Array, view.purchases.offsets),
    products: copyIn(memory, Uint32Array, view.purchases.products),
  };
  const trusted = {
    purchases,
    ...(neighbours &&
      metadata.ranking?.neighbours && {
        neighbours: {
          offsets: copyIn(memory, Uint32Array, neighbours.offsets),
          products: copyIn(memory, Uint32Array, neighbours.products),
          strengths: copyIn(memory, Float32Array, neighbours.strengths),
        },
      }),
    ...(view.returned && {
      returned: { offsets: view.returned.offsets.slice(), products: view.returned.products.slice() },
    }),
    ...(view.unlisted && { unlisted: view.unlisted.slice() }),
  };
  const problem = valuesProblem(given, { ...view, ...trusted, customerFactors, productFactors });
  return problem === undefined
    ? { model: { ...view, ...trusted, metadata }, customerFactors, productFactors }
    : refuse(problem);
}
