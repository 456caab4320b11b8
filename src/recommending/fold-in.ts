import type { OpenKernel } from '../kernel/kernel.ts';
import { copyIn, type Elements, type ElementsConstructor } from '../kernel/memory.ts';
import { type Solver, scratchLength, solvers, strideOf } from '../kernel/operations.ts';
import type { Model } from '../model/model.ts';
import { relativePenalty } from '../training/als.ts';
import { alsSettings } from '../training/als-options.ts';
import { aged, rawConfidence } from '../training/confidence.ts';
import type { Buyer } from './buyer.ts';

/** Computes the factors that training would give a buyer, with the products' factors fixed. */
export interface FoldIn {
  /** The buyer's factors, padded to the stride, in kernel memory; valid until the next call. */
  factorsOf(buyer: Buyer): Float32Array;
  /**
   * What each purchase of the buyer adds to the dot product with a product, by place in the buyer's products. With A the
   * matrix and c the weights of the buyer's system, x = A^-1 sum_j c_j y_j, so purchase j adds c_j y_j.A^-1 y_i (Hu, Koren,
   * Volinsky 2008, section 5).
   */
  sharesOf(buyer: Buyer, product: number): Float64Array;
}

/**
 * For `als` it solves one row of a half-step. For `quantity` it is the ridge regression of the quantities on the products'
 * factors, with a penalty of 1 because the factors were drawn from N(0, 1).
 * @param productFactors padded to the stride, in kernel memory.
 */
export function createFoldIn(kernel: OpenKernel, model: Model, productFactors: Float32Array): FoldIn {
  const { memory, operations } = kernel;
  const { factors, algorithm, metadata } = model;
  // A model from elsewhere may not say how it was trained.
  const options = { ...alsSettings({}), ...metadata.options } as ReturnType<typeof alsSettings>;
  // In models of earlier versions the regularization option is the scale itself, not that of an average row.
  const { confidenceScale = 1, regularizationScale: scale = options.regularization } = metadata.foldIn;
  const stride = strideOf(factors);
  const products = model.products.length;
  const als = algorithm === 'als';
  // More steps than in training, which starts a row from its last iteration; this starts from zero.
  const steps = 16;
  const query = memory.allocate(Float32Array, stride);
  const objective = memory.allocate(Float32Array, 1);
  const order = memory.allocate(Uint32Array, 1);
  const scratch = memory.allocate(Float32Array, scratchLength.alsSolve(stride));
  const gram = memory.allocate(Float32Array, stride * stride);
  if (als) {
    const scale = options.unobservedWeight;
    operations.gram({ x: productFactors, count: products, stride, scale, gram, begin: 0, end: stride });
  }

  function weightsOf({ recency, tasteRecency, quantities }: Buyer): Float64Array {
    return Float64Array.from(recency, (orders, i) =>
      als
        ? confidenceScale * aged(rawConfidence(options.confidence, orders, quantities[i]), orders, tasteRecency[i])
        : 1,
    );
  }

  /**
   * Solves A x = sum of rights_j y_j into `query`, where A is the matrix of a buyer of `bought` products. Rows are in
   * ascending order.
   */
  function solve(
    rows: ArrayLike<number>,
    weights: ArrayLike<number>,
    rights: ArrayLike<number>,
    bought: number,
    solver: Solver,
  ): void {
    const arrays: Elements[] = [];
    const copy = <T extends Elements>(type: ElementsConstructor<T>, values: ArrayLike<number>): T => {
      const array = copyIn(memory, type, values);
      arrays.push(array);
      return array;
    };
    query.fill(0);
    try {
      operations.alsSolve({
        solved: query,
        fixed: productFactors,
        gram,
        stride,
        factors,
        order,
        offsets: copy(Uint32Array, [0, rows.length]),
        indices: copy(Uint32Array, rows),
        weights: copy(Float32Array, weights),
        rights: copy(Float32Array, rights),
        regularization: copy(Float32Array, [als ? scale * relativePenalty(bought, products, options) : 1]),
        steps,
        solver,
        objective,
        scratch,
        begin: 0,
        end: 1,
      });
    } finally {
      memory.free(...arrays);
    }
  }

  return {
    factorsOf(buyer) {
      const weights = weightsOf(buyer);
      solve(buyer.products, weights, als ? weights : buyer.quantities, weights.length, solvers.cheapest);
      return query;
    },
    sharesOf(buyer, product) {
      const weights = weightsOf(buyer);
      // The right side is the product alone. One that the buyer never bought joins the pairs with next to no weight, which
      // leaves A as it is.
      const later = buyer.products.findIndex((row) => row >= product);
      const place = later < 0 ? weights.length : later;
      const isBought = buyer.products[place] === product;
      const rows = [...buyer.products].toSpliced(place, isBought ? 1 : 0, product);
      const pairWeights = [...weights].toSpliced(place, isBought ? 1 : 0, isBought ? weights[place] : 1e-12);
      const rights = rows.map((row) => (row === product ? 1 : 0));
      solve(rows, pairWeights, rights, weights.length, solvers.primal);
      return weights.map((weight, j) => {
        let dot = 0;
        const row = buyer.products[j] * stride;
        for (let k = 0; k < factors; k++) dot += productFactors[row + k] * query[k];
        return (als ? weight : buyer.quantities[j]) * dot;
      });
    },
  };
}
