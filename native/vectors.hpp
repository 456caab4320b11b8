// Vectors of factors, and groups of eight of them, on top of lanes.hpp.
#pragma once

#include "lanes.hpp"

namespace endcap {
namespace {

// Rows are taken this many at a time: their sums of lanes come out of one transposition.
constexpr int group = 8;

ENDCAP_INLINE bool finite(float x) { return x - x == 0; }

ENDCAP_INLINE void zero(float* x, uint32_t length) {
  for (uint32_t k = 0; k < length; k += Lanes::width) store(x + k, splat(0));
}

ENDCAP_INLINE float dot(const float* a, const float* b, uint32_t length) {
  Lanes s = splat(0);
  for (uint32_t k = 0; k < length; k += Lanes::width) s = fma(load(a + k), load(b + k), s);
  return sum(s);
}

// y += a * x
ENDCAP_INLINE void axpy(float a, const float* x, float* y, uint32_t length) {
  const Lanes wide = splat(a);
  for (uint32_t k = 0; k < length; k += Lanes::width) store(y + k, fma(wide, load(x + k), load(y + k)));
}

// out -= M x for a symmetric M[stride][stride], V vectors of columns at a time: sums stay in registers, in two chains.
template <int V>
ENDCAP_INLINE uint32_t subtractColumns(const float* m, uint32_t stride, const float* x, uint32_t column, float* out) {
  for (; column + V * Lanes::width <= stride; column += V * Lanes::width) {
    Lanes even[V], odd[V];
    ENDCAP_UNROLL
    for (int v = 0; v < V; v++) even[v] = odd[v] = splat(0);
    for (const float* row = m + column; row < m + size_t(stride) * stride; row += 2 * stride, x += 2) {
      const Lanes x0 = splat(x[0]), x1 = splat(x[1]);
      ENDCAP_UNROLL
      for (int v = 0; v < V; v++) {
        even[v] = fma(x0, load(row + v * Lanes::width), even[v]);
        odd[v] = fma(x1, load(row + stride + v * Lanes::width), odd[v]);
      }
    }
    x -= stride;
    ENDCAP_UNROLL
    for (int v = 0; v < V; v++) {
      float* o = out + column + v * Lanes::width;
      store(o, load(o) - (even[v] + odd[v]));
    }
  }
  return column;
}

ENDCAP_INLINE void subtractProduct(const float* m, uint32_t stride, const float* x, float* out) {
  const uint32_t column = subtractColumns<4>(m, stride, x, 0, out);
  subtractColumns<1>(m, stride, x, column, out);
}

// Eight rows side by side, vector by vector: vector v of row i lies at (8 v + i) * width. One pointer with constant
// offsets reaches all of them.
ENDCAP_INLINE void interleave(const float* const* rows, uint32_t stride, float* block) {
  for (uint32_t k = 0; k < stride; k += Lanes::width, block += group * Lanes::width) {
    ENDCAP_UNROLL
    for (int i = 0; i < group; i++) store(block + i * Lanes::width, load(rows[i] + k));
  }
}

// out[i] = row i of the block . x
ENDCAP_INLINE void dots8(const float* block, const float* x, uint32_t stride, float* out) {
  Lanes s[group];
  ENDCAP_UNROLL
  for (int i = 0; i < group; i++) s[i] = splat(0);
  for (uint32_t k = 0; k < stride; k += Lanes::width, block += group * Lanes::width) {
    const Lanes xk = load(x + k);
    ENDCAP_UNROLL
    for (int i = 0; i < group; i++) s[i] = fma(load(block + i * Lanes::width), xk, s[i]);
  }
  sums8(s, out);
}

// y += sum of a[i] * row i of the block; two chains of sums, so that one waits less for the other.
ENDCAP_INLINE void axpys8(const float* a, const float* block, float* y, uint32_t stride) {
  Lanes wide[group];
  ENDCAP_UNROLL
  for (int i = 0; i < group; i++) wide[i] = splat(a[i]);
  for (uint32_t k = 0; k < stride; k += Lanes::width, block += group * Lanes::width) {
    Lanes even = wide[0] * load(block), odd = wide[1] * load(block + Lanes::width);
    ENDCAP_UNROLL
    for (int i = 2; i < group; i += 2) {
      even = fma(wide[i], load(block + i * Lanes::width), even);
      odd = fma(wide[i + 1], load(block + (i + 1) * Lanes::width), odd);
    }
    store(y + k, load(y + k) + (even + odd));
  }
}

}  // namespace
}  // namespace endcap
