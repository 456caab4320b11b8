// The Gram matrix X'X, and products with it, in register tiles.
#pragma once

#include "kernels.hpp"
#include "vectors.hpp"

namespace endcap {
namespace {

// out[8 rows][columns] += sum over `length` rows of a[row][0..8) x b[row][0..columns), one register tile of V vectors after
// the other.
template <int V>
ENDCAP_INLINE uint32_t outerTiles(const float* a, const float* b, uint32_t stride, uint32_t length, uint32_t column,
                                  uint32_t columns, float* out) {
  for (; column + V * Lanes::width <= columns; column += V * Lanes::width) {
    Lanes s[group][V];
    ENDCAP_UNROLL
    for (int r = 0; r < group; r++) {
      ENDCAP_UNROLL
      for (int v = 0; v < V; v++) s[r][v] = splat(0);
    }
    for (size_t row = 0; row < size_t(length) * stride; row += stride) {
      Lanes bj[V];
      ENDCAP_UNROLL
      for (int v = 0; v < V; v++) bj[v] = load(b + row + column + v * Lanes::width);
      ENDCAP_UNROLL
      for (int r = 0; r < group; r++) {
        const Lanes ar = splat(a[row + size_t(r)]);
        ENDCAP_UNROLL
        for (int v = 0; v < V; v++) s[r][v] = fma(ar, bj[v], s[r][v]);
      }
    }
    ENDCAP_UNROLL
    for (int r = 0; r < group; r++) {
      ENDCAP_UNROLL
      for (int v = 0; v < V; v++) {
        float* o = out + size_t(r) * stride + column + v * Lanes::width;
        store(o, load(o) + s[r][v]);
      }
    }
  }
  return column;
}

ENDCAP_INLINE void outer8(const float* a, const float* b, uint32_t stride, uint32_t length, uint32_t columns, float* out) {
  const uint32_t column = outerTiles<outerVectors>(a, b, stride, length, 0, columns, out);
  outerTiles<1>(a, b, stride, length, column, columns, out);
}

uint32_t gram(const float* x, uint32_t count, uint32_t stride, float scale, float* out, uint32_t begin, uint32_t end) {
  // So many rows of X are summed before they are added to the total: long f32 sums lose digits, and 128 rows of 64
  // factors stay in a level-1 cache.
  constexpr uint32_t block = 128;
  for (uint32_t i = begin; i < end; i++) zero(out + size_t(i) * stride, stride);
  for (uint32_t from = 0; from < count; from += block) {
    const float* rows = x + size_t(from) * stride;
    const uint32_t length = count - from < block ? count - from : block;
    for (uint32_t i = begin; i < end; i += group) outer8(rows + i, rows, stride, length, stride, out + size_t(i) * stride);
  }
  for (uint32_t i = begin; i < end; i++)
    for (uint32_t j = 0; j < stride; j += Lanes::width) {
      float* o = out + size_t(i) * stride + j;
      store(o, splat(scale) * load(o));
    }
  return 0;
}

// out -= P M for R rows and a symmetric M, V vectors of columns at a time. Each element is one
// chain of sums, the same however many rows are multiplied together.
template <int R, int V>
ENDCAP_INLINE uint32_t productTiles(const float* p, const float* m, uint32_t stride, uint32_t column,
                                    float* out) {
  for (; column + V * Lanes::width <= stride; column += V * Lanes::width) {
    Lanes s[R][V];
    ENDCAP_UNROLL
    for (int r = 0; r < R; r++) {
      ENDCAP_UNROLL
      for (int v = 0; v < V; v++) s[r][v] = splat(0);
    }
    const float* row = m + column;
    for (uint32_t k = 0; k < stride; k++, row += stride) {
      Lanes mk[V];
      ENDCAP_UNROLL
      for (int v = 0; v < V; v++) mk[v] = load(row + v * Lanes::width);
      ENDCAP_UNROLL
      for (int r = 0; r < R; r++) {
        const Lanes pr = splat(p[size_t(r) * stride + k]);
        ENDCAP_UNROLL
        for (int v = 0; v < V; v++) s[r][v] = fma(pr, mk[v], s[r][v]);
      }
    }
    ENDCAP_UNROLL
    for (int r = 0; r < R; r++) {
      ENDCAP_UNROLL
      for (int v = 0; v < V; v++) {
        float* o = out + size_t(r) * stride + column + v * Lanes::width;
        store(o, load(o) - s[r][v]);
      }
    }
  }
  return column;
}

template <int R, int V>
ENDCAP_INLINE void subtractRows(const float* p, const float* m, uint32_t stride, float* out) {
  const uint32_t column = productTiles<R, V>(p, m, stride, 0, out);
  productTiles<R, 1>(p, m, stride, column, out);
}

// out -= P M, eight rows together, for which M is read once. P and out have room for whole groups.
inline void subtractProducts(const float* p, const float* m, uint32_t rows, uint32_t stride, float* out) {
  for (uint32_t row = 0; row < rows; row += group, p += size_t(group) * stride, out += size_t(group) * stride) {
    if (rows - row > 4) subtractRows<group, outerVectors>(p, m, stride, out);
    else if (rows - row > 1) subtractRows<4, outerVectors>(p, m, stride, out);
    else subtractRows<1, 4>(p, m, stride, out);
  }
}

}  // namespace
}  // namespace endcap
