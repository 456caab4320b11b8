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
ENDCAP_INLINE uint32_t bitsInPlace(uint32_t* values, uint32_t length, uint32_t most, uint32_t* counts, uint32_t& ties) {
  constexpr uint32_t shifts[] = {20, 9, 0}, digits[] = {2048, 2048, 512};
  uint32_t found = 0;
  ties = most;
  for (uint32_t level = 0; level < 3; level++) {
    const uint32_t shift = shifts[level], mask = digits[level] - 1;
    for (uint32_t digit = 0; digit <= mask; digit++) counts[digit] = 0;
    for (uint32_t i = 0; i < length; i++) counts[values[i] >> shift & mask]++;
    uint32_t digit = mask, kept = 0;
    for (; counts[digit] < ties; digit--) ties -= counts[digit];
    for (uint32_t i = 0; i < length; i++) {
      const uint32_t value = values[i];
      values[kept] = value;
      kept += (value >> shift & mask) == digit;
    }
    found |= digit << shift;
    length = kept;
  }
  return found;
}

uint32_t neighbourBonuses(const uint32_t* boughtOffsets, const uint32_t* boughtRows, const float* boughtBonuses,
                          const uint32_t* neighbourOffsets, const uint32_t* neighbourRows, const float* strengths,
                          uint32_t count, float weight, const uint32_t* bonusOffsets, uint32_t* bonusRows, float* bonuses,
                          float* scratch, uint32_t begin, uint32_t end) {
  constexpr uint32_t digits = 2048;
  static_assert(digits + 2 <= ScratchFloats::neighboursCall, "counts, and what is written behind the last of an array");
  const uint32_t words = (count + 31) / 32;
  float* const sums = scratch;
  uint32_t* const touched = reinterpret_cast<uint32_t*>(sums + count);
  uint32_t* const values = touched + count + 1;
  uint32_t* const chosen = values + count + 1;  // one bit for each product
  uint32_t* const counts = chosen + words;
  for (uint32_t row = 0; row < count; row++) sums[row] = untouched;
  for (uint32_t word = 0; word < words; word++) chosen[word] = 0;
  for (uint32_t query = begin; query < end; query++) {
    const uint32_t* const own = boughtRows + boughtOffsets[query];
    const uint32_t bought = boughtOffsets[query + 1] - boughtOffsets[query];
    uint32_t* const rows = bonusRows + bonusOffsets[query];
    float* const out = bonuses + bonusOffsets[query];
    const uint32_t room = bonusOffsets[query + 1] - bonusOffsets[query], most = room - bought;
    uint32_t length = 0;
    for (uint32_t i = 0; i < bought; i++) {
      for (uint32_t at = neighbourOffsets[own[i]]; at < neighbourOffsets[own[i] + 1]; at++) {
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
      const float sum = sums[touched[i]];
      values[positive] = bitsOf(sum);
      positive += sum > 0;
    }
    uint32_t ties = positive, least = 1;
    if (positive > most) least = most ? bitsInPlace(values, positive, most, counts, ties) : noRow;
    for (uint32_t i = 0; i < length; i++) {
      const uint32_t row = touched[i];
      const float sum = sums[row];
      const uint32_t isChosen = sum > 0 && bitsOf(sum) >= least;
      chosen[row / 32] |= isChosen << row % 32;
      sums[row] = isChosen ? sum : untouched;
    }
    uint32_t used = 0, next = 0;
    const auto addBought = [&](uint32_t before) {
      for (; next < bought && own[next] < before; next++) {
        rows[used] = own[next];
        out[used++] = out[most + next];
      }
    };
    for (uint32_t word = 0; word < words; word++) {
      for (uint32_t bits = chosen[word]; bits; bits &= bits - 1) {
        const uint32_t row = word * 32 + lowestBit(bits);
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
