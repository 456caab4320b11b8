// The list of one query while it is made.
#pragma once

#include "kernels.hpp"
#include "vectors.hpp"

namespace endcap {
namespace {

// What a list holds of a group: a slot of a table, free if the count is 0.
struct GroupOnList {
  uint32_t group, count;
  float bar;             // once the group is full, none of its candidates below this score has a chance
  uint32_t worst, last;  // while the list is filled: the places of its worst candidate, and of the one that came last
};

// Lists with a limit up to this length are in order from the start.
constexpr uint32_t briefList = 32;

// What holds for all lists of a call.
struct ListRules {
  uint32_t n, groupLimit;
  const uint32_t* groups;  // null if no group can be full
  bool plain;              // short and without a limit
  uint32_t slots;          // of each list's table: at least half of them are free
  // For the lists of a call, one after the other. Null if lists are short, and if groups have no limit.
  uint64_t* keys;
  GroupOnList* tables;
  uint32_t* chains;  // null if lists are not filled before they are in order
  uint64_t* spare;   // as many keys as a long list has
};

// Sets the rules of a call, with the keys and tables of its lists in scratch. Returns where they end.
ENDCAP_INLINE void* setRules(ListRules& rules, uint32_t n, const uint32_t* groups, uint32_t groupLimit, uint32_t lists,
                             void* scratch) {
  const bool isShort = n <= shortList, limited = groups && groupLimit && groupLimit < n;
  rules = {n, groupLimit, limited ? groups : nullptr, isShort && !limited, 2, nullptr, nullptr, nullptr, nullptr};
  while (rules.slots / 2 < n) rules.slots *= 2;
  if (!rules.plain && n > briefList) {
    rules.spare = static_cast<uint64_t*>(scratch);
    scratch = rules.spare + 2 * size_t(n);
  }
  if (!isShort) {
    rules.keys = static_cast<uint64_t*>(scratch);
    scratch = rules.keys + 2 * size_t(n) * lists;
  }
  if (!limited) return scratch;
  if (isShort && n > briefList) {
    rules.chains = static_cast<uint32_t*>(scratch);
    scratch = rules.chains + size_t(n) * lists;
  }
  rules.tables = static_cast<GroupOnList*>(scratch);
  return rules.tables + size_t(rules.slots) * lists;
}

// The best candidates of one query so far; the rows that are excluded; and the rows that have a bonus. A short list is in the
// output arrays, best first; with a limit for each group, it is put in order when it has n candidates. A long one has 2 n keys:
// when they are full, the best n stay.
struct Selection {
  uint32_t* rows;
  float* scores;
  uint64_t* keys;       // null if the list is short
  uint32_t* chain;      // by place, the one before of the same group; null if the list is in order
  GroupOnList* groups;  // null if groups have no limit; of a long list, the groups when it was sorted
  const uint32_t* exclude;
  const uint32_t* raised;
  const float* bonuses;
  uint32_t size, excluded, raises, ascending;  // the first `ascending` raised rows are in order
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

// Sorts keys by their bytes from `first` on, the largest first. Bytes that are the same in all of them cost nothing.
template <uint32_t first>
void sortByBytes(uint64_t* keys, uint64_t* spare, uint32_t length) {
  uint32_t ends[8 - first][256] = {};
  for (uint32_t i = 0; i < length; i++)
    for (uint32_t b = first; b < 8; b++) ends[b - first][keys[i] >> 8 * b & 255]++;
  uint64_t *from = keys, *to = spare;
  for (uint32_t b = first; b < 8 && length; b++) {
    uint32_t* const end = ends[b - first];
    if (end[keys[0] >> 8 * b & 255] == length) continue;
    for (uint32_t value = 255; value > 0; value--) end[value - 1] += end[value];
    for (uint32_t i = length; i > 0; i--) to[--end[from[i - 1] >> 8 * b & 255]] = from[i - 1];
    uint64_t* const sorted = to;
    to = from;
    from = sorted;
  }
  for (uint32_t i = 0; i < length && from != keys; i++) keys[i] = from[i];
}

// Sorts keys, the largest first. Most lists have no equal scores, and those are all that rows decide.
void sortKeys(uint64_t* keys, uint64_t* spare, uint32_t length) {
  sortByBytes<4>(keys, spare, length);
  for (uint32_t i = 1; i < length; i++)
    if (keys[i - 1] < keys[i]) return sortByBytes<0>(keys, spare, length);
}

ENDCAP_INLINE GroupOnList* groupOf(const ListRules& rules, const Selection& s, uint32_t group) {
  uint32_t slot = group * 0x9E3779B1u & (rules.slots - 1);
  while (s.groups[slot].count && s.groups[slot].group != group) slot = (slot + 1) & (rules.slots - 1);
  return s.groups + slot;
}

ENDCAP_INLINE void clearGroups(const ListRules& rules, Selection& s) {
  for (uint32_t slot = 0; slot < rules.slots; slot++) s.groups[slot].count = 0;
}

ENDCAP_INLINE void addTo(GroupOnList& own, uint32_t group, float score) {
  own.group = group;
  own.bar = own.count && own.bar < score ? own.bar : score;
  own.count++;
}

// Takes a candidate of a group out of a list's table. What was put further on because of it moves up.
void removeFrom(const ListRules& rules, Selection& s, uint32_t group) {
  if (group == noGroup) return;
  const uint32_t last = rules.slots - 1;
  uint32_t slot = uint32_t(groupOf(rules, s, group) - s.groups);
  if (--s.groups[slot].count) return;
  for (uint32_t next = (slot + 1) & last; s.groups[next].count; next = (next + 1) & last) {
    const uint32_t home = s.groups[next].group * 0x9E3779B1u & last;
    if (((next - home) & last) < ((next - slot) & last)) continue;
    s.groups[slot] = s.groups[next];
    s.groups[next].count = 0;
    slot = next;
  }
}

// No candidate of this group below this score has a chance.
ENDCAP_INLINE float barOfGroup(const ListRules& rules, const Selection& s, uint32_t group) {
  if (group == noGroup) return lowest;
  const GroupOnList& own = *groupOf(rules, s, group);
  return own.count == rules.groupLimit ? own.bar : lowest;
}

// Keeps the first n of sorted keys whose groups are not full by then.
void keepWithinLimit(const ListRules& rules, Selection& s) {
  uint32_t kept = 0;
  clearGroups(rules, s);
  for (uint32_t i = 0; i < s.size && kept < rules.n; i++) {
    const uint32_t group = rules.groups[rowIn(s.keys[i])];
    if (group != noGroup) {
      GroupOnList& own = *groupOf(rules, s, group);
      if (own.count == rules.groupLimit) continue;
      addTo(own, group, scoreIn(s.keys[i]));
    }
    s.keys[kept++] = s.keys[i];
  }
  s.size = kept;
}

// Puts a long list in order.
void sortList(const ListRules& rules, Selection& s) {
  sortKeys(s.keys, rules.spare, s.size);
  if (rules.groups) keepWithinLimit(rules, s);
  if (s.size < rules.n) return;
  s.size = rules.n;
  s.bar = scoreIn(s.keys[rules.n - 1]);
}

// Puts a candidate into a short list, from this place up. Returns false if the one that is there is ahead.
ENDCAP_INLINE bool insert(Selection& s, uint32_t n, uint32_t at, float score, uint32_t row) {
  if (at < s.size && !ahead(score, row, s.scores[at], s.rows[at])) return false;
  s.size += at == s.size;
  const auto moveDown = [&] {
    s.scores[at] = s.scores[at - 1];
    s.rows[at] = s.rows[at - 1];
    at--;
  };
  // Nearly every step is of the first loop, with one comparison.
  while (at > 0 && score > s.scores[at - 1]) moveDown();
  while (at > 0 && score == s.scores[at - 1] && row < s.rows[at - 1]) moveDown();
  s.scores[at] = score;
  s.rows[at] = row;
  if (s.size == n) s.bar = s.scores[n - 1];
  return true;
}

// How many on a short list are ahead of a candidate.
ENDCAP_INLINE uint32_t placeOf(const Selection& s, float score, uint32_t row) {
  uint32_t from = 0;
  for (uint32_t left = s.size; left > 0;) {
    const uint32_t half = left / 2, middle = from + half;
    if (ahead(s.scores[middle], s.rows[middle], score, row)) {
      from = middle + 1;
      left -= half + 1;
    } else {
      left = half;
    }
  }
  return from;
}

// Puts a candidate into a short list with a limit for each group, where it takes the place of the last one, or of the last of
// its group if that is full.
bool insertWithinLimit(const ListRules& rules, Selection& s, float score, uint32_t row, uint32_t group, GroupOnList* own) {
  const uint32_t place = placeOf(s, score, row);
  if (place == rules.n) return false;
  uint32_t at = s.size < rules.n ? s.size : rules.n - 1;
  if (own && own->count == rules.groupLimit) {
    at = placeOf(s, own->bar, noRow) - 1;
    while (rules.groups[s.rows[at]] != group) at--;
    if (place > at) return false;
    own->bar = score;
    for (uint32_t i = at; i > place; i--) {
      if (rules.groups[s.rows[i - 1]] != group) continue;
      own->bar = s.scores[i - 1];
      break;
    }
  } else {
    if (at < s.size) removeFrom(rules, s, rules.groups[s.rows[at]]);
    // A slot may have moved.
    if (group != noGroup) addTo(*groupOf(rules, s, group), group, score);
  }
  s.size += at == s.size;
  for (uint32_t i = at; i > place; i--) s.scores[i] = s.scores[i - 1];
  for (uint32_t i = at; i > place; i--) s.rows[i] = s.rows[i - 1];
  s.scores[place] = score;
  s.rows[place] = row;
  if (s.size == rules.n) s.bar = s.scores[rules.n - 1];
  return true;
}

// Puts the keys of a list into the output arrays.
ENDCAP_INLINE void takeKeys(Selection& s, const uint64_t* keys) {
  for (uint32_t i = 0; i < s.size; i++) {
    s.rows[i] = rowIn(keys[i]);
    s.scores[i] = scoreIn(keys[i]);
  }
}

// Puts a short list in order.
void orderList(const ListRules& rules, Selection& s) {
  uint64_t* const keys = rules.spare;
  for (uint32_t i = 0; i < s.size; i++) keys[i] = keyOf(s.scores[i], s.rows[i]);
  sortKeys(keys, keys + rules.n, s.size);
  takeKeys(s, keys);
  s.chain = nullptr;
  if (s.size == rules.n) s.bar = s.scores[rules.n - 1];
}

// Puts a candidate on a short list that has fewer than n, at its end or, if its group is full, in the place of the worst of
// that. Such a list need not be in order, which costs less than searching the place of each. Returns whether a bar has risen.
bool fillWithinLimit(const ListRules& rules, Selection& s, float score, uint32_t row, uint32_t group, GroupOnList* own) {
  const auto keyAt = [&](uint32_t place) { return keyOf(s.scores[place], s.rows[place]); };
  const bool isFull = own && own->count == rules.groupLimit;
  const uint32_t at = isFull ? own->worst : s.size++;
  if (isFull && !ahead(score, row, s.scores[at], s.rows[at])) return false;
  s.scores[at] = score;
  s.rows[at] = row;
  if (isFull) {
    uint64_t least = keyAt(at);
    for (uint32_t i = own->last, left = own->count; left > 0; i = s.chain[i], left--) {
      const uint64_t key = keyAt(i);
      own->worst = key <= least ? i : own->worst;
      least = key <= least ? key : least;
    }
    own->bar = s.scores[own->worst];
  } else if (own) {
    own->worst = own->count && keyAt(own->worst) < keyAt(at) ? own->worst : at;
    s.chain[at] = own->last;
    own->last = at;
    addTo(*own, group, score);
  }
  if (s.size == rules.n) orderList(rules, s);
  return s.size == rules.n || (own && own->count == rules.groupLimit);
}

// Offers a candidate to a list that is long or has a limit for each group.
bool offerElsewhere(const ListRules& rules, Selection& s, float score, uint32_t row) {
  if (rules.groups) {
    // Such a score is reported, as infinity is, and lists remain in order.
    if (!(score == score)) score = -lowest;
    const uint32_t group = rules.groups[row];
    GroupOnList* own = group == noGroup ? nullptr : groupOf(rules, s, group);
    if (own && own->count == rules.groupLimit && score < own->bar) return false;
    if (s.chain) return fillWithinLimit(rules, s, score, row, group, own);
    if (!s.keys) return insertWithinLimit(rules, s, score, row, group, own);
  }
  s.keys[s.size++] = keyOf(score, row);
  if (s.size < 2 * rules.n) return false;
  sortList(rules, s);
  return true;
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
    takeKeys(s, s.keys);
  }
  if (s.chain) orderList(rules, s);
  for (uint32_t i = s.size; i < rules.n; i++) {
    s.rows[i] = noRow;
    s.scores[i] = 0;
  }
  for (uint32_t i = 0; i < s.size; i++)
    if (!finite(s.scores[i])) return false;
  return true;
}

// Begins the list of a query, which is the `index`th of its call.
ENDCAP_INLINE void select(const ListRules& rules, Selection& s, uint32_t index, uint32_t query, uint32_t* rows, float* scores) {
  s = {rows + size_t(query) * rules.n, scores + size_t(query) * rules.n,
       rules.keys ? rules.keys + 2 * size_t(rules.n) * index : nullptr,
       rules.chains ? rules.chains + size_t(rules.n) * index : nullptr,
       rules.groups ? rules.tables + size_t(rules.slots) * index : nullptr,
       nullptr, nullptr, nullptr, 0, 0, 0, 0, lowest, 0, {}};
  if (s.groups) clearGroups(rules, s);
}

ENDCAP_INLINE bool mayBeListed(const Selection& s, uint32_t row) { return s.listed[row / 64 % 16] >> row % 64 & 1; }

// The place of a row among ascending rows; `length` if it is not there.
ENDCAP_INLINE uint32_t find(const uint32_t* rows, uint32_t length, uint32_t row) {
  const uint32_t* from = rows;
  // Takes the same steps for any row and has no branch that could be mispredicted.
  for (uint32_t left = length; left > 1; left -= left / 2) from += (from[left / 2 - 1] < row) * (left / 2);
  return length && *from == row ? uint32_t(from - rows) : length;
}

// The place of a row among the rows with a bonus; `raises` if it is not there. No other ends early, which takes longer.
ENDCAP_INLINE uint32_t findRaised(const Selection& s, uint32_t row) {
  const uint32_t at = mayBeListed(s, row) ? find(s.raised, s.ascending, row) : s.ascending;
  if (at < s.ascending) return at;
  uint32_t found = s.raises;
  for (uint32_t i = s.ascending; i < s.raises; i++) found = s.raised[i] == row ? i : found;
  return found;
}

}  // namespace
}  // namespace endcap
