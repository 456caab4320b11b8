import { maxFactors } from '../kernel/operations/operations.ts';
import { finiteNumber, oneOf, wholeNumber } from '../options.ts';
import { checkSeed } from '../random.ts';
import { decayOf, type RankingOptions } from '../ranking/weights.ts';
import { type Confidence, confidences } from './confidence.ts';

export interface AlsOptions extends Pick<RankingOptions, 'decay'> {
  /** Length of the embeddings; 1 to 2048; 128 by default, and more if `train` finds that a large catalogue needs it. */
  factors?: number;
  /** How often both sides are solved; 1 to 1000; 10 by default. */
  iterations?: number;
  /**
   * Weight of the squared length of an embedding, for the average row of either side, so that a number means the same in
   * any shop; 8 by default. Capped at half of what would leave nothing to learn; see `trainAls`.
   */
  regularization?: number;
  /** Weight of a pair that was never bought, where the average bought pair has `alpha`; 0 to 1e30; 0.1 by default. */
  unobservedWeight?: number;
  /**
   * How regularization grows with the frequency of a row, its pairs + unobservedWeight x rows of the other side: 0 is the
   * same for all rows, 1 in proportion to the frequency. 1 by default.
   */
  frequencyExponent?: number;
  /**
   * What determines the weight of a bought pair: the `orders` that hold it, each weighted with decay^(orders ago) (the
   * default), the `quantity`, its logarithm ln(1 + quantity) (`log-quantity`), or nothing (`equal`).
   */
  confidence?: Confidence;
  /**
   * Replaces `decay` when the customers' embeddings are made for the last time, after the products have been learned: what a
   * customer wants next is closer to what they bought last. Above 0, at most 1; 0.7 by default.
   */
  tasteDecay?: number;
  /** Weight of the average bought pair; 1 by default. */
  alpha?: number;
  /**
   * How rows are solved: by a few steps of conjugate gradients (`cg`), exactly (`exact`), or by whichever reduces the loss
   * sooner (`auto`, the default).
   */
  solver?: 'auto' | 'cg' | 'exact';
  /** Steps of conjugate gradients per row; 1 to 100; 3 by default. */
  cgSteps?: number;
  /** Whole number from 0 to 2^53 - 1; 42 by default. */
  seed?: number;
}

export type AlsSettings = ReturnType<typeof alsSettings>;

/** Every option with its value or default. Throws `invalid_options` that names the option. */
export function alsSettings(options: AlsOptions) {
  return {
    factors: wholeNumber('factors', options.factors ?? 128, 1, maxFactors),
    iterations: wholeNumber('iterations', options.iterations ?? 10, 1, 1000),
    regularization: finiteNumber('regularization', options.regularization ?? 8, 0),
    unobservedWeight: finiteNumber('unobservedWeight', options.unobservedWeight ?? 0.1, 0, 1e30),
    frequencyExponent: finiteNumber('frequencyExponent', options.frequencyExponent ?? 1, 0, 2),
    confidence: oneOf('confidence', options.confidence ?? 'orders', confidences),
    decay: decayOf(options),
    tasteDecay: finiteNumber('tasteDecay', options.tasteDecay ?? 0.7, 1e-3, 1),
    alpha: finiteNumber('alpha', options.alpha ?? 1, 1e-6),
    solver: oneOf('solver', options.solver ?? 'auto', ['auto', 'cg', 'exact']),
    cgSteps: wholeNumber('cgSteps', options.cgSteps ?? 3, 1, 100),
    seed: checkSeed(options.seed ?? 42),
  };
}
