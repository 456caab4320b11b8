// Which of 64 bytes are equal to a byte, as bits, for one instruction set: what finds the ends of cells.
#pragma once

#include "lanes.hpp"

namespace endcap {
namespace {

// Bytes after a text that may be read.
constexpr uint32_t textPadding = 64;

#if ENDCAP_ISA_IS_avx512

struct Bytes64 {
  __m512i v;
};
ENDCAP_INLINE Bytes64 load64(const uint8_t* p) { return {_mm512_loadu_si512(p)}; }
ENDCAP_INLINE uint64_t equal64(Bytes64 a, uint8_t byte) {
  return _mm512_cmpeq_epi8_mask(a.v, _mm512_set1_epi8(static_cast<char>(byte)));
}

#elif ENDCAP_ISA_IS_avx2

struct Bytes64 {
  __m256i v[2];
};
ENDCAP_INLINE Bytes64 load64(const uint8_t* p) {
  const __m256i* const all = reinterpret_cast<const __m256i*>(p);
  return {{_mm256_loadu_si256(all), _mm256_loadu_si256(all + 1)}};
}
ENDCAP_INLINE uint64_t equal64(Bytes64 a, uint8_t byte) {
  const __m256i b = _mm256_set1_epi8(static_cast<char>(byte));
  const uint32_t low = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(a.v[0], b)));
  const uint32_t high = static_cast<uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(a.v[1], b)));
  return low | uint64_t(high) << 32;
}

#elif ENDCAP_ISA_IS_sse2

struct Bytes64 {
  __m128i v[4];
};
ENDCAP_INLINE Bytes64 load64(const uint8_t* p) {
  const __m128i* const all = reinterpret_cast<const __m128i*>(p);
  return {{_mm_loadu_si128(all), _mm_loadu_si128(all + 1), _mm_loadu_si128(all + 2), _mm_loadu_si128(all + 3)}};
}
ENDCAP_INLINE uint64_t equal64(Bytes64 a, uint8_t byte) {
  const __m128i b = _mm_set1_epi8(static_cast<char>(byte));
  uint64_t bits = 0;
  for (int i = 0; i < 4; i++)
    bits |= uint64_t(static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(a.v[i], b)))) << (16 * i);
  return bits;
}

#elif ENDCAP_ISA_IS_neon

struct Bytes64 {
  uint8x16_t v[4];
};
ENDCAP_INLINE Bytes64 load64(const uint8_t* p) {
  return {{vld1q_u8(p), vld1q_u8(p + 16), vld1q_u8(p + 32), vld1q_u8(p + 48)}};
}
ENDCAP_INLINE uint64_t equal64(Bytes64 a, uint8_t byte) {
  // Each byte keeps the bit of its place among eight; three rounds of adding neighbours make eight bytes one.
  const uint8x16_t b = vdupq_n_u8(byte), place = vreinterpretq_u8_u64(vdupq_n_u64(0x8040201008040201));
  const uint8x16_t low = vpaddq_u8(vandq_u8(vceqq_u8(a.v[0], b), place), vandq_u8(vceqq_u8(a.v[1], b), place));
  const uint8x16_t high = vpaddq_u8(vandq_u8(vceqq_u8(a.v[2], b), place), vandq_u8(vceqq_u8(a.v[3], b), place));
  const uint8x16_t both = vpaddq_u8(low, high);
  return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(both, both)), 0);
}

#endif

// `length` bytes at p, at most eight, as one number: the first is the lowest. Eight bytes can be read.
ENDCAP_INLINE uint64_t word64(const uint8_t* p) {
  uint64_t word = 0;
  for (int i = 0; i < 8; i++) word |= uint64_t(p[i]) << (8 * i);
  return word;
}
ENDCAP_INLINE uint64_t word64(const uint8_t* p, uint32_t length) {
  return length ? word64(p) & ~uint64_t(0) >> (64 - 8 * length) : 0;
}

#if ENDCAP_ISA_IS_scalar

struct Bytes64 {
  const uint8_t* p;
};
ENDCAP_INLINE Bytes64 load64(const uint8_t* p) { return {p}; }
ENDCAP_INLINE uint64_t equal64(Bytes64 a, uint8_t byte) {
  const uint64_t ones = 0x0101010101010101, sevens = 0x7F7F7F7F7F7F7F7F;
  uint64_t bits = 0;
  for (int i = 0; i < 8; i++) {
    const uint64_t other = word64(a.p + 8 * i) ^ ones * byte;
    // 1 for each byte that is zero; the product moves them to the highest byte, in order.
    const uint64_t zero = ~(((other & sevens) + sevens) | other | sevens) >> 7;
    bits |= (zero * 0x0102040810204080) >> 56 << (8 * i);
  }
  return bits;
}

#endif

ENDCAP_INLINE uint32_t countBits(uint64_t x) {
  uint32_t count = 0;
  for (; x; x &= x - 1) count++;
  return count;
}

}  // namespace
}  // namespace endcap
