// Cholesky factorization L L' of a symmetric positive definite matrix, in tiles of dot products of rows.
#pragma once

#include "vectors.hpp"

namespace endcap {
namespace {

constexpr int tileRows = 4;

ENDCAP_INLINE uint32_t wholeLanes(uint32_t length) { return (length + 15) / 16 * 16; }

// s[row * metRows + column] += the lanes of the dot products of rows of a and rows of b, which are `stride` apart.
ENDCAP_INLINE void meetRows(const float* a, const float* b, uint32_t stride, uint32_t length, Lanes* s) {
  for (uint32_t k = 0; k < length; k += Lanes::width) {
    Lanes bk[metRows];
    ENDCAP_UNROLL
    for (int c = 0; c < metRows; c++) bk[c] = load(b + size_t(c) * stride + k);
    ENDCAP_UNROLL
    for (int r = 0; r < tileRows; r++) {
      const Lanes ak = load(a + size_t(r) * stride + k);
      ENDCAP_UNROLL
      for (int c = 0; c < metRows; c++) s[r * metRows + c] = fma(ak, bk[c], s[r * metRows + c]);
    }
  }
}

// Computes a tile of L that begins at `row` and `column`; everything to its left is known. `inverses` are 1 / L[c][c] of
// the tile's columns, which the tile on the diagonal computes.
template <bool plusProducts, bool diagonal>
ENDCAP_INLINE void factorTile(const float* m, uint32_t stride, float* l, uint32_t lStride, uint32_t row, uint32_t column,
                              float* inverses) {
  Lanes s[tileRows * metRows];
  ENDCAP_UNROLL
  for (int i = 0; i < tileRows * metRows; i++) s[i] = splat(0);
  if (plusProducts) {
    meetRows(m + size_t(row) * stride, m + size_t(column) * stride, stride, stride, s);
    ENDCAP_UNROLL
    for (int i = 0; i < tileRows * metRows; i++) s[i] = splat(0) - s[i];
  }
  meetRows(l + size_t(row) * lStride, l + size_t(column) * lStride, lStride, wholeLanes(column), s);
  float sums[tileRows * metRows];
  for (int i = 0; i < tileRows * metRows; i += 8) sums8(s + i, sums + i);
  for (uint32_t c = 0; c < uint32_t(metRows); c++) {
    const float* lc = l + size_t(column + c) * lStride + column;
    for (uint32_t r = 0; r < uint32_t(tileRows); r++) {
      if (diagonal && row + r < column + c) continue;
      const bool here = diagonal && row + r == column + c;
      float* lr = l + size_t(row + r) * lStride + column;
      float value = (plusProducts ? (here ? 1.0f : 0.0f) : m[size_t(row + r) * stride + column + c]) - sums[r * metRows + c];
      for (uint32_t k = 0; k < c; k++) value -= lr[k] * lc[k];
      if (here) {
        value = squareRoot(value);
        inverses[c] = 1 / value;
        lr[c] = value;
      } else {
        lr[c] = value * inverses[c];
      }
    }
  }
}

// L L' = M, or L L' = I + M M' with `plusProducts`. The rows of M are `stride` apart. Both matrices have room for whole
// tiles of rows. L becomes zero above the diagonal, in whole lanes.
template <bool plusProducts>
void factorize(const float* m, uint32_t stride, uint32_t size, float* l, uint32_t lStride) {
  const uint32_t rows = (size + tileRows - 1) / tileRows * tileRows;
  for (uint32_t row = 0; row < rows; row++) zero(l + size_t(row) * lStride, lStride);
  for (uint32_t column = 0; column < size; column += metRows) {
    float inverses[metRows];
    uint32_t row = column / tileRows * tileRows;
    factorTile<plusProducts, true>(m, stride, l, lStride, row, column, inverses);
    for (row += tileRows; row < rows; row += tileRows)
      factorTile<plusProducts, false>(m, stride, l, lStride, row, column, inverses);
  }
}

// Solves L L' x = b. x has room for whole lanes.
ENDCAP_INLINE void solveFactorized(const float* l, uint32_t lStride, uint32_t size, const float* b, float* x) {
  zero(x, wholeLanes(size));
  for (uint32_t i = 0; i < size; i++) {
    const float* li = l + size_t(i) * lStride;
    x[i] = (b[i] - dot(li, x, wholeLanes(i))) / li[i];
  }
  for (uint32_t i = size; i-- > 0;) {
    const float* li = l + size_t(i) * lStride;
    const float xi = x[i] / li[i];
    axpy(-xi, li, x, wholeLanes(i));
    x[i] = xi;
  }
}

}  // namespace
}  // namespace endcap
