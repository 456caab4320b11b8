// A step of the inversion of a large symmetric matrix.
import { group, lanesBytes, multiplyTiles4, zero } from './lanes';

// Rows that one step eliminates.
const pivotRows: u32 = 64;
const pivotBytes: usize = pivotRows << 2;

export function sweep(
  matrix: usize, width: u32, pivots: usize, middle: usize, products: usize, begin: u32, end: u32,
): u32 {
  const bytes: usize = width << 2;
  zero(products + begin * pivotBytes, (end - begin) * pivotBytes);
  for (let i = begin; i < end; i += group) {
    const row = matrix + i * bytes, product = products + i * pivotBytes;
    multiplyTiles4(pivots + (i << 2), bytes, 4, middle, pivotRows, pivotBytes, pivotBytes, product);
    // Whole pairs of vectors, some of which reach past the diagonal.
    const pair: usize = 2 * lanesBytes, columns = ((<usize>(i + group) << 2) + pair - 1) / pair * pair;
    multiplyTiles4(product, 4, pivotBytes, pivots, pivotRows, bytes, columns, row);
  }
  return 0;
}
