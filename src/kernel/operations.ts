/** What an argument is. */
export type Kind = NumberKind | ArrayKind | 'begin' | 'end';
/** `count` is 0 or more and `positive` 1 or more, both whole and of 32 bits; `factors` is from 1 to the stride. */
type NumberKind = 'number' | 'count' | 'positive' | 'stride' | 'factors' | 'solver';
/** An array of an element type; with a `?` it may be left out. `scratch` is the f32 array that a thread has of its own. */
type ArrayKind = 'f32' | 'u32' | 'f64' | 'f32?' | 'u32?' | 'scratch';
type Kinds = Readonly<Record<string, Kind>>;

type Value<K> = K extends 'f32' | 'f32?' | 'scratch'
  ? Float32Array
  : K extends 'u32' | 'u32?'
    ? Uint32Array
    : K extends 'f64'
      ? Float64Array
      : K extends 'solver'
        ? Solver
        : number;
type Values<A> = { [N in keyof A as A[N] extends `${string}?` ? never : N]: Value<A[N]> } & {
  [N in keyof A as A[N] extends `${string}?` ? N : never]?: Value<A[N]>;
};
/** The arguments that all threads share. */
type SharedKinds<A extends Kinds> = Omit<A, 'scratch' | 'begin' | 'end'>;
type ArrayNames<A extends Kinds> = { [N in keyof A]: A[N] extends ArrayKind ? N : never }[keyof A];

/** An operation: its arguments in order, and what must hold of them. */
interface Definition<A extends Kinds> {
  readonly args: A;
  /** The fewest elements of each array, for a range that ends at `end`, in calls of at most `callRows` rows. */
  lengths(shared: Values<SharedKinds<A>>, end: number, callRows: number): Record<ArrayNames<A>, number>;
  /** How many rows there are to cut; undefined if only the lengths of arrays limit the range. */
  rows?(shared: Values<SharedKinds<A>>): number;
  /** `begin` and `end` are multiples of this; 1 by default. */
  readonly rowUnit?: number;
  /** Optional arrays that come as a set. */
  readonly sets?: readonly (readonly ArrayNames<A>[])[];
  /** Each call builds on the one before: they run in order on one thread. */
  readonly inOrder?: boolean;
}

function define<const A extends Kinds>(definition: Definition<A>): Definition<A> {
  return definition;
}

/** For an array whose rows are named by another array's elements; datasets and models check those. */
const anyLength = 0;

/** How many entries come before row `row` in lists with these offsets. */
function entriesBefore(offsets: Uint32Array | undefined, row: number): number {
  return offsets?.[row] ?? 0;
}

/**
 * The kernel's operations. `native/kernels.hpp` says what each one computes; that file and `assembly/` implement them
 * with the same names and arguments. `arguments.ts` checks each call against this table; the kernels trust what they get.
 *
 * - Arrays lie in the kernel's own `Memory`. An optional array that is left out goes in as 0.
 * - Floats are f32 and row-major; a stride is a multiple of 16, and lanes past the last factor are zero.
 * - `begin` and `end` are the half-open range of rows that one call covers. Calls on ranges that do not overlap may run
 *   at the same time, each with its own scratch, and the result does not depend on how the range was cut.
 * - The result is a status: 0, or 1 if a number is not finite. Only `peak` returns something else.
 */
export const definitions = {
  pack: define({
    args: {
      candidates: 'f32',
      order: 'u32',
      count: 'count',
      stride: 'stride',
      factors: 'factors',
      priors: 'f32?',
      packed: 'f32',
      begin: 'begin',
      end: 'end',
    },
    lengths: ({ count, stride, factors }) => ({
      candidates: count * stride,
      order: count,
      priors: count,
      packed: packedLength(count, factors),
    }),
    rows: ({ count }) => Math.ceil(count / panelWidth),
  }),
  topN: define({
    args: {
      queries: 'f32',
      stride: 'stride',
      packed: 'f32',
      candidates: 'f32',
      order: 'u32',
      count: 'count',
      factors: 'factors',
      priors: 'f32?',
      root: 'number',
      mask: 'u32?',
      excludeOffsets: 'u32?',
      excludeRows: 'u32?',
      bonusOffsets: 'u32?',
      bonusRows: 'u32?',
      bonuses: 'f32?',
      n: 'positive',
      rows: 'u32',
      scores: 'f32',
      scratch: 'scratch',
      begin: 'begin',
      end: 'end',
    },
    lengths: ({ stride, count, factors, excludeOffsets, bonusOffsets, n }, end, callRows) => ({
      queries: end * stride,
      packed: packedLength(count, factors),
      candidates: count * stride,
      order: count,
      priors: count,
      mask: Math.ceil(count / 32),
      excludeOffsets: end + 1,
      excludeRows: entriesBefore(excludeOffsets, end),
      bonusOffsets: end + 1,
      bonusRows: entriesBefore(bonusOffsets, end),
      bonuses: entriesBefore(bonusOffsets, end),
      rows: end * n,
      scores: end * n,
      scratch: scratchLength.topN(callRows, factors),
    }),
    sets: [
      ['excludeOffsets', 'excludeRows'],
      ['bonusOffsets', 'bonusRows', 'bonuses'],
    ],
  }),
  topNListed: define({
    args: {
      queries: 'f32',
      stride: 'stride',
      candidates: 'f32',
      priors: 'f32?',
      root: 'number',
      listOffsets: 'u32',
      listRows: 'u32',
      listBonuses: 'f32?',
      n: 'positive',
      rows: 'u32',
      scores: 'f32',
      scratch: 'scratch',
      begin: 'begin',
      end: 'end',
    },
    lengths: ({ stride, candidates, listOffsets, n }, end) => ({
      queries: end * stride,
      candidates: anyLength,
      priors: Math.floor(candidates.length / stride),
      listOffsets: end + 1,
      listRows: entriesBefore(listOffsets, end),
      listBonuses: entriesBefore(listOffsets, end),
      rows: end * n,
      scores: end * n,
      scratch: scratchLength.topNListed,
    }),
  }),
  gram: define({
    args: { x: 'f32', count: 'count', stride: 'stride', scale: 'number', gram: 'f32', begin: 'begin', end: 'end' },
    lengths: ({ count, stride }) => ({ x: count * stride, gram: stride * stride }),
    rows: ({ stride }) => stride,
    rowUnit: 8,
  }),
  tridiagonalize: define({
    args: {
      matrix: 'f32',
      stride: 'stride',
      size: 'factors',
      reflections: 'f64',
      tridiagonal: 'f64',
      begin: 'begin',
      end: 'end',
    },
    lengths: ({ stride }) => ({ matrix: stride * stride, reflections: stride * stride, tridiagonal: 5 * stride }),
    rows: ({ size }) => size,
    inOrder: true,
  }),
  eigenvectors: define({
    args: {
      reflections: 'f64',
      tridiagonal: 'f64',
      stride: 'stride',
      size: 'factors',
      vectors: 'f32',
      values: 'f32',
      scratch: 'scratch',
      begin: 'begin',
      end: 'end',
    },
    lengths: ({ stride }, _, callRows) => ({
      reflections: stride * stride,
      tridiagonal: 5 * stride,
      vectors: stride * stride,
      values: stride,
      scratch: scratchLength.eigenvectors(callRows, stride),
    }),
    rows: ({ stride }) => stride,
    rowUnit: 16,
  }),
  rotate: define({
    args: { x: 'f32', vectors: 'f32', stride: 'stride', scratch: 'scratch', begin: 'begin', end: 'end' },
    lengths: ({ stride }, end) => ({
      x: end * stride,
      vectors: stride * stride,
      scratch: scratchLength.rotate(stride),
    }),
  }),
  alsSolve: define({
    args: {
      solved: 'f32',
      fixed: 'f32',
      gram: 'f32',
      stride: 'stride',
      factors: 'factors',
      order: 'u32',
      offsets: 'u32',
      indices: 'u32',
      weights: 'f32',
      rights: 'f32',
      regularization: 'f32',
      steps: 'count',
      solver: 'solver',
      objective: 'f32',
      scratch: 'scratch',
      begin: 'begin',
      end: 'end',
    },
    lengths: ({ stride, offsets }, end) => {
      const rows = Math.max(0, offsets.length - 1);
      const pairs = entriesBefore(offsets, rows);
      return {
        solved: rows * stride,
        fixed: anyLength,
        gram: stride * stride,
        order: end,
        offsets: 1,
        indices: pairs,
        weights: pairs,
        rights: pairs,
        regularization: rows,
        objective: rows,
        scratch: scratchLength.alsSolve(stride),
      };
    },
  }),
  adamBatches: define({
    args: {
      customerFactors: 'f32',
      customerMeans: 'f32',
      customerVariances: 'f32',
      customerSteps: 'u32',
      productFactors: 'f32',
      productMeans: 'f32',
      productVariances: 'f32',
      productSteps: 'u32',
      stride: 'stride',
      customerSlots: 'u32',
      productSlots: 'u32',
      customers: 'u32',
      products: 'u32',
      quantities: 'f32',
      order: 'u32',
      lines: 'count',
      batchSize: 'positive',
      stepSizes: 'f32',
      inverseRoots: 'f32',
      firstStep: 'positive',
      losses: 'f64',
      scratch: 'scratch',
      begin: 'begin',
      end: 'end',
    },
    lengths: ({ customerSteps, productSteps, stride, lines, batchSize, firstStep }, end) => ({
      customerFactors: customerSteps.length * stride,
      customerMeans: customerSteps.length * stride,
      customerVariances: customerSteps.length * stride,
      customerSteps: anyLength,
      productFactors: productSteps.length * stride,
      productMeans: productSteps.length * stride,
      productVariances: productSteps.length * stride,
      productSteps: anyLength,
      customerSlots: customerSteps.length,
      productSlots: productSteps.length,
      customers: lines,
      products: lines,
      quantities: lines,
      order: lines,
      stepSizes: firstStep + end,
      inverseRoots: firstStep + end,
      losses: end,
      scratch: scratchLength.adamBatches(batchSize, stride),
    }),
    rows: ({ lines, batchSize }) => Math.ceil(lines / batchSize),
    inOrder: true,
  }),
  adamCatchUp: define({
    args: {
      factors: 'f32',
      means: 'f32',
      variances: 'f32',
      steps: 'u32',
      stride: 'stride',
      stepSizes: 'f32',
      inverseRoots: 'f32',
      step: 'count',
      begin: 'begin',
      end: 'end',
    },
    lengths: ({ stride, step }, end) => ({
      factors: end * stride,
      means: end * stride,
      variances: end * stride,
      steps: end,
      stepSizes: step + 1,
      inverseRoots: step + 1,
    }),
  }),
  peak: define({ args: { rounds: 'count', sink: 'f32' }, lengths: () => ({ sink: 1 }) }),
  bandwidth: define({
    args: { values: 'f32', count: 'count', sink: 'f32' },
    lengths: ({ count }) => ({ values: count, sink: 1 }),
  }),
};

type Definitions = typeof definitions;
export type Operation = keyof Definitions;
type KindsOf<O extends Operation> = Definitions[O]['args'];
/** Operations whose work is cut by rows. */
export type Ranged = { [O in Operation]: 'begin' extends keyof KindsOf<O> ? O : never }[Operation];
/** An operation's arguments without those that each call has of its own: scratch and range. */
export type Shared<O extends Operation> = Values<SharedKinds<KindsOf<O>>>;
/** Each operation as a function of one record, checked; on the calling thread. */
export type Operations = { readonly [O in Operation]: (args: Values<KindsOf<O>>) => number };

/**
 * How `alsSolve` solves a row: by conjugate gradients or Cholesky, whichever costs less (0); always by the first (1) or
 * the second (2); or, if the Gram matrix is diagonal, exactly, by a system of the size of its pairs or of its factors,
 * whichever costs less (3).
 */
export type Solver = 0 | 1 | 2 | 3;

/** The kernels keep a row of factors in arrays of this length. */
export const maxFactors = 2048;

/** Candidates in one packed panel. */
export const panelWidth = 16;

/** Marks the unused end of a short list. */
export const noRow = 0xffffffff;

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
  return 2 ** 20 / stride;
}

/** Floats of scratch that each operation needs, for calls on at most `callRows` rows. */
export const scratchLength = {
  topN: (callRows: number, factors: number) => 88 * callRows + 640 + 2 * (callRows + 12) * Math.ceil(factors / 4),
  topNListed: 64,
  eigenvectors: (callRows: number, stride: number) => 2 * stride * (34 + Math.ceil(callRows / 16) * 16) + 1024,
  rotate: (stride: number) => 68 * stride,
  alsSolve: (stride: number) => 3 * stride * stride + 400 * stride + 65536,
  adamBatches: (batchSize: number, stride: number) => 2 * batchSize * stride + 2 * batchSize + 64,
} as const;
