import type { Tried } from '../../model/model.ts';
import type { HeldOutSample } from '../judging/held-out.ts';

/** The options of a trial. */
export type GridOptions = Pick<Tried, 'regularization' | 'unobservedWeight'> & {
  readonly factors: number;
  readonly tasteDecay: number;
};

/**
 * The values that are tried, besides the defaults. Held-out products prefer other values for reasons of their own (see
 * `learnBlend`), and find more with one that is close to the default where what is bought later is found less: so close ones
 * are tried on whole orders only.
 */
export const grid = {
  regularization: { products: [2.5, 8, 24], orders: [2.5, 6, 8, 24] },
  unobservedWeight: [0.015, 0.2],
  tasteDecay: [0.5, 0.9],
};

/** Models that are trained at most before the number of factors is looked at. */
export const maxTrials = 1 + grid.regularization.orders.length * grid.unobservedWeight.length + grid.tasteDecay.length;

/**
 * Epochs that follow those of the defaults in a trial of the grid: with them, other options are worse or better than the
 * defaults in the same order as with a training of their own.
 */
export const shortEpochs = 2;

/**
 * The grid of the regularization and the unobserved weight that are open, without the defaults.
 *
 * @param kind of the sample that the trials are judged on.
 */
export function gridAround(
  defaults: GridOptions,
  isOpen: (name: 'regularization' | 'unobservedWeight') => boolean,
  kind: HeldOutSample['kind'],
): GridOptions[] {
  const regularizations = isOpen('regularization') ? grid.regularization[kind] : [defaults.regularization];
  const weights = isOpen('unobservedWeight') ? grid.unobservedWeight : [defaults.unobservedWeight];
  return regularizations
    .flatMap((regularization) => weights.map((unobservedWeight) => ({ ...defaults, regularization, unobservedWeight })))
    .filter(
      ({ regularization, unobservedWeight }) =>
        regularization !== defaults.regularization || unobservedWeight !== defaults.unobservedWeight,
    );
}
