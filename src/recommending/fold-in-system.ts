/** The equation that gives a buyer's factors, with the products' factors fixed. */
import { type Solver, solvers } from '../kernel/operations/operations.ts';
import type { Convention } from '../model/imported.ts';
import type { Model } from '../model/model.ts';
import { relativePenalty } from '../training/als.ts';
import { alsSettings } from '../training/als-options.ts';
import { aged, rawConfidence } from '../training/confidence.ts';
import type { Amounts } from './buyer.ts';

/** See `Convention`. */
export interface FoldInSystem {
  /** What the products' Gram matrix is multiplied by; 0 if it does not count. */
  readonly unobservedWeight: number;
  readonly solver: Solver;
  /** Steps of conjugate gradients: more than in training, which starts a row from its last iteration; this starts from zero. */
  readonly steps: number;
  /** By purchase; above zero. */
  weightsOf(amounts: Amounts): Float32Array;
  /** By purchase, given the weights. */
  rightsOf(amounts: Amounts, weights: Float32Array): Float32Array;
  penaltyOf(purchases: number): number;
}

/** The exact solver divides by the roots of weights. */
const minWeight = 1e-6;
const ownConvention: Convention = { weight: 'rating', right: 'weight', penalty: 'frequency' };

/**
 * The system of a model. For `als` it is that of a row of a half-step. For `quantity` it is the ridge regression of the quantities
 * on the products' factors, with a penalty of 1 because the factors were drawn from N(0, 1).
 */
export function foldInSystemOf({
  algorithm,
  metadata,
  products: { length: products },
}: Pick<Model, 'algorithm' | 'products'> & { metadata: Pick<Model['metadata'], 'options' | 'foldIn'> }): FoldInSystem {
  if (algorithm === 'quantity')
    return {
      unobservedWeight: 0,
      solver: solvers.cheapest,
      steps: 16,
      weightsOf: ({ quantities }) => new Float32Array(quantities.length).fill(1),
      rightsOf: ({ quantities }) => Float32Array.from(quantities),
      penaltyOf: () => 1,
    };
  // A model from elsewhere may not say how it was trained.
  const options = { ...alsSettings({}), ...metadata.options } as ReturnType<typeof alsSettings>;
  // In models of earlier versions the regularization option is the scale itself, not that of an average row.
  const { confidenceScale = 1, regularizationScale: scale = options.regularization, convention } = metadata.foldIn;
  const { weight, right, penalty } = convention ?? ownConvention;
  const ratingsOf = ({ recency, tasteRecency, quantities }: Amounts) =>
    Float32Array.from(
      recency,
      (orders, i) =>
        confidenceScale * aged(rawConfidence(options.confidence, orders, quantities[i]), orders, tasteRecency[i]),
    );
  const weightFor = { rating: (rating: number) => rating, 'rating - 1': (rating: number) => rating - 1, '1': () => 1 };
  const rightFor = { weight: (weight: number) => weight, 'weight + 1': (weight: number) => weight + 1 };
  const penaltyFor = {
    frequency: (purchases: number) => relativePenalty(purchases, products, options),
    purchases: (purchases: number) => purchases,
    constant: () => 1,
  };
  return {
    unobservedWeight: options.unobservedWeight,
    // A Gram matrix of zeros is diagonal: few purchases take a system of their size, which is better conditioned.
    solver: convention && options.unobservedWeight === 0 ? solvers.exact : solvers.cheapest,
    // What another system solves exactly is not to differ.
    steps: convention ? 64 : 16,
    weightsOf: (amounts) =>
      weight === 'rating'
        ? ratingsOf(amounts)
        : ratingsOf(amounts).map((rating) => Math.max(minWeight, weightFor[weight](rating))),
    rightsOf: (amounts, weights) =>
      right === 'weight' ? weights : right === 'rating' ? ratingsOf(amounts) : weights.map(rightFor[right]),
    penaltyOf: (purchases) => scale * penaltyFor[penalty](purchases),
  };
}
