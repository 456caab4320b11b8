// Vectors of factors, one or a group of eight at a time, on top of lanes.hpp.
#pragma once

#include "lanes.hpp"

namespace endcap {
namespace {

// Rows in a group: one transposition gives the sums of their lanes.
constexpr int group = 8;

constexpr float lowest = -__builtin_huge_valf();
ENDCAP_INLINE bool finite(float x) { return x - x == 0; }
ENDCAP_INLINE bool finite(double x) { return x - x == 0; }
ENDCAP_INLINE float magnitude(float x) { return x < 0 ? -x : x; }

ENDCAP_INLINE void zero(float* x, uint32_t length) {
  for (uint32_t k = 0; k < length; k += Lanes::width) store(x + k, splat(0));
}

ENDCAP_INLINE void copy(const float* from, float* to, uint32_t length) {
  for (uint32_t k = 0; k < length; k += Lanes::width) store(to + k, load(from + k));
}

ENDCAP_INLINE float dot(const float* a, const float* b, uint32_t length) {
  Lanes s = splat(0);
  for (uint32_t k = 0; k < length; k += Lanes::width) s = fma(load(a + k), load(b + k), s);
  return sum(s);
}

// The dot product in sixteen sums, folded by halves: the order of the widest instruction set, which all others follow.
ENDCAP_INLINE float dotInSixteen(const float* a, const float* b, uint32_t length) {
  constexpr int parts = 16 / Lanes::width;
  Lanes s[parts];
  ENDCAP_UNROLL
  for (int i = 0; i < parts; i++) s[i] = splat(0);
  for (uint32_t k = 0; k < length; k += 16) {
    ENDCAP_UNROLL
    for (int i = 0; i < parts; i++) s[i] = fma(load(a + k + i * Lanes::width), load(b + k + i * Lanes::width), s[i]);
  }
  ENDCAP_UNROLL
  for (int half = parts / 2; half > 0; half /= 2) {
    ENDCAP_UNROLL
    for (int i = 0; i < half; i++) s[i] = s[i] + s[i + half];
  }
  return sum(s[0]);
}

// The largest magnitude; NaN if a value is not finite.
ENDCAP_INLINE float largest(const float* x, uint32_t length) {
  Lanes most = splat(0), zero = splat(0);
  for (uint32_t k = 0; k < length; k += Lanes::width) {
    const Lanes v = load(x + k);
    most = maximum(most, maximum(v, splat(0) - v));
    zero = zero + (v - v);
  }
  float lanes[Lanes::width], result = 0;
  store(lanes, most);
  for (float lane : lanes) result = lane > result ? lane : result;
  return result + sum(zero);
}

// The largest value above zero, for any length; NaN if a value is not finite.
ENDCAP_INLINE float largestOf(const float* x, uint32_t length) {
  Lanes most = splat(0), zero = splat(0);
  uint32_t k = 0;
  for (; k + Lanes::width <= length; k += Lanes::width) {
    const Lanes v = load(x + k);
    most = maximum(most, v);
    zero = zero + (v - v);
  }
  float lanes[Lanes::width], result = 0, none = sum(zero);
  store(lanes, most);
  for (float lane : lanes) result = lane > result ? lane : result;
  for (; k < length; k++) {
    result = x[k] > result ? x[k] : result;
    none += x[k] - x[k];
  }
  return result + none;
}

// y += a * x
ENDCAP_INLINE void axpy(float a, const float* x, float* y, uint32_t length) {
  const Lanes wide = splat(a);
  for (uint32_t k = 0; k < length; k += Lanes::width) store(y + k, fma(wide, load(x + k), load(y + k)));
}

// out[i] = rows[i] . x for the first N of eight rows.
template <int N>
ENDCAP_INLINE void dots(const float* const* rows, const float* x, uint32_t stride, float* out) {
  Lanes s[group];
  ENDCAP_UNROLL
  for (int i = 0; i < group; i++) s[i] = splat(0);
  for (uint32_t k = 0; k < stride; k += Lanes::width) {
    const Lanes xk = load(x + k);
    ENDCAP_UNROLL
    for (int i = 0; i < N; i++) s[i] = fma(load(rows[i] + k), xk, s[i]);
  }
  sums8(s, out);
}

// y += sum of a[i] * rows[i], V vectors of columns at a time, which stay in registers. Returns the first column that is not
// done.
template <int V>
ENDCAP_INLINE uint32_t axpyColumns(const float* a, const float* const* rows, uint32_t count, float* y, uint32_t column,
                                   uint32_t stride) {
  for (; column + V * Lanes::width <= stride; column += V * Lanes::width) {
    Lanes s[V];
    ENDCAP_UNROLL
    for (int v = 0; v < V; v++) s[v] = load(y + column + v * Lanes::width);
    for (uint32_t i = 0; i < count; i++) {
      const Lanes wide = splat(a[i]);
      const float* row = rows[i] + column;
      ENDCAP_UNROLL
      for (int v = 0; v < V; v++) s[v] = fma(wide, load(row + v * Lanes::width), s[v]);
    }
    ENDCAP_UNROLL
    for (int v = 0; v < V; v++) store(y + column + v * Lanes::width, s[v]);
  }
  return column;
}

// The same for all columns. Rows are added one after another, so that the sums do not depend on how they are grouped.
ENDCAP_INLINE void axpys(const float* a, const float* const* rows, uint32_t count, float* y, uint32_t stride) {
  uint32_t column = axpyColumns<8>(a, rows, count, y, 0, stride);
  column = axpyColumns<4>(a, rows, count, y, column, stride);
  axpyColumns<1>(a, rows, count, y, column, stride);
}

}  // namespace
}  // namespace endcap
