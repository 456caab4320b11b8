import { evenBounds, type OpenKernel } from '../kernel/kernel.ts';
import { createBuffer, type Elements, type ElementsConstructor } from '../kernel/memory.ts';
import { scratchLength, strideOf } from '../kernel/operations/operations.ts';
import type { Model } from '../model/model.ts';
import type { Pace } from '../turns.ts';
import type { Buyer } from './buyer.ts';
import { foldInSystemOf } from './fold-in-system.ts';
import { checkFinite } from './scoring/candidates.ts';

/**
 * Computes the factors that training would give a buyer, with the products' factors fixed. What all buyers have in common is
 * made at the first use: many recommenders are never asked.
 */
export interface FoldIn {
  /** Whether that is made, or made in a few milliseconds. */
  isReady(): boolean;
  /** Makes it on the kernel's threads. Whoever asks meanwhile waits for it, at the pace of the first. */
  prepare(pace?: Pace): Promise<void>;
  /** The buyer's factors, padded to the stride, in kernel memory; valid until the next call. */
  factorsOf(buyer: Buyer): Float32Array;
  /**
   * What each purchase of the buyer adds to the dot product with each target product: for each target, one number per
   * product of the buyer. Only for `als`, where x = A^-1 sum_j b_j y_j with A the matrix and b the right side of the buyer's
   * system, so that purchase j adds b_j y_j.A^-1 y_i to product i (Hu, Koren, Volinsky 2008, section 5).
   */
  sharesOf(buyer: Buyer, targets: readonly number[]): Float32Array;
}

/** Multiplications of a Gram matrix that take a few milliseconds. */
const maxWorkHere = 1e8;

/**
 * Solves the system of each buyer.
 *
 * @param productFactors padded to the stride, in kernel memory.
 */
export function createFoldIn(kernel: OpenKernel, model: Model, productFactors: Float32Array): FoldIn {
  const { memory, operations } = kernel;
  const { factors } = model;
  const { unobservedWeight, solver, steps, weightsOf, rightsOf, penaltyOf } = foldInSystemOf(model);
  const stride = strideOf(factors);
  const products = model.products.length;
  const query = memory.allocate(Float32Array, stride);
  const objective = memory.allocate(Float32Array, 1);
  const order = memory.allocate(Uint32Array, 1);
  const scratch = memory.allocate(Float32Array, scratchLength.alsSolve(stride));
  let made: Float32Array | undefined;
  let making: Promise<void> | undefined;

  /** The Gram matrix of the products, to be made. */
  const gramToMake = () => ({
    x: productFactors,
    count: products,
    stride,
    scale: unobservedWeight,
    gram: memory.allocate(Float32Array, stride * stride),
  });

  function gramNow(): Float32Array {
    if (!made) {
      const args = gramToMake();
      if (unobservedWeight > 0) operations.gram({ ...args, begin: 0, end: stride });
      made = args.gram;
    }
    return made;
  }

  async function makeGram(pace: Pace | undefined): Promise<void> {
    const args = gramToMake();
    // Each call reads all rows: as few as there are threads. A single thread lets the event loop turn between calls.
    const size = kernel.threads === 1 ? 8 : 8 * Math.ceil(stride / 8 / kernel.threads);
    await kernel.run('gram', args, evenBounds(stride, size), pace);
    made ??= args.gram;
  }

  /** Copies values into an array that is kept from call to call; elements past them are those of earlier calls. */
  const keeper = <T extends Elements>(type: ElementsConstructor<T>) => {
    const buffer = createBuffer(memory, type);
    return (values: ArrayLike<number>): T => {
      const array = buffer(values.length);
      array.set(values);
      return array;
    };
  };
  const offsetsIn = keeper(Uint32Array);
  const indicesIn = keeper(Uint32Array);
  const weightsIn = keeper(Float32Array);
  const rightsIn = keeper(Float32Array);
  const regularizationIn = keeper(Float32Array);
  const solvedIn = keeper(Uint32Array);
  const metIn = keeper(Uint32Array);
  const dotProducts = createBuffer(memory, Float32Array);

  return {
    isReady: () => made !== undefined || unobservedWeight === 0 || products * stride * stride <= maxWorkHere,
    async prepare(pace) {
      making ??= makeGram(pace).finally(() => {
        making = undefined;
      });
      await making;
    },
    factorsOf(buyer) {
      const bought = buyer.products.length;
      const amounts = buyer.amounts();
      const weights = weightsIn(weightsOf(amounts));
      const rights = rightsOf(amounts, weights);
      query.fill(0);
      operations.alsSolve({
        solved: query,
        fixed: productFactors,
        gram: gramNow(),
        stride,
        factors,
        order,
        offsets: offsetsIn([0, bought]).subarray(0, 2),
        indices: indicesIn(buyer.products),
        weights,
        rights: rights === weights ? weights : rightsIn(rights),
        regularization: regularizationIn([penaltyOf(bought)]),
        steps,
        solver,
        objective,
        scratch,
        begin: 0,
        end: 1,
      });
      return query;
    },
    sharesOf(buyer, targets) {
      const bought = buyer.products.length;
      const amounts = buyer.amounts();
      const weights = weightsOf(amounts);
      const rights = rightsOf(amounts, weights);
      // The matrix is symmetric: it takes one system for each target or one for each purchase.
      const isByTarget = targets.length < bought;
      const [solved, met] = isByTarget ? [targets, buyer.products] : [buyer.products, targets];
      const products = dotProducts(solved.length * met.length);
      checkFinite(
        operations.alsProducts({
          fixed: productFactors,
          gram: gramNow(),
          stride,
          factors,
          pairs: bought,
          indices: indicesIn(buyer.products),
          weights: weightsIn(weights),
          regularization: penaltyOf(bought),
          solved: solvedIn(solved),
          met: metIn(met),
          others: met.length,
          products,
          scratch,
          begin: 0,
          end: solved.length,
        }),
      );
      const [perTarget, perPurchase] = isByTarget ? [bought, 1] : [1, targets.length];
      const shares = new Float32Array(targets.length * bought);
      for (let k = 0, at = 0; k < targets.length; k++)
        for (let j = 0; j < bought; j++, at++) shares[at] = rights[j] * products[k * perTarget + j * perPurchase];
      return shares;
    },
  };
}
