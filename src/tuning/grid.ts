import type { Tried } from '../model/model.ts';

/** The options of a trial. */
export type GridOptions = Pick<Tried, 'regularization' | 'unobservedWeight'> & {
  readonly factors: number;
  readonly tasteDecay: number;
};

/** The values that are tried, besides the defaults. */
export const grid = { regularization: [2.5, 6, 8, 24], unobservedWeight: [0.015, 0.2], tasteDecay: [0.5, 0.9] };

/** Models that are trained at most before the number of factors is looked at. */
export const maxTrials = 1 + grid.regularization.length * grid.unobservedWeight.length + grid.tasteDecay.length;

/**
 * Epochs that follow those of the defaults in a trial of the grid: with them, other options are worse or better than the
 * defaults in the same order as with a training of their own.
 */
export const shortEpochs = 2;
/** The most promising trials that are trained in full, one after the other, until one is better than the defaults. */
export const maxInFull = 2;

/** The grid of the regularization and the unobserved weight that are open, without the defaults. */
export function gridAround(
  defaults: GridOptions,
  isOpen: (name: 'regularization' | 'unobservedWeight') => boolean,
): GridOptions[] {
  const values = (name: 'regularization' | 'unobservedWeight') => (isOpen(name) ? grid[name] : [defaults[name]]);
  return values('regularization')
    .flatMap((regularization) =>
      values('unobservedWeight').map((unobservedWeight) => ({ ...defaults, regularization, unobservedWeight })),
    )
    .filter(
      ({ regularization, unobservedWeight }) =>
        regularization !== defaults.regularization || unobservedWeight !== defaults.unobservedWeight,
    );
}
