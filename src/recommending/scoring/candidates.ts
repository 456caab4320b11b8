import { EndcapError } from '../../errors.ts';
import { evenBounds, type OpenKernel } from '../../kernel/kernel.ts';
import {
  packedLength,
  panelPrior,
  panelWidth,
  priorSlack,
  type Shared,
  strideOf,
} from '../../kernel/operations/operations.ts';
import type { Panels } from '../../model/file/panels.ts';
import { highestPriorFirst, longestFirst, rootsOf, rowsOfPiece, squaresIn } from '../../model/panel-order.ts';
import { finish, type Pace } from '../../turns.ts';
import type { NeighbourTerm } from './neighbours.ts';
import { byGroup } from './order.ts';

/** What lists are made of, products or customers: their factors in kernel memory, in both layouts that scoring takes. */
export interface Candidates {
  readonly count: number;
  readonly factors: number;
  readonly stride: number;
  /** count x stride, row-major. */
  readonly rows: Float32Array;
  /**
   * Rows in the order of the packed form: roughly longest first, and with a formula highest prior first within runs. If packed
   * by group, this holds within each group.
   */
  readonly order: Uint32Array;
  readonly packed: Float32Array;
  /** Length of the longest row. */
  readonly longest: number;
  /** Of each row, in kernel memory; absent if the formula has no neighbours, without which nothing asks for them. */
  readonly lengths?: Float32Array;
  /** Absent if a score is the dot product. */
  readonly formula?: Formula;
}

/** How many candidates of a group a list may hold. */
export interface GroupLimit {
  /** The group of each candidate, `noGroup` for those that have no limit; in kernel memory. */
  groups: Uint32Array;
  /** At least 1. */
  groupLimit: number;
  /** How the candidates of all queries of a call are packed so that it is fastest under this limit. */
  packing: Pick<Candidates, 'order' | 'packed'>;
}

/** Score = root * sqrt(max(0, dot product)) + the candidate's prior + the bonus that the query gives it, if any. */
export interface Formula {
  /** At least 0. */
  readonly root: number;
  /** One finite number per candidate, in kernel memory. */
  readonly priors: Float32Array;
  /** What is added to the bonuses of a query for what it bought; nothing if absent. */
  readonly neighbours?: NeighbourTerm;
}

/** Copies rows of `factors` numbers to kernel memory, padded to the stride with zeros. */
export function padIn(kernel: OpenKernel, values: Float32Array, factors: number): Float32Array {
  return finish(paddingIn(kernel, values, factors));
}

/** The same a piece at a time, for those who have others waiting. */
export function* paddingIn(
  { memory }: Pick<OpenKernel, 'memory'>,
  values: Float32Array,
  factors: number,
): Generator<undefined, Float32Array> {
  const stride = strideOf(factors);
  const rows = values.length / factors;
  const padded = memory.allocate(Float32Array, rows * stride);
  const size = rowsOfPiece(stride);
  for (let from = 0; from < rows; from += size) {
    yield;
    const to = Math.min(from + size, rows);
    if (stride === factors) padded.set(values.subarray(from * factors, to * factors), from * factors);
    else
      for (let row = from; row < to; row++)
        padded.set(values.subarray(row * factors, (row + 1) * factors), row * stride);
  }
  return padded;
}

/**
 * Packs rows for scoring.
 * @param rows padded to the stride, in kernel memory; kept, not copied.
 * @throws `not_finite` if a factor or a prior is not a finite number.
 */
export function packCandidates(kernel: OpenKernel, rows: Float32Array, factors: number, formula?: Formula): Candidates {
  const candidates = finish(orderCandidates(kernel, rows, factors, formula));
  finish(pack(kernel, candidates));
  return candidates;
}

/** Fills in the packed form of candidates on the kernel's threads. */
export async function packOnThreads(kernel: OpenKernel, candidates: Candidates, pace?: Pace): Promise<void> {
  const panels = Math.ceil(candidates.count / panelWidth);
  const bounds = evenBounds(panels, rowsOfPiece(candidates.stride) / panelWidth);
  checkFinite(await kernel.run('pack', toPack(candidates), bounds, pace));
}

/** Candidates whose packed form is not filled in yet. It works a piece at a time, for those who have others waiting. */
export function* orderCandidates(
  { memory }: Pick<OpenKernel, 'memory'>,
  rows: Float32Array,
  factors: number,
  formula?: Formula,
): Generator<undefined, Candidates> {
  const stride = strideOf(factors);
  const count = rows.length / stride;
  const hasLengths = formula?.neighbours !== undefined;
  const squares = hasLengths ? memory.allocate(Float32Array, count) : new Float32Array(count);
  yield* squaresIn(rows, stride, squares);
  const order = yield* longestFirst(squares, memory.allocate(Uint32Array, count));
  if (formula) yield* highestPriorFirst(order, formula.priors);
  const { longest } = yield* rootsOf(squares);
  const packed = memory.allocate(Float32Array, packedLength(count, factors));
  const lengths = hasLengths ? squares : undefined;
  return { count, factors, stride, rows, order, longest, lengths, formula, packed };
}

/**
 * Candidates whose packed form was in the file of their model. It works a piece at a time, for those who have others waiting.
 *
 * @param rows padded to the stride, in kernel memory, as are the panels, which are nobody else's.
 */
export function* takePacked(
  { order, packed, lengths, longest }: Panels,
  rows: Float32Array,
  factors: number,
  formula?: Formula,
): Generator<undefined, Candidates> {
  const count = order.length;
  const own = formula?.neighbours ? lengths : undefined;
  const candidates = { count, factors, stride: strideOf(factors), rows, order, longest, lengths: own, formula, packed };
  if (formula) yield* boundPriors(candidates, [formula.priors]);
  return candidates;
}

/**
 * Packs rows scaled to length 1; rows of zeros stay zero. All are as long as one another, so that their order is free. It
 * does a piece of the work at a time, for those who have others waiting.
 * @param rows padded to the stride, in kernel memory.
 * @throws `not_finite` if a factor is not a finite number.
 */
export function* packUnitVectors(
  kernel: OpenKernel,
  rows: Float32Array,
  factors: number,
): Generator<undefined, Candidates> {
  const { memory } = kernel;
  const stride = strideOf(factors);
  const count = rows.length / stride;
  const order = memory.allocate(Uint32Array, count);
  const unit = memory.allocate(Float32Array, rows.length);
  const size = rowsOfPiece(stride);
  for (let row = 0; row < count; row++) {
    if (row % size === 0) yield;
    order[row] = row;
    let square = 0;
    for (let k = row * stride; k < (row + 1) * stride; k++) square += rows[k] * rows[k];
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let k = row * stride; k < (row + 1) * stride; k++) unit[k] = rows[k] * scale;
  }
  const packed = memory.allocate(Float32Array, packedLength(count, factors));
  const candidates = { count, factors, stride, rows: unit, order, longest: 1, packed };
  yield* pack(kernel, candidates);
  return candidates;
}

/**
 * Packs candidates once more, by group, for lists with a limit for each: a panel of one group is compared with what lists
 * hold of that group, which spares them most of the others. It does a piece of the work at a time.
 * @param groups of each row: numbers from 0 without gaps, or `noGroup`; in kernel memory.
 */
export function* packByGroup(
  kernel: OpenKernel,
  packed: Candidates,
  groups: Uint32Array,
): Generator<undefined, Candidates> {
  const { memory } = kernel;
  const candidates = {
    ...packed,
    order: yield* byGroup(packed.order, groups, memory.allocate(Uint32Array, packed.count)),
    packed: memory.allocate(Float32Array, packed.packed.length),
  };
  yield* pack(kernel, candidates, groups);
  return candidates;
}

/** Panels whose bounds are made in one piece: some milliseconds. */
const panelsOfPiece = 2 ** 13;

/**
 * Makes the packed form right for whichever of these priors a list is made with, a piece of the work at a time. Threads may
 * be scoring with any of them for which it was right before.
 *
 * @param priors at least one.
 */
export function* boundPriors(
  { count, factors, order, packed }: Candidates,
  priors: readonly Float32Array[],
): Generator<undefined, void> {
  const size = packedLength(1, factors);
  // Whole numbers are never seen half written.
  const words = new Uint32Array(packed.buffer, packed.byteOffset, packed.length);
  const bound = new Float32Array(1);
  const bits = new Uint32Array(bound.buffer);
  for (let panel = 0, at = 0; at < count; panel++) {
    if (panel % panelsOfPiece === 0) yield;
    let highest = Number.NEGATIVE_INFINITY;
    for (const end = Math.min(at + panelWidth, count); at < end; at++)
      for (let p = 0; p < priors.length; p++) if (priors[p][order[at]] > highest) highest = priors[p][order[at]];
    bound[0] = highest + priorSlack * Math.abs(highest);
    words[panel * size + panelPrior] = bits[0];
  }
}

/**
 * Fills in the packed form of candidates, a piece of the work at a time.
 * @throws `not_finite` if a factor or a prior is not a finite number.
 */
export function* pack(
  { operations }: OpenKernel,
  candidates: Candidates,
  groups?: Uint32Array,
): Generator<undefined, void> {
  const shared = toPack(candidates, groups);
  const panels = Math.ceil(candidates.count / panelWidth);
  const size = rowsOfPiece(candidates.stride) / panelWidth;
  for (let begin = 0; begin < panels; begin += size) {
    yield;
    checkFinite(operations.pack({ ...shared, begin, end: Math.min(begin + size, panels) }));
  }
}

function toPack(candidates: Candidates, groups?: Uint32Array): Shared<'pack'> {
  const { count, factors, stride, rows, order, formula, packed } = candidates;
  return { candidates: rows, order, count, stride, factors, priors: formula?.priors, groups, packed };
}

/** @throws `not_finite` if an operation returned 1. */
export function checkFinite(status: number): void {
  if (status !== 0)
    throw new EndcapError('not_finite', 'a factor is not a finite number, so there is no order of scores; train again');
}
