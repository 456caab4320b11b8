// The list of one query while it is made.
#pragma once

#include "kernels.hpp"
#include "vectors.hpp"

namespace endcap {
namespace {

// The best candidates of one query so far, best first, in the output arrays; the rows that are excluded; and the rows that
// have a bonus.
struct Selection {
  uint32_t* rows;
  float* scores;
  const uint32_t* exclude;
  const uint32_t* raised;
  const float* bonuses;
  uint32_t size, excluded, raises;
  float allowance;      // the largest bonus among candidates that were not offered before the sweep
  uint64_t listed[16];  // bit r % 1024 is set if row r is excluded or raised, which spares most searches
};

ENDCAP_INLINE void list(Selection& s, const uint32_t* rows, uint32_t length) {
  for (uint32_t i = 0; i < length; i++) s.listed[rows[i] / 64 % 16] |= uint64_t(1) << rows[i] % 64;
}

// Equal scores go to the lower row.
ENDCAP_INLINE bool ahead(float score, uint32_t row, float otherScore, uint32_t otherRow) {
  return score > otherScore || (score == otherScore && row < otherRow);
}

// Puts a candidate in its place. Returns whether it is among the best n.
ENDCAP_INLINE bool offer(Selection& s, uint32_t n, float score, uint32_t row) {
  if (s.size == n && !ahead(score, row, s.scores[n - 1], s.rows[n - 1])) return false;
  uint32_t at = s.size < n ? s.size++ : n - 1;
  for (; at > 0 && ahead(score, row, s.scores[at - 1], s.rows[at - 1]); at--) {
    s.scores[at] = s.scores[at - 1];
    s.rows[at] = s.rows[at - 1];
  }
  s.scores[at] = score;
  s.rows[at] = row;
  return true;
}

// Marks the unused end. Returns false if a score is not finite.
ENDCAP_INLINE bool finish(Selection& s, uint32_t n) {
  for (uint32_t i = s.size; i < n; i++) {
    s.rows[i] = noRow;
    s.scores[i] = 0;
  }
  for (uint32_t i = 0; i < s.size; i++)
    if (!finite(s.scores[i])) return false;
  return true;
}

ENDCAP_INLINE bool mayBeListed(const Selection& s, uint32_t row) { return s.listed[row / 64 % 16] >> row % 64 & 1; }

// The place of a row among ascending rows; `length` if it is not there.
ENDCAP_INLINE uint32_t find(const uint32_t* rows, uint32_t length, uint32_t row) {
  const uint32_t* from = rows;
  // Takes the same steps for any row and has no branch that could be mispredicted.
  for (uint32_t left = length; left > 1; left -= left / 2) from += (from[left / 2 - 1] < row) * (left / 2);
  return length && *from == row ? uint32_t(from - rows) : length;
}

}  // namespace
}  // namespace endcap
