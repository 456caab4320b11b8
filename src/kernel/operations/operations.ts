import type { definitions } from './definitions.ts';
import type { SharedKinds, Values } from './kinds.ts';

/** The kernel's operations; `definitions.ts` lists their arguments. */
export type Operation = keyof typeof definitions;
type KindsOf<O extends Operation> = (typeof definitions)[O]['args'];
/** Operations whose work is cut by rows. */
export type Ranged = { [O in Operation]: 'begin' extends keyof KindsOf<O> ? O : never }[Operation];
/** An operation's arguments without those that each call has of its own: scratch and range. */
export type Shared<O extends Operation> = Values<SharedKinds<KindsOf<O>>>;
/** Each operation as a function of one record, checked; on the calling thread. */
export type Operations = { readonly [O in Operation]: (args: Values<KindsOf<O>>) => number };

/**
 * How `alsSolve` solves a row: by conjugate gradients or Cholesky, whichever costs less (0); always by the first (1) or
 * the second (2); or, if the Gram matrix is diagonal, exactly, by a system of the size of its pairs or of its factors,
 * whichever costs less (3), or as 0 and 1, without the cost of products with that matrix (4 and 5).
 */
export type Solver = 0 | 1 | 2 | 3 | 4 | 5;
/** The names that the kernels give to the solvers. */
export const solvers = {
  cheapest: 0,
  gradients: 1,
  primal: 2,
  exact: 3,
  cheapestDiagonal: 4,
  gradientsDiagonal: 5,
} as const satisfies Record<string, Solver>;

/** The kernels keep a row of factors in arrays of this length. */
export const maxFactors = 2048;

/**
 * Scores of factors, priors, bonuses, and a root of at most this magnitude are finite. Operations stay within their arrays
 * whatever numbers they get, and say if they made one that is not finite.
 */
export const maxMagnitude = 1e15;

/** Candidates in one packed panel. */
export const panelWidth = 16;

/**
 * A panel begins with words for all its candidates, and `native/packing.hpp` says what they are for: at these places the factor
 * by which numbers were scaled to bytes, and the most that this took from a candidate, the length of its bytes, and its own.
 */
export const panelHead = 16;
export const panelScale = 0;
export const panelError = 1;
export const panelLength = 2;
export const panelNorm = 3;

/** The bytes of a candidate are at most so large, and are stored plus an offset. */
export const candidateBytes = 63;
export const byteOffset = 64;
/** By less than this, numbers are not scaled. */
export const smallestScale = 1e-15;
/** The root of a sum of squares is raised by this factor, since the sum is rounded. */
export const rootMargin = 1.001;

/**
 * What a panel has at this place is the largest prior of its candidates, raised by `priorSlack` of its magnitude for rounding.
 * A larger number is as right, but slower. `native/packing.hpp` says what the bound is for.
 */
export const panelPrior = 4;
export const priorSlack = 1e-6;

/** What a panel has at this place is the group of all its candidates, as a whole number; `noGroup` if they differ, or may. */
export const panelGroup = 5;

/** Marks the unused end of a short list. */
export const noRow = 0xffffffff;

/** The group of candidates that belong to none. */
export const noGroup = 0xffffffff;

/** Terms of the series by which `adamBatches` makes up steps without a gradient. */
export const seriesTerms = 3;

/** Longer lists are sorted in scratch. */
export const shortList = 512;

/** Rows of a matrix that one `sweep` of its inversion eliminates. */
export const pivotRows = 64;

/** `alsSolve` takes rows of more floats of factors than this together. */
const longFloats = 2 ** 20;

/** Length of a row of factors, padded with zeros to whole vectors of every instruction set. */
export function strideOf(factors: number): number {
  return Math.ceil(factors / 16) * 16;
}

/** Length of the packed form of `count` candidates. */
export function packedLength(count: number, factors: number): number {
  return Math.ceil(count / panelWidth) * panelWidth * (1 + Math.ceil(factors / 4));
}

/** `alsSolve` solves rows with more pairs than this together, faster if one call has many of them. */
export function longRow(stride: number): number {
  return longFloats / stride;
}

/** How many floats of scratch the operations may use; `native/kernels.hpp` has the same numbers. */
export const scratchFloats = {
  topNQuery: 96,
  topNCall: 1536,
  topNTile: 12,
  topNQuad: 2,
  topNListed: 96,
  longQuery: 4,
  longCall: 4,
  longSort: 2080,
  groupsQuery: 21,
  neighboursCount: 3,
  neighboursCall: 80,
  eigenvectorsColumn: 68,
  eigenvectorsStrip: 16,
  eigenvectorsCall: 1024,
  rotateRows: 68,
  alsSolveMatrices: 3,
  alsSolveRows: 400,
  alsSolveCall: 65536,
  adamBatchesCall: 64,
} as const;

/** Floats of scratch for `lists` lists of `n`: to sort them, for their keys if they are long, and for groups with a limit. */
function ofLists(lists: number, n: number, groupLimit: number): number {
  const { longQuery, longCall, longSort, groupsQuery } = scratchFloats;
  const keys = n > shortList ? longQuery * lists * n : 0;
  const sort = n > shortList || groupLimit > 0 ? longCall * n + longSort : 0;
  return keys + sort + (groupLimit > 0 ? groupsQuery * lists * n : 0);
}

/** Floats of scratch that each operation needs, for calls on at most `callRows` rows. */
export const scratchLength = {
  topN(callRows: number, factors: number, n: number, groupLimit: number): number {
    const { topNQuery, topNCall, topNTile, topNQuad } = scratchFloats;
    const tiles = topNQuad * (callRows + topNTile) * Math.ceil(factors / 4);
    return topNQuery * callRows + topNCall + tiles + ofLists(callRows, n, groupLimit);
  },
  topNListed: (n: number, groupLimit: number) => scratchFloats.topNListed + ofLists(1, n, groupLimit),
  neighbourBonuses(count: number): number {
    const { neighboursCount, neighboursCall } = scratchFloats;
    return neighboursCount * count + neighboursCall;
  },
  diversify: (pool: number, stride: number) => pool * (stride + 2),
  eigenvectors(callRows: number, stride: number): number {
    const { eigenvectorsColumn, eigenvectorsStrip, eigenvectorsCall } = scratchFloats;
    const doubles = Math.ceil(callRows / eigenvectorsStrip) * eigenvectorsStrip;
    return stride * (eigenvectorsColumn + 2 * doubles) + eigenvectorsCall;
  },
  rotate: (stride: number) => (scratchFloats.rotateRows + stride) * stride,
  alsSolve(stride: number): number {
    const { alsSolveMatrices, alsSolveRows, alsSolveCall } = scratchFloats;
    return alsSolveMatrices * stride * stride + alsSolveRows * stride + alsSolveCall;
  },
  alsResiduals: (stride: number) => 20 * stride + scratchFloats.alsSolveCall,
  adamBatches: (batchSize: number, stride: number) =>
    2 * batchSize * stride + 2 * batchSize + scratchFloats.adamBatchesCall,
} as const;

/** Floating-point operations of solving a row of `alsSolve` by Cholesky's factorization of a matrix of its factors. */
export function primalCost(pairs: number, factors: number): number {
  return pairs * factors * factors + (factors * factors * factors) / 3 + 2 * factors * factors;
}

/** The same by a matrix of its pairs. */
export function dualCost(pairs: number, factors: number): number {
  return pairs * pairs * factors + (pairs * pairs * pairs) / 3 + 4 * pairs * factors;
}

/** The same for a number of steps of conjugate gradients. */
export function gradientsCost(pairs: number, factors: number, steps: number): number {
  return (steps + 1) * (4 * pairs * factors + 2 * factors * factors);
}
