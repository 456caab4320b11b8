// Factors as bytes: panels of candidates, and tiles of queries.
//
// Why none is lost. With a query q = s q' + d and a candidate c = t c' + e, where q' and c' are whole numbers,
//   q.c / (s t)  =  q'.c' + (q / s).(e / t) + (d / s).c'  <=  q'.c' + |q / s| |e / t| + |d / s| |c'|
// (Cauchy-Schwarz). A candidate whose right side is below threshold / (s t) is out. Rounding of the score itself and of
// this test is below (factors + 32) 2^-23 |q| |c|, which is added to |d|, and two units more.
#pragma once

#include "bytes.hpp"
#include "kernels.hpp"
#include "vectors.hpp"

namespace endcap {
namespace {

constexpr uint32_t mostFactors = 2048;
constexpr float lowest = -__builtin_huge_valf();

// A panel begins with what is true of all its candidates, and then holds their values, four to a word: word
// panelHead + 16 * (k / 4) + i has the values k .. k + 3 of candidate i.
constexpr uint32_t panelHead = 16;
enum PanelHead { inverseScale, largestError, largestLength, largestNorm };
// Such an error or length leaves nothing out: panels and queries whose numbers are too large or too small to trust.
constexpr float unbounded = 1e30f;
constexpr float smallestScale = 1e-15f, largestValue = 1e30f;

ENDCAP_INLINE uint32_t quadsOf(uint32_t factors) { return (factors + 3) / 4; }
ENDCAP_INLINE uint32_t panelWords(uint32_t factors) { return panelHead + panelWidth * quadsOf(factors); }

// The largest magnitude; NaN where a value is not finite.
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

// Rounds x * inverse to whole numbers, at most 127 in magnitude, whose sums come with those of the squares of what they
// are and of what is lost.
struct Rounded {
  float lost, squares;
};
ENDCAP_INLINE Rounded roundAll(const float* x, float inverse, uint32_t length, int32_t* out) {
  // Adding and taking away 1.5 x 2^23 leaves no room for a fraction.
  const Lanes magic = splat(12582912);
  Lanes lost = splat(0), squares = splat(0);
  for (uint32_t k = 0; k < length; k += Lanes::width) {
    const Lanes value = load(x + k) * splat(inverse), whole = (value + magic) - magic;
    lost = fma(value - whole, value - whole, lost);
    squares = fma(whole, whole, squares);
    storeWhole(out + k, whole);
  }
  return {sum(lost), sum(squares)};
}

uint32_t pack(const float* candidates, const uint32_t* order, uint32_t count, uint32_t stride, uint32_t factors,
              float* packed, uint32_t begin, uint32_t end) {
  int32_t values[mostFactors];
  for (uint32_t panel = begin; panel < end; panel++) {
    float* head = packed + size_t(panel) * panelWords(factors);
    uint8_t* bytes = reinterpret_cast<uint8_t*>(head + panelHead);
    const uint32_t first = panel * panelWidth, length = count - first < panelWidth ? count - first : panelWidth;
    float most = 0, lost = 0, squares = 0;
    for (uint32_t i = 0; i < length; i++) {
      const float m = largest(candidates + size_t(order[first + i]) * stride, stride);
      if (!finite(m)) return 1;
      most = m > most ? m : most;
    }
    const float scale = most / candidateBytes > smallestScale ? most / candidateBytes : smallestScale;
    const float inverse = 1 / scale;
    for (uint32_t i = 0; i < panelWidth; i++) {
      if (i < length) {
        const Rounded r = roundAll(candidates + size_t(order[first + i]) * stride, inverse, stride, values);
        lost = r.lost > lost ? r.lost : lost;
        squares = r.squares > squares ? r.squares : squares;
      }
      for (uint32_t k = 0; k < 4 * quadsOf(factors); k++)
        bytes[(k / 4 * panelWidth + i) * 4 + k % 4] = uint8_t((i < length ? values[k] : 0) + byteOffset);
    }
    for (uint32_t k = 0; k < panelHead; k++) head[k] = 0;
    head[inverseScale] = inverse;
    head[largestError] = 1.001f * squareRoot(lost);
    head[largestLength] = most > largestValue ? unbounded : 1.001f * squareRoot(squares);
    head[largestNorm] = scale * (head[largestError] + head[largestLength]);
  }
  return 0;
}

// Queries that are swept together, a column of these arrays each.
constexpr uint32_t tileWidth = 16;
struct Tile {
  float bars[tileWidth];       // threshold / s
  float lengths[tileWidth];    // |q / s|
  float errors[tileWidth];     // |d / s| and the slack for rounding
  float scales[tileWidth];     // s
  int32_t offsets[tileWidth];  // what the candidates' +64 adds to a sum of products
};

ENDCAP_INLINE void setBar(Tile& tile, uint32_t r, float threshold) {
  const float bar = threshold / tile.scales[r];
  tile.bars[r] = bar > 3e37f ? 3e37f : bar < -3e37f ? -3e37f : bar;
}

// Puts a query's values as bytes, s and the rest into column r of a tile. Returns false where they are not finite.
ENDCAP_INLINE bool packQuery(const float* q, uint32_t stride, uint32_t factors, uint32_t width, Tile& tile, uint32_t r,
                             int32_t* quads) {
  const float most = largest(q, stride);
  if (!finite(most)) return false;
  const bool trusted = most > smallestScale && most < largestValue;
  const float scale = trusted ? most / queryBytes : 1;
  int32_t values[mostFactors], sum = 0;
  const Rounded rounded = roundAll(q, trusted ? 1 / scale : 0, stride, values);
  for (uint32_t k = 0; k < factors; k += 4) {
    storeQuad(values + k, quads + (size_t(k / 4) * width + r) * quadWords);
    sum += values[k] + values[k + 1] + values[k + 2] + values[k + 3];
  }
  const float error = 1.001f * squareRoot(rounded.lost);
  tile.scales[r] = scale;
  tile.lengths[r] = trusted ? error + 1.001f * squareRoot(rounded.squares) : unbounded;
  tile.errors[r] = trusted ? error + float(factors + 32) * 0x1p-23f * tile.lengths[r] : unbounded;
  tile.offsets[r] = byteOffset * sum;
  setBar(tile, r, lowest);
  return true;
}

// A column that no candidate has a chance in.
ENDCAP_INLINE void closeColumn(Tile& tile, uint32_t r) {
  tile.scales[r] = 1;
  tile.lengths[r] = tile.errors[r] = 0;
  tile.offsets[r] = 0;
  setBar(tile, r, -lowest);
}

}  // namespace
}  // namespace endcap
