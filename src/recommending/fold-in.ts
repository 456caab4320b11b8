import { evenBounds, type OpenKernel } from '../kernel/kernel.ts';
import { createBuffer, type Elements, type ElementsConstructor } from '../kernel/memory.ts';
import { scratchLength, solvers, strideOf } from '../kernel/operations/operations.ts';
import type { Model } from '../model/model.ts';
import { relativePenalty } from '../training/als.ts';
import { alsSettings } from '../training/als-options.ts';
import { aged, rawConfidence } from '../training/confidence.ts';
import type { Pace } from '../turns.ts';
import type { Amounts, Buyer } from './buyer.ts';
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
   * product of the buyer. Only for `als`, where x = A^-1 sum_j c_j y_j with A the matrix and c the weights of the buyer's
   * system, so that purchase j adds c_j y_j.A^-1 y_i to product i (Hu, Koren, Volinsky 2008, section 5).
   */
  sharesOf(buyer: Buyer, targets: readonly number[]): Float32Array;
}

/** Multiplications of a Gram matrix that take a few milliseconds. */
const maxWorkHere = 1e8;

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
  let made: Float32Array | undefined;
  let making: Promise<void> | undefined;

  /** The Gram matrix of the products, to be made. */
  const gramToMake = () => ({
    x: productFactors,
    count: products,
    stride,
    scale: options.unobservedWeight,
    gram: memory.allocate(Float32Array, stride * stride),
  });

  function gramNow(): Float32Array {
    if (!made) {
      const args = gramToMake();
      if (als) operations.gram({ ...args, begin: 0, end: stride });
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

  function weightsOf({ recency, tasteRecency, quantities }: Amounts): Float32Array {
    return Float32Array.from(recency, (orders, i) =>
      als
        ? confidenceScale * aged(rawConfidence(options.confidence, orders, quantities[i]), orders, tasteRecency[i])
        : 1,
    );
  }

  const penaltyOf = (bought: number) => (als ? scale * relativePenalty(bought, products, options) : 1);

  return {
    isReady: () => made !== undefined || !als || products * stride * stride <= maxWorkHere,
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
        rights: als ? weights : rightsIn(amounts.quantities),
        regularization: regularizationIn([penaltyOf(bought)]),
        steps,
        solver: solvers.cheapest,
        objective,
        scratch,
        begin: 0,
        end: 1,
      });
      return query;
    },
    sharesOf(buyer, targets) {
      const bought = buyer.products.length;
      const weights = weightsOf(buyer.amounts());
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
        for (let j = 0; j < bought; j++, at++) shares[at] = weights[j] * products[k * perTarget + j * perPurchase];
      return shares;
    },
  };
}
