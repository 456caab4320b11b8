import type { Kernel } from '../kernel/kernel.ts';
import { copyIn } from '../kernel/memory.ts';
import { type Scratch, scratchLength, strideOf } from '../kernel/operations.ts';
import type { Model } from '../model/model.ts';
import { type Confidence, rawConfidence, rowRegularization } from '../training/als.ts';

/** What a basket, and the history it is added to, says of one product. */
export interface Bought {
  orders: number;
  quantity: number;
}

/**
 * Finds where training would put a customer with the given purchases while the products stay: for `als` the half-step of
 * one row, for `quantity` the ridge regression of the quantities on the products' factors, whose penalty of 1 is the
 * N(0, 1) that the factors were drawn from. The vector is in kernel memory and good until the next call.
 */
export function createFoldIn(
  kernel: Kernel,
  model: Model,
  productFactors: Float32Array,
): (bought: ReadonlyMap<number, Bought>) => Float32Array {
  const { memory, operations } = kernel;
  const { factors, algorithm, metadata } = model;
  const options = metadata.options as {
    confidence: Confidence;
    regularization: number;
    unobservedWeight: number;
    frequencyExponent: number;
  };
  const stride = strideOf(factors);
  const products = model.products.length;
  // More steps than in training, where a row starts from the last iteration's; here it starts from zero.
  const steps = 16;
  const query = memory.allocate(Float32Array, stride);
  const objective = memory.allocate(Float32Array, 1);
  const order = memory.allocate(Uint32Array, 1);
  const scratch = memory.allocate(Float32Array, scratchLength.alsSolve(stride)) as Scratch;
  const gram = memory.allocate(Float32Array, stride * stride);
  if (algorithm === 'als') operations.gram(productFactors, products, stride, options.unobservedWeight, gram, 0, stride);

  return (bought) => {
    const rows = [...bought.keys()].sort((a, b) => a - b);
    const lines = rows.map((row) => bought.get(row) as Bought);
    const { confidenceScale } = metadata.foldIn;
    const als = algorithm === 'als';
    const weights = lines.map(({ orders, quantity }) =>
      als ? confidenceScale * rawConfidence(options.confidence, orders, quantity) : 1,
    );
    const rights = als ? weights : lines.map(({ quantity }) => quantity);
    const penalty = als ? rowRegularization(rows.length, products, options) : 1;
    const arrays = {
      offsets: copyIn(memory, Uint32Array, [0, rows.length]),
      indices: copyIn(memory, Uint32Array, rows),
      weights: copyIn(memory, Float32Array, weights),
      rights: copyIn(memory, Float32Array, rights),
      penalty: copyIn(memory, Float32Array, [penalty]),
    };
    query.fill(0);
    operations.alsSolve(
      query,
      productFactors,
      gram,
      stride,
      factors,
      order,
      arrays.offsets,
      arrays.indices,
      arrays.weights,
      arrays.rights,
      arrays.penalty,
      steps,
      0,
      objective,
      scratch,
      0,
      1,
    );
    memory.free(...Object.values(arrays));
    return query;
  };
}
