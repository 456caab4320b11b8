// The item-item term: what a customer's purchases add to the scores of the products that other customers buy with them.
#pragma once

#include <string.h>

#include "kernels.hpp"
#include "selection.hpp"

namespace endcap {
namespace {

// The sum of a product that is no purchase's neighbour. Sums of other numbers are never -0.
constexpr float untouched = -0.0f;

ENDCAP_INLINE uint32_t bitsOf(float x) {
  const ScoreBits s = {x};
  return s.bits;
}

ENDCAP_INLINE float ofBits(uint32_t bits) {
  ScoreBits s;
  s.bits = bits;
  return s.score;
}

// What follows reads as many values at a time. Zeros fill the last of these vectors.
constexpr uint32_t valuesAtOnce = 4 * Lanes::width;

ENDCAP_INLINE uint32_t countAbove(const float* values, uint32_t length, float bound) {
  Lanes counts[4];
  ENDCAP_UNROLL
  for (int v = 0; v < 4; v++) counts[v] = splat(0);
  for (uint32_t i = 0; i < length; i += valuesAtOnce) {
    ENDCAP_UNROLL
    for (int v = 0; v < 4; v++) counts[v] = countGreater(counts[v], load(values + i + v * Lanes::width), splat(bound));
  }
  return uint32_t(sum((counts[0] + counts[1]) + (counts[2] + counts[3])));
}

// The largest bound above 0 that at least `most` values reach, if so many are above 0; else the least number above 0. Such
// floats are in the order of their bits. most >= 1.
ENDCAP_INLINE float boundOf(const float* values, uint32_t length, uint32_t most) {
  Lanes highest[4];
  ENDCAP_UNROLL
  for (int v = 0; v < 4; v++) highest[v] = splat(0);
  for (uint32_t i = 0; i < length; i += valuesAtOnce) {
    ENDCAP_UNROLL
    for (int v = 0; v < 4; v++) highest[v] = maximum(highest[v], load(values + i + v * Lanes::width));
  }
  float lanes[Lanes::width], largest = 0;
  store(lanes, maximum(maximum(highest[0], highest[1]), maximum(highest[2], highest[3])));
  for (float lane : lanes) largest = lane > largest ? lane : largest;
  // Fewer than `most` are above `high`, and not fewer above `low`, which begins a few powers of two below.
  uint32_t low = 0, high = bitsOf(largest);
  for (uint32_t step = 1 << 23; step < high; step *= 2) {
    const uint32_t above = countAbove(values, length, ofBits(high - step));
    if (above == most) return ofBits(high - step + 1);
    if (above > most) {
      low = high - step;
      break;
    }
    high -= step;
  }
  while (high - low > 1) {
    const uint32_t middle = low + (high - low) / 2, above = countAbove(values, length, ofBits(middle));
    if (above == most) return ofBits(middle + 1);
    low = above > most ? middle : low;
    high = above > most ? high : middle;
  }
  return ofBits(high ? high : 1);
}

// The highest of the `most` lowest rows, which differ.
ENDCAP_INLINE uint32_t lastOf(const uint32_t* rows, uint32_t length, uint32_t most, uint32_t count) {
  uint32_t low = 0, high = count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    uint32_t within = 0;
    for (uint32_t i = 0; i < length; i++) within += rows[i] <= middle;
    if (within >= most) high = middle;
    else low = middle + 1;
  }
  return low;
}

// Of pairs of which more than `most` have at least this value, keeps `most`: those with a larger one and the lowest rows of the
// others. Sums are untouched before and afterwards.
uint32_t keepLowest(uint32_t* rows, float* values, uint32_t length, uint32_t most, float value, float* sums, uint32_t count) {
  uint32_t* const tied = reinterpret_cast<uint32_t*>(sums);
  uint32_t ties = 0, kept = 0;
  for (uint32_t i = 0; i < length; i++)
    if (values[i] == value) tied[ties++] = rows[i];
  const uint32_t last = lastOf(tied, ties, most - (length - ties), count);
  for (uint32_t i = 0; i < ties; i++) sums[i] = untouched;
  for (uint32_t i = 0; i < length && kept < most; i++) {
    if (values[i] == value && rows[i] > last) continue;
    rows[kept] = rows[i];
    values[kept++] = values[i];
  }
  return kept;
}

// Lists of neighbours that are fetched before they are added.
constexpr uint32_t listsAhead = 4;
// Fetches a list: four lines, which most lists have, without a look at its length.
ENDCAP_INLINE void fetchList(const void* list, uint32_t length) {
  const float* const from = static_cast<const float*>(list);
  ENDCAP_UNROLL
  for (uint32_t line = 0; line < 4; line++) prefetch(from + 16 * line);
  for (uint32_t at = 64; at < length; at += 16) prefetch(from + at);
}

// Makes the sums of all products that the queries meet untouched: one by one, if that is less work than clearing all.
constexpr uint32_t clearedAtOnce = 8;
ENDCAP_INLINE void clearSums(float* sums, uint32_t count, const uint32_t* bought, const uint32_t* boughtEnd,
                             const uint32_t* neighbourOffsets, const uint32_t* neighbourRows) {
  uint32_t strengths = 0;
  for (const uint32_t* row = bought; row < boughtEnd && strengths < count / clearedAtOnce; row++)
    strengths += 1 + neighbourOffsets[*row + 1] - neighbourOffsets[*row];
  if (strengths >= count / clearedAtOnce) {
    for (uint32_t row = 0; row < count; row++) sums[row] = untouched;
    return;
  }
  for (const uint32_t* row = bought; row < boughtEnd; row++) {
    sums[*row] = untouched;
    for (uint32_t at = neighbourOffsets[*row]; at < neighbourOffsets[*row + 1]; at++) sums[neighbourRows[at]] = untouched;
  }
}

uint32_t neighbourBonuses(const uint32_t* boughtOffsets, const uint32_t* boughtRows, const float* boughtBonuses,
                          const uint32_t* neighbourOffsets, const uint32_t* neighbourRows, const float* strengths,
                          uint32_t count, float weight, const uint32_t* bonusOffsets, uint32_t* bonusRows, float* bonuses,
                          float* scratch, uint32_t begin, uint32_t end) {
  static_assert(ScratchFloats::neighboursCall >= Lanes::width + valuesAtOnce, "what is written behind the last of two arrays");
  float* const sums = scratch;
  uint32_t* const touched = reinterpret_cast<uint32_t*>(sums + count);
  float* const values = reinterpret_cast<float*>(touched + count + Lanes::width);
  // The next row bought whose list is not fetched yet; queries are one after the other.
  const uint32_t* ahead = boughtRows + boughtOffsets[begin];
  const uint32_t* const boughtEnd = boughtRows + boughtOffsets[end];
  clearSums(sums, count, ahead, boughtEnd, neighbourOffsets, neighbourRows);
  for (uint32_t query = begin; query < end; query++) {
    const uint32_t* const own = boughtRows + boughtOffsets[query];
    const uint32_t bought = boughtOffsets[query + 1] - boughtOffsets[query];
    uint32_t* const rows = bonusRows + bonusOffsets[query];
    float* const out = bonuses + bonusOffsets[query];
    const uint32_t room = bonusOffsets[query + 1] - bonusOffsets[query], most = room - bought;
    uint32_t length = 0;
    // Where the lists will be written.
    fetchLines(rows, room);
    fetchLines(out, room);
    for (uint32_t i = 0; i < bought; i++) {
      for (const uint32_t* const last = own + i + listsAhead; ahead < boughtEnd && ahead <= last; ahead++) {
        const uint32_t first = neighbourOffsets[*ahead], listed = neighbourOffsets[*ahead + 1] - first;
        fetchList(neighbourRows + first, listed);
        fetchList(strengths + first, listed);
      }
      const uint32_t last = neighbourOffsets[own[i] + 1];
      for (uint32_t at = neighbourOffsets[own[i]]; at < last; at++) {
        const uint32_t row = neighbourRows[at];
        const float sum = sums[row];
        touched[length] = row;
        length += bitsOf(sum) == bitsOf(untouched);
        sums[row] = sum + (strengths[at] + 0.0f);
      }
    }
    for (uint32_t i = 0; i < bought; i++) {
      const float sum = sums[own[i]];
      const float bonus = boughtBonuses ? boughtBonuses[boughtOffsets[query] + i] : 0;
      rows[i] = own[i];
      out[i] = bonus + weight * squareRoot(sum > 0 ? sum : 0);
      sums[own[i]] = untouched;
    }
    for (uint32_t i = 0; i < length; i++) {
      values[i] = sums[touched[i]];
      sums[touched[i]] = untouched;
    }
    for (uint32_t i = length; i < length + valuesAtOnce; i++) values[i] = 0;
    uint32_t kept = 0;
    if (most) {
      const float least = length > most ? boundOf(values, length, most) : ofBits(1);
      const Lanes below = splat(ofBits(bitsOf(least) - 1));
      for (uint32_t i = 0; i < length; i += Lanes::width)
        kept += copyChosen(greater(load(values + i), below), touched + i, values + i, touched + kept, values + kept);
      if (kept > most) kept = keepLowest(touched, values, kept, most, least, sums, count);
    }
    memcpy(rows + bought, touched, sizeof(uint32_t) * kept);
    uint32_t done = 0;
    for (; done + Lanes::width <= kept; done += Lanes::width)
      store(out + bought + done, splat(weight) * squareRoot(load(values + done)));
    for (; done < kept; done++) out[bought + done] = weight * squareRoot(values[done]);
    for (uint32_t at = bought + kept; at < room; at++) rows[at] = noRow;
    for (uint32_t at = bought + kept; at < room; at++) out[at] = 0;
  }
  return 0;
}

}  // namespace
}  // namespace endcap
