// Factors as bytes: panels of candidates, and tiles of queries.
//
// Why no candidate is lost. With a query q = s q' + d and a candidate c = t c' + e, where q' and c' are whole numbers,
//   q.c / (s t)  =  q'.c' + (q / s).(e / t) + (d / s).c'  <=  q'.c' + |q / s| |e / t| + |d / s| |c'|
// (Cauchy-Schwarz). If the right side is below bar / (s t), the dot product cannot reach the bar and the candidate is out.
// The dot product itself and this test round by less than (factors + 32) 2^-23 |q| |c|, which is added to |d|, plus two
// units.
//
// If scores are dot products, the bar is the query's threshold T, the score of the last candidate on its list. If scores are
// root * sqrt(max(0, q.c)) + prior, let P be the largest prior of the panel. Scores grow with the dot product and with the
// prior, rounded or not, so that
//   q.c < ((T - P) / root)^2 and T > P  =>  score < T,
// and the bar is that square; if T <= P, it is below all numbers. If candidates may have a bonus of at most B, T is lowered
// by B. To allow for rounding, T and B are made worse by a millionth of their size, and so is P, which is sixteen times what
// a sum may lose. The square is made smaller by one part in 100,000, about eighty roundings; the square root and the product
// with root lose one each, the bar itself eight.
#pragma once

#include "bytes.hpp"
#include "kernels.hpp"
#include "vectors.hpp"

namespace endcap {
namespace {

// A panel begins with what holds for all its candidates, followed by their values, four to a word: word
// panelHead + 16 * (k / 4) + i has the values k .. k + 3 of candidate i.
// Model files have panels (src/model/file/panels.ts): another layout needs another name for their tensor.
constexpr uint32_t panelHead = 16;
enum PanelHead { inverseScale, largestError, largestLength, largestNorm, largestPrior, sharedGroup };
// The group of all candidates of a panel as a word of its head; noGroup if they differ.
union PanelGroup {
  float word;
  uint32_t group;
};
// With this error or length no candidate is left out: for panels and queries whose numbers are too large or too small.
constexpr float unbounded = 1e30f;
constexpr float smallestScale = 1e-15f, largestValue = 1e30f;
// The root of a sum of squares is raised by this factor, since the sum is rounded.
constexpr float rootMargin = 1.001f;
// What a threshold or a prior may lose by rounding, relative to its size.
constexpr float slack = 1e-6f;
// The square in a bar is lowered by this factor, since it is rounded.
constexpr float squareMargin = 0.99999f;
// Rounding takes less than (factors + dotRoundings) * dotRounding of |q| |c| from a dot product.
constexpr uint32_t dotRoundings = 32;
constexpr float dotRounding = 0x1p-23f;
// Products of larger numbers would overflow.
constexpr float farAway = 3e37f, largestGap = 1e15f, largestInverse = 1e30f;

ENDCAP_INLINE uint32_t quadsOf(uint32_t factors) { return (factors + 3) / 4; }
ENDCAP_INLINE uint32_t panelWords(uint32_t factors) { return panelHead + panelWidth * quadsOf(factors); }

// Rounds x * inverse to whole numbers of at most 127 in magnitude. Returns the sum of the squares of what rounding takes,
// and that of the squares of the whole numbers.
struct Rounded {
  float lost, squares;
};
ENDCAP_INLINE Rounded roundAll(const float* x, float inverse, uint32_t length, int32_t* out) {
  // At 1.5 x 2^23, floats have no bits for a fraction.
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
              const float* priors, const uint32_t* groups, float* packed, uint32_t begin, uint32_t end) {
  int32_t values[maxFactors];
  for (uint32_t panel = begin; panel < end; panel++) {
    float* head = packed + size_t(panel) * panelWords(factors);
    uint8_t* bytes = reinterpret_cast<uint8_t*>(head + panelHead);
    const uint32_t first = panel * panelWidth, length = count - first < panelWidth ? count - first : panelWidth;
    float most = 0, lost = 0, squares = 0, highest = lowest;
    for (uint32_t i = 0; i < length; i++) {
      const float m = largest(candidates + size_t(order[first + i]) * stride, stride);
      const float prior = priors ? priors[order[first + i]] : 0;
      if (!finite(m) || !finite(prior)) return 1;
      most = m > most ? m : most;
      highest = prior > highest ? prior : highest;
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
    uint32_t group = groups ? groups[order[first]] : noGroup;
    for (uint32_t i = 1; i < length; i++)
      if (groups && groups[order[first + i]] != group) group = noGroup;
    for (uint32_t k = 0; k < panelHead; k++) head[k] = 0;
    head[inverseScale] = inverse;
    head[largestError] = rootMargin * squareRoot(lost);
    head[largestLength] = most > largestValue ? unbounded : rootMargin * squareRoot(squares);
    head[largestNorm] = scale * (head[largestError] + head[largestLength]);
    head[largestPrior] = highest + slack * magnitude(highest);
    PanelGroup shared;
    shared.group = group;
    head[sharedGroup] = shared.word;
  }
  return 0;
}

// Queries that are swept at a time; each has a column of these arrays. The last tile may have fewer queries than columns:
// the sweep looks at no other column, whatever its numbers are.
constexpr uint32_t tileWidth = 16;
struct Tile {
  float bars[tileWidth];       // threshold / s, or with priors, the threshold
  float inverses[tileWidth];   // 1 / s, or with priors, 1 / (root^2 s)
  float lengths[tileWidth];    // |q / s|
  float errors[tileWidth];     // |d / s| and the allowance for rounding
  int32_t offsets[tileWidth];  // what the +64 of candidates adds to a sum of products
};

// What `bars` has for this threshold.
ENDCAP_INLINE float barAt(const Tile& tile, uint32_t r, float threshold, bool ranked, float allowance) {
  const float bar = ranked ? threshold - allowance - slack * (magnitude(threshold) + allowance) : threshold * tile.inverses[r];
  // A query that is too large or too small for bytes rules out nothing, and neither does a threshold that is not a number.
  return tile.lengths[r] == unbounded || !(bar > -farAway) ? -farAway : bar < farAway ? bar : farAway;
}

// The same for several thresholds, if the query is not too large or too small for bytes.
ENDCAP_INLINE Lanes barsAt(const Tile& tile, uint32_t r, Lanes thresholds, bool ranked, float allowance) {
  const Lanes sizes = maximum(thresholds, splat(0) - thresholds) + splat(allowance);
  const Lanes bars = ranked ? thresholds - splat(allowance) - splat(slack) * sizes : thresholds * splat(tile.inverses[r]);
  return minimum(maximum(bars, splat(-farAway)), splat(farAway));
}

// The dot products, divided by s, that candidates must reach for these bars; with priors, candidates with at most this prior.
ENDCAP_INLINE Lanes toReach(Lanes bars, Lanes inverses, bool ranked, float prior) {
  if (!ranked) return bars;
  const Lanes gap = bars - splat(prior), near = minimum(gap, splat(largestGap));
  return choose(gap, minimum(near * near * inverses, splat(farAway)), splat(-farAway));
}

// The same for the queries of a tile from column r on.
ENDCAP_INLINE Lanes barsOf(const Tile& tile, uint32_t r, bool ranked, float prior) {
  return toReach(load(tile.bars + r), load(tile.inverses + r), ranked, prior);
}

// Puts a query's values as bytes, s, and the rest into column r of a tile. Returns false if the query is not finite.
ENDCAP_INLINE bool packQuery(const float* q, uint32_t stride, uint32_t factors, bool ranked, float root, uint32_t width,
                             Tile& tile, uint32_t r, int32_t* quads) {
  const float most = largest(q, stride);
  if (!finite(most)) return false;
  const bool trusted = most > smallestScale && most < largestValue;
  const float scale = trusted ? most / queryBytes : 1;
  int32_t values[maxFactors], sum = 0;
  const Rounded rounded = roundAll(q, trusted ? 1 / scale : 0, stride, values);
  for (uint32_t k = 0; k < factors; k += 4) {
    storeQuad(values + k, quads + (size_t(k / 4) * width + r) * quadWords);
    sum += values[k] + values[k + 1] + values[k + 2] + values[k + 3];
  }
  const float error = rootMargin * squareRoot(rounded.lost), inverse = ranked ? squareMargin / (root * root * scale) : 1 / scale;
  // With a root of zero, no dot product reaches the bar.
  tile.inverses[r] = inverse < largestInverse ? inverse : largestInverse;
  tile.lengths[r] = trusted ? error + rootMargin * squareRoot(rounded.squares) : unbounded;
  tile.errors[r] = trusted ? error + float(factors + dotRoundings) * dotRounding * tile.lengths[r] : unbounded;
  tile.offsets[r] = byteOffset * sum;
  tile.bars[r] = barAt(tile, r, lowest, false, 0);
  return true;
}

}  // namespace
}  // namespace endcap
