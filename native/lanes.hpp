// A short vector of floats for one instruction set: load, store, fma, compare. Each build of kernels.cpp includes it once;
// ENDCAP_ISA names the set. Nothing here may come from the C++ library: if an inline function of the library is compiled with
// AVX-512, the linker may keep that copy, and a CPU without AVX-512 would run it.
#pragma once

#include <stddef.h>
#include <stdint.h>

#if ENDCAP_ISA_IS_avx512 || ENDCAP_ISA_IS_avx2 || ENDCAP_ISA_IS_sse2
#include <immintrin.h>
#elif ENDCAP_ISA_IS_neon
#include <arm_neon.h>
#endif

// After ENDCAP_SETTLE the compiler must load again what was just stored: that is cheaper than to shuffle single lanes out of
// a register.
#if defined(_MSC_VER) && !defined(__clang__)
#define ENDCAP_INLINE static __forceinline
#define ENDCAP_UNROLL
#define ENDCAP_SETTLE() _ReadWriteBarrier()
#include <intrin.h>
#else
#define ENDCAP_INLINE static inline __attribute__((always_inline))
#define ENDCAP_UNROLL _Pragma("GCC unroll 16")
#define ENDCAP_SETTLE() asm volatile("" ::: "memory")
#endif

// The C library's functions, not std::sqrt; compilers turn them into one instruction.
extern "C" float sqrtf(float);
extern "C" double sqrt(double);

namespace endcap {
namespace {

ENDCAP_INLINE float squareRoot(float x) { return sqrtf(x); }
ENDCAP_INLINE double squareRoot(double x) { return sqrt(x); }

#if ENDCAP_ISA_IS_avx512

struct Lanes {
  static constexpr int width = 16;
  __m512 v;
};
// The shapes of register tiles: of a scoring tile, queries and vectors of candidates; of a tile of eight rows of a product
// X'X, vectors; and of a tile of dot products with four rows, the other rows.
constexpr int tileQueries = 12, tileVectors = 2, outerVectors = 2, metRows = 4;
ENDCAP_INLINE Lanes load(const float* p) { return {_mm512_loadu_ps(p)}; }
ENDCAP_INLINE void store(float* p, Lanes a) { _mm512_storeu_ps(p, a.v); }
ENDCAP_INLINE Lanes splat(float x) { return {_mm512_set1_ps(x)}; }
ENDCAP_INLINE Lanes fma(Lanes a, Lanes b, Lanes c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
ENDCAP_INLINE Lanes operator+(Lanes a, Lanes b) { return {_mm512_add_ps(a.v, b.v)}; }
ENDCAP_INLINE Lanes operator-(Lanes a, Lanes b) { return {_mm512_sub_ps(a.v, b.v)}; }
ENDCAP_INLINE Lanes operator*(Lanes a, Lanes b) { return {_mm512_mul_ps(a.v, b.v)}; }
ENDCAP_INLINE Lanes operator/(Lanes a, Lanes b) { return {_mm512_div_ps(a.v, b.v)}; }
ENDCAP_INLINE Lanes squareRoot(Lanes a) { return {_mm512_sqrt_ps(a.v)}; }
ENDCAP_INLINE Lanes maximum(Lanes a, Lanes b) { return {_mm512_max_ps(a.v, b.v)}; }
ENDCAP_INLINE Lanes minimum(Lanes a, Lanes b) { return {_mm512_min_ps(a.v, b.v)}; }
// One bit for each lane: a > b.
ENDCAP_INLINE uint32_t greater(Lanes a, Lanes b) { return _mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ); }
// a where x > 0, else b.
ENDCAP_INLINE Lanes choose(Lanes x, Lanes a, Lanes b) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(x.v, _mm512_setzero_ps(), _CMP_GT_OQ), b.v, a.v)};
}
ENDCAP_INLINE bool equal(Lanes a, Lanes b) { return _mm512_cmp_ps_mask(a.v, b.v, _CMP_EQ_OQ) == 0xFFFF; }
// counts, and one more where a > b.
ENDCAP_INLINE Lanes countGreater(Lanes counts, Lanes a, Lanes b) {
  return {_mm512_mask_add_ps(counts.v, _mm512_cmp_ps_mask(a.v, b.v, _CMP_GT_OQ), counts.v, _mm512_set1_ps(1))};
}
// Copies those of a vector's pairs whose bits are 1 to the front of others; behind them, up to the length of a vector, it may
// write anything. The others may be the same, or begin before them. Returns how many pairs there are.
ENDCAP_INLINE uint32_t copyChosen(uint32_t bits, const uint32_t* rows, const float* values, uint32_t* toRows, float* toValues) {
  const __m512i chosenRows = _mm512_maskz_compress_epi32(__mmask16(bits), _mm512_loadu_si512(rows));
  _mm512_storeu_ps(toValues, _mm512_maskz_compress_ps(__mmask16(bits), _mm512_loadu_ps(values)));
  _mm512_storeu_si512(toRows, chosenRows);
  return uint32_t(_mm_popcnt_u32(bits));
}

// Adds neighboring lanes; the lanes of the result belong to a and b in turn.
ENDCAP_INLINE __m512 addPairs(__m512 a, __m512 b) {
  return _mm512_add_ps(_mm512_unpacklo_ps(a, b), _mm512_unpackhi_ps(a, b));
}
ENDCAP_INLINE __m512 addQuads(__m512 a, __m512 b, __m512 c, __m512 d) {
  const __m512d ab = _mm512_castps_pd(addPairs(a, b)), cd = _mm512_castps_pd(addPairs(c, d));
  return _mm512_add_ps(_mm512_castpd_ps(_mm512_unpacklo_pd(ab, cd)), _mm512_castpd_ps(_mm512_unpackhi_pd(ab, cd)));
}
// out[i] = sum of the lanes of a[i].
ENDCAP_INLINE void sums8(const Lanes* a, float* out) {
  const __m512 low = addQuads(a[0].v, a[1].v, a[2].v, a[3].v), high = addQuads(a[4].v, a[5].v, a[6].v, a[7].v);
  const __m512 folded = _mm512_add_ps(_mm512_shuffle_f32x4(low, high, 0x44), _mm512_shuffle_f32x4(low, high, 0xEE));
  const __m256 first = _mm512_castps512_ps256(folded), second = _mm512_extractf32x8_ps(folded, 1);
  const __m256 lowSums = _mm256_permute2f128_ps(first, second, 0x20), highSums = _mm256_permute2f128_ps(first, second, 0x31);
  _mm256_storeu_ps(out, _mm256_add_ps(lowSums, highSums));
}
ENDCAP_INLINE float sum(Lanes a) { return _mm512_reduce_add_ps(a.v); }

#elif ENDCAP_ISA_IS_avx2

struct Lanes {
  static constexpr int width = 8;
  __m256 v;
};
constexpr int tileQueries = 6, tileVectors = 2, outerVectors = 1, metRows = 2;
ENDCAP_INLINE Lanes load(const float* p) { return {_mm256_loadu_ps(p)}; }
ENDCAP_INLINE void store(float* p, Lanes a) { _mm256_storeu_ps(p, a.v); }
ENDCAP_INLINE Lanes splat(float x) { return {_mm256_set1_ps(x)}; }
ENDCAP_INLINE Lanes fma(Lanes a, Lanes b, Lanes c) { return {_mm256_fmadd_ps(a.v, b.v, c.v)}; }
ENDCAP_INLINE Lanes operator+(Lanes a, Lanes b) { return {_mm256_add_ps(a.v, b.v)}; }
ENDCAP_INLINE Lanes operator-(Lanes a, Lanes b) { return {_mm256_sub_ps(a.v, b.v)}; }
ENDCAP_INLINE Lanes operator*(Lanes a, Lanes b) { return {_mm256_mul_ps(a.v, b.v)}; }
ENDCAP_INLINE Lanes operator/(Lanes a, Lanes b) { return {_mm256_div_ps(a.v, b.v)}; }
ENDCAP_INLINE Lanes squareRoot(Lanes a) { return {_mm256_sqrt_ps(a.v)}; }
ENDCAP_INLINE Lanes maximum(Lanes a, Lanes b) { return {_mm256_max_ps(a.v, b.v)}; }
ENDCAP_INLINE Lanes minimum(Lanes a, Lanes b) { return {_mm256_min_ps(a.v, b.v)}; }
ENDCAP_INLINE uint32_t greater(Lanes a, Lanes b) {
  return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_cmp_ps(a.v, b.v, _CMP_GT_OQ)));
}
ENDCAP_INLINE Lanes choose(Lanes x, Lanes a, Lanes b) {
  return {_mm256_blendv_ps(b.v, a.v, _mm256_cmp_ps(x.v, _mm256_setzero_ps(), _CMP_GT_OQ))};
}
ENDCAP_INLINE bool equal(Lanes a, Lanes b) { return _mm256_movemask_ps(_mm256_cmp_ps(a.v, b.v, _CMP_EQ_OQ)) == 0xFF; }
ENDCAP_INLINE Lanes countGreater(Lanes counts, Lanes a, Lanes b) {
  return {_mm256_add_ps(counts.v, _mm256_and_ps(_mm256_cmp_ps(a.v, b.v, _CMP_GT_OQ), _mm256_set1_ps(1)))};
}
// The places of the bits of a byte that are 1, a byte each.
struct PlacesOfBits {
  uint64_t of[256];
};
constexpr PlacesOfBits placesOfBits() {
  PlacesOfBits places = {};
  for (uint32_t bits = 0; bits < 256; bits++)
    for (uint32_t place = 0, shift = 0; place < 8; place++) {
      if (!(bits >> place & 1)) continue;
      places.of[bits] |= uint64_t(place) << shift;
      shift += 8;
    }
  return places;
}
constexpr PlacesOfBits places = placesOfBits();
ENDCAP_INLINE uint32_t copyChosen(uint32_t bits, const uint32_t* rows, const float* values, uint32_t* toRows, float* toValues) {
  const __m256i order = _mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(places.of + bits)));
  const __m256i row = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(rows));
  _mm256_storeu_ps(toValues, _mm256_permutevar8x32_ps(_mm256_loadu_ps(values), order));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(toRows), _mm256_permutevar8x32_epi32(row, order));
  return uint32_t(_mm_popcnt_u32(bits));
}

ENDCAP_INLINE __m256 addQuads(__m256 a, __m256 b, __m256 c, __m256 d) {
  return _mm256_hadd_ps(_mm256_hadd_ps(a, b), _mm256_hadd_ps(c, d));
}
ENDCAP_INLINE void sums8(const Lanes* a, float* out) {
  const __m256 low = addQuads(a[0].v, a[1].v, a[2].v, a[3].v), high = addQuads(a[4].v, a[5].v, a[6].v, a[7].v);
  _mm256_storeu_ps(out, _mm256_add_ps(_mm256_permute2f128_ps(low, high, 0x20), _mm256_permute2f128_ps(low, high, 0x31)));
}
ENDCAP_INLINE float sum(Lanes a) {
  const __m128 half = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  const __m128 quarter = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(quarter, _mm_shuffle_ps(quarter, quarter, 1)));
}

#elif ENDCAP_ISA_IS_sse2

struct Lanes {
  static constexpr int width = 4;
  __m128 v;
};
constexpr int tileQueries = 4, tileVectors = 2, outerVectors = 1, metRows = 2;
ENDCAP_INLINE Lanes load(const float* p) { return {_mm_loadu_ps(p)}; }
ENDCAP_INLINE void store(float* p, Lanes a) { _mm_storeu_ps(p, a.v); }
ENDCAP_INLINE Lanes splat(float x) { return {_mm_set1_ps(x)}; }
ENDCAP_INLINE Lanes fma(Lanes a, Lanes b, Lanes c) { return {_mm_add_ps(_mm_mul_ps(a.v, b.v), c.v)}; }
ENDCAP_INLINE Lanes operator+(Lanes a, Lanes b) { return {_mm_add_ps(a.v, b.v)}; }
ENDCAP_INLINE Lanes operator-(Lanes a, Lanes b) { return {_mm_sub_ps(a.v, b.v)}; }
ENDCAP_INLINE Lanes operator*(Lanes a, Lanes b) { return {_mm_mul_ps(a.v, b.v)}; }
ENDCAP_INLINE Lanes operator/(Lanes a, Lanes b) { return {_mm_div_ps(a.v, b.v)}; }
ENDCAP_INLINE Lanes squareRoot(Lanes a) { return {_mm_sqrt_ps(a.v)}; }
ENDCAP_INLINE Lanes maximum(Lanes a, Lanes b) { return {_mm_max_ps(a.v, b.v)}; }
ENDCAP_INLINE Lanes minimum(Lanes a, Lanes b) { return {_mm_min_ps(a.v, b.v)}; }
ENDCAP_INLINE uint32_t greater(Lanes a, Lanes b) { return static_cast<uint32_t>(_mm_movemask_ps(_mm_cmpgt_ps(a.v, b.v))); }
ENDCAP_INLINE Lanes choose(Lanes x, Lanes a, Lanes b) {
  const __m128 positive = _mm_cmpgt_ps(x.v, _mm_setzero_ps());
  return {_mm_or_ps(_mm_and_ps(positive, a.v), _mm_andnot_ps(positive, b.v))};
}
ENDCAP_INLINE bool equal(Lanes a, Lanes b) { return _mm_movemask_ps(_mm_cmpeq_ps(a.v, b.v)) == 0xF; }
ENDCAP_INLINE Lanes countGreater(Lanes counts, Lanes a, Lanes b) {
  return {_mm_add_ps(counts.v, _mm_and_ps(_mm_cmpgt_ps(a.v, b.v), _mm_set1_ps(1)))};
}

ENDCAP_INLINE __m128 addQuads(__m128 a, __m128 b, __m128 c, __m128 d) {
  const __m128 ab = _mm_add_ps(_mm_unpacklo_ps(a, b), _mm_unpackhi_ps(a, b));
  const __m128 cd = _mm_add_ps(_mm_unpacklo_ps(c, d), _mm_unpackhi_ps(c, d));
  return _mm_add_ps(_mm_movelh_ps(ab, cd), _mm_movehl_ps(cd, ab));
}
ENDCAP_INLINE void sums8(const Lanes* a, float* out) {
  _mm_storeu_ps(out, addQuads(a[0].v, a[1].v, a[2].v, a[3].v));
  _mm_storeu_ps(out + 4, addQuads(a[4].v, a[5].v, a[6].v, a[7].v));
}
ENDCAP_INLINE float sum(Lanes a) {
  const __m128 half = _mm_add_ps(a.v, _mm_movehl_ps(a.v, a.v));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_shuffle_ps(half, half, 1)));
}

#elif ENDCAP_ISA_IS_neon

struct Lanes {
  static constexpr int width = 4;
  float32x4_t v;
};
constexpr int tileQueries = 6, tileVectors = 4, outerVectors = 2, metRows = 4;
ENDCAP_INLINE Lanes load(const float* p) { return {vld1q_f32(p)}; }
ENDCAP_INLINE void store(float* p, Lanes a) { vst1q_f32(p, a.v); }
ENDCAP_INLINE Lanes splat(float x) { return {vdupq_n_f32(x)}; }
ENDCAP_INLINE Lanes fma(Lanes a, Lanes b, Lanes c) { return {vfmaq_f32(c.v, a.v, b.v)}; }
ENDCAP_INLINE Lanes operator+(Lanes a, Lanes b) { return {vaddq_f32(a.v, b.v)}; }
ENDCAP_INLINE Lanes operator-(Lanes a, Lanes b) { return {vsubq_f32(a.v, b.v)}; }
ENDCAP_INLINE Lanes operator*(Lanes a, Lanes b) { return {vmulq_f32(a.v, b.v)}; }
ENDCAP_INLINE Lanes operator/(Lanes a, Lanes b) { return {vdivq_f32(a.v, b.v)}; }
ENDCAP_INLINE Lanes squareRoot(Lanes a) { return {vsqrtq_f32(a.v)}; }
ENDCAP_INLINE Lanes maximum(Lanes a, Lanes b) { return {vmaxq_f32(a.v, b.v)}; }
ENDCAP_INLINE Lanes minimum(Lanes a, Lanes b) { return {vminq_f32(a.v, b.v)}; }
ENDCAP_INLINE uint32_t greater(Lanes a, Lanes b) {
  const uint32_t bits[4] = {1, 2, 4, 8};
  return vaddvq_u32(vandq_u32(vcgtq_f32(a.v, b.v), vld1q_u32(bits)));
}
ENDCAP_INLINE Lanes choose(Lanes x, Lanes a, Lanes b) { return {vbslq_f32(vcgtq_f32(x.v, vdupq_n_f32(0)), a.v, b.v)}; }
ENDCAP_INLINE bool equal(Lanes a, Lanes b) { return vminvq_u32(vceqq_f32(a.v, b.v)) != 0; }
ENDCAP_INLINE Lanes countGreater(Lanes counts, Lanes a, Lanes b) {
  return {vaddq_f32(counts.v, vbslq_f32(vcgtq_f32(a.v, b.v), vdupq_n_f32(1), vdupq_n_f32(0)))};
}
ENDCAP_INLINE void sums8(const Lanes* a, float* out) {
  for (int i = 0; i < 8; i += 4)
    vst1q_f32(out + i, vpaddq_f32(vpaddq_f32(a[i].v, a[i + 1].v), vpaddq_f32(a[i + 2].v, a[i + 3].v)));
}
ENDCAP_INLINE float sum(Lanes a) { return vaddvq_f32(a.v); }

#elif ENDCAP_ISA_IS_scalar

struct Lanes {
  static constexpr int width = 4;
  float v[4];
};
constexpr int tileQueries = 2, tileVectors = 2, outerVectors = 1, metRows = 2;
#define ENDCAP_EACH(expression) \
  Lanes r;                      \
  for (int i = 0; i < 4; i++) r.v[i] = (expression); \
  return r
ENDCAP_INLINE Lanes load(const float* p) { ENDCAP_EACH(p[i]); }
ENDCAP_INLINE void store(float* p, Lanes a) {
  for (int i = 0; i < 4; i++) p[i] = a.v[i];
}
ENDCAP_INLINE Lanes splat(float x) { ENDCAP_EACH(x); }
ENDCAP_INLINE Lanes fma(Lanes a, Lanes b, Lanes c) { ENDCAP_EACH(a.v[i] * b.v[i] + c.v[i]); }
ENDCAP_INLINE Lanes operator+(Lanes a, Lanes b) { ENDCAP_EACH(a.v[i] + b.v[i]); }
ENDCAP_INLINE Lanes operator-(Lanes a, Lanes b) { ENDCAP_EACH(a.v[i] - b.v[i]); }
ENDCAP_INLINE Lanes operator*(Lanes a, Lanes b) { ENDCAP_EACH(a.v[i] * b.v[i]); }
ENDCAP_INLINE Lanes operator/(Lanes a, Lanes b) { ENDCAP_EACH(a.v[i] / b.v[i]); }
ENDCAP_INLINE Lanes squareRoot(Lanes a) { ENDCAP_EACH(squareRoot(a.v[i])); }
ENDCAP_INLINE Lanes maximum(Lanes a, Lanes b) { ENDCAP_EACH(a.v[i] > b.v[i] ? a.v[i] : b.v[i]); }
ENDCAP_INLINE Lanes minimum(Lanes a, Lanes b) { ENDCAP_EACH(a.v[i] < b.v[i] ? a.v[i] : b.v[i]); }
ENDCAP_INLINE uint32_t greater(Lanes a, Lanes b) {
  uint32_t bits = 0;
  for (int i = 0; i < 4; i++) bits |= static_cast<uint32_t>(a.v[i] > b.v[i]) << i;
  return bits;
}
ENDCAP_INLINE Lanes choose(Lanes x, Lanes a, Lanes b) { ENDCAP_EACH(x.v[i] > 0 ? a.v[i] : b.v[i]); }
ENDCAP_INLINE bool equal(Lanes a, Lanes b) {
  return a.v[0] == b.v[0] && a.v[1] == b.v[1] && a.v[2] == b.v[2] && a.v[3] == b.v[3];
}
ENDCAP_INLINE Lanes countGreater(Lanes counts, Lanes a, Lanes b) { ENDCAP_EACH(counts.v[i] + (a.v[i] > b.v[i] ? 1.0f : 0.0f)); }
ENDCAP_INLINE float sum(Lanes a) { return (a.v[0] + a.v[2]) + (a.v[1] + a.v[3]); }
ENDCAP_INLINE void sums8(const Lanes* a, float* out) {
  for (int i = 0; i < 8; i++) out[i] = sum(a[i]);
}

#else
#error "ENDCAP_ISA_IS_<isa> names no known instruction set"
#endif

#if !ENDCAP_ISA_IS_avx512 && !ENDCAP_ISA_IS_avx2
ENDCAP_INLINE uint32_t copyChosen(uint32_t bits, const uint32_t* rows, const float* values, uint32_t* toRows, float* toValues) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < Lanes::width; i++) {
    toRows[count] = rows[i];
    toValues[count] = values[i];
    count += bits >> i & 1;
  }
  return count;
}
#endif

ENDCAP_INLINE uint32_t lowestBit(uint64_t bits) {
#if defined(_MSC_VER) && !defined(__clang__)
  unsigned long index;
  _BitScanForward64(&index, bits);
  return index;
#else
  return uint32_t(__builtin_ctzll(bits));
#endif
}

ENDCAP_INLINE void prefetch(const float* p) {
#if defined(__GNUC__) || defined(__clang__)
  __builtin_prefetch(p);
#elif ENDCAP_ISA_IS_avx512 || ENDCAP_ISA_IS_avx2 || ENDCAP_ISA_IS_sse2
  _mm_prefetch(reinterpret_cast<const char*>(p), _MM_HINT_T0);
#else
  (void)p;
#endif
}
ENDCAP_INLINE void fetchLines(const void* numbers, uint32_t length) {
  for (uint32_t at = 0; at < length; at += 16) prefetch(static_cast<const float*>(numbers) + at);
}

}  // namespace
}  // namespace endcap
