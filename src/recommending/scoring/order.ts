/** In which order candidates are packed. All of it works a piece at a time, for those who have others waiting. */
import { noGroup, panelWidth } from '../../kernel/operations/operations.ts';
import type { Candidates } from './candidates.ts';

/** Rows that are read, scaled, or packed in one piece: about a millisecond of work, and whole panels. */
export const rowsOfPiece = (stride: number) => panelWidth * Math.max(1, Math.floor(2 ** 19 / stride / panelWidth));

/** Of each row. */
export function* lengthsOf(
  rows: Float32Array,
  stride: number,
  lengths: Float32Array,
): Generator<undefined, Float32Array> {
  const size = rowsOfPiece(stride);
  for (let row = 0, k = 0; row < lengths.length; row++) {
    if (row % size === 0) yield;
    let square = 0;
    for (const end = k + stride; k < end; k++) square += rows[k] * rows[k];
    lengths[row] = Math.sqrt(square);
  }
  return lengths;
}

/**
 * Orders rows by length, so that scoring can skip the short ones a panel at a time. It is a counting sort by the sign,
 * exponent and first seven bits of the squared length, which is close enough.
 */
export function* longestFirst(
  rows: Float32Array,
  stride: number,
  order: Uint32Array,
): Generator<undefined, Pick<Candidates, 'order' | 'longest'>> {
  const count = order.length;
  const squares = new Float32Array(count);
  const bits = new Uint32Array(squares.buffer);
  const places = new Uint32Array(0x10001);
  const size = rowsOfPiece(stride);
  let largest = 0;
  for (let from = 0; from < count; from += size) {
    yield;
    const to = Math.min(from + size, count);
    largest = Math.max(largest, squaresOf(rows, stride, squares, from, to));
    for (let row = from; row < to; row++) places[(bits[row] >>> 16) ^ 0xffff]++;
  }
  for (let i = 0, place = 0; i < places.length; i++) {
    const length = places[i];
    places[i] = place;
    place += length;
  }
  for (let row = 0; row < count; row++) {
    if (row % placesOfPiece === 0) yield;
    order[places[(bits[row] >>> 16) ^ 0xffff]++] = row;
  }
  return { order, longest: Math.sqrt(largest) };
}

/** Writes the squared lengths of rows from one up to another, and returns the largest. */
function squaresOf(rows: Float32Array, stride: number, squares: Float32Array, from: number, to: number): number {
  let largest = 0;
  for (let row = from, k = from * stride; row < to; row++) {
    // Four sums, since each addition waits for the one before.
    let [first, second, third, fourth] = [0, 0, 0, 0];
    for (const end = k + stride; k < end; k += 4) {
      first += rows[k] * rows[k];
      second += rows[k + 1] * rows[k + 1];
      third += rows[k + 2] * rows[k + 2];
      fourth += rows[k + 3] * rows[k + 3];
    }
    const square = first + second + third + fourth;
    squares[row] = square;
    if (square > largest) largest = square;
  }
  return largest;
}

/** Rows that are put in place in a piece of work, and runs that are sorted in one: some tenths of a millisecond. */
const placesOfPiece = 2 ** 15;
const runsOfPiece = 4;

/** Short enough that lengths within a run are about equal, long enough to hold everything that most lists end up with. */
const priorRun = 512;

/**
 * Sorts each run of an order by prior. With the highest priors scored first, lists are good from the start and skip most of
 * the rest; and panels of similar priors have tighter bounds than panels of mixed ones.
 */
export function* highestPriorFirst(order: Uint32Array, priors: Float32Array): Generator<undefined, void> {
  for (let start = 0; start < order.length; start += priorRun) {
    if (start % (runsOfPiece * priorRun) === 0) yield;
    order.subarray(start, start + priorRun).sort((a, b) => priors[b] - priors[a]);
  }
}

/** Enough to raise the bars of most lists before the first group. */
const beforeGroups = 64;

/** Orders rows by group, each in the given order, after the first few, which stay. */
export function* byGroup(
  order: Uint32Array,
  groups: Uint32Array,
  sorted: Uint32Array,
): Generator<undefined, Uint32Array> {
  let last = 0;
  for (let row = 0; row < groups.length; row++) {
    if (row % placesOfPiece === 0) yield;
    if (groups[row] !== noGroup && groups[row] >= last) last = groups[row] + 1;
  }
  const bucketOf = (row: number) => Math.min(groups[row], last);
  const places = new Uint32Array(last + 2);
  places[0] = beforeGroups;
  for (let place = beforeGroups; place < order.length; place++) {
    if (place % placesOfPiece === 0) yield;
    places[bucketOf(order[place]) + 1]++;
  }
  for (let bucket = 1; bucket < places.length; bucket++) places[bucket] += places[bucket - 1];
  sorted.set(order.subarray(0, beforeGroups));
  for (let place = beforeGroups; place < order.length; place++) {
    if (place % placesOfPiece === 0) yield;
    sorted[places[bucketOf(order[place])]++] = order[place];
  }
  return sorted;
}
