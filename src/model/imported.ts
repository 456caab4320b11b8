/** What a model keeps of the system that its factors come from. */

/**
 * How a model from another system makes the equation that gives a customer's factors x, with the products' factors y fixed:
 *
 *   (unobservedWeight * Y'Y + penalty * I + sum over purchases of weight * y y') x = sum over purchases of right * y.
 *
 * A purchase has a rating: what the option `confidence` says, times `foldIn.confidenceScale`, which other systems call alpha.
 * The penalty is `foldIn.regularizationScale` times something. A model without a convention has Endcap's own: the weight is
 * the rating, and so is the right side.
 */
export interface Convention {
  /** The weight of a purchase; it is never below zero. */
  readonly weight: 'rating' | 'rating - 1' | '1';
  /** What stands on the right side. */
  readonly right: 'weight' | 'weight + 1' | 'rating';
  /**
   * What the penalty is in proportion to: the `frequency` of the row (see `relativePenalty`), the number of `purchases`, or
   * nothing (`constant`).
   */
  readonly penalty: 'frequency' | 'purchases' | 'constant';
}

/** The conventions of systems that models come from; those of Spark and implicit have unobserved pairs of weight 1, or 0 if explicit. */
export const conventions = {
  /** Spark's ALS with `implicitPrefs`: of a rating r, 1 + alpha r on the right side, and alpha r on the left one. */
  spark: { weight: 'rating', right: 'weight + 1', penalty: 'purchases' },
  /** Spark's ALS without: the ratings themselves are approximated, and only they count. */
  explicit: { weight: '1', right: 'rating', penalty: 'purchases' },
  /** implicit's AlternatingLeastSquares: alpha r is the confidence of a purchase, and 1 that of any other pair. */
  implicit: { weight: 'rating - 1', right: 'weight + 1', penalty: 'constant' },
  /** Endcap's own, of factors that a cluster has trained. */
  endcap: { weight: 'rating', right: 'weight', penalty: 'frequency' },
} as const satisfies Record<string, Convention>;

export type ConventionName = keyof typeof conventions;

/** Numbers by name, and how they are used if another system trained the factors. */
export interface FoldInNumbers {
  readonly confidenceScale?: number;
  readonly regularizationScale?: number;
  readonly convention?: Convention;
  readonly [name: string]: number | Convention | undefined;
}

/** Where the factors of a model come from, and what Endcap found. */
export interface Imported {
  readonly from: 'spark' | 'implicit' | 'csv' | 'endcap';
  /** The numbers of customers and products that came with factors. */
  readonly customers: number;
  readonly products: number;
  /** Of the orders' customers and products, those that came without; absent if there were no orders. */
  readonly cold?: { readonly customers: number; readonly products: number; readonly foldedIn: number };
  /**
   * How folding in what customers bought agrees with the factors that they came with: the median over some customers of the
   * largest difference, relative to their largest factor. Absent if none of them has orders.
   */
  readonly foldIn?: { readonly customers: number; readonly difference: number };
  /** Where the weights of the ranking are from; absent if lists go by taste alone. */
  readonly weights?: 'learned' | 'kept' | 'given' | 'fast' | 'too_few';
  /** Customers whose held-out orders the weights were learned on. */
  readonly measured?: number;
}
