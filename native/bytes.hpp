// Sums of products of bytes for one instruction set. A candidate's values have 7 bits and are stored plus 64, from 0 to 127,
// so that the sum of two products fits in 16 bits in every instruction set. A query's values are signed.
#pragma once

#include "lanes.hpp"

namespace endcap {
namespace {

constexpr int byteOffset = 64, candidateBytes = 63, queryBytes = 127;

// In each lane, Ints has a 32-bit sum, Bytes has four bytes of one candidate, and Quad has the same four values of a query,
// which take `quadWords` words in memory.
//   dot4: s[lane] + the four products of the lane.     exceeds: one bit for each lane, a > b.     storeWhole: truncates.

#if ENDCAP_ISA_IS_avx512

struct Ints {
  __m512i v;
};
using Bytes = __m512i;
using Quad = __m512i;
constexpr uint32_t quadWords = 1;
ENDCAP_INLINE Ints wholeSplat(int32_t x) { return {_mm512_set1_epi32(x)}; }
ENDCAP_INLINE Ints loadWhole(const int32_t* p) { return {_mm512_loadu_si512(p)}; }
ENDCAP_INLINE void storeWhole(int32_t* p, Ints a) { _mm512_storeu_si512(p, a.v); }
ENDCAP_INLINE Bytes loadBytes(const uint8_t* p) { return _mm512_loadu_si512(p); }
ENDCAP_INLINE Quad splatQuad(const int32_t* q) { return _mm512_set1_epi32(*q); }
ENDCAP_INLINE Ints dot4(Ints s, Bytes c, Quad q) {
#if ENDCAP_ISA_IS_avx512vnni
#if defined(__GNUC__)
  // With the intrinsic, GCC copies sums from register to register.
  asm("vpdpbusd %2, %1, %0" : "+v"(s.v) : "v"(c), "v"(q));
  return s;
#else
  return {_mm512_dpbusd_epi32(s.v, c, q)};
#endif
#else
  return {_mm512_add_epi32(s.v, _mm512_madd_epi16(_mm512_maddubs_epi16(c, q), _mm512_set1_epi16(1)))};
#endif
}
ENDCAP_INLINE uint32_t exceeds(Ints a, Ints b) { return _mm512_cmpgt_epi32_mask(a.v, b.v); }
ENDCAP_INLINE void storeWhole(int32_t* p, Lanes a) { _mm512_storeu_si512(p, _mm512_cvttps_epi32(a.v)); }

#elif ENDCAP_ISA_IS_avx2

struct Ints {
  __m256i v;
};
using Bytes = __m256i;
using Quad = __m256i;
constexpr uint32_t quadWords = 1;
ENDCAP_INLINE Ints wholeSplat(int32_t x) { return {_mm256_set1_epi32(x)}; }
ENDCAP_INLINE Ints loadWhole(const int32_t* p) { return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))}; }
ENDCAP_INLINE void storeWhole(int32_t* p, Ints a) { _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), a.v); }
ENDCAP_INLINE Bytes loadBytes(const uint8_t* p) { return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)); }
ENDCAP_INLINE Quad splatQuad(const int32_t* q) { return _mm256_set1_epi32(*q); }
ENDCAP_INLINE Ints dot4(Ints s, Bytes c, Quad q) {
  return {_mm256_add_epi32(s.v, _mm256_madd_epi16(_mm256_maddubs_epi16(c, q), _mm256_set1_epi16(1)))};
}
ENDCAP_INLINE uint32_t exceeds(Ints a, Ints b) {
  return uint32_t(_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpgt_epi32(a.v, b.v))));
}
ENDCAP_INLINE void storeWhole(int32_t* p, Lanes a) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm256_cvttps_epi32(a.v));
}

#elif ENDCAP_ISA_IS_sse2

struct Ints {
  __m128i v;
};
// Bytes 0 and 2 of each lane, and bytes 1 and 3, as 16-bit numbers.
struct Bytes {
  __m128i even, odd;
};
using Quad = Bytes;
constexpr uint32_t quadWords = 2;
ENDCAP_INLINE Ints wholeSplat(int32_t x) { return {_mm_set1_epi32(x)}; }
ENDCAP_INLINE Ints loadWhole(const int32_t* p) { return {_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))}; }
ENDCAP_INLINE void storeWhole(int32_t* p, Ints a) { _mm_storeu_si128(reinterpret_cast<__m128i*>(p), a.v); }
ENDCAP_INLINE Bytes loadBytes(const uint8_t* p) {
  const __m128i v = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return {_mm_and_si128(v, _mm_set1_epi16(0xFF)), _mm_srli_epi16(v, 8)};
}
ENDCAP_INLINE Quad splatQuad(const int32_t* q) { return {_mm_set1_epi32(q[0]), _mm_set1_epi32(q[1])}; }
ENDCAP_INLINE Ints dot4(Ints s, Bytes c, Quad q) {
  return {_mm_add_epi32(_mm_add_epi32(s.v, _mm_madd_epi16(c.even, q.even)), _mm_madd_epi16(c.odd, q.odd))};
}
ENDCAP_INLINE uint32_t exceeds(Ints a, Ints b) {
  return uint32_t(_mm_movemask_ps(_mm_castsi128_ps(_mm_cmpgt_epi32(a.v, b.v))));
}
ENDCAP_INLINE void storeWhole(int32_t* p, Lanes a) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm_cvttps_epi32(a.v));
}

#elif ENDCAP_ISA_IS_neon

struct Ints {
  int32x4_t v;
};
using Bytes = int8x16_t;
using Quad = int8x16_t;
constexpr uint32_t quadWords = 1;
ENDCAP_INLINE Ints wholeSplat(int32_t x) { return {vdupq_n_s32(x)}; }
ENDCAP_INLINE Ints loadWhole(const int32_t* p) { return {vld1q_s32(p)}; }
ENDCAP_INLINE void storeWhole(int32_t* p, Ints a) { vst1q_s32(p, a.v); }
ENDCAP_INLINE Bytes loadBytes(const uint8_t* p) { return vreinterpretq_s8_u8(vld1q_u8(p)); }
ENDCAP_INLINE Quad splatQuad(const int32_t* q) { return vreinterpretq_s8_s32(vdupq_n_s32(*q)); }
ENDCAP_INLINE Ints dot4(Ints s, Bytes c, Quad q) {
  const int16x8_t pairs = vpaddq_s16(vmull_s8(vget_low_s8(c), vget_low_s8(q)), vmull_high_s8(c, q));
  return {vpadalq_s16(s.v, pairs)};
}
ENDCAP_INLINE uint32_t exceeds(Ints a, Ints b) {
  const uint32_t bits[4] = {1, 2, 4, 8};
  return vaddvq_u32(vandq_u32(vcgtq_s32(a.v, b.v), vld1q_u32(bits)));
}
ENDCAP_INLINE void storeWhole(int32_t* p, Lanes a) { vst1q_s32(p, vcvtq_s32_f32(a.v)); }

#elif ENDCAP_ISA_IS_scalar

struct Ints {
  int32_t v[4];
};
using Bytes = const uint8_t*;
using Quad = const int8_t*;
constexpr uint32_t quadWords = 1;
ENDCAP_INLINE Ints wholeSplat(int32_t x) { return {{x, x, x, x}}; }
ENDCAP_INLINE Ints loadWhole(const int32_t* p) { return {{p[0], p[1], p[2], p[3]}}; }
ENDCAP_INLINE void storeWhole(int32_t* p, Ints a) {
  for (int i = 0; i < 4; i++) p[i] = a.v[i];
}
ENDCAP_INLINE Bytes loadBytes(const uint8_t* p) { return p; }
ENDCAP_INLINE Quad splatQuad(const int32_t* q) { return reinterpret_cast<const int8_t*>(q); }
ENDCAP_INLINE Ints dot4(Ints s, Bytes c, Quad q) {
  for (int i = 0; i < 4; i++)
    for (int j = 0; j < 4; j++) s.v[i] += c[4 * i + j] * q[j];
  return s;
}
ENDCAP_INLINE uint32_t exceeds(Ints a, Ints b) {
  uint32_t bits = 0;
  for (int i = 0; i < 4; i++) bits |= uint32_t(a.v[i] > b.v[i]) << i;
  return bits;
}
ENDCAP_INLINE void storeWhole(int32_t* p, Lanes a) {
  for (int i = 0; i < 4; i++) p[i] = int32_t(a.v[i]);
}

#endif

// Stores four values in the form that splatQuad reads.
ENDCAP_INLINE void storeQuad(const int32_t* values, int32_t* out) {
  const auto part = [](int32_t value, uint32_t bits, uint32_t at) { return (uint32_t(value) & ((1u << bits) - 1)) << at; };
  if (quadWords == 1) {
    out[0] = int32_t(part(values[0], 8, 0) | part(values[1], 8, 8) | part(values[2], 8, 16) | part(values[3], 8, 24));
  } else {
    out[0] = int32_t(part(values[0], 16, 0) | part(values[2], 16, 16));
    out[1] = int32_t(part(values[1], 16, 0) | part(values[3], 16, 16));
  }
}

}  // namespace
}  // namespace endcap
