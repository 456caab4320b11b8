// The Gram matrix X'X, and products with it, in register tiles.
#pragma once

#include "kernels.hpp"
#include "vectors.hpp"

namespace endcap {
namespace {

// out[R rows][columns] += A B, or -= with `subtracts`, for A[R][length] and B[length][columns], in register tiles of V
// vectors. The elements of A are `nextRow` and `next` apart, the rows of B `nextOfB`, and those of out `stride`. Each element
// of out is one chain of sums that does not depend on R and V. Returns the first column that is not done.
template <int R, int V, bool subtracts>
ENDCAP_INLINE uint32_t multiplyTiles(const float* a, size_t nextRow, size_t next, const float* b, uint32_t nextOfB,
                                     uint32_t length, uint32_t column, uint32_t columns, uint32_t stride, float* out) {
  for (; column + V * Lanes::width <= columns; column += V * Lanes::width) {
    Lanes s[R][V];
    ENDCAP_UNROLL
    for (int r = 0; r < R; r++) {
      ENDCAP_UNROLL
      for (int v = 0; v < V; v++) s[r][v] = splat(0);
    }
    const float *ak = a, *bk = b + column;
    for (uint32_t k = 0; k < length; k++, ak += next, bk += nextOfB) {
      Lanes bv[V];
      ENDCAP_UNROLL
      for (int v = 0; v < V; v++) bv[v] = load(bk + v * Lanes::width);
      ENDCAP_UNROLL
      for (int r = 0; r < R; r++) {
        const Lanes ar = splat(ak[size_t(r) * nextRow]);
        ENDCAP_UNROLL
        for (int v = 0; v < V; v++) s[r][v] = fma(ar, bv[v], s[r][v]);
      }
    }
    ENDCAP_UNROLL
    for (int r = 0; r < R; r++) {
      ENDCAP_UNROLL
      for (int v = 0; v < V; v++) {
        float* o = out + size_t(r) * stride + column + v * Lanes::width;
        store(o, subtracts ? load(o) - s[r][v] : load(o) + s[r][v]);
      }
    }
  }
  return column;
}

// out[8 rows][columns] += sum over `length` rows of a[row][0..8) x b[row][0..columns).
ENDCAP_INLINE void outer8(const float* a, const float* b, uint32_t stride, uint32_t length, uint32_t columns, float* out) {
  const uint32_t column = multiplyTiles<group, outerVectors, false>(a, 1, stride, b, stride, length, 0, columns, stride, out);
  multiplyTiles<group, 1, false>(a, 1, stride, b, stride, length, column, columns, stride, out);
}

// So many rows of X are summed before they are added to the total: long f32 sums lose digits, and these rows fit in a
// level-1 cache.
constexpr uint32_t summedFloats = 8192;
ENDCAP_INLINE uint32_t summedRows(uint32_t stride) {
  const uint32_t rows = summedFloats / stride;
  return rows > 128 ? 128 : rows < 32 ? 32 : rows;
}

uint32_t gram(const float* x, uint32_t count, uint32_t stride, float scale, float* gram, uint32_t begin, uint32_t end) {
  for (uint32_t i = begin; i < end; i++) zero(gram + size_t(i) * stride, stride);
  const uint32_t block = summedRows(stride);
  for (uint32_t from = 0; from < count; from += block) {
    const float* rows = x + size_t(from) * stride;
    const uint32_t length = count - from < block ? count - from : block;
    for (uint32_t i = begin; i < end; i += group) outer8(rows + i, rows, stride, length, stride, gram + size_t(i) * stride);
  }
  for (uint32_t i = begin; i < end; i++)
    for (uint32_t j = 0; j < stride; j += Lanes::width) {
      float* o = gram + size_t(i) * stride + j;
      store(o, splat(scale) * load(o));
    }
  return 0;
}

// out += P M, or -= with `subtracts`, for R rows of P and M[length][columns], whose rows follow one another. Rows of P and
// out are `stride` apart.
template <int R, int V, bool subtracts>
ENDCAP_INLINE void multiplyRows(const float* p, const float* m, uint32_t length, uint32_t columns, uint32_t stride, float* out) {
  const uint32_t column = multiplyTiles<R, V, subtracts>(p, stride, 1, m, columns, length, 0, columns, stride, out);
  multiplyTiles<R, 1, subtracts>(p, stride, 1, m, columns, length, column, columns, stride, out);
}

// out -= P M, eight rows at a time, for which M is read once. P and out have room for whole groups.
inline void subtractProducts(const float* p, const float* m, uint32_t rows, uint32_t stride, float* out) {
  for (uint32_t row = 0; row < rows; row += group, p += size_t(group) * stride, out += size_t(group) * stride) {
    if (rows - row > 4) multiplyRows<group, outerVectors, true>(p, m, stride, stride, stride, out);
    else if (rows - row > 1) multiplyRows<4, outerVectors, true>(p, m, stride, stride, stride, out);
    else multiplyRows<1, 4, true>(p, m, stride, stride, stride, out);
  }
}

}  // namespace
}  // namespace endcap
