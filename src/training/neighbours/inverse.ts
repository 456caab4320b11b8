import { evenBounds, type OpenKernel } from '../../kernel/kernel.ts';
import { pivotRows } from '../../kernel/operations/operations.ts';
import { createScope } from '../../kernel/scope.ts';

/** Rows that one kernel call covers. */
const callRows = 64;

/**
 * Replaces a symmetric, positive definite matrix by minus its inverse, by the sweep operator (Goodnight 1979, "A tutorial on
 * the SWEEP operator") on blocks of 64 rows: width^3 floating-point operations. Only what is on or below the diagonal is read
 * and written; what is above holds anything afterwards.
 *
 * @param matrix width x width in kernel memory; the width is a multiple of 16.
 * @returns false if the matrix is not positive definite, to the precision of floats.
 * @throws `aborted`.
 */
export async function invert(
  kernel: OpenKernel,
  matrix: Float32Array,
  width: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const scope = createScope(kernel);
  try {
    const pivots = scope.memory.allocate(Float32Array, pivotRows * width);
    const middle = scope.memory.allocate(Float32Array, pivotRows * pivotRows);
    const products = scope.memory.allocate(Float32Array, pivotRows * width);
    const bounds = evenBounds(width, callRows);
    for (let first = 0; first < width; first += pivotRows) {
      const size = Math.min(pivotRows, width - first);
      const inverse = invertBlock(matrix, width, first, size);
      if (!inverse) return false;
      middle.fill(0);
      for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) middle[i * pivotRows + j] = -inverse[i * size + j];
      pivots.fill(0);
      for (let k = 0; k < size; k++) {
        const row = (first + k) * width;
        pivots.set(matrix.subarray(row, row + first), k * width);
      }
      for (let i = first + size; i < width; i++)
        for (let k = 0; k < size; k++) pivots[k * width + i] = matrix[i * width + first + k];
      // The pivots are 0 where they meet themselves, so that their own rows and columns stay as they are.
      await kernel.run('sweep', { matrix, width, pivots, middle, products }, bounds, { signal });
      for (let k = 0; k < size; k++) {
        const row = (first + k) * width;
        for (let i = 0; i < first; i++) matrix[row + i] = -products[i * pivotRows + k];
        for (let j = 0; j <= k; j++) matrix[row + first + j] = -inverse[k * size + j];
      }
      for (let i = first + size; i < width; i++)
        for (let k = 0; k < size; k++) matrix[i * width + first + k] = -products[i * pivotRows + k];
    }
    return true;
  } finally {
    scope.end();
  }
}

/** The inverse of a block of the diagonal, by the same operator row by row; undefined if it is not positive definite. */
function invertBlock(matrix: Float32Array, width: number, first: number, size: number): Float64Array | undefined {
  const block = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let j = 0; j <= i; j++) block[i * size + j] = block[j * size + i] = matrix[(first + i) * width + first + j];
  const column = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    const pivot = block[k * size + k];
    if (!(pivot > 0)) return undefined;
    for (let i = 0; i < size; i++) column[i] = block[i * size + k];
    for (let i = 0; i < size; i++) {
      const scale = column[i] / pivot;
      for (let j = 0; j < size; j++) block[i * size + j] -= scale * column[j];
    }
    for (let i = 0; i < size; i++) block[i * size + k] = block[k * size + i] = column[i] / pivot;
    block[k * size + k] = -1 / pivot;
  }
  return block.map((value) => -value);
}
