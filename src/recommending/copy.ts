import type { OpenKernel } from '../kernel/kernel.ts';
import { copyIn, type Elements, type ElementsConstructor, shareIn } from '../kernel/memory.ts';
import { strideOf } from '../kernel/operations/operations.ts';
import { refuse, valuesProblemIn, viewModel } from '../model/check.ts';
import { parseMetadata } from '../model/metadata.ts';
import type { Model } from '../model/model.ts';
import { paddingIn } from './scoring/candidates.ts';

/** A model whose caller may do as they like with it: what kernels trust was copied, and then checked. */
export interface Copied {
  /** Its purchases are in kernel memory. Its other arrays are the caller's; no kernel trusts them. */
  readonly model: Model;
  /** Rows padded to the stride, in kernel memory. */
  readonly customerFactors: Float32Array;
  readonly productFactors: Float32Array;
}

/**
 * Copies what kernels trust, and checks the copies rather than what they were made from, which may change at any time. It works
 * a piece at a time, for those who have others waiting.
 *
 * @throws `model_unreadable` if the model breaks a promise of its type, `out_of_memory` if the kernel has no room.
 */
export function* copyModel(kernel: OpenKernel, given: Model): Generator<undefined, Copied> {
  const view = viewed(given);
  const { factors, returned, unlisted, signals } = view;
  const customerFactors = yield* paddingIn(kernel, view.customerFactors, factors);
  const productFactors = yield* paddingIn(kernel, view.productFactors, factors);
  const model = {
    ...view,
    ...inKernel(view, (type, values) => copyIn(kernel.memory, type, values)),
    ...(returned && { returned: { offsets: returned.offsets.slice(), products: returned.products.slice() } }),
    ...(unlisted && { unlisted: unlisted.slice() }),
    // The bonus of a product is made when a buyer of it asks.
    ...(signals && { signals: { ...signals, repeatPropensity: signals.repeatPropensity.slice() } }),
  };
  const problem = yield* valuesProblemIn(given, { ...model, customerFactors, productFactors });
  return problem === undefined ? { model, customerFactors, productFactors } : refuse(problem);
}

/**
 * Takes a model that was just loaded and that nobody else has: nothing is copied that the kernel can use where it is, nor
 * checked again. It works a piece at a time, for those who have others waiting.
 *
 * @throws what `copyModel` throws.
 */
export function* takeModel(kernel: OpenKernel, given: Model): Generator<undefined, Copied> {
  const { memory } = kernel;
  const view = viewed(given);
  const { factors } = view;
  const isPadded = factors === strideOf(factors);
  function* rowsIn(values: Float32Array): Generator<undefined, Float32Array> {
    return isPadded && memory.shares(values) ? values : yield* paddingIn(kernel, values, factors);
  }
  const customerFactors = yield* rowsIn(view.customerFactors);
  const productFactors = yield* rowsIn(view.productFactors);
  const model = { ...view, ...inKernel(view, (type, values) => shareIn(memory, type, values)) };
  return { model, customerFactors, productFactors };
}

/** A view of the model with metadata of its own. */
function viewed(given: Model): Model {
  const view = viewModel(given);
  if (typeof view === 'string') return refuse(view);
  const metadata = parseMetadata(view.metadata);
  return typeof metadata === 'string' ? refuse(metadata) : { ...view, metadata };
}

/** What kernels trust besides factors. @param take puts an array into kernel memory. */
function inKernel(
  { purchases, neighbours, metadata }: Model,
  take: <T extends Elements>(type: ElementsConstructor<T>, values: T) => T,
): Pick<Model, 'purchases' | 'neighbours'> {
  return {
    purchases: {
      ...purchases,
      offsets: take(Uint32Array, purchases.offsets),
      products: take(Uint32Array, purchases.products),
    },
    ...(neighbours &&
      metadata.ranking?.neighbours && {
        neighbours: {
          offsets: take(Uint32Array, neighbours.offsets),
          products: take(Uint32Array, neighbours.products),
          strengths: take(Float32Array, neighbours.strengths),
        },
      }),
  };
}
