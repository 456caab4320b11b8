/** In which order products are packed for scoring. All of it works a piece at a time, for those who have others waiting. */
import { panelWidth } from '../kernel/operations/operations.ts';

/** Rows that are read, scaled, or packed in one piece: about a millisecond of work, and whole panels. */
export const rowsOfPiece = (stride: number) => panelWidth * Math.max(1, Math.floor(2 ** 19 / stride / panelWidth));

/** The sum of the squares of numbers from one place up to another. */
export function sumOfSquares(values: Float32Array, from: number, to: number): number {
  // Four sums, since each addition waits for the one before. Declared as one pattern, engines would put each of them into an object.
  let first = 0;
  let second = 0;
  let third = 0;
  let fourth = 0;
  let k = from;
  for (const end = to - 3; k < end; k += 4) {
    first += values[k] * values[k];
    second += values[k + 1] * values[k + 1];
    third += values[k + 2] * values[k + 2];
    fourth += values[k + 3] * values[k + 3];
  }
  for (; k < to; k++) first += values[k] * values[k];
  return first + second + third + fourth;
}

/** The squared lengths of rows of `width` numbers. */
export function* squaresIn(
  rows: Float32Array,
  width: number,
  squares: Float32Array,
): Generator<undefined, Float32Array> {
  const size = rowsOfPiece(width);
  for (let row = 0; row < squares.length; row++) {
    if (row % size === 0) yield;
    squares[row] = sumOfSquares(rows, row * width, (row + 1) * width);
  }
  return squares;
}

/** Rows that are put in place in a piece of work, and runs that are sorted in one: some tenths of a millisecond. */
export const placesOfPiece = 2 ** 15;
const runsOfPiece = 4;

/**
 * Orders rows by length, so that scoring can skip the short ones a panel at a time. It is a counting sort by the sign,
 * exponent and first seven bits of the squared length, which is close enough.
 */
export function* longestFirst(squares: Float32Array, order: Uint32Array): Generator<undefined, Uint32Array> {
  const bits = new Uint32Array(squares.buffer, squares.byteOffset, squares.length);
  const places = new Uint32Array(0x10001);
  for (let row = 0; row < order.length; row++) {
    if (row % placesOfPiece === 0) yield;
    places[(bits[row] >>> 16) ^ 0xffff]++;
  }
  for (let i = 0, place = 0; i < places.length; i++) {
    const length = places[i];
    places[i] = place;
    place += length;
  }
  for (let row = 0; row < order.length; row++) {
    if (row % placesOfPiece === 0) yield;
    order[places[(bits[row] >>> 16) ^ 0xffff]++] = row;
  }
  return order;
}

/** Makes lengths of squared lengths, in place. */
export function* rootsOf(squares: Float32Array): Generator<undefined, { longest: number }> {
  let longest = 0;
  for (let row = 0; row < squares.length; row++) {
    if (row % placesOfPiece === 0) yield;
    squares[row] = Math.sqrt(squares[row]);
    if (squares[row] > longest) longest = squares[row];
  }
  return { longest };
}

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
