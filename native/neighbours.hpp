// The item-item term: what a customer's purchases add to the scores of the products that other customers buy with them.
#pragma once

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

// Floats above 0 are in the order of their bits. Returns the bits of the float in place `most` if the largest come first, and
// sets `ties` to how many of the first `most` have just these bits. Overwrites the values; length >= most >= 1.
constexpr uint32_t steps = 256;
ENDCAP_INLINE uint32_t bitsInPlace(uint32_t* values, uint32_t length, uint32_t most, uint32_t& ties) {
  ties = most;
  for (;;) {
    uint32_t high = 0, low = noRow, shift = 0, counts[steps] = {};
    for (uint32_t i = 0; i < length; i++) high = values[i] > high ? values[i] : high;
    for (uint32_t i = 0; i < length; i++) low = values[i] < low ? values[i] : low;
    if (high == low) return high;
    while ((high - low) >> shift >= steps) shift++;
    for (uint32_t i = 0; i < length; i++) counts[(high - values[i]) >> shift]++;
    uint32_t step = 0, kept = 0;
    for (; counts[step] < ties; step++) ties -= counts[step];
    for (uint32_t i = 0; i < length; i++) {
      const uint32_t value = values[i];
      values[kept] = value;
      kept += (high - value) >> shift == step;
    }
    length = kept;
  }
}

ENDCAP_INLINE void fetchLine(const void* list, size_t bytes) {
  const char* from = static_cast<const char*>(list);
  for (size_t at = 0; at < bytes; at += 64) prefetch(reinterpret_cast<const float*>(from + at));
}

uint32_t neighbourBonuses(const uint32_t* boughtOffsets, const uint32_t* boughtRows, const float* boughtBonuses,
                          const uint32_t* neighbourOffsets, const uint32_t* neighbourRows, const float* strengths,
                          uint32_t count, float weight, const uint32_t* bonusOffsets, uint32_t* bonusRows, float* bonuses,
                          float* scratch, uint32_t begin, uint32_t end) {
  static_assert(ScratchFloats::neighboursCall >= 4, "what is written behind the last of three arrays, and an alignment");
  const uint32_t words = (count + 63) / 64;
  uint64_t* const chosen = reinterpret_cast<uint64_t*>(scratch);  // one bit for each product
  float* const sums = scratch + 2 * words;
  uint32_t* const touched = reinterpret_cast<uint32_t*>(sums + count);
  uint32_t* const values = touched + count + 1;
  uint32_t* const spare = values + count + 1;
  for (uint32_t row = 0; row < count; row++) sums[row] = untouched;
  for (uint32_t word = 0; word < words; word++) chosen[word] = 0;
  for (uint32_t query = begin; query < end; query++) {
    const uint32_t* const own = boughtRows + boughtOffsets[query];
    const uint32_t bought = boughtOffsets[query + 1] - boughtOffsets[query];
    uint32_t* const rows = bonusRows + bonusOffsets[query];
    float* const out = bonuses + bonusOffsets[query];
    const uint32_t room = bonusOffsets[query + 1] - bonusOffsets[query], most = room - bought;
    uint32_t length = 0;
    for (uint32_t i = 0, ahead = 0; i < bought; i++) {
      for (; ahead < bought && ahead <= i + 2; ahead++) {
        const uint32_t first = neighbourOffsets[own[ahead]], listed = neighbourOffsets[own[ahead] + 1] - first;
        fetchLine(neighbourRows + first, 4 * size_t(listed));
        fetchLine(strengths + first, 4 * size_t(listed));
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
    // The bonuses of bought products wait at the end of the room until it is their turn.
    for (uint32_t i = 0; i < bought; i++) {
      const float sum = sums[own[i]];
      const float bonus = boughtBonuses ? boughtBonuses[boughtOffsets[query] + i] : 0;
      out[most + i] = bonus + weight * squareRoot(sum > 0 ? sum : 0);
      sums[own[i]] = untouched;
    }
    uint32_t positive = 0;
    for (uint32_t i = 0; i < length; i++) {
      const uint32_t row = touched[i];
      const float sum = sums[row];
      sums[row] = untouched;
      touched[positive] = row;
      values[positive] = bitsOf(sum);
      positive += sum > 0;
    }
    uint32_t ties = positive, least = 1;
    if (positive > most) {
      for (uint32_t i = 0; i < positive; i++) spare[i] = values[i];
      least = most ? bitsInPlace(spare, positive, most, ties) : noRow;
      length = 0;
      for (uint32_t i = 0; i < positive; i++) {
        const uint32_t row = touched[i], value = values[i];
        touched[length] = row;
        values[length] = value;
        length += value >= least;
      }
      positive = length;
    }
    for (uint32_t i = 0; i < positive; i++) {
      ScoreBits sum;
      sum.bits = values[i];
      chosen[touched[i] / 64] |= uint64_t(1) << touched[i] % 64;
      sums[touched[i]] = sum.score;
    }
    uint32_t used = 0, next = 0;
    const auto addBought = [&](uint32_t before) {
      for (; next < bought && own[next] < before; next++) {
        rows[used] = own[next];
        out[used++] = out[most + next];
      }
    };
    for (uint32_t word = 0; word < words; word++) {
      for (uint64_t bits = chosen[word]; bits; bits &= bits - 1) {
        const uint32_t row = word * 64 + lowestBit(bits);
        const float sum = sums[row];
        sums[row] = untouched;
        if (bitsOf(sum) == least) {
          if (!ties) continue;
          ties--;
        }
        addBought(row);
        rows[used] = row;
        out[used++] = weight * squareRoot(sum);
      }
      chosen[word] = 0;
    }
    addBought(noRow);
    for (; used < room; used++) {
      rows[used] = noRow;
      out[used] = 0;
    }
  }
  return 0;
}

}  // namespace
}  // namespace endcap
