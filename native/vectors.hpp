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

// Eight rows side by side, vector by vector: vector v of row i begins at (8 v + i) * width. One pointer with constant
// offsets reaches all of them.
ENDCAP_INLINE void interleave(const float* row, uint32_t i, uint32_t stride, float* block) {
  for (uint32_t k = 0; k < stride; k += Lanes::width) store(block + size_t(k) * group + i * Lanes::width, load(row + k));
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
