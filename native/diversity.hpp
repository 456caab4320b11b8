// Lists of products that are good but not all alike.
#pragma once

#include "kernels.hpp"
#include "vectors.hpp"

namespace endcap {
namespace {

constexpr float taken = __builtin_huge_valf();

// Scales a row of factors to length 1, whatever its magnitude; a row of zeros stays zero.
ENDCAP_INLINE void toUnit(const float* x, uint32_t stride, float* unit) {
  const float most = largest(x, stride);
  if (!(most > 0)) return zero(unit, stride);
  const Lanes size = splat(most);
  for (uint32_t k = 0; k < stride; k += Lanes::width) store(unit + k, load(x + k) / size);
  const Lanes length = splat(squareRoot(dotInSixteen(unit, unit, stride)));
  for (uint32_t k = 0; k < stride; k += Lanes::width) store(unit + k, load(unit + k) / length);
}

uint32_t diversify(const float* candidates, uint32_t stride, const uint32_t* poolRows, const float* poolScores, uint32_t pool,
                   float diversity, const uint32_t* groups, uint32_t groupLimit, uint32_t n, uint32_t firstStep,
                   uint32_t steps, float* closeness, uint32_t* rows, float* scores, float* scratch, uint32_t begin,
                   uint32_t end) {
  float* units = scratch;
  double* merits = reinterpret_cast<double*>(scratch + size_t(pool) * stride);
  for (uint32_t query = begin; query < end; query++) {
    const uint32_t* const candidate = poolRows + size_t(query) * pool;
    const float* const score = poolScores + size_t(query) * pool;
    float* const closest = closeness + size_t(query) * pool;
    uint32_t* const chosen = rows + size_t(query) * n;
    uint32_t length = 0;
    while (length < pool && candidate[length] != noRow) length++;
    const double best = score[0], range = length ? best - score[length - 1] : 0;
    for (uint32_t i = 0; i < length; i++) {
      toUnit(candidates + size_t(candidate[i]) * stride, stride, units + size_t(i) * stride);
      merits[i] = (1 - double(diversity)) * (range > 0 ? 1 - (best - score[i]) / range : 1);
    }
    for (uint32_t i = 0; i < pool && !firstStep; i++) closest[i] = 0;
    for (uint32_t i = 0; i < n && !firstStep; i++) {
      chosen[i] = noRow;
      scores[size_t(query) * n + i] = 0;
    }
    for (uint32_t step = firstStep; step < n && step - firstStep < steps; step++) {
      uint32_t place = length;
      double highest = lowest;
      for (uint32_t i = 0; i < length; i++) {
        const double value = merits[i] - diversity * double(closest[i]);
        if (!(value > highest)) continue;
        highest = value;
        place = i;
      }
      if (place == length) break;
      const uint32_t row = candidate[place], group = groups && groupLimit ? groups[row] : noGroup;
      chosen[step] = row;
      scores[size_t(query) * n + step] = score[place];
      closest[place] = taken;
      uint32_t inGroup = 0;
      for (uint32_t i = 0; i <= step && group != noGroup; i++) inGroup += groups[chosen[i]] == group;
      for (uint32_t i = 0; i < length && inGroup && inGroup == groupLimit; i++)
        if (groups[candidate[i]] == group) closest[i] = taken;
      for (uint32_t i = 0; i < length; i++) {
        if (closest[i] == taken) continue;
        const float cosine = dotInSixteen(units + size_t(place) * stride, units + size_t(i) * stride, stride);
        if (step == 0 || cosine > closest[i]) closest[i] = cosine;
      }
    }
  }
  return 0;
}

}  // namespace
}  // namespace endcap
