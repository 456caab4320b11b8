import { axpy, dot, meetRows, zero } from './lanes';

// Cholesky factorization L L' of a symmetric positive definite matrix, in tiles of dot products of four rows with two.

@inline
export function wholeLanes(length: u32): u32 {
  return (length + 15) & ~15;
}

// Computes a tile of L that begins at `row` and `column`; everything to its left is known. `numbers` has room for the tile's
// sums and, behind them, 1 / L[c][c] of its two columns, which the tile on the diagonal computes.
function factorTile(
  m: usize, bytes: usize, plusProducts: bool, l: usize, lBytes: usize, row: u32, column: u32, numbers: usize,
): void {
  const inverses = numbers + 32, at: usize = column << 2;
  meetRows(
    m + row * bytes, m + column * bytes, bytes, plusProducts ? bytes : 0,
    l + row * lBytes, l + column * lBytes, lBytes, wholeLanes(column) << 2, numbers,
  );
  for (let c: u32 = 0; c < 2; c++) {
    const lc = l + (column + c) * lBytes + at;
    for (let r: u32 = 0; r < 4; r++) {
      if (row + r < column + c) continue;
      const here = row + r == column + c, lr = l + (row + r) * lBytes + at;
      let value: f32 = plusProducts ? (here ? 1 : 0) : load<f32>(m + (row + r) * bytes + at + (c << 2));
      value -= load<f32>(numbers + (c << 4) + (r << 2));
      if (c > 0) value -= load<f32>(lr) * load<f32>(lc);
      if (here) {
        value = sqrt<f32>(value);
        store<f32>(inverses + (c << 2), 1 / value);
        store<f32>(lr + (c << 2), value);
      } else {
        store<f32>(lr + (c << 2), value * load<f32>(inverses + (c << 2)));
      }
    }
  }
}

// L L' = M, or L L' = I + M M' with `plusProducts`. The rows of M are `bytes` apart. Both matrices have room for whole tiles
// of rows. L becomes zero above the diagonal, in whole lanes.
export function factorize(
  m: usize, bytes: usize, plusProducts: bool, size: u32, l: usize, lBytes: usize, numbers: usize,
): void {
  const rows = (size + 3) & ~3;
  zero(l, rows * lBytes);
  for (let column: u32 = 0; column < size; column += 2)
    for (let row = column & ~3; row < rows; row += 4) factorTile(m, bytes, plusProducts, l, lBytes, row, column, numbers);
}

// Solves L L' x = b. x has room for whole lanes.
export function solveFactorized(l: usize, lBytes: usize, size: u32, b: usize, x: usize): void {
  zero(x, wholeLanes(size) << 2);
  for (let i: u32 = 0; i < size; i++) {
    const li = l + i * lBytes, at: usize = i << 2;
    store<f32>(x + at, (load<f32>(b + at) - dot(li, x, wholeLanes(i) << 2)) / load<f32>(li + at));
  }
  for (let i = size; i-- > 0; ) {
    const li = l + i * lBytes, at: usize = i << 2, xi = load<f32>(x + at) / load<f32>(li + at);
    axpy(-xi, li, x, wholeLanes(i) << 2);
    store<f32>(x + at, xi);
  }
}
