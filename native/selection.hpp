// The list of one query while it is made.
#pragma once

#include "kernels.hpp"
#include "vectors.hpp"

namespace endcap {
namespace {

// A group's slot in a table of how many candidates of each group are on a list.
struct GroupCount {
  uint32_t group, count;
};

// What holds for all lists of a call.
struct ListRules {
  uint32_t n, groupLimit;
  const uint32_t* groups;  // null if groups have no limit
  bool plain;              // short and without a limit
  // For long lists only: as many keys as a selection has, and a table with room for n groups.
  uint64_t* spare;
  GroupCount* counts;
  uint32_t slots;
};

// Sets the rules of a call, with their table in scratch. Returns where the keys of its selections begin; null if lists are
// short.
ENDCAP_INLINE uint64_t* rulesOf(uint32_t n, const uint32_t* groups, uint32_t groupLimit, void* scratch, ListRules& rules) {
  const bool limited = groups && groupLimit, isShort = n <= (limited ? shortLimited : shortList);
  rules = {n, groupLimit, limited ? groups : nullptr, isShort && !limited, nullptr, nullptr, 2};
  if (isShort) return nullptr;
  while (rules.slots / 2 < n) rules.slots *= 2;
  rules.spare = static_cast<uint64_t*>(scratch);
  rules.counts = reinterpret_cast<GroupCount*>(rules.spare + 2 * size_t(n));
  return reinterpret_cast<uint64_t*>(rules.counts + rules.slots);
}

// The best candidates of one query so far; the rows that are excluded; and the rows that have a bonus. A short list is in the
// output arrays, best first. A long one has 2 n keys: when they are full, the best n stay.
struct Selection {
  uint32_t* rows;
  float* scores;
  uint64_t* keys;  // null if the list is short
  const uint32_t* exclude;
  const uint32_t* raised;
  const float* bonuses;
  uint32_t size, excluded, raises;
  float bar;            // no candidate below this score has a chance
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

// A score and a row as one number: whoever is ahead has the larger one.
union ScoreBits {
  float score;
  uint32_t bits;
};
ENDCAP_INLINE uint64_t keyOf(float score, uint32_t row) {
  const ScoreBits s = {score + 0.0f};  // -0 ties with 0
  return uint64_t(s.bits ^ (s.bits >> 31 ? 0xFFFFFFFF : 0x80000000)) << 32 | uint32_t(~row);
}
ENDCAP_INLINE float scoreIn(uint64_t key) {
  ScoreBits s;
  s.bits = uint32_t(key >> 32) ^ (key >> 63 ? 0x80000000 : 0xFFFFFFFF);
  return s.score;
}
ENDCAP_INLINE uint32_t rowIn(uint64_t key) { return ~uint32_t(key); }

// Sorts keys, the largest first, by one byte after another. Bytes that are the same in all of them cost nothing.
void sortKeys(uint64_t* keys, uint64_t* spare, uint32_t length) {
  uint32_t ends[8][256];
  for (uint32_t b = 0; b < 8; b++)
    for (uint32_t value = 0; value < 256; value++) ends[b][value] = 0;
  for (uint32_t i = 0; i < length; i++)
    for (uint32_t b = 0; b < 8; b++) ends[b][keys[i] >> 8 * b & 255]++;
  uint64_t *from = keys, *to = spare;
  for (uint32_t b = 0; b < 8 && length; b++) {
    if (ends[b][keys[0] >> 8 * b & 255] == length) continue;
    for (uint32_t value = 255; value > 0; value--) ends[b][value - 1] += ends[b][value];
    for (uint32_t i = length; i > 0; i--) to[--ends[b][from[i - 1] >> 8 * b & 255]] = from[i - 1];
    uint64_t* const sorted = to;
    to = from;
    from = sorted;
  }
  for (uint32_t i = 0; i < length && from != keys; i++) keys[i] = from[i];
}

// Keeps the first n of sorted keys whose groups are not full by then. Returns how many there are.
uint32_t keepWithinLimit(const ListRules& rules, uint64_t* keys, uint32_t length) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < rules.slots; i++) rules.counts[i].count = 0;
  for (uint32_t i = 0; i < length && kept < rules.n; i++) {
    const uint32_t group = rules.groups[rowIn(keys[i])];
    if (group != noGroup) {
      uint32_t slot = group * 0x9E3779B1u & (rules.slots - 1);
      while (rules.counts[slot].count && rules.counts[slot].group != group) slot = (slot + 1) & (rules.slots - 1);
      if (rules.counts[slot].count == rules.groupLimit) continue;
      rules.counts[slot].group = group;
      rules.counts[slot].count++;
    }
    keys[kept++] = keys[i];
  }
  return kept;
}

// Puts a long list in order.
void sortList(const ListRules& rules, Selection& s) {
  sortKeys(s.keys, rules.spare, s.size);
  if (rules.groups) s.size = keepWithinLimit(rules, s.keys, s.size);
  if (s.size < rules.n) return;
  s.size = rules.n;
  s.bar = scoreIn(s.keys[rules.n - 1]);
}

// The place in a short list that a candidate takes from another: the last one, or the last of its group if that is full;
// `size` if it takes none.
ENDCAP_INLINE uint32_t placeFor(const ListRules& rules, const Selection& s, uint32_t row) {
  const uint32_t free = s.size < rules.n ? s.size : rules.n - 1;
  if (!rules.groups || rules.groups[row] == noGroup) return free;
  uint32_t count = 0, last = 0;
  for (uint32_t i = 0; i < s.size; i++) {
    if (rules.groups[s.rows[i]] != rules.groups[row]) continue;
    count++;
    last = i;
  }
  return count == rules.groupLimit ? last : free;
}

// Puts a candidate into a short list, from this place up. Returns false if the one that is there is ahead.
ENDCAP_INLINE bool insert(Selection& s, uint32_t n, uint32_t at, float score, uint32_t row) {
  if (at < s.size && !ahead(score, row, s.scores[at], s.rows[at])) return false;
  s.size += at == s.size;
  for (; at > 0 && ahead(score, row, s.scores[at - 1], s.rows[at - 1]); at--) {
    s.scores[at] = s.scores[at - 1];
    s.rows[at] = s.rows[at - 1];
  }
  s.scores[at] = score;
  s.rows[at] = row;
  if (s.size == n) s.bar = s.scores[n - 1];
  return true;
}

// Offers a candidate to a list that is long or has a limit for each group.
bool offerElsewhere(const ListRules& rules, Selection& s, float score, uint32_t row) {
  if (s.keys) {
    s.keys[s.size++] = keyOf(score, row);
    if (s.size < 2 * rules.n) return false;
    sortList(rules, s);
    return true;
  }
  return insert(s, rules.n, placeFor(rules, s, row), score, row);
}

// Offers a candidate to a list. Returns whether the bar may have risen.
ENDCAP_INLINE bool offer(const ListRules& rules, Selection& s, float score, uint32_t row) {
  if (score < s.bar) return false;
  if (!rules.plain) return offerElsewhere(rules, s, score, row);
  return insert(s, rules.n, s.size < rules.n ? s.size : rules.n - 1, score, row);
}

// Puts a long list into the output arrays, and marks the unused end. Returns false if a score is not finite.
ENDCAP_INLINE bool finish(const ListRules& rules, Selection& s) {
  if (s.keys) {
    sortList(rules, s);
    for (uint32_t i = 0; i < s.size; i++) {
      s.rows[i] = rowIn(s.keys[i]);
      s.scores[i] = scoreIn(s.keys[i]);
    }
  }
  for (uint32_t i = s.size; i < rules.n; i++) {
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
