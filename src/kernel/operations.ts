import type { Argument } from './memory.ts';

/**
 * The kernel's interface and its law. `native/kernels.hpp` and `assembly/` implement the same operations with the same
 * names and arguments; what each one computes is written in `native/kernels.hpp`.
 *
 * - Arguments are numbers and typed arrays from the kernel's own `Memory`; 0 stands for an array that is left out.
 * - Floats are f32 and row-major; a stride is a multiple of 16, and lanes past the last factor are zero.
 * - `begin` and `end` are the half-open range of rows that one call covers. Calls on ranges that do not overlap may run
 *   at the same time, each with a scratch of its own, and the result does not depend on how the range was cut.
 * - Bounds are checked here in TypeScript; the kernels trust.
 * - The return value is a status: 0, or 1 where a number stopped being finite.
 */
export interface Operations {
  pack(
    candidates: Float32Array,
    order: Uint32Array,
    count: number,
    stride: number,
    factors: number,
    priors: Float32Array | 0,
    packed: Float32Array,
    begin: number,
    end: number,
  ): number;
  topN(
    queries: Float32Array,
    stride: number,
    packed: Float32Array,
    candidates: Float32Array,
    order: Uint32Array,
    count: number,
    factors: number,
    priors: Float32Array | 0,
    root: number,
    mask: Uint32Array | 0,
    excludeOffsets: Uint32Array | 0,
    excludeRows: Uint32Array | 0,
    bonusOffsets: Uint32Array | 0,
    bonusRows: Uint32Array | 0,
    bonuses: Float32Array | 0,
    n: number,
    rows: Uint32Array,
    scores: Float32Array,
    scratch: Scratch,
    begin: number,
    end: number,
  ): number;
  topNListed(
    queries: Float32Array,
    stride: number,
    candidates: Float32Array,
    priors: Float32Array | 0,
    root: number,
    listOffsets: Uint32Array,
    listRows: Uint32Array,
    listBonuses: Float32Array | 0,
    n: number,
    rows: Uint32Array,
    scores: Float32Array,
    scratch: Scratch,
    begin: number,
    end: number,
  ): number;
  gram(
    x: Float32Array,
    count: number,
    stride: number,
    scale: number,
    gram: Float32Array,
    begin: number,
    end: number,
  ): number;
  tridiagonalize(
    matrix: Float32Array,
    stride: number,
    size: number,
    reflections: Float64Array,
    tridiagonal: Float64Array,
    begin: number,
    end: number,
  ): number;
  eigenvectors(
    reflections: Float64Array,
    tridiagonal: Float64Array,
    stride: number,
    size: number,
    vectors: Float32Array,
    values: Float32Array,
    scratch: Scratch,
    begin: number,
    end: number,
  ): number;
  rotate(x: Float32Array, vectors: Float32Array, stride: number, scratch: Scratch, begin: number, end: number): number;
  alsSolve(
    solved: Float32Array,
    fixed: Float32Array,
    gram: Float32Array,
    stride: number,
    factors: number,
    order: Uint32Array,
    offsets: Uint32Array,
    indices: Uint32Array,
    weights: Float32Array,
    rights: Float32Array,
    regularization: Float32Array,
    steps: number,
    solver: Solver,
    objective: Float32Array,
    scratch: Scratch,
    begin: number,
    end: number,
  ): number;
  adamBatches(
    customerFactors: Float32Array,
    customerMeans: Float32Array,
    customerVariances: Float32Array,
    customerSteps: Uint32Array,
    productFactors: Float32Array,
    productMeans: Float32Array,
    productVariances: Float32Array,
    productSteps: Uint32Array,
    stride: number,
    customerSlots: Uint32Array,
    productSlots: Uint32Array,
    customers: Uint32Array,
    products: Uint32Array,
    quantities: Float32Array,
    order: Uint32Array,
    lines: number,
    batchSize: number,
    stepSizes: Float32Array,
    inverseRoots: Float32Array,
    firstStep: number,
    losses: Float64Array,
    scratch: Scratch,
    begin: number,
    end: number,
  ): number;
  adamCatchUp(
    factors: Float32Array,
    means: Float32Array,
    variances: Float32Array,
    steps: Uint32Array,
    stride: number,
    stepSizes: Float32Array,
    inverseRoots: Float32Array,
    step: number,
    begin: number,
    end: number,
  ): number;
  peak(rounds: number, sink: Float32Array): number;
  bandwidth(values: Float32Array, count: number, sink: Float32Array): number;
}

/**
 * How `alsSolve` solves a row: conjugate gradients or Cholesky, whichever costs less; always the first; always the second;
 * or, with a diagonal Gram matrix, the exact system of its pairs or of its factors, whichever costs less.
 */
export type Solver = 0 | 1 | 2 | 3;

/** Room for one thread's intermediate results; the brand tells it from the arrays that all threads share. */
export type Scratch = Float32Array & { readonly scratch: true };

/** Operations whose work is cut by rows. */
export type Ranged = Exclude<keyof Operations, 'peak' | 'bandwidth'>;

/** An operation's arguments without what each call is given of its own: scratch and range. */
export type Shared<O extends Ranged> =
  Parameters<Operations[O]> extends [...infer A extends Argument[], Scratch, number, number]
    ? A
    : Parameters<Operations[O]> extends [...infer A extends Argument[], number, number]
      ? A
      : never;

/** Candidates in one packed panel. */
export const panelWidth = 16;

/** Marks the unused end of a short list. */
export const noRow = 0xffffffff;

/** Rows are padded with zeros to whole vectors of every instruction set. */
export function strideOf(factors: number): number {
  return Math.ceil(factors / 16) * 16;
}

/** Length of the packed form of `count` candidates. */
export function packedLength(count: number, factors: number): number {
  return Math.ceil(count / panelWidth) * panelWidth * (1 + Math.ceil(factors / 4));
}

/** Rows with more pairs than this `alsSolve` solves together, quicker where one call has many of them. */
export function longRow(stride: number): number {
  return 2 ** 20 / stride;
}

/** Length of the scratch that each operation needs for calls on at most `rows` rows. */
export const scratchLength = {
  topN: (rows: number, factors: number) => 88 * rows + 640 + 2 * (rows + 12) * Math.ceil(factors / 4),
  topNListed: 64,
  eigenvectors: (rows: number, stride: number) => 2 * stride * (34 + Math.ceil(rows / 16) * 16) + 1024,
  rotate: (stride: number) => 68 * stride,
  alsSolve: (stride: number) => 3 * stride * stride + 400 * stride + 65536,
  adamBatches: (batchSize: number, stride: number) => 2 * batchSize * stride + 2 * batchSize + 64,
} as const;
