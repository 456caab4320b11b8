import { dualCost, gradientsCost, primalCost, type Solver, solvers } from '../kernel/operations/operations.ts';
import type { AlsSettings } from './als-options.ts';

/** What one side holds of the pairs: those of row `r` are `offsets[r] .. offsets[r + 1]`. */
interface Side {
  readonly offsets: Uint32Array;
}

export const kernelSolvers = { auto: solvers.cheapest, cg: solvers.gradients, exact: solvers.exact };

type SolverSettings = Pick<AlsSettings, 'solver' | 'factors' | 'cgSteps'>;

/** How the kernels solve the rows of both sides; `auto` is settled here for exact iterations, else there for each row. */
export function solverFor({ solver, factors, cgSteps }: SolverSettings, sides: readonly Side[]): Solver {
  return kernelSolvers[solver === 'auto' && isExactQuicker(workOf(sides, factors, cgSteps)) ? 'exact' : solver];
}

/** Floating-point operations of an iteration over both sides, at most. */
export function iterationWork({ solver, factors, cgSteps }: SolverSettings, sides: readonly Side[]): number {
  const work = workOf(sides, factors, cgSteps);
  const isExact = solver === 'exact' || (solver === 'auto' && isExactQuicker(work));
  return isExact ? work.exact : work.gradients;
}

/** The same for a diagonal Gram matrix. */
export function diagonalSolver(solver: Solver): Solver {
  return solver === solvers.cheapest
    ? solvers.cheapestDiagonal
    : solver === solvers.gradients
      ? solvers.gradientsDiagonal
      : solver;
}

/**
 * Whether conjugate gradients take less time in the basis in which the Gram matrix is diagonal, for which the rows of both
 * sides are rotated. Rotations are one product of large matrices. Products with the Gram matrix are interleaved with others
 * and take three times as long for the same operations. The eigenvectors take about as long as to rotate 100 f rows.
 */
export function isTurningQuicker(factors: number, steps: number, solved: number, fixed: number): boolean {
  return solved + fixed + 100 * (factors + 20) < 3 * (steps + 1) * solved;
}

/** Floating-point operations of an iteration by either solver. */
interface Work {
  readonly exact: number;
  readonly gradients: number;
}

/**
 * Whether exact iterations take less time than those by conjugate gradients. Exact ones run at about 0.7 of the others'
 * rate but reduce the loss a little more.
 */
function isExactQuicker({ exact, gradients }: Work): boolean {
  return exact < 0.8 * gradients;
}

/**
 * Kernels solve each row exactly in whichever way is cheaper; rotating a row takes 2 f^2 operations, the eigenvectors of
 * both sides about 28 f^3.
 */
function workOf(sides: readonly Side[], factors: number, steps: number): Work {
  const square = factors * factors;
  let exact = 28 * square * factors;
  let gradients = 0;
  for (const { offsets } of sides) {
    for (let row = 1; row < offsets.length; row++) {
      const pairs = offsets[row] - offsets[row - 1];
      exact += Math.min(dualCost(pairs, factors), primalCost(pairs, factors)) + 2 * square;
      gradients += gradientsCost(pairs, factors, steps);
    }
  }
  return { exact, gradients };
}
