/** Folding in many customers at once. */
import { type Dataset, ordersOf, quantityOf } from '../../dataset/dataset.ts';
import { evenBounds, type OpenKernel } from '../../kernel/kernel.ts';
import { copyIn } from '../../kernel/memory.ts';
import { strideOf } from '../../kernel/operations/operations.ts';
import { createScope } from '../../kernel/scope.ts';
import { type FoldInSystem, foldInSystemOf } from '../../recommending/fold-in-system.ts';
import { checkFinite } from '../../recommending/scoring/candidates.ts';
import type { Trained } from '../../training/algorithm.ts';

/** Rows that a call solves. */
const rowsInCall = 64;

/** What factors are folded in with: everything but the customers. */
export interface Fixed {
  readonly factors: number;
  /** products x stride, in kernel memory. */
  readonly products: Float32Array;
  readonly made: Pick<Trained, 'options' | 'foldIn'>;
  /** Made by `gramOf`, for all foldings. */
  readonly gram: Float32Array;
}

/** The Gram matrix of the products, as the system weighs it, in kernel memory. */
export async function gramOf(
  kernel: OpenKernel,
  { factors, products }: Pick<Fixed, 'factors' | 'products'>,
  { unobservedWeight }: FoldInSystem,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const stride = strideOf(factors);
  const gram = kernel.memory.allocate(Float32Array, stride * stride);
  if (unobservedWeight === 0) return gram;
  const count = products.length / stride;
  const bounds = evenBounds(stride, 8 * Math.ceil(stride / 8 / kernel.threads));
  await kernel.run('gram', { x: products, count, stride, scale: unobservedWeight, gram }, bounds, { signal });
  return gram;
}

/**
 * Factors of customers by what they bought, as a recommender folds them in, without regard to when.
 *
 * @param rows of the customers.
 * @returns rows x stride, in kernel memory, which the caller frees; zeros for customers who bought nothing.
 * @throws `not_finite`, `aborted`.
 */
export async function foldRows(
  kernel: OpenKernel,
  { factors, products: fixed, made, gram }: Fixed,
  { purchases, products: { length: productRows } }: Pick<Dataset, 'purchases' | 'products'>,
  rows: ArrayLike<number>,
  signal?: AbortSignal,
): Promise<Float32Array> {
  const products: readonly string[] = { length: productRows } as string[];
  const { solver, steps, weightsOf, rightsOf, penaltyOf } = foldInSystemOf({
    algorithm: 'als',
    metadata: made,
    products,
  });
  const stride = strideOf(factors);
  const solved = kernel.memory.allocate(Float32Array, rows.length * stride);
  const scope = createScope(kernel);
  const { memory } = scope;
  try {
    const offsets = memory.allocate(Uint32Array, rows.length + 1);
    for (let i = 0; i < rows.length; i++)
      offsets[i + 1] = offsets[i] + purchases.offsets[rows[i] + 1] - purchases.offsets[rows[i]];
    const pairs = offsets[rows.length];
    const indices = memory.allocate(Uint32Array, pairs);
    const weights = memory.allocate(Float32Array, pairs);
    const rights = memory.allocate(Float32Array, pairs);
    for (let i = 0; i < rows.length; i++) {
      const [from, to] = [purchases.offsets[rows[i]], purchases.offsets[rows[i] + 1]];
      indices.set(purchases.products.subarray(from, to), offsets[i]);
      const recency = Float32Array.from({ length: to - from }, (_, k) => ordersOf(purchases, from + k));
      const quantities = Float32Array.from({ length: to - from }, (_, k) => quantityOf(purchases, from + k));
      const amounts = { recency, tasteRecency: recency, quantities };
      const own = weightsOf(amounts);
      weights.set(own, offsets[i]);
      rights.set(rightsOf(amounts, own), offsets[i]);
    }
    const penalties = Float32Array.from({ length: rows.length }, (_, i) => penaltyOf(offsets[i + 1] - offsets[i]));
    const status = await scope.run(
      'alsSolve',
      {
        solved,
        fixed,
        gram,
        stride,
        factors,
        order: copyIn(
          memory,
          Uint32Array,
          Array.from({ length: rows.length }, (_, i) => i),
        ),
        offsets,
        indices,
        weights,
        rights,
        regularization: copyIn(memory, Float32Array, penalties),
        steps,
        solver,
        objective: memory.allocate(Float32Array, rows.length),
      },
      evenBounds(rows.length, rowsInCall),
      { signal },
    );
    checkFinite(status);
    return solved;
  } catch (error) {
    kernel.memory.free(solved);
    throw error;
  } finally {
    scope.end();
  }
}
