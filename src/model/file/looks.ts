/** Factors are looked at where they are read, by threads that have them in their caches, rather than all of them once more. */
import { maxMagnitude } from '../../kernel/operations/operations.ts';
import { sumOfSquares } from '../panel-order.ts';

/** What is found in a tensor of 32-bit floats. It survives a structured clone; its arrays are in memory that threads share. */
export interface Look {
  /** The number of the tensor among the parts that are read. */
  readonly part: number;
  /** Numbers in a row. */
  readonly width: number;
  /** The squared length of each row; absent if nobody asks for it. */
  readonly squares?: Float32Array;
  /** Its only number is 1 if there may be a number that no factor is: then all are to be looked at one by one. */
  readonly doubt: Int32Array;
}

/** Sums of squares up to this have no number beyond the largest magnitude, and none that is no number. */
const leastDoubt = maxMagnitude * maxMagnitude;

/**
 * Looks at bytes of the tensor.
 *
 * @param at where in the tensor they are. Rows that they have no more than a part of are left out of the squares.
 */
export function lookAt({ width, squares, doubt }: Look, bytes: Uint8Array, at: number): void {
  // In files of others, tensors may begin anywhere.
  if (bytes.byteOffset % 4 !== 0 || bytes.length % 4 !== 0 || at % 4 !== 0) {
    doubt[0] = 1;
    return;
  }
  const values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
  const begun = (at / 4) % width;
  const first = begun === 0 ? 0 : Math.min(width - begun, values.length);
  let isSure = sumOfSquares(values, 0, first) <= leastDoubt;
  let row = Math.ceil(at / 4 / width);
  let from = first;
  for (; from + width <= values.length; from += width) {
    const square = sumOfSquares(values, from, from + width);
    if (squares) squares[row] = square;
    if (!(square <= leastDoubt)) isSure = false;
    row++;
  }
  if (!(sumOfSquares(values, from, values.length) <= leastDoubt)) isSure = false;
  if (!isSure) doubt[0] = 1;
}

/**
 * The squares of the rows that several pieces have a part of.
 *
 * @param begin where the tensor begins in the file, of which a piece begins at each multiple of `pieceBytes`.
 */
export function lookAcross(
  { width, squares, doubt }: Look,
  tensor: ArrayBufferView,
  begin: number,
  pieceBytes: number,
): void {
  if (!squares || doubt[0] !== 0) return;
  const values = new Float32Array(tensor.buffer, tensor.byteOffset, tensor.byteLength / 4);
  for (let at = pieceBytes - (begin % pieceBytes); at < tensor.byteLength; at += pieceBytes) {
    const row = Math.floor(at / 4 / width);
    squares[row] = sumOfSquares(values, row * width, (row + 1) * width);
  }
}
